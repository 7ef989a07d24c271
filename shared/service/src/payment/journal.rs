//! Rows of the journal: drawn up for a payment, and put in a chain.

use amb_protocol::{apple_pay::MerchantIdentifier, money::Minor};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};
use serde::{Serialize, Serializer};

use crate::model::{
    Attempt, Cell, Chain, ChainHead, JournalEvent, JournalRow, Payment, PaymentState, PspResult,
    TenantId,
};

/// The version that stands in every row.
pub const CODE_VERSION: &str = env!("CARGO_PKG_VERSION");

impl JournalRow {
    /// A row that is not in a chain yet and belongs to no payment. Whoever chains it sets number, time
    /// and hashes.
    pub fn draft(event: JournalEvent, tenant: &TenantId, merchant: &MerchantIdentifier) -> Self {
        Self {
            seq: 0,
            shard: 0,
            ts_utc: Timestamp::UNIX_EPOCH,
            ts_local: String::new(),
            tz: String::new(),
            day: Date::constant(1970, 1, 1),
            tenant_id: tenant.clone(),
            merchant_id: merchant.clone(),
            business_id: None,
            payment_id: None,
            request_identifier: None,
            reference: None,
            attempt_no: None,
            event_type: event,
            endpoint: None,
            callback_id: None,
            duplicate_of: None,
            decision: None,
            told: None,
            state_from: None,
            state_to: None,
            error_class: None,
            apple_errors: None,
            currency: None,
            amount_minor: None,
            amount: None,
            exponent: None,
            subtotal_minor: None,
            tax_minor: None,
            shipping_minor: None,
            discount_minor: None,
            fee_minor: None,
            held_minor: None,
            shipping_method_id: None,
            ship_country: None,
            ship_region: None,
            quote_seq: None,
            quote_source: None,
            psp: None,
            psp_account: None,
            psp_reference: None,
            psp_merchant_reference: None,
            psp_code: None,
            idem_key_prefix: None,
            auth_code: None,
            network: None,
            funding: None,
            card_last4: None,
            apple_txid_hash: None,
            token_signing_time: None,
            verify_result: None,
            latency_ms: None,
            psp_latency_ms: None,
            deadline_margin_ms: None,
            fence: None,
            weak_flag: None,
            ack: None,
            actor: None,
            code_version: CODE_VERSION.to_owned(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    /// A row about a payment, with what is known of it and of its live attempt.
    pub fn about(event: JournalEvent, payment: &Payment) -> Self {
        Self::of_attempt(event, payment, payment.live())
    }

    /// A row about a payment, with what is known of it and of one of its attempts.
    pub fn of_attempt(event: JournalEvent, payment: &Payment, attempt: Option<&Attempt>) -> Self {
        let pointer = &payment.pointer;
        let row = Self {
            business_id: Some(payment.business.clone()),
            payment_id: Some(pointer.payment.clone()),
            request_identifier: Some(pointer.payment.request_identifier().as_str().to_owned()),
            reference: payment.reference.clone().filter(|reference| !reference.is_empty()),
            psp: Some(payment.psp.kind.as_str().to_owned()),
            psp_account: Some(payment.psp.kind.account().to_owned()),
            currency: Some(payment.currency),
            exponent: Some(payment.currency.exponent()),
            ..Self::draft(event, &pointer.tenant, &payment.merchant)
        };
        match attempt {
            Some(attempt) => row.with_attempt(payment, attempt),
            None => row,
        }
    }

    /// The same row with an amount of the payment's currency.
    #[must_use]
    pub fn of_amount(mut self, amount: Minor) -> Self {
        self.amount_minor = Some(amount);
        self.amount = self.currency.map(|currency| amount.to_decimal(currency));
        self
    }

    /// The same row with a change of state.
    #[must_use]
    pub fn moved(mut self, from: PaymentState, to: PaymentState) -> Self {
        self.state_from = Some(from.as_str().to_owned());
        self.state_to = Some(to.as_str().to_owned());
        self
    }

    fn with_attempt(mut self, payment: &Payment, attempt: &Attempt) -> Self {
        self.attempt_no = Some(attempt.no);
        self.apple_txid_hash = Some(attempt.token.as_str().to_owned());
        self.idem_key_prefix = attempt.key.get(..12).map(str::to_owned);
        self.psp_merchant_reference = Some(Attempt::reference(&payment.pointer, attempt.no));
        self.quote_seq = Some(attempt.quote);
        if let Some(result) = &attempt.result {
            self.psp_reference = result.reference().map(str::to_owned);
            match result {
                PspResult::Approved { auth_code, network, last4, .. } => {
                    self.auth_code.clone_from(auth_code);
                    self.network.clone_from(network);
                    self.card_last4.clone_from(last4);
                }
                PspResult::Declined { class, code, .. } | PspResult::Rejected { class, code } => {
                    self.error_class = Some(class.as_str().to_owned());
                    self.psp_code.clone_from(code);
                }
                PspResult::InDoubt { why, .. } => self.error_class = Some(why.as_str().to_owned()),
            }
        }
        self.of_amount(attempt.amount)
    }

    /// What the hash is made over, besides the hash before it: a JSON object of the columns that hold
    /// something, in their order, all but `hash`; without blanks. A column that comes to the journal
    /// one day changes no row that was written before.
    pub fn canonical(&self) -> String {
        // Cells are plain values: they have no other form.
        serde_json::to_string(&Canonical(self)).unwrap_or_default()
    }

    /// `SHA-256(prev_hash ‖ canonical row)` in hex; the hash before it as its 64 characters.
    pub fn hash_of(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.prev_hash.as_bytes());
        context.update(self.canonical().as_bytes());
        HEXLOWER.encode(context.finish().as_ref())
    }
}

struct Canonical<'r>(&'r JournalRow);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = JournalRow::COLUMNS.iter().zip(self.0.cells());
        serializer
            .collect_map(columns.filter(|(name, cell)| **name != "hash" && *cell != Cell::Nothing))
    }
}

/// Puts rows at the end of a chain. Times never run backwards in a chain, whatever the clocks of those
/// who write: a day that the chain has left is complete.
pub fn chain(
    chain: &Chain,
    head: &ChainHead,
    time_zone: &str,
    now: Timestamp,
    rows: Vec<JournalRow>,
) -> Vec<JournalRow> {
    // Milliseconds: every export holds them exactly.
    let at = now.max(head.at).round(Unit::Millisecond).unwrap_or(now).max(head.at);
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone);
    let day = local.date().max(head.day);
    let ts_local = local.strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string();
    let mut last = head.clone();
    let mut chained = Vec::with_capacity(rows.len());
    for mut row in rows {
        row.seq = last.seq + 1;
        row.shard = chain.shard;
        row.ts_utc = at;
        row.ts_local.clone_from(&ts_local);
        time_zone.clone_into(&mut row.tz);
        row.day = day;
        row.prev_hash = last.hash;
        row.hash = row.hash_of();
        last = row.head();
        chained.push(row);
    }
    chained
}

impl JournalRow {
    /// Where the chain ends if this is its last row.
    pub fn head(&self) -> ChainHead {
        ChainHead { seq: self.seq, hash: self.hash.clone(), at: self.ts_utc, day: self.day }
    }
}

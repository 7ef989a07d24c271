//! What the journal says of each payment, as far as a provider's report has something to say to it.

use amb_protocol::{
    id::BusinessId,
    money::{Currency, Minor},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

use super::{report::Report, settle};
use crate::model::{JournalEvent, JournalRow, PaymentId};

/// Payments by their ids, gathered row by row.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The report that it is held against, as rows name it.
    own: String,
    payments: BTreeMap<PaymentId, Known>,
    references: BTreeMap<String, PaymentId>,
    /// Lines of reports that have their rows, as `callback_id` says.
    written: BTreeSet<(String, JournalEvent, Option<String>)>,
    /// The provider's names of lines that other reports settled.
    settled: BTreeSet<String>,
}

/// What is known of a payment.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The business.
    pub business: Option<BusinessId>,
    /// The business's own name of the order.
    pub reference: Option<String>,
    /// What it is paid in.
    pub currency: Option<Currency>,
    /// The provider.
    pub psp: Option<String>,
    /// The account with it.
    pub psp_account: Option<String>,
    /// Captured.
    pub captured: Minor,
    /// When.
    pub captured_at: Option<Timestamp>,
    /// When the device was told of a success.
    pub told_success: Option<Timestamp>,
    /// The device was told of a failure.
    pub told_failure: bool,
    /// It was let go, or came to nothing.
    pub ended: bool,
    /// It was let go.
    pub voided: bool,
    /// Asked to go back.
    pub refund_asked: Minor,
    /// Went back.
    pub refunded: Minor,
    /// Taken back by the card's owner.
    pub charged_back: Minor,
    /// Settled captures, by earlier reports.
    pub settled: Minor,
    /// How many lines that were.
    pub settlements: u32,
    /// Exceptions that were written down.
    pub exceptions: BTreeSet<String>,
}

impl Book {
    /// The journal as it would be without what this report had written into it before.
    pub fn without(report: &Report) -> Self {
        Self { own: settle::name_of(report), ..Self::default() }
    }

    /// Adds a row. Rows of a payment come in their order.
    pub fn add(&mut self, row: &JournalRow) {
        if row.endpoint.as_deref() == Some(settle::ENDPOINT)
            && let Some(line) = &row.callback_id
        {
            if line.starts_with(&self.own) {
                self.written.insert((line.clone(), row.event_type, row.error_class.clone()));
                return;
            }
            if row.event_type == JournalEvent::Settled {
                self.settled.extend(row.psp_reference.clone());
            }
        }
        let Some(payment) = &row.payment_id else { return };
        let known = self.payments.entry(payment.clone()).or_default();
        known.learn(row);
        if row.event_type != JournalEvent::Settled
            && let Some(reference) = &row.psp_reference
        {
            self.references.insert(reference.clone(), payment.clone());
        }
    }

    /// A payment by its id, or else by one of the provider's names of it.
    pub fn find(&self, id: Option<&PaymentId>, names: &[String]) -> Option<(&PaymentId, &Known)> {
        let by_id = id.and_then(|id| self.payments.get_key_value(id));
        by_id.or_else(|| {
            let id = names.iter().find_map(|name| self.references.get(name))?;
            self.payments.get_key_value(id)
        })
    }

    /// Every payment, in order of their ids.
    pub fn payments(&self) -> impl Iterator<Item = (&PaymentId, &Known)> {
        self.payments.iter()
    }

    /// Whether a row of a line is written down already.
    pub fn has_row(&self, line: &str, event: JournalEvent, class: Option<&str>) -> bool {
        self.written.contains(&(line.to_owned(), event, class.map(str::to_owned)))
    }

    /// Whether another report settled the provider's line of this name.
    pub fn was_settled(&self, id: &str) -> bool {
        self.settled.contains(id)
    }
}

impl Known {
    fn learn(&mut self, row: &JournalRow) {
        let amount = row.amount_minor.unwrap_or_default();
        let add = |sum: &mut Minor| *sum = sum.checked_add(amount).unwrap_or(*sum);
        let from_report = row.endpoint.as_deref() == Some(settle::ENDPOINT);
        if !from_report {
            self.business = row.business_id.clone().or(self.business.take());
            self.reference = row.reference.clone().or(self.reference.take());
            self.currency = row.currency.or(self.currency);
            self.psp = row.psp.clone().or(self.psp.take());
            self.psp_account = row.psp_account.clone().or(self.psp_account.take());
        }
        match row.event_type {
            JournalEvent::Told => match row.told.as_deref() {
                Some("success") => self.told_success = Some(row.ts_utc),
                Some("failure") => self.told_failure = true,
                _ => {}
            },
            JournalEvent::Captured => {
                add(&mut self.captured);
                self.captured_at.get_or_insert(row.ts_utc);
            }
            JournalEvent::Voided => (self.ended, self.voided) = (true, true),
            JournalEvent::Resolved if row.decision.as_deref() == Some("nothing") => {
                self.ended = true;
            }
            JournalEvent::RefundRequested => add(&mut self.refund_asked),
            JournalEvent::Refunded => add(&mut self.refunded),
            JournalEvent::Chargeback => add(&mut self.charged_back),
            JournalEvent::Settled if row.psp_code.as_deref() == Some("capture") => {
                add(&mut self.settled);
                self.settlements += 1;
            }
            JournalEvent::MatchException => self.exceptions.extend(row.error_class.clone()),
            _ => {}
        }
    }
}

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
    /// Payments whose first rows are among those that were added.
    whole: BTreeSet<PaymentId>,
    /// What the provider's names are about; no attempt where it is the name of several.
    references: BTreeMap<String, (PaymentId, Option<u32>)>,
    /// The report's own rows that are there.
    written: BTreeSet<Line>,
    /// The provider's names of lines that other reports settled.
    settled: BTreeSet<String>,
}

/// What names a row of a report: its line, the event, and the class of the exception or else the
/// currency.
type Line = (String, JournalEvent, Option<String>);

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
    /// Held by the provider.
    pub held: Minor,
    /// Captured.
    pub captured: Minor,
    /// When.
    pub captured_at: Option<Timestamp>,
    /// When the device was told of a success.
    pub told_success: Option<Timestamp>,
    /// Attempts of which the device was told a failure; 0 where the row does not say which.
    pub refused: BTreeSet<u32>,
    /// It was let go, or came to nothing.
    pub ended: bool,
    /// It was let go.
    pub voided: bool,
    /// Asked to go back.
    pub refund_asked: Minor,
    /// Went back.
    pub refunded: Minor,
    /// Taken back by the card's owner; what was won again is not taken off.
    pub charged_back: Minor,
    /// Settled captures, by earlier reports.
    pub settled: Minor,
    /// How many lines that were.
    pub settlements: u32,
    /// Settled refunds, by earlier reports.
    pub settled_back: Minor,
    /// Settled chargebacks, by earlier reports; what was won again is not taken off.
    pub settled_charged_back: Minor,
    /// Exceptions that were written down since money last moved.
    pub exceptions: BTreeSet<String>,
}

impl Book {
    /// The journal as it would be without what this report had written into it before.
    pub fn without(report: &Report) -> Self {
        Self { own: settle::name_of(report), ..Self::default() }
    }

    /// Whether all of a payment's rows were added, from its first on.
    pub fn is_whole(&self, payment: &PaymentId) -> bool {
        self.whole.contains(payment)
    }

    /// Forgets a payment whose rows are to be added anew, all of them.
    pub fn forget(&mut self, payment: &PaymentId) {
        self.payments.remove(payment);
    }

    /// Adds a row. Rows of a payment come in their order.
    pub fn add(&mut self, row: &JournalRow) {
        if row.endpoint.as_deref() == Some(settle::ENDPOINT)
            && let Some(line) = &row.callback_id
        {
            if line.starts_with(&self.own) {
                self.written.extend(line_of(row));
                return;
            }
            if row.event_type == JournalEvent::Settled {
                self.settled.extend(row.psp_reference.clone());
            }
        }
        let Some(payment) = &row.payment_id else { return };
        if row.event_type == JournalEvent::SessionCreated {
            self.whole.insert(payment.clone());
        }
        let known = self.payments.entry(payment.clone()).or_default();
        known.learn(row);
        if row.event_type != JournalEvent::Settled
            && let Some(reference) = &row.psp_reference
        {
            let about = (payment.clone(), row.attempt_no);
            let named = self.references.entry(reference.clone()).or_insert_with(|| about.clone());
            if *named != about {
                *named = (about.0, None);
            }
        }
    }

    /// A payment by its id, or else by one of the provider's names of it.
    pub fn find(&self, id: Option<&PaymentId>, names: &[String]) -> Option<(&PaymentId, &Known)> {
        let by_id = id.and_then(|id| self.payments.get_key_value(id));
        by_id.or_else(|| {
            let (id, _) = self.named(names)?;
            self.payments.get_key_value(id)
        })
    }

    /// The attempt that one of the provider's names is of.
    pub fn attempt(&self, names: &[String]) -> Option<u32> {
        self.named(names)?.1
    }

    fn named(&self, names: &[String]) -> Option<&(PaymentId, Option<u32>)> {
        names.iter().find_map(|name| self.references.get(name))
    }

    /// Every payment, in order of their ids.
    pub fn payments(&self) -> impl Iterator<Item = (&PaymentId, &Known)> {
        self.payments.iter()
    }

    /// Whether a row of the report is written down already.
    pub fn has_row(&self, row: &JournalRow) -> bool {
        line_of(row).is_some_and(|line| self.written.contains(&line))
    }

    /// How many lines other reports settled.
    pub fn settled_by_others(&self) -> usize {
        self.settled.len()
    }

    /// Whether another report settled the provider's line of this name.
    pub fn was_settled(&self, id: &str) -> bool {
        self.settled.contains(id)
    }
}

/// What names a report's row.
fn line_of(row: &JournalRow) -> Option<Line> {
    let currency = || row.currency.map(|currency| currency.to_string());
    let class = row.error_class.clone().or_else(currency);
    Some((row.callback_id.clone()?, row.event_type, class))
}

impl Known {
    /// Whether the device was told of a failure of this very attempt.
    pub fn is_refused(&self, attempt: Option<u32>) -> bool {
        attempt.is_some_and(|attempt| self.refused.contains(&attempt))
    }

    fn learn(&mut self, row: &JournalRow) {
        let amount = row.amount_minor.unwrap_or_default();
        let add = |sum: &mut Minor| *sum = sum.checked_add(amount).unwrap_or(*sum);
        let take = |sum: &mut Minor| *sum = sum.checked_sub(amount).unwrap_or(*sum);
        let held = self.held.checked_add(row.held_minor.unwrap_or_default());
        self.held = held.unwrap_or(self.held);
        let from_report = row.endpoint.as_deref() == Some(settle::ENDPOINT);
        if !from_report {
            self.business = row.business_id.clone().or(self.business.take());
            self.reference = row.reference.clone().or(self.reference.take());
            self.currency = row.currency.or(self.currency);
            self.psp = row.psp.clone().or(self.psp.take());
            self.psp_account = row.psp_account.clone().or(self.psp_account.take());
        }
        // What was settled in another currency has a second row, in the payment's own.
        let is_settled = row.event_type == JournalEvent::Settled && row.currency == self.currency;
        let is_undone = row.error_class.as_deref() == Some("reversed");
        match row.event_type {
            JournalEvent::Captured | JournalEvent::Settled => self.exceptions.clear(),
            JournalEvent::ChangeFailed if is_undone => self.exceptions.clear(),
            _ => {}
        }
        match row.event_type {
            JournalEvent::Told => match row.told.as_deref() {
                Some("success") => self.told_success = Some(row.ts_utc),
                Some("failure") => {
                    self.refused.insert(row.attempt_no.unwrap_or_default());
                }
                _ => {}
            },
            JournalEvent::Captured => {
                add(&mut self.captured);
                self.captured_at.get_or_insert(row.ts_utc);
            }
            JournalEvent::Voided => {
                (self.ended, self.voided) = (true, true);
                // It had been captured behind our back, and we asked for it to go back.
                if row.decision.as_deref() == Some("refunded") {
                    add(&mut self.refund_asked);
                }
            }
            JournalEvent::Resolved if row.decision.as_deref() == Some("nothing") => {
                self.ended = true;
            }
            JournalEvent::RefundRequested => add(&mut self.refund_asked),
            JournalEvent::Refunded => add(&mut self.refunded),
            JournalEvent::ChangeFailed if is_undone => match row.decision.as_deref() {
                Some("capture") => {
                    take(&mut self.captured);
                    self.captured_at = None;
                }
                Some("refund") => take(&mut self.refunded),
                _ => (self.ended, self.voided) = (false, false),
            },
            JournalEvent::Chargeback if amount > Minor::ZERO => add(&mut self.charged_back),
            JournalEvent::Settled if is_settled => match row.psp_code.as_deref() {
                // What was taken of an attempt that the device takes for failed pays for nothing.
                Some("capture") if !self.is_refused(row.attempt_no) => {
                    add(&mut self.settled);
                    self.settlements += 1;
                }
                Some("refund") => take(&mut self.settled_back),
                Some("chargeback") if amount < Minor::ZERO => {
                    take(&mut self.settled_charged_back);
                }
                _ => {}
            },
            JournalEvent::MatchException => self.exceptions.extend(row.error_class.clone()),
            _ => {}
        }
    }
}

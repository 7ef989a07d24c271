//! The rows of the journal that a matching comes to. They are made some lines at a time: all at once
//! would take more room than the report.

use std::collections::BTreeMap;

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    money::{Currency, Minor},
};

use super::{ENDPOINT, name_of};
use crate::{
    finance::{
        book::{Book, Known},
        matching::{Booked, MatchedLine, OpenItem},
        report::{LineKind, Report},
    },
    model::{JournalEvent, JournalRow, PaymentId, TenantId},
};

/// Writes rows of one report.
pub(super) struct Pen<'a> {
    report: &'a Report,
    book: &'a Book,
    name: String,
    tenant: &'a TenantId,
    merchant: &'a MerchantIdentifier,
}

impl<'a> Pen<'a> {
    pub(super) fn of(
        report: &'a Report,
        book: &'a Book,
        (tenant, merchant): (&'a TenantId, &'a MerchantIdentifier),
    ) -> Self {
        Self { report, book, name: name_of(report), tenant, merchant }
    }

    /// The rows of lines, in their order. `chargebacks` goes on from line to line.
    pub(super) fn lines(
        &self,
        lines: &[MatchedLine],
        chargebacks: &mut Chargebacks,
    ) -> Vec<JournalRow> {
        let mut rows = Vec::new();
        for placed in lines {
            if let Some(amount) = charged_back(placed, self.book, chargebacks) {
                let currency = placed.line.currency;
                rows.push(self.line(JournalEvent::Chargeback, placed, currency, amount));
            }
            settled(self, placed, &mut rows);
            let MatchedLine { line, exceptions, .. } = placed;
            let about = |event| self.line(event, placed, line.currency, line.gross);
            if exceptions.is_empty() && line.kind != LineKind::Payout {
                rows.push(about(JournalEvent::Matched));
            }
            for class in exceptions {
                let class = Some(class.as_str().to_owned());
                rows.push(JournalRow { error_class: class, ..about(JournalEvent::MatchException) });
            }
        }
        rows
    }

    /// The rows of payments that no line is about.
    pub(super) fn open(&self, items: &[OpenItem]) -> Vec<JournalRow> {
        let open = items.iter().filter(|item| !item.class.is_expected());
        open.filter_map(|item| self.missing(item)).collect()
    }

    fn known(&self, payment: Option<&PaymentId>) -> Option<&Known> {
        self.book.find(payment, &[]).map(|(_, known)| known)
    }

    /// A row about a line.
    fn line(
        &self,
        event: JournalEvent,
        placed: &MatchedLine,
        currency: Currency,
        amount: Minor,
    ) -> JournalRow {
        let MatchedLine { line, payment, booked, .. } = placed;
        let row = JournalRow {
            psp_reference: Some(line.id.clone()),
            attempt_no: placed.attempt,
            decision: Some(booked.as_str().to_owned()),
            ..self.row(event, payment.as_ref(), &line.line.to_string())
        };
        of_currency(row, currency, amount)
    }

    /// A row about a payment that no line is about, once for each class.
    fn missing(&self, item: &OpenItem) -> Option<JournalRow> {
        let class = item.class.as_str();
        let known = self.known(Some(&item.payment));
        if known.is_some_and(|known| known.exceptions.contains(class)) {
            return None;
        }
        let row = JournalRow {
            error_class: Some(class.to_owned()),
            ..self.row(JournalEvent::MatchException, Some(&item.payment), item.payment.as_str())
        };
        Some(of_currency(row, item.currency, item.amount))
    }

    fn row(&self, event: JournalEvent, payment: Option<&PaymentId>, place: &str) -> JournalRow {
        let known = self.known(payment);
        JournalRow {
            payment_id: payment.cloned(),
            request_identifier: payment.map(|id| id.request_identifier().as_str().to_owned()),
            business_id: known.and_then(|known| known.business.clone()),
            reference: known.and_then(|known| known.reference.clone()),
            psp_account: known.and_then(|known| known.psp_account.clone()),
            psp: Some(self.report.form.as_str().to_owned()),
            endpoint: Some(ENDPOINT.to_owned()),
            callback_id: Some(format!("{}:{place}", self.name)),
            actor: Some("finance".to_owned()),
            ..JournalRow::draft(event, self.tenant, self.merchant)
        }
    }
}

fn of_currency(row: JournalRow, currency: Currency, amount: Minor) -> JournalRow {
    let exponent = Some(currency.exponent());
    JournalRow { currency: Some(currency), exponent, ..row }.of_amount(amount)
}

/// What is known of the chargebacks of each payment, line by line.
pub(super) type Chargebacks = BTreeMap<PaymentId, ChargedBack>;

/// What is known of the chargebacks of a payment: told, and settled.
#[derive(Clone, Copy)]
pub(super) struct ChargedBack {
    told: Minor,
    settled: Minor,
}

/// What a line takes from the business by a chargeback that the provider had not told of before; less
/// than zero where one was won.
fn charged_back(placed: &MatchedLine, book: &Book, all: &mut Chargebacks) -> Option<Minor> {
    let MatchedLine { line, payment, booked, .. } = placed;
    let is_one =
        line.kind == LineKind::Chargeback && matches!(booked, Booked::Clearing | Booked::Exchange);
    let (payment, known) = book.find(Some(payment.as_ref().filter(|_| is_one)?), &[])?;
    let taken = Minor::ZERO.checked_sub(line.gross)?;
    if taken <= Minor::ZERO {
        return (taken < Minor::ZERO).then_some(taken);
    }
    let (told, settled) = (known.charged_back, known.settled_charged_back);
    let so_far = all.entry(payment.clone()).or_insert(ChargedBack { told, settled });
    so_far.settled = so_far.settled.checked_add(taken)?;
    let news = so_far.settled.checked_sub(so_far.told).filter(|news| *news > Minor::ZERO)?;
    so_far.told = so_far.settled;
    Some(news)
}

/// What the provider settled: gross and fee. What was settled in another currency than it was paid in
/// clears the one, and waits for finance in the other.
fn settled(pen: &Pen<'_>, placed: &MatchedLine, rows: &mut Vec<JournalRow>) {
    let MatchedLine { line, booked, .. } = placed;
    let kind = match line.kind {
        LineKind::Capture => "capture",
        LineKind::Refund => "refund",
        LineKind::Chargeback => "chargeback",
        LineKind::Fee => "fee",
        LineKind::Payout => "payout",
        LineKind::Other => "other",
    };
    let row = |booked: Booked, currency, gross: Minor, fee| JournalRow {
        decision: Some(booked.as_str().to_owned()),
        psp_code: Some(kind.to_owned()),
        fee_minor: fee,
        ..pen.line(JournalEvent::Settled, placed, currency, gross)
    };
    let gross = if line.currency == line.net_currency { Some(line.gross) } else { None };
    let gross = gross.or_else(|| line.net.checked_add(line.fee)).unwrap_or(line.net);
    // A fee that does not explain the net is not booked: what arrived is.
    let arrived = |booked| row(booked, line.net_currency, gross, gross.checked_sub(line.net));
    match booked {
        Booked::Nowhere => {}
        Booked::Exchange => {
            rows.push(row(Booked::Exchange, line.currency, line.gross, None));
            rows.push(arrived(Booked::Suspense));
        }
        Booked::Clearing | Booked::Fees | Booked::Suspense => rows.push(arrived(*booked)),
    }
}

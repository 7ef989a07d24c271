//! Stripe, Payout reconciliation report, itemized: `payout_reconciliation.itemized.5`. Which columns a
//! run has is the account's choice: those that are needed have to be there.

use amb_protocol::{
    id::RequestIdentifier,
    money::{Currency, Minor},
};
use jiff::tz::TimeZone;

use super::{Cells, Columns, LineKind, ReportFault, ReportLine, places};
use crate::model::PaymentId;

/// The metadata that every intent of ours carries.
const REQUEST: &str = "payment_metadata[requestIdentifier]";
/// Groups of columns, of each of which one has to be there.
const NEEDED: [&[&str]; 9] = [
    &["balance_transaction_id"],
    &["currency"],
    &["gross"],
    &["fee"],
    &["net"],
    &["reporting_category"],
    &["automatic_payout_id"],
    // The second is by UTC too, unless the run was asked for another zone.
    &["created_utc", "created"],
    &[REQUEST, "payment_intent_id"],
];

pub(super) fn columns(header: &csv::StringRecord) -> Result<Columns, ReportFault> {
    for names in NEEDED {
        if !names.iter().any(|name| header.iter().any(|found| found == *name)) {
            return Err(ReportFault::Header(names.join("` or `")));
        }
    }
    places(header)
}

pub(super) fn line(cells: &Cells<'_>) -> Result<ReportLine, ReportFault> {
    let currency = cells.currency("currency")?;
    let word = cells.needed("reporting_category")?;
    let created = if cells.columns.contains_key("created_utc") { "created_utc" } else { "created" };
    let names = ["payment_intent_id", "charge_id", "source_id"];
    let request = cells.text(REQUEST).and_then(|text| RequestIdentifier::parse(text).ok());
    let gross = cells.amount("gross", currency)?;
    let (paid_in, paid) = paid(cells)?.unwrap_or((currency, gross));
    Ok(ReportLine {
        line: cells.line,
        id: cells.needed("balance_transaction_id")?.to_owned(),
        account: None,
        kind: kind(word),
        word: word.to_owned(),
        payment: request.as_ref().and_then(PaymentId::of),
        attempt: None,
        psp_references: names
            .iter()
            .filter_map(|name| cells.text(name))
            .map(str::to_owned)
            .collect(),
        at: cells.time(created, &TimeZone::UTC)?,
        currency: paid_in,
        gross: Minor::new(paid.get().abs() * gross.get().signum()),
        net_currency: currency,
        net: cells.amount("net", currency)?,
        fee: cells.amount("fee", currency)?,
        batch: cells.text("automatic_payout_id").map(str::to_owned),
    })
}

/// What the customer paid, where the run has these columns: an account may be settled in another
/// currency than it sells in. Their sign is not told; that of the gross is.
fn paid(cells: &Cells<'_>) -> Result<Option<(Currency, Minor)>, ReportFault> {
    const AMOUNT: &str = "customer_facing_amount";
    const CURRENCY: &str = "customer_facing_currency";
    if cells.text(AMOUNT).is_none() || cells.text(CURRENCY).is_none() {
        return Ok(None);
    }
    let currency = cells.currency(CURRENCY)?;
    Ok(Some((currency, cells.amount(AMOUNT, currency)?)))
}

fn kind(word: &str) -> LineKind {
    match word {
        "charge" | "partial_capture_reversal" => LineKind::Capture,
        "refund" | "refund_failure" => LineKind::Refund,
        "dispute" | "dispute_reversal" => LineKind::Chargeback,
        "fee" | "network_cost" | "tax" => LineKind::Fee,
        "payout" | "payout_reversal" => LineKind::Payout,
        _ => LineKind::Other,
    }
}

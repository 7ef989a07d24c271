//! Adyen, Settlement details report. The gross columns say what was moved at the shopper's, the net
//! columns what that means for the account: the direction is the net column, not the type's name.

use amb_protocol::money::{Currency, Minor};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

use super::{CellProblem, Cells, Columns, LineKind, ReportFault, ReportLine, places};
use crate::model::PaymentId;

/// The columns that are read. Their places differ: reports of some years have one more between them.
const NEEDED: [&str; 18] = [
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Creation Date",
    "TimeZone",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Commission (NC)",
    "Markup (NC)",
    "Scheme Fees (NC)",
    "Interchange (NC)",
    "Batch Number",
];
const FEES: [&str; 4] = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];

pub(super) fn columns(header: &csv::StringRecord) -> Result<Columns, ReportFault> {
    let places = places(header)?;
    match NEEDED.iter().find(|name| !places.contains_key(**name)) {
        Some(name) => Err(ReportFault::Header((*name).to_owned())),
        None => Ok(places),
    }
}

/// Reads a line. `own` counts Adyen's own lines by what they have in common.
pub(super) fn line(
    cells: &Cells<'_>,
    own: &mut BTreeMap<String, u64>,
) -> Result<ReportLine, ReportFault> {
    let word = cells.needed("Type")?;
    let net_currency = cells.currency("Net Currency")?;
    let net = difference(cells, "Net Credit (NC)", "Net Debit (NC)", net_currency)?;
    let mut fees = Vec::with_capacity(FEES.len());
    for name in FEES {
        fees.push(cells.amount(name, net_currency)?);
    }
    let contradiction = || cells.fault("Commission (NC)", CellProblem::Contradiction);
    let fee = Minor::sum(fees).ok_or_else(contradiction)?;
    let (currency, gross) = match moved(cells)? {
        Some((currency, moved)) => (currency, directed(moved, net, fee, currency == net_currency)),
        None => (net_currency, net.checked_add(fee).ok_or_else(contradiction)?),
    };
    // Our attempts are called `pay_…-1`.
    let reference = cells.text("Merchant Reference").and_then(|name| name.split_once('-'));
    let names = ["Psp Reference", "Modification Reference"].map(|name| cells.text(name));
    let (account, batch) = (cells.needed("Merchant Account")?, cells.text("Batch Number"));
    let whose = names[0].unwrap_or(account);
    let id = [whose, names[1].unwrap_or_default(), word, batch.unwrap_or_default()].join("/");
    Ok(ReportLine {
        line: cells.line,
        id: if names[0].is_none() { counted(&id, own) } else { id },
        account: Some(account.to_owned()),
        kind: kind(word),
        word: word.to_owned(),
        payment: reference.and_then(|(payment, _)| PaymentId::parse(payment).ok()),
        attempt: reference.and_then(|(_, attempt)| attempt.parse().ok()),
        psp_references: names.into_iter().flatten().map(str::to_owned).collect(),
        at: cells.time("Creation Date", &zone(cells)?)?,
        currency,
        gross,
        net_currency,
        net,
        fee,
        batch: batch.map(str::to_owned),
    })
}

/// A line of Adyen's own has no reference. What it says names it, and which of those that say the same
/// it is: its place in the file is another one each time that the batch is asked for.
fn counted(id: &str, own: &mut BTreeMap<String, u64>) -> String {
    let count = own.entry(id.to_owned()).or_default();
    *count += 1;
    format!("{id}/{count}")
}

/// What was moved at the shopper's. None of it, where Adyen charges, pays out or carries over.
fn moved(cells: &Cells<'_>) -> Result<Option<(Currency, Minor)>, ReportFault> {
    const GROSS: [&str; 2] = ["Gross Debit (GC)", "Gross Credit (GC)"];
    if GROSS.iter().all(|column| cells.text(column).is_none()) {
        return Ok(None);
    }
    let currency = cells.currency("Gross Currency")?;
    let moved = difference(cells, GROSS[0], GROSS[1], currency)?;
    Ok(Some((currency, Minor::new(moved.get().abs()))))
}

/// One of two columns, as a signed amount; never both.
fn difference(
    cells: &Cells<'_>,
    plus: &str,
    minus: &str,
    currency: Currency,
) -> Result<Minor, ReportFault> {
    let (up, down) = (cells.amount(plus, currency)?, cells.amount(minus, currency)?);
    let is_one = up == Minor::ZERO || down == Minor::ZERO;
    let difference = up.checked_sub(down).filter(|_| is_one);
    difference.ok_or_else(|| cells.fault(plus, CellProblem::Contradiction))
}

/// The gross with the direction of the net: that which makes `net = gross - fee`, or else its sign.
fn directed(gross: Minor, net: Minor, fee: Minor, is_same_currency: bool) -> Minor {
    let back = Minor::new(-gross.get());
    let makes = |gross: Minor| is_same_currency && gross.checked_sub(fee) == Some(net);
    if makes(gross) || (!makes(back) && net >= Minor::ZERO) { gross } else { back }
}

fn kind(word: &str) -> LineKind {
    match word {
        "Settled" => LineKind::Capture,
        "Refunded" | "RefundedReversed" => LineKind::Refund,
        "Chargeback" | "SecondChargeback" | "ChargebackReversed" => LineKind::Chargeback,
        "Fee" | "MiscCosts" | "InvoiceDeduction" | "AuthorisationSchemeFee" | "PaymentCost" => {
            LineKind::Fee
        }
        // A batch that is carried over, and a transfer that the bank sent back: the next batch has both.
        "MerchantPayout" | "Balancetransfer" | "BankInstructionReturned" => LineKind::Payout,
        _ => LineKind::Other,
    }
}

/// The clock of `Creation Date`: a name of the IANA's, or an abbreviation of where Adyen has customers.
/// Some are used of several clocks, and mean the first here: `IST` India (not Ireland, nor Israel), `CST`
/// Chicago (China, Cuba), `BST` London (Bangladesh), `GST` Dubai (South Georgia), `PST` Los Angeles
/// (Manila). And `MST`, `ACST` and `AEST` are Denver, Adelaide and Sydney, which have a summer time, as
/// Phoenix, Darwin and Brisbane have not: whether it is summer is told by the date.
fn zone(cells: &Cells<'_>) -> Result<TimeZone, ReportFault> {
    let text = cells.needed("TimeZone")?;
    let name = match text {
        "UTC" | "GMT" => return Ok(TimeZone::UTC),
        "CET" | "CEST" => "Europe/Amsterdam",
        "EET" | "EEST" => "Europe/Helsinki",
        "WET" | "WEST" => "Europe/Lisbon",
        "BST" => "Europe/London",
        "TRT" => "Europe/Istanbul",
        "EST" | "EDT" => "America/New_York",
        "CST" | "CDT" => "America/Chicago",
        "MST" | "MDT" => "America/Denver",
        "PST" | "PDT" => "America/Los_Angeles",
        "AKST" | "AKDT" => "America/Anchorage",
        "HST" => "Pacific/Honolulu",
        "BRT" => "America/Sao_Paulo",
        "ART" => "America/Argentina/Buenos_Aires",
        "CLT" | "CLST" => "America/Santiago",
        "COT" => "America/Bogota",
        "PET" => "America/Lima",
        "SAST" => "Africa/Johannesburg",
        "EAT" => "Africa/Nairobi",
        "GST" => "Asia/Dubai",
        "IST" => "Asia/Kolkata",
        "ICT" => "Asia/Bangkok",
        "WIB" => "Asia/Jakarta",
        "SGT" => "Asia/Singapore",
        "MYT" => "Asia/Kuala_Lumpur",
        "HKT" => "Asia/Hong_Kong",
        "PHT" => "Asia/Manila",
        "JST" => "Asia/Tokyo",
        "KST" => "Asia/Seoul",
        "AWST" => "Australia/Perth",
        "ACST" | "ACDT" => "Australia/Adelaide",
        "AEST" | "AEDT" => "Australia/Sydney",
        "NZST" | "NZDT" => "Pacific/Auckland",
        other => other,
    };
    TimeZone::get(name).map_err(|_unknown| cells.fault("TimeZone", CellProblem::TimeZone))
}

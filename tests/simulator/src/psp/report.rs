//! What a provider reports to finance, from its own books: Stripe's payout reconciliation, Adyen's
//! settlement details. Columns: spec/payments §6.3.

use jiff::Timestamp;

use crate::model::{Dialect, MoveKind, PspMove, PspPayment};
use crate::phone::pay::amount;
use crate::world::World;

const STRIPE: &str = "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,\
     created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,\
     payment_intent_id,customer_facing_amount,customer_facing_currency,\
     payment_metadata[requestIdentifier],payment_metadata[reference]";
const ADYEN: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,\
     Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,\
     Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),\
     Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,\
     Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,\
     Reserved9,Reserved10";

/// The report of a provider over everything that was captured, given back or taken back, as CSV.
pub(crate) fn report(world: &World, dialect: Dialect, account: Option<&str>) -> String {
    let header = match dialect {
        Dialect::Stripe => STRIPE,
        Dialect::Adyen | Dialect::Endpoint => ADYEN,
    };
    let of = |it: &&PspPayment| {
        it.dialect == dialect && account.is_none_or(|account| it.account == account)
    };
    let mut rows = vec![header.to_owned()];
    for payment in world.psp.payments.iter().filter(of) {
        let settled = payment.moves.iter().filter(|it| {
            matches!(it.kind, MoveKind::Capture | MoveKind::Refund | MoveKind::Chargeback)
        });
        for moved in settled {
            rows.push(match dialect {
                Dialect::Stripe => stripe(payment, moved),
                Dialect::Adyen | Dialect::Endpoint => adyen(payment, moved),
            });
        }
    }
    rows.push(String::new());
    rows.join("\r\n")
}

/// 2.9 % and 30 of the smallest unit, as list prices go; nothing on what goes back.
fn fee(moved: &PspMove) -> i64 {
    if moved.kind == MoveKind::Capture { (moved.amount * 29 + 500) / 1000 + 30 } else { 0 }
}

/// What the merchant gains by it.
fn gain(moved: &PspMove) -> i64 {
    if moved.kind == MoveKind::Capture { moved.amount } else { -moved.amount }
}

fn stripe(payment: &PspPayment, moved: &PspMove) -> String {
    let money = |minor: i64| amount::decimal(minor, &payment.currency);
    let (gross, fee) = (gain(moved), fee(moved));
    let category = match moved.kind {
        MoveKind::Capture => "charge",
        MoveKind::Refund => "refund",
        _ => "dispute",
    };
    let at = time(moved.at, "%Y-%m-%d %H:%M:%S");
    let metadata = |name: &str| payment.metadata.get(name).cloned().unwrap_or_default();
    row([
        format!("po_{}", time(moved.at, "%Y%m%d")),
        at.clone(),
        format!("txn_{}", moved.id),
        at.clone(),
        at,
        payment.currency.to_lowercase(),
        money(gross),
        money(fee),
        money(gross - fee),
        category.to_owned(),
        moved.id.clone(),
        moved.id.clone(),
        payment.id.clone(),
        money(gross),
        payment.currency.to_lowercase(),
        metadata("requestIdentifier"),
        metadata("reference"),
    ])
}

fn adyen(payment: &PspPayment, moved: &PspMove) -> String {
    let money = |minor: i64| amount::decimal(minor, &payment.currency);
    let fee = fee(moved);
    let is_gain = moved.kind == MoveKind::Capture;
    let kind = match moved.kind {
        MoveKind::Capture => "Settled",
        MoveKind::Refund => "Refunded",
        _ => "Chargeback",
    };
    let side = |wanted: bool, minor: i64| if wanted { money(minor) } else { String::new() };
    let merchant = payment.metadata.get("merchantAccount").cloned().unwrap_or_default();
    let mut columns = vec![
        "AmbCompany".to_owned(),
        merchant,
        payment.id.clone(),
        payment.reference.clone().unwrap_or_default(),
        "visa".to_owned(),
        time(moved.at, "%Y-%m-%d %H:%M:%S"),
        "UTC".to_owned(),
        kind.to_owned(),
        moved.id.clone(),
        payment.currency.clone(),
        // Gross is what the card's owner was debited; net is what the merchant gets.
        side(is_gain, moved.amount),
        side(!is_gain, moved.amount),
        "1".to_owned(),
        payment.currency.clone(),
        side(!is_gain, moved.amount),
        side(is_gain, moved.amount - fee),
        side(is_gain, fee),
        side(is_gain, 0),
        side(is_gain, 0),
        side(is_gain, 0),
        "visa_applepay".to_owned(),
        payment.reference.clone().unwrap_or_default(),
        "1".to_owned(),
    ];
    columns.extend(std::iter::repeat_n(String::new(), 7));
    row(columns)
}

fn time(at: u64, format: &str) -> String {
    let at = Timestamp::from_millisecond(i64::try_from(at).unwrap_or_default());
    at.unwrap_or_default().strftime(format).to_string()
}

/// RFC 4180.
fn row(columns: impl IntoIterator<Item = String>) -> String {
    let quoted = |text: String| {
        let needs = text.contains([',', '"', '\r', '\n']);
        if needs { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    columns.into_iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::model::PspState;

    #[test]
    fn every_row_has_as_many_columns_as_the_header_and_the_money_adds_up() {
        let moved = |kind, amount| PspMove { at: 0, kind, amount, id: "M".into(), key: None };
        for dialect in [Dialect::Stripe, Dialect::Adyen] {
            let mut world = World::default();
            world.psp.payments.push(PspPayment {
                seq: 1,
                dialect,
                account: "a".into(),
                id: "P".into(),
                reference: Some("pay_x,1".into()),
                key: None,
                metadata: BTreeMap::new(),
                currency: "USD".into(),
                amount: 10_000,
                held: 0,
                captured: 10_000,
                refunded: 400,
                state: PspState::Captured,
                transaction_id: None,
                customer: None,
                last4: None,
                decline: None,
                moves: vec![
                    moved(MoveKind::Hold, 10_000),
                    moved(MoveKind::Capture, 10_000),
                    moved(MoveKind::Refund, 400),
                ],
            });
            let csv = report(&world, dialect, None);
            let rows: Vec<_> = csv.lines().map(|it| it.replace("\"pay_x,1\"", "r")).collect();
            assert_eq!(rows.len(), 3, "{csv}");
            let columns = |row: &str| row.split(',').count();
            assert!(rows.iter().all(|row| columns(row) == columns(&rows[0])), "{csv}");
            assert!(csv.contains("96.80") && csv.contains("3.20") && csv.contains("4.00"), "{csv}");
            assert!(report(&world, dialect, Some("b")).lines().count() == 1);
        }
    }
}

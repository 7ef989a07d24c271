//! A payment: `T#<tenant>#PAY#<payment>` / `META`. It is kept as JSON text beside what conditions and
//! indexes read. It is in the index `due` while it owes something, and in the index `list` among its
//! business's.

use amb_protocol::id::BusinessId;
use amb_service::model::{Payment, PaymentId, PaymentPointer, PaymentState, TenantId};
use jiff::{SignedDuration, Timestamp};

use super::{
    Item, Key, RowFault, fits, n, s, text,
    time::{ceil_seconds, millis_text, ttl},
    write_json,
};

/// How long a payment is kept once it owes nothing: longer than any dispute (spec/payments §4.2).
const LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);

pub(crate) fn pk(pointer: &PaymentPointer) -> String {
    format!("T#{}#PAY#{}", pointer.tenant, pointer.payment)
}

pub(crate) fn key(pointer: &PaymentPointer) -> Key {
    Key::new(pk(pointer), "META")
}

/// The payment that a row of it, or of an index, belongs to.
pub(crate) fn pointer(item: &Item) -> Result<PaymentPointer, RowFault> {
    let (tenant, payment) = text(item, "pk")?
        .strip_prefix("T#")
        .and_then(|rest| rest.split_once("#PAY#"))
        .ok_or(RowFault::Attribute { attribute: "pk" })?;
    Ok(PaymentPointer {
        tenant: fits("pk", TenantId::parse(tenant))?,
        payment: fits("pk", PaymentId::parse(payment))?,
    })
}

/// The partitions of the index `due`.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("PAY#{shard}")
}

pub(crate) fn list_pk(tenant: &TenantId, business: &BusinessId) -> String {
    format!("T#{tenant}#B#{}", business.as_str())
}

/// The row, without the customer's reply, which has one of its own.
pub(crate) fn item(payment: &Payment) -> Result<Item, RowFault> {
    let Payment { pointer, business, created_at, .. } = payment;
    let key = key(pointer);
    let due = due_partition(key.shard());
    let mut item = write_json(key, &Payment { reply: None, ..payment.clone() })?;
    item.insert("revision".to_owned(), n(payment.revision));
    item.insert("lpk".to_owned(), s(list_pk(&pointer.tenant, business)));
    let place = format!("{}#{}", millis_text(*created_at), pointer.payment);
    item.insert("lsk".to_owned(), s(place));
    if let Some(due_at) = payment.due_at {
        item.insert("due".to_owned(), s(due));
        item.insert("due_at".to_owned(), n(ceil_seconds(due_at)));
    }
    if let Some(ended) = ended(payment) {
        item.insert("ttl".to_owned(), n(ttl(ended, LIFE)));
    }
    Ok(item)
}

/// When a payment that owes nothing came to its end, at the latest; none: it may still move by itself,
/// or a person has to look at it.
fn ended(payment: &Payment) -> Option<Timestamp> {
    match payment.state {
        _ if payment.due_at.is_some() => None,
        PaymentState::Declined
        | PaymentState::Voided
        | PaymentState::Failed
        | PaymentState::Captured
        | PaymentState::Refunded
        | PaymentState::Expired => {
            let attempts = payment.attempts.iter().map(|attempt| attempt.lease_until);
            let refunds = payment.refunds.iter().map(|refund| refund.created_at);
            attempts.chain(refunds).chain([payment.since(), payment.expires_at]).max()
        }
        PaymentState::Open
        | PaymentState::Authorizing
        | PaymentState::Authorized
        | PaymentState::Unknown
        | PaymentState::Voiding
        | PaymentState::Capturing
        | PaymentState::AckMismatch
        | PaymentState::VoidStuck => None,
    }
}

/// How long rows beside a payment are kept that are written once: longer than the payment, whatever
/// becomes of it.
pub(crate) fn beside_ttl(expires_at: Timestamp) -> i64 {
    ttl(expires_at, LIFE * 3)
}

#[cfg(test)]
mod tests {
    use amb_service::{contract::Sample, memory::Memory};

    use super::*;
    use crate::row::{number, read_json};

    fn payment() -> Payment {
        Sample::new(Timestamp::from_second(1_795_262_400).unwrap(), Memory::new(3)).payment()
    }

    #[test]
    fn a_payment_reads_back_from_its_row_and_its_key() {
        let payment = payment();
        let row = item(&payment).unwrap();
        assert_eq!(pointer(&row).unwrap(), payment.pointer);
        assert_eq!(read_json::<Payment>(&row).unwrap(), payment);
    }

    #[test]
    fn a_payment_is_due_only_while_it_owes_and_expires_only_once_it_has_ended() {
        let mut payment = payment();
        let owing = item(&payment).unwrap();
        assert!(owing.contains_key("due") && owing.contains_key("due_at"));
        assert!(!owing.contains_key("ttl"), "it may still be paid");
        payment.due_at = None;
        for (state, ends) in [
            (PaymentState::Authorized, false),
            (PaymentState::VoidStuck, false),
            (PaymentState::AckMismatch, false),
            (PaymentState::Captured, true),
            (PaymentState::Expired, true),
        ] {
            payment.state = state;
            let row = item(&payment).unwrap();
            assert!(!row.contains_key("due") && !row.contains_key("due_at"), "{state:?}");
            assert_eq!(row.contains_key("ttl"), ends, "{state:?}");
        }
        let row = item(&payment).unwrap();
        let kept = number::<i64>(&row, "ttl").unwrap() - payment.expires_at.as_second();
        assert!(kept >= 400 * 24 * 3600);
        assert!(beside_ttl(payment.expires_at) > number(&row, "ttl").unwrap());
    }
}

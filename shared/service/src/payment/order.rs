//! An attempt as a provider has to know it.

use amb_protocol::apple_pay::Region;
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

use crate::{
    model::{Attempt, Payment, RefundId},
    port::PspOrder,
};

/// The order of an attempt; of the payment itself, before there is one, with the number 0 and a key of
/// its own.
pub fn order(payment: &Payment, attempt: Option<&Attempt>, billing: Option<Region>) -> PspOrder {
    let no = attempt.map_or(0, |attempt| attempt.no);
    let result = attempt.and_then(|attempt| attempt.result.as_ref());
    PspOrder {
        tenant: payment.pointer.tenant.clone(),
        account: payment.psp.clone(),
        merchant: payment.merchant.clone(),
        payment: payment.pointer.payment.clone(),
        attempt: no,
        reference: Attempt::reference(&payment.pointer, no),
        order_reference: payment.reference.clone(),
        key: match attempt {
            Some(attempt) => attempt.key.clone(),
            None => key("prepare", payment.pointer.payment.as_str()),
        },
        turn: 0,
        amount: attempt.map_or(payment.offered, |attempt| attempt.amount),
        currency: payment.currency,
        intent: payment.intent.clone(),
        psp_reference: result.and_then(|result| result.reference()).map(str::to_owned),
        begun_at: attempt.map_or(payment.created_at, |attempt| attempt.begun_at),
        billing,
    }
}

/// The provider's idempotency key of a refund: the same from wherever it is asked.
pub fn refund_key(refund: &RefundId) -> String {
    key("refund", refund.as_str())
}

/// The key under which money goes back that was to be let go, and turned out to be captured.
pub(super) fn undo_key(attempt: &Attempt) -> String {
    key("undo", &attempt.key)
}

fn key(verb: &str, of: &str) -> String {
    let text = format!("amb/v1|{verb}|{of}");
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

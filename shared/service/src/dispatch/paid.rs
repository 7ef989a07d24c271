//! A customer's bubble, come back from the payment sheet: what it says of the payment is kept before the
//! message has its place, and weighed by the settling worker after that.

use amb_protocol::{
    id::RequestIdentifier,
    inbound::Envelope,
    reply::{Answer, Reply},
};
use std::time::Duration;

use crate::{
    model::{InboxMessage, PaymentId, PaymentPointer, PaymentReply, Seen},
    port::{Payments, PortError, SettlementQueue},
    problem::chain,
};

/// Characters of a state that are kept. Apple's words are shorter.
const LONGEST_STATE: usize = 64;

/// Keeps what a reply says of a payment, if it is one of ours and the customer is the one who was asked;
/// answers which payment it is. What is kept first stands.
pub(crate) async fn keep_reply(
    store: &impl Payments,
    message: &InboxMessage,
    envelope: &Envelope,
) -> Result<Option<PaymentPointer>, PortError> {
    let reply = envelope.interactive_data.as_deref().map(Reply::parse);
    let Some(Reply { answer: Answer::Payment { state }, request_identifier, .. }) = reply else {
        return Ok(None);
    };
    let request = request_identifier.and_then(|text| RequestIdentifier::parse(&text).ok());
    let Some(payment) = request.and_then(|request| PaymentId::of(&request)) else {
        return Ok(None);
    };
    let pointer = PaymentPointer { tenant: message.pointer.tenant.clone(), payment };
    let found = store.find_payment(&pointer).await?;
    let is_theirs = found.is_some_and(|payment| {
        payment.business == message.business && payment.opaque == message.opaque
    });
    if !is_theirs {
        return Ok(None);
    }
    let state = state.map(|state| state.chars().take(LONGEST_STATE).collect());
    let seen = Seen { at: message.received_at, state };
    store.keep_reply(&PaymentReply { payment: pointer.clone(), seen }).await?;
    Ok(Some(pointer))
}

/// Has the payment looked at. Should the queue not take it, it is looked at when its row is due, and
/// the reply is read with the row.
pub(crate) async fn enqueue_paid(queue: &impl SettlementQueue, paid: Option<&PaymentPointer>) {
    let Some(pointer) = paid else { return };
    if let Err(error) = queue.enqueue_settlement(pointer, Duration::ZERO).await {
        tracing::warn!(error = %chain(&error), "a payment is left to the sweep");
    }
}

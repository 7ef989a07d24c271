//! A customer's bubble, come back from the payment sheet: what it says of the payment is kept before the
//! message has its place, and weighed by the settling worker after that.

use amb_protocol::{
    id::RequestIdentifier,
    inbound::Envelope,
    reply::{Answer, Reply},
};
use std::time::Duration;

use crate::{
    model::{InboxMessage, PaymentId, PaymentPointer, Seen},
    payment::evidence,
    port::{Payments, PortError, SettlementQueue},
};

/// Characters of a state that are kept. Apple's words are shorter.
const LONGEST_STATE: usize = 64;

/// Keeps what a reply says of a payment, if it is one of ours and the customer is the one who was asked;
/// answers which payment it is. What weighs most stands, and a denial outweighs everything.
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
    let state = state.map(|state| state.chars().take(LONGEST_STATE).collect());
    let seen = Seen { at: message.received_at, state };
    let customer = (&message.business, &message.opaque);
    let is_theirs = evidence::keep_reply(store, &pointer, customer, &seen).await?;
    Ok(is_theirs.then_some(pointer))
}

/// Has the payment looked at. The sweep would not find it: the reply is not in the payment's row, and a
/// payment that its business captures itself is never due. So the caller has to come again if this fails.
pub(crate) async fn enqueue_paid(
    queue: &impl SettlementQueue,
    paid: Option<&PaymentPointer>,
    delay: Duration,
) -> Result<(), PortError> {
    let Some(pointer) = paid else { return Ok(()) };
    queue.enqueue_settlement(pointer, delay).await
}

//! Businesses, told: every event of a payment becomes one event of its conversation, once.
//!
//! The conversation's step claims an id that is made from the payment and the event's number, so that
//! a second run finds it told. Whether the customer left does not matter: it is their money.

use amb_protocol::id::MessageId;
use aws_lc_rs::digest;

use super::{Settle, SettleError, SettleTables};
use crate::{
    dispatch::{TRIES, deliveries, enqueue, push, stand_back},
    model::{ConversationId, ConversationState, EventSource, Payment, PaymentNews, PaymentPointer},
    payment::commit::{Committed, Plan, commit},
    port::{ClaimScope, Clock, DeliveryQueue, Entropy, MessageClaim, PortError, Step, Stepped},
};

impl<S, Q, P, C> Settle<S, Q, P, C>
where
    S: SettleTables,
    Q: DeliveryQueue,
    C: Clock + Entropy,
{
    /// Tells whatever is untold, in order; answers the payment afterwards.
    pub(super) async fn tell(&self, payment: Payment) -> Result<Payment, SettleError> {
        let Some(last) = payment.untold.last().map(|news| news.no) else { return Ok(payment) };
        for news in &payment.untold {
            self.tell_one(&payment, news).await?;
        }
        self.told_until(payment, last).await
    }

    async fn tell_one(&self, payment: &Payment, news: &PaymentNews) -> Result<(), SettleError> {
        for tries in 0..TRIES {
            let step = self.step_of(payment, news).await?;
            match self.store.step(&step).await? {
                Stepped::Done => {
                    enqueue(&self.queue, &step.deliveries).await;
                    return Ok(());
                }
                Stepped::Claimed(_) => return Ok(()),
                Stepped::Moved | Stepped::Repeated(_) | Stepped::Finished => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(SettleError::Contended)
    }

    async fn step_of(&self, payment: &Payment, news: &PaymentNews) -> Result<Step, PortError> {
        let tenant = &payment.pointer.tenant;
        let conversation = ConversationId::of(&payment.business, &payment.opaque);
        let mut state = self.store.load(tenant, &conversation).await?.unwrap_or_else(|| {
            // Nobody is asked to pay before they have written.
            let (business, opaque) = (payment.business.clone(), payment.opaque.clone());
            ConversationState::new(tenant.clone(), business, opaque, payment.created_at)
        });
        state.revision += 1;
        let mut entries = Vec::new();
        let source = EventSource::Inline(news.data.clone());
        let seq = push(&mut state, news.kind, source, news.at, &mut entries);
        let claim = Some(MessageClaim {
            tenant: tenant.clone(),
            message: claimed_by(&payment.pointer, news.no),
            conversation,
            seq,
            scope: ClaimScope::Tenant,
        });
        let endpoints = self.store.endpoints(tenant).await?;
        let deliveries = deliveries(&state, &entries, &endpoints);
        Ok(Step { entries, claim, deliveries, ..Step::to(state) })
    }

    /// Strikes out what was told.
    async fn told_until(&self, mut payment: Payment, last: u32) -> Result<Payment, SettleError> {
        let pointer = payment.pointer.clone();
        for tries in 0..TRIES {
            payment.untold.retain(|news| news.no > last);
            let is_held = payment.lease_until.is_some_and(|until| until > self.clock.now());
            if !is_held {
                payment.reschedule(self.clock.now());
            }
            match commit(&self.store, &self.clock, Plan::of(payment, Vec::new())).await? {
                Committed::Done(payment) => return Ok(*payment),
                Committed::Moved | Committed::Claimed(_) => {}
            }
            stand_back(&self.clock, tries).await;
            let found = self.store.find_payment(&pointer).await?;
            payment = found.ok_or(SettleError::Contended)?;
        }
        Err(SettleError::Contended)
    }
}

/// The id that telling an event of a payment claims: a UUID of version 8, so that no message has it.
fn claimed_by(pointer: &PaymentPointer, no: u32) -> MessageId {
    let text = format!("amb/v1|news|{}|{no}", pointer.payment);
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    MessageId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

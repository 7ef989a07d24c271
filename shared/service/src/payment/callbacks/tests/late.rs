//! Others are faster, every time: a device is answered within its time all the same, or not at all.

use amb_protocol::{
    apple_pay::{GatewayAnswer, MerchantIdentifier, Offer, Quote},
    id::BusinessId,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{Cheap, World, paid, paying};
use crate::{
    memory::{Memory, drive},
    model::{
        Chain, ChainHead, MerchantSettings, Payment, PaymentPointer, PaymentReply, PaymentState,
        SealedContacts, Seen, TenantId, TokenClaim, TokenHash,
    },
    payment::{
        callbacks::{ANSWER_WITHIN, Call, CallbackError, Callbacks, Reply},
        capability::Step,
    },
    port::{ChainRows, Changed, Merchants, PaymentChange, Payments, PortError},
};

/// What others do before us, every time.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// They change the payment.
    Change,
    /// They write into the journal's chain.
    Journal,
    /// The same, once a device is to be told something.
    JournalInTheEnd,
}

/// A table in which somebody else is faster.
struct Busy(Memory, Others);

impl Payments for Busy {
    async fn change(&self, change: &PaymentChange) -> Result<Changed, PortError> {
        let live = change.payment.as_ref().and_then(Payment::live);
        let is_end = live.is_some_and(|attempt| attempt.told.is_some());
        match self.1 {
            Others::Journal => Ok(Changed::Outrun),
            Others::JournalInTheEnd if is_end => Ok(Changed::Outrun),
            Others::JournalInTheEnd => self.0.change(change).await,
            Others::Change => {
                for payment in self.0.world().book.payments.values_mut() {
                    payment.revision += 1;
                }
                self.0.change(change).await
            }
        }
    }
    async fn find_payment(&self, at: &PaymentPointer) -> Result<Option<Payment>, PortError> {
        self.0.find_payment(at).await
    }
    async fn offer(&self, at: &PaymentPointer) -> Result<Option<Offer>, PortError> {
        self.0.offer(at).await
    }
    async fn quote(&self, at: &PaymentPointer, seq: u32) -> Result<Option<Quote>, PortError> {
        self.0.quote(at, seq).await
    }
    async fn contacts(&self, at: &PaymentPointer) -> Result<Option<SealedContacts>, PortError> {
        self.0.contacts(at).await
    }
    async fn token_claim(
        &self,
        merchant: &MerchantIdentifier,
        token: &TokenHash,
    ) -> Result<Option<TokenClaim>, PortError> {
        self.0.token_claim(merchant, token).await
    }
    async fn chain_head(&self, chain: &Chain) -> Result<ChainHead, PortError> {
        self.0.chain_head(chain).await
    }
    async fn keep_reply(
        &self,
        reply: &PaymentReply,
        instead_of: Option<&Seen>,
    ) -> Result<bool, PortError> {
        self.0.keep_reply(reply, instead_of).await
    }
}

impl Merchants for Busy {
    async fn merchant(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
    ) -> Result<Option<MerchantSettings>, PortError> {
        self.0.merchant(tenant, business).await
    }
    async fn put_merchant(
        &self,
        settings: &MerchantSettings,
        journal: &ChainRows,
    ) -> Result<Changed, PortError> {
        self.0.put_merchant(settings, journal).await
    }
    async fn domain_association(&self) -> Result<Option<String>, PortError> {
        self.0.domain_association().await
    }
}

/// The longest that somebody stands back at once.
const HAIR: SignedDuration = SignedDuration::from_millis(400);

/// A call that API Gateway took so many seconds ago, and how long it took in all.
fn served(
    world: &World,
    others: Others,
    (step, payment): (Step, &Value),
    ago: i64,
) -> (Result<Reply, CallbackError>, SignedDuration) {
    let m = || world.memory.clone();
    let callbacks = Callbacks::new(Busy(m(), others), m(), m(), m(), m(), m(), Cheap);
    let (capability, body) = (world.capability(step), world.body(payment));
    let began = world.memory.world().now - SignedDuration::from_secs(ago);
    let call = Call {
        payment: world.pointer.payment.as_str(),
        capability: &capability,
        step,
        began,
        id: "req-1",
        body: &body,
    };
    let reply = drive(callbacks.serve(&call)).unwrap();
    (reply, began.duration_until(world.memory.world().now))
}

#[test]
fn an_answer_that_stands_is_told_in_time_although_nobody_can_note_the_repeat() {
    for others in [Others::Change, Others::Journal] {
        let world = World::new();
        world.pay("AA01");
        let (reply, took) = served(&world, others, (Step::Gateway, &paying("AA01")), 20);
        assert_eq!(paid(&reply.unwrap()), GatewayAnswer::success(), "{others:?}");
        assert!(took <= ANSWER_WITHIN + HAIR, "{others:?}: {took:?}");
    }
}

#[test]
fn what_cannot_be_written_down_in_time_is_given_up_in_time() {
    let tracked = json!({"summaryItems": [{"label": "Shop", "amount": "63.99"}]});
    let express = json!({"shippingMethod": {"identifier": "exp"}});
    for (step, payment) in [(Step::OrderTracking, tracked), (Step::ShippingMethod, express)] {
        for others in [Others::Change, Others::Journal] {
            let world = World::new();
            let (reply, took) = served(&world, others, (step, &payment), 20);
            let is_given_up = matches!(reply, Err(CallbackError::Busy | CallbackError::Port(_)));
            assert!(is_given_up, "{others:?}: {reply:?}");
            assert!(took <= ANSWER_WITHIN + HAIR, "{others:?}: {took:?}");
        }
    }
}

#[test]
fn f126_an_approval_that_cannot_be_written_down_in_time_is_not_told() {
    let world = World::new();
    let paying = (Step::Gateway, &paying("AA01"));
    let (reply, took) = served(&world, Others::JournalInTheEnd, paying, 0);
    assert!(matches!(reply, Err(CallbackError::Untold)), "{reply:?}");
    assert!(took <= ANSWER_WITHIN + HAIR, "{took:?}");
    let payment = world.payment();
    assert_eq!((payment.state, world.held()), (PaymentState::Authorizing, 6399));
    assert!(payment.live().unwrap().told.is_none() && payment.due_at.is_some());
}

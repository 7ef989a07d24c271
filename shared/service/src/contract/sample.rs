//! The things that the suites work on.

use amb_protocol::{
    apple_pay::{Inputs, Line, LineType, MerchantIdentifier, Offer, Pricing, QuoteSource},
    id::{BusinessId, MessageId, OpaqueId},
    money::{Currency, Minor},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use crate::{
    model::{
        BodyEncoding, CapturePolicy, Channel, Context, ConversationState, Delivery, DeliveryKey,
        Endpoint, EndpointId, EndpointStatus, EventId, EventSource, EventStream, EventType,
        IdempotencyKey, IdempotencyRecord, InboxMessage, InboxPointer, InboxSort, MerchantSettings,
        OutboundContent, OutboundMessage, OutboundPointer, Payment, PaymentId, PaymentPointer,
        PaymentState, PspAccount, PspKind, QuoteMark, Route, SealedSecret, SecretName,
        SessionIdentifier, StoredBody, TenantId, TimelineEntry, TimelineItem, body_hash,
    },
    port::{ClaimScope, Entropy, MessageClaim},
};

/// A tenant of its own, an instant, and a source of ids nobody else has.
#[derive(Debug)]
pub struct Sample<E> {
    /// The tenant.
    pub tenant: TenantId,
    /// A business of it.
    pub business: BusinessId,
    /// Now, in whole milliseconds: what every row can hold.
    pub now: Timestamp,
    entropy: E,
}

impl<E: Entropy> Sample<E> {
    /// A sample around an instant.
    pub fn new(now: Timestamp, entropy: E) -> Self {
        Self {
            tenant: TenantId::draw(&entropy),
            business: business_id(&entropy),
            now: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or_default(),
            entropy,
        }
    }

    /// Seconds after now.
    pub fn after(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }

    /// A payment that was just asked for.
    pub fn payment(&self) -> Payment {
        let MerchantSettings { tenant, business, merchant, psp, capture, time_zone, .. } =
            self.merchant();
        let offer = self.offer();
        let offered = offer.total.amount;
        Payment {
            pointer: PaymentPointer { tenant, payment: PaymentId::draw(&self.entropy) },
            business,
            opaque: self.conversation().opaque,
            message: self.message_id(),
            reference: Some("order № 1001".to_owned()),
            merchant,
            psp,
            capture,
            time_zone,
            currency: offer.currency,
            offered,
            state: PaymentState::Open,
            since: None,
            attempts: Vec::new(),
            quotes: vec![QuoteMark {
                seq: 0,
                inputs: Inputs::default(),
                total: offered,
                tax: Minor::ZERO,
                shipping: Minor::ZERO,
                source: QuoteSource::Offer,
                first_method: None,
            }],
            chosen: Inputs::default(),
            shown: None,
            updates: 0,
            intent: None,
            sent_at: None,
            tracking: None,
            tracking_weighed: false,
            reply: None,
            weighed_reply: None,
            held: Minor::ZERO,
            captured: Minor::ZERO,
            capture_asked: None,
            captures: 0,
            taken: None,
            endings: Vec::new(),
            overdue: false,
            void_asked: false,
            charged_back_at: None,
            refunds: Vec::new(),
            untold: Vec::new(),
            news: 0,
            rounds: 0,
            lease_until: None,
            created_at: self.now,
            expires_at: self.now + Payment::LIFE,
            due_at: Some(self.now + Payment::LIFE),
            revision: 1,
        }
    }

    /// What [`payment`](Self::payment) is asked for.
    pub fn offer(&self) -> Offer {
        let MerchantSettings { merchant, display_name, country, .. } = self.merchant();
        let line = |label: &str| Line {
            label: label.to_owned(),
            amount: Minor::new(6_399),
            kind: LineType::Final,
        };
        Offer {
            merchant,
            lines: vec![line("茶 “Tea”")],
            total: line(&display_name),
            merchant_name: display_name,
            country,
            #[expect(clippy::expect_used, reason = "a constant code")]
            currency: Currency::parse("USD").expect("a currency"),
            shipping_methods: Vec::new(),
            required_billing: Vec::new(),
            required_shipping: Vec::new(),
            networks: vec!["visa".to_owned()],
            capabilities: vec!["supports3DS".to_owned()],
            supported_countries: Vec::new(),
            pricing: Pricing::default(),
            checkout_url: None,
        }
    }

    /// Settings of the sample's business, the first that it has.
    #[expect(clippy::expect_used, reason = "constant names")]
    pub fn merchant(&self) -> MerchantSettings {
        MerchantSettings {
            tenant: self.tenant.clone(),
            business: self.business.clone(),
            merchant: MerchantIdentifier::parse("merchant.com.example.cafe").expect("a merchant"),
            display_name: "Café".to_owned(),
            country: "US".to_owned(),
            channel: Channel::World,
            session_identifier: SessionIdentifier::Plain,
            identity: SecretName::parse("identity").expect("a name"),
            psp: PspAccount {
                kind: PspKind::Stripe { account: None },
                secret: SecretName::parse("stripe").expect("a name"),
                decrypts: false,
            },
            capture: CapturePolicy::default(),
            networks: vec!["visa".to_owned(), "masterCard".to_owned()],
            capabilities: vec!["supports3DS".to_owned()],
            pricing: Pricing::default(),
            checkout_url: None,
            time_zone: "America/New_York".to_owned(),
            signing: None,
            domain_association: None,
            updated_at: self.now,
            revision: 1,
        }
    }

    pub(super) fn entropy(&self) -> &E {
        &self.entropy
    }

    pub(super) fn message_id(&self) -> MessageId {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().into()
    }

    /// A conversation nobody has heard of.
    pub(super) fn conversation(&self) -> ConversationState {
        let opaque = format!("urn:mbid:{}", self.message_id());
        #[expect(clippy::expect_used, reason = "a constant prefix and a UUID")]
        let opaque = OpaqueId::parse(&opaque).expect("an opaque id");
        ConversationState::new(self.tenant.clone(), self.business.clone(), opaque, self.now)
    }

    pub(super) fn inbox_message(&self, body: Vec<u8>) -> InboxMessage {
        let state = self.conversation();
        let id = self.message_id();
        InboxMessage {
            pointer: InboxPointer {
                tenant: self.tenant.clone(),
                conversation: state.id,
                sort: InboxSort::Message(id),
            },
            id,
            business: self.business.clone(),
            opaque: state.opaque,
            kind: "text".to_owned(),
            capability_list: Some("LIST,TIME,QUICK".to_owned()),
            body: stored(body),
            received_at: self.now,
        }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint {
            id: EndpointId::draw(&self.entropy),
            tenant: self.tenant.clone(),
            url: "https://hooks.example/amb".to_owned(),
            description: String::new(),
            events: [EventType::MessageReceived].into(),
            routes: vec![
                Route { intent: Some("buy".to_owned()), ..Route::default() },
                Route { locale: Some("he".to_owned()), ..Route::default() },
            ],
            ordered: true,
            timeout_seconds: 15,
            secrets: vec![SealedSecret {
                sealed: "c2VhbGVk".to_owned(),
                created_at: self.now,
                expires_at: None,
            }],
            status: EndpointStatus::Enabled,
            failing_since: None,
            failures: 0,
            created_at: self.now,
            revision: 1,
        }
    }

    pub(super) fn idempotency(&self, pointer: &OutboundPointer) -> IdempotencyRecord {
        let key = format!("order#{}", self.message_id());
        #[expect(clippy::expect_used, reason = "short and visible")]
        let key = IdempotencyKey::parse(&key).expect("an idempotency key");
        IdempotencyRecord {
            tenant: self.tenant.clone(),
            key,
            request_hash: "00ff".to_owned(),
            pointer: pointer.clone(),
            created_at: self.now,
            expires_at: self.after(60),
        }
    }

    pub(super) fn outbound(&self, state: &ConversationState) -> OutboundMessage {
        let pointer = OutboundPointer {
            tenant: self.tenant.clone(),
            conversation: state.id.clone(),
            message: self.message_id(),
        };
        let text = "שלום 👩‍👩‍👧‍👦 \u{fffe}".to_owned();
        let (business, opaque) = (state.business.clone(), state.opaque.clone());
        let content = OutboundContent::Text { text };
        OutboundMessage {
            bot: true,
            callback_data: Some("order-1001".to_owned()),
            ..OutboundMessage::queued(pointer, business, opaque, content, self.now)
        }
    }
}

fn business_id(entropy: &impl Entropy) -> BusinessId {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let text = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
    #[expect(clippy::expect_used, reason = "a UUID is what Apple's business ids are")]
    BusinessId::parse(&text).expect("a business id")
}

pub(super) fn stored(bytes: Vec<u8>) -> StoredBody {
    StoredBody { encoding: BodyEncoding::Identity, hash: body_hash(&bytes), bytes }
}

/// An event in its place.
pub(super) fn event(state: &ConversationState, seq: u64) -> TimelineEntry {
    let id = EventId::of(state.id.as_str(), &seq.to_string());
    // Not in the order of the alphabet: an event is told with its members as they were written.
    let source = EventSource::Inline(json!({ "z": 1, "a": { "y": null, "b": [1.5, ""] } }));
    let item = TimelineItem::Event { id, kind: EventType::MessageReceived, source };
    let context = Context {
        capabilities: vec!["LIST".to_owned(), "x-new".to_owned()],
        locale: Some("he_IL".to_owned()),
        intent: Some("a,b".to_owned()),
        group: None,
    };
    TimelineEntry { seq, at: state.created_at, item, context }
}

pub(super) fn delivery(state: &ConversationState, endpoint: &EndpointId, seq: u64) -> Delivery {
    let key = DeliveryKey {
        tenant: state.tenant.clone(),
        stream: EventStream::Conversation(state.id.clone()),
        endpoint: endpoint.clone(),
        seq,
    };
    let event = EventId::of(state.id.as_str(), &seq.to_string());
    let business = Some(state.business.clone());
    Delivery::new(key, event, EventType::MessageReceived, business, state.created_at)
}

pub(super) fn claim(state: &ConversationState, message: MessageId) -> MessageClaim {
    MessageClaim {
        tenant: state.tenant.clone(),
        message,
        conversation: state.id.clone(),
        seq: state.seq,
        scope: ClaimScope::Tenant,
    }
}

/// The state after one more step.
pub(super) fn next(state: &ConversationState) -> ConversationState {
    let mut next = state.clone();
    next.revision += 1;
    next.seq += 1;
    next
}

/// Runs two futures at the same time.
pub async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut done_a, mut done_b) = (None, None);
    poll_fn(|context| {
        if done_a.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            done_a = Some(output);
        }
        if done_b.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            done_b = Some(output);
        }
        match (done_a.take(), done_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (done_a, done_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

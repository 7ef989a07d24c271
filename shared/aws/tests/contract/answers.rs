use amb_aws::Store;
use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
use amb_service::{
    model::{
        BodyEncoding, Business, BusinessStatus, ConversationState, Delivery, DeliveryKey,
        DeliveryStatus, DownloadId, EndpointId, EventId, EventStream, EventType, InboxMessage,
        InboxPointer, InboxSort, Mode, Payload, PayloadPlace, PayloadPointer, PayloadSource,
        PayloadStatus, StoredBody, TenantId, body_hash,
    },
    port::{
        Businesses, Claim, ClaimScope, Commit, Conversations, Deliveries, Entropy, Inbox, Lease,
        MessageClaim, PayloadLease, Payloads, Step, Stepped,
    },
};
use jiff::{SignedDuration, Timestamp};

/// Every write whose first answer is lost is told as what it came to.
pub(crate) async fn that_were_lost_are_made_up_for(
    store: &Store,
    entropy: &impl Entropy,
    now: Timestamp,
) {
    let message = message(entropy, now);
    let stored = store.commit(&message).await.expect("an answer");
    assert_eq!(stored, Commit::Duplicate { same_body: true }, "durable is what counts");

    let tenant = message.pointer.tenant.clone();
    let mut state =
        ConversationState::new(tenant.clone(), message.business.clone(), message.opaque, now);
    state.revision = 1;
    let owed = delivery(&state, entropy, now);
    let step = Step {
        claim: Some(MessageClaim {
            tenant: tenant.clone(),
            message: message.id,
            conversation: state.id.clone(),
            seq: 1,
            scope: ClaimScope::Tenant,
        }),
        deliveries: vec![owed.clone()],
        ..Step::to(state)
    };
    assert_eq!(store.step(&step).await.expect("an answer"), Stepped::Done);

    let lease = now + SignedDuration::from_secs(35);
    let taken = store.lease(&owed.key, now, lease).await.expect("an answer");
    assert!(matches!(&taken, Lease::Taken(delivery) if delivery.attempts == 1), "{taken:?}");
    let ended = Delivery { status: DeliveryStatus::Delivered, attempts: 1, ..owed };
    assert!(store.record(&ended, lease).await.expect("an answer"));

    payloads(store, entropy, now).await;

    let business = Business {
        id: message.business,
        tenant,
        name: "Toys".to_owned(),
        mode: Mode::Live,
        status: BusinessStatus::Active,
        created_at: now,
    };
    assert_eq!(store.claim_business(&business).await.expect("an answer"), Claim::Made);
}

async fn payloads(store: &Store, entropy: &impl Entropy, now: Timestamp) {
    let tenant = TenantId::draw(entropy);
    let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").expect("an id");
    let place = PayloadPlace::Download(DownloadId::draw(entropy));
    let source = PayloadSource::Reference("{}".to_owned());
    let pointer = PayloadPointer { tenant: tenant.clone(), place };
    let payload = Payload::pending(pointer, business.clone(), source, now);
    assert!(store.insert_payload(&payload).await.expect("an answer"));
    assert!(!store.insert_payload(&payload).await.expect("an answer"), "it is there");
    let lease = now + SignedDuration::from_secs(900);
    let taken = store.lease_payload(&payload.pointer, now, lease).await.expect("an answer");
    assert!(matches!(&taken, PayloadLease::Taken(it) if it.attempts == 1), "{taken:?}");
    let back = Payload { attempts: 1, failures: 1, ..payload.clone() };
    assert!(store.record_payload(&back, lease).await.expect("an answer"));
    assert!(!store.record_payload(&back, lease).await.expect("an answer"), "it was given back");

    let opaque = OpaqueId::parse("urn:mbid:lossy").expect("an id");
    let mut state = ConversationState::new(tenant, business, opaque, now);
    state.revision = 1;
    let ended = Payload { status: PayloadStatus::Told, ..back };
    let step = Step { payloads: vec![ended], ..Step::to(state) };
    assert_eq!(store.step(&step).await.expect("an answer"), Stepped::Done);
}

fn message(entropy: &impl Entropy, now: Timestamp) -> InboxMessage {
    let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").expect("an id");
    let opaque = OpaqueId::parse("urn:mbid:lossy").expect("an id");
    let id = MessageId::parse("a1b2c3d4-0000-4000-8000-0123456789ab").expect("an id");
    let bytes = b"{}".to_vec();
    InboxMessage {
        pointer: InboxPointer {
            tenant: TenantId::draw(entropy),
            conversation: amb_service::model::ConversationId::of(&business, &opaque),
            sort: InboxSort::Message(id),
        },
        id,
        business,
        opaque,
        kind: "text".to_owned(),
        capability_list: None,
        body: StoredBody { encoding: BodyEncoding::Identity, hash: body_hash(&bytes), bytes },
        received_at: now,
    }
}

fn delivery(state: &ConversationState, entropy: &impl Entropy, now: Timestamp) -> Delivery {
    let key = DeliveryKey {
        tenant: state.tenant.clone(),
        stream: EventStream::Conversation(state.id.clone()),
        endpoint: EndpointId::draw(entropy),
        seq: 1,
    };
    let event = EventId::of(state.id.as_str(), "1");
    Delivery::new(key, event, EventType::MessageReceived, Some(state.business.clone()), now)
}

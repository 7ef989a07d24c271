use amb_aws::Store;
use amb_protocol::id::{BusinessId, OpaqueId};
use amb_service::{
    model::{
        Context, ConversationState, Delivery, DeliveryKey, DeliveryStatus, EndpointId, EventId,
        EventSource, EventStream, EventType, TenantId, TimelineEntry, TimelineItem,
    },
    port::{Conversations, Deliveries, Entropy, Resolved, Step, Stepped},
};
use jiff::Timestamp;

/// More places than are looked through again and again.
const LONG: u64 = 60;

/// A place that was awaited may come to owe something to an endpoint that held nothing for it, and
/// whose line was found to be clear beyond it.
pub(crate) async fn hear_of_places_that_were_resolved(
    store: &Store,
    entropy: &impl Entropy,
    now: Timestamp,
) {
    let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").expect("an id");
    let opaque = OpaqueId::parse("urn:mbid:line").expect("an id");
    let mut state = ConversationState::new(TenantId::draw(entropy), business, opaque, now);
    let message = "a1b2c3d4-0000-4000-8000-0123456789ab".parse().expect("a UUID");
    let endpoint = EndpointId::draw(entropy);
    state.revision = 1;
    let step = Step {
        entries: vec![entry(1, now, TimelineItem::Awaited { message, held: Vec::new() })],
        deliveries: (2..LONG).map(|seq| delivery(&state, &endpoint, seq, true)).collect(),
        ..Step::to(state.clone())
    };
    assert_eq!(store.step(&step).await.expect("an answer"), Stepped::Done);
    let last = delivery(&state, &endpoint, LONG - 1, true).key;
    for _ in 0..2 {
        assert_eq!(store.pending_before(&last).await.expect("an answer"), None);
    }

    let first = delivery(&state, &endpoint, 1, false);
    let (id, kind) = (first.event.clone(), first.kind);
    let source = EventSource::Inline(serde_json::json!({}));
    let resolved = Resolved {
        entry: entry(1, now, TimelineItem::Event { id, kind, source }),
        deliveries: vec![first.clone()],
    };
    state.revision = 2;
    let step = Step { resolved: Some(resolved), ..Step::to(state) };
    assert_eq!(store.step(&step).await.expect("an answer"), Stepped::Done);
    let before = store.pending_before(&last).await.expect("an answer");
    assert_eq!(before, Some(first.key), "the line goes back");
}

fn entry(seq: u64, at: Timestamp, item: TimelineItem) -> TimelineEntry {
    TimelineEntry { seq, at, item, context: Context::default() }
}

fn delivery(
    state: &ConversationState,
    endpoint: &EndpointId,
    seq: u64,
    delivered: bool,
) -> Delivery {
    let key = DeliveryKey {
        tenant: state.tenant.clone(),
        stream: EventStream::Conversation(state.id.clone()),
        endpoint: endpoint.clone(),
        seq,
    };
    let event = EventId::of(state.id.as_str(), &seq.to_string());
    let business = Some(state.business.clone());
    let owed = Delivery::new(key, event, EventType::MessageReceived, business, state.created_at);
    let status = if delivered { DeliveryStatus::Delivered } else { owed.status };
    Delivery { status, ..owed }
}

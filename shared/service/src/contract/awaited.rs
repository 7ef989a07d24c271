//! Payloads in steps: inserted and ended with everything else, and the place that waits for one.

use super::sample::{Sample, delivery, event, next};
use crate::{
    model::{
        AttachmentId, Delivery, DeliveryKey, DeliveryStatus, EndpointId, EventStream, Payload,
        PayloadFault, PayloadPlace, PayloadSource, PayloadStatus, TimelineEntry, TimelineItem,
    },
    port::{
        Conversations, Deliveries, DuePayloads, Entropy, Lease, Payloads, PortError, Resolved,
        Step, Stepped, Timeline,
    },
};

/// Payloads one may look at without meeting the limit.
const PLENTY: usize = 1_000;

/// Payloads belong to their conversation's steps, and an awaited place is resolved by one.
pub async fn awaited<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Timeline + Deliveries + Payloads + DuePayloads,
    E: Entropy,
{
    a_step_inserts_and_ends_payloads(store, sample).await?;
    a_payload_comes_to_its_end_once(store, sample).await?;
    a_place_is_resolved_with_its_deliveries(store, sample).await
}

async fn a_step_inserts_and_ends_payloads<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Payloads + DuePayloads,
{
    let first = next(&sample.conversation());
    let message = sample.message_id();
    let most = u8::try_from(AttachmentId::MOST_PER_MESSAGE).unwrap_or(u8::MAX);
    let all: Vec<_> = (0..most)
        .map(|index| {
            let id = AttachmentId { conversation: first.id.clone(), message, index };
            sample.payload(PayloadPlace::Attachment(id), PayloadSource::Inbox)
        })
        .collect();
    let step =
        Step { entries: vec![event(&first, 1)], payloads: all.clone(), ..Step::to(first.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let due = store.due_payloads(sample.after(121), PLENTY).await?;
    for payload in &all {
        assert_eq!(store.payload(&payload.pointer).await?.as_ref(), Some(payload));
        assert!(due.contains(&payload.pointer));
    }
    let Some(one) = all.first() else { return Ok(()) };
    store.lease_payload(&one.pointer, sample.now, sample.after(905)).await?;
    let ended = Payload {
        status: PayloadStatus::Stored(sample.stored_file()),
        attempts: 1,
        finished_at: Some(sample.after(9)),
        ..one.clone()
    };
    let step = Step { payloads: vec![ended.clone()], ..Step::to(next(&first)) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    assert_eq!(store.payload(&one.pointer).await?, Some(ended));
    assert!(!store.due_payloads(sample.after(9_999), PLENTY).await?.contains(&one.pointer));
    Ok(())
}

async fn a_payload_comes_to_its_end_once<S: Conversations + Payloads + Timeline>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let first = next(&sample.conversation());
    let id = sample.attachment_id(&first, 0);
    let payload = sample.payload(PayloadPlace::Attachment(id), PayloadSource::Inbox);
    let status = PayloadStatus::Failed { code: PayloadFault::Truncated, detail: None };
    let ended = Payload { status, ..payload.clone() };
    let insert = Step { payloads: vec![payload.clone()], ..Step::to(first.clone()) };
    assert_eq!(store.step(&insert).await?, Stepped::Done);
    let second = next(&first);
    let end = Step { payloads: vec![ended.clone()], ..Step::to(second.clone()) };
    assert_eq!(store.step(&end).await?, Stepped::Done);

    let third = next(&second);
    let other = Payload { status: PayloadStatus::Told, ..payload.clone() };
    for late in [other, payload] {
        let entries = vec![event(&third, third.seq)];
        let again = Step { payloads: vec![late], entries, ..Step::to(third.clone()) };
        assert_eq!(store.step(&again).await?, Stepped::Finished);
        // On an old state, too: there is nothing to plan again.
        let stale = Step { state: second.clone(), ..again };
        assert_eq!(store.step(&stale).await?, Stepped::Finished);
    }
    assert_eq!(store.payload(&ended.pointer).await?, Some(ended), "the first end stands");
    let stream = EventStream::Conversation(third.id.clone());
    assert_eq!(store.entry(&sample.tenant, &stream, third.seq).await?, None, "nothing happened");
    Ok(())
}

async fn a_place_is_resolved_with_its_deliveries<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Timeline + Deliveries + Payloads,
{
    let first = next(&sample.conversation());
    let message = sample.message_id();
    let [kept, gone, late] = [(); 3].map(|()| EndpointId::draw(sample.entropy()));
    let held = |endpoint: &EndpointId| {
        let Delivery { key, event, kind, .. } = delivery(&first, endpoint, 1);
        Delivery::held(key, event, kind, first.business.clone(), sample.now)
    };
    let awaited = TimelineEntry {
        item: TimelineItem::Awaited { message, held: vec![kept.clone(), gone.clone()] },
        ..event(&first, 1)
    };
    let reply = PayloadPlace::Reply { conversation: first.id.clone(), message };
    let payload = sample.payload(reply, PayloadSource::Inbox);
    let behind = delivery(&first, &kept, 2);
    let step = Step {
        entries: vec![awaited.clone(), event(&first, 2)],
        deliveries: vec![held(&kept), held(&gone), behind.clone()],
        payloads: vec![payload.clone()],
        ..Step::to(first.clone())
    };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let stream = EventStream::Conversation(first.id.clone());
    let entry = |seq| store.entry(&sample.tenant, &stream, seq);
    assert_eq!(entry(1).await?, Some(awaited));
    let lease = |key: &DeliveryKey, at: i64| {
        let key = key.clone();
        async move { store.lease(&key, sample.after(at), sample.after(at + 35)).await }
    };
    let early = lease(&held(&kept).key, 3_600).await?;
    assert!(matches!(early, Lease::NotDue(_)), "it waits for its event: {early:?}");
    let before = store.pending_before(&behind.key).await?;
    assert_eq!(before, Some(held(&kept).key), "the line waits behind it");

    let ended = Payload { status: PayloadStatus::Told, ..payload.clone() };
    let disabled = Delivery {
        status: DeliveryStatus::Disabled,
        last_outcome: Some("not_subscribed".to_owned()),
        ..delivery(&first, &gone, 1)
    };
    let resolved = Resolved {
        entry: event(&first, 1),
        deliveries: vec![delivery(&first, &kept, 1), disabled.clone(), delivery(&first, &late, 1)],
    };
    let resolve =
        Step { resolved: Some(resolved), payloads: vec![ended.clone()], ..Step::to(first.clone()) };
    assert_eq!(store.step(&resolve).await?, Stepped::Moved, "the state guards the place");
    assert!(matches!(entry(1).await?.map(|e| e.item), Some(TimelineItem::Awaited { .. })));
    let resolve = Step { state: next(&first), ..resolve };
    assert_eq!(store.step(&resolve).await?, Stepped::Done);
    assert_eq!(entry(1).await?, Some(event(&first, 1)));
    assert_eq!(entry(2).await?, Some(event(&first, 2)), "what came after stays");
    assert_eq!(store.payload(&payload.pointer).await?, Some(ended));
    for endpoint in [&kept, &late] {
        let fresh = delivery(&first, endpoint, 1);
        let lease_until = Some(sample.after(35));
        let taken = Delivery { attempts: 1, lease_until, ..fresh.clone() };
        assert_eq!(lease(&fresh.key, 0).await?, Lease::Taken(taken));
    }
    assert_eq!(lease(&disabled.key, 9_999).await?, Lease::Over);
    let again = Step { state: next(&next(&first)), ..resolve };
    assert_eq!(store.step(&again).await?, Stepped::Finished, "it is told once");
    Ok(())
}

//! Timelines and the list of conversations.

use jiff::SignedDuration;

use super::sample::{Sample, event, next};
use crate::{
    model::{Context, ConversationState, EventStream, TimelineEntry, TimelineItem},
    port::{Conversations, Entropy, PortError, Step, Stepped, Timeline, TimelineQuery},
};

/// Reads entries in the order of their places, and lists conversations page by page.
pub async fn timeline<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Timeline,
    E: Entropy,
{
    entries_come_in_order(store, sample).await?;
    conversations_come_page_by_page(store, sample).await
}

async fn entries_come_in_order<S: Conversations + Timeline>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let state = next(&sample.conversation());
    let item = TimelineItem::Sent { message: sample.message_id() };
    // A place may stay empty, and ten comes after nine.
    let mut entries: Vec<_> = [2, 9, 10, 100].map(|seq| event(&state, seq)).into();
    entries.push(TimelineEntry { seq: 101, at: sample.now, item, context: Context::default() });
    let step = Step { entries: entries.clone(), ..Step::to(state.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    let query = |after, limit| TimelineQuery {
        tenant: sample.tenant.clone(),
        conversation: state.id.clone(),
        after,
        limit,
    };
    let places = |found: Vec<TimelineEntry>| -> Vec<_> { found.iter().map(|e| e.seq).collect() };
    assert_eq!(store.entries(&query(0, 50)).await?, entries);
    assert_eq!(places(store.entries(&query(2, 2)).await?), [9, 10]);
    assert_eq!(places(store.entries(&query(10, 50)).await?), [100, 101]);
    assert!(store.entries(&query(101, 50)).await?.is_empty());
    let stream = EventStream::Conversation(state.id);
    assert_eq!(store.entry(&sample.tenant, &stream, 3).await?, None);
    assert_eq!(store.entry(&sample.tenant, &stream, 101).await?.map(|e| e.seq), Some(101));
    Ok(())
}

async fn conversations_come_page_by_page<S: Conversations + Timeline>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    // A tenant of its own: the list is to hold nothing else.
    let ours = Sample::new(sample.now, sample.entropy());
    let other = Sample::new(sample.now, sample.entropy());
    let mut expected = Vec::new();
    for number in 0..5 {
        let created_at = ours.now + SignedDuration::from_millis(number + 1);
        let state = ConversationState { created_at, ..next(&ours.conversation()) };
        assert_eq!(store.step(&Step::to(state.clone())).await?, Stepped::Done);
        expected.push(state);
    }
    let elsewhere = ConversationState { tenant: ours.tenant.clone(), ..other.conversation() };
    assert_eq!(store.step(&Step::to(next(&elsewhere))).await?, Stepped::Done);

    let mut cursor = None;
    for pair in expected.chunks(2) {
        let page = store.conversations(&ours.tenant, &ours.business, cursor, 2).await?;
        assert_eq!(page.items, pair);
        cursor = page.cursor;
        assert_eq!(cursor.is_some(), pair.len() == 2);
    }
    let all = store.conversations(&ours.tenant, &ours.business, None, 5).await?;
    assert_eq!((all.items.len(), all.cursor), (5, None), "no page comes after a full last one");
    let none = store.conversations(&sample.tenant, &ours.business, None, 5).await?;
    assert_eq!((none.items.len(), none.cursor), (0, None));
    Ok(())
}

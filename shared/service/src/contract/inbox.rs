//! The inbox: one conditional put, and what can be read of it.

use super::sample::{Sample, both, stored};
use crate::{
    model::{InboxMessage, InboxPointer, InboxSort},
    port::{
        Commit, DecodedMessages, Entropy, Inbox, InboxMinute, InboxReader, InboxSweep, PortError,
    },
};

/// Lengths of bodies around what one row holds, up to more than two part rows.
const LENGTHS: [usize; 5] = [0, 1, 256 * 1024, 256 * 1024 + 1, 1_200_000];

/// Commits once per id, says what came again, and reads back exactly what was committed.
pub async fn inbox<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Inbox + InboxReader,
    E: Entropy,
{
    a_message_is_stored_once(store, sample).await?;
    bodies_of_every_length_come_back(store, sample).await?;
    typing_folds_into_its_slot(store, sample).await?;
    of_two_at_once_one_is_the_first(store, sample).await
}

async fn a_message_is_stored_once<S: Inbox + InboxReader>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let message = sample.inbox_message(b"{\"v\":1}".to_vec());
    assert_eq!(store.inbox_message(&message.pointer).await?, None);
    assert_eq!(store.commit(&message).await?, Commit::Stored);
    assert_eq!(store.inbox_message(&message.pointer).await?, Some(message.clone()));

    let again = InboxMessage { received_at: sample.after(90), ..message.clone() };
    assert_eq!(store.commit(&again).await?, Commit::Duplicate { same_body: true });
    let other = InboxMessage { body: stored(b"{\"v\":2}".to_vec()), ..message.clone() };
    assert_eq!(store.commit(&other).await?, Commit::Duplicate { same_body: false });
    assert_eq!(store.inbox_message(&message.pointer).await?, Some(message), "the first stays");

    let bare = InboxMessage { capability_list: None, ..sample.inbox_message(Vec::new()) };
    assert_eq!(store.commit(&bare).await?, Commit::Stored);
    assert_eq!(store.inbox_message(&bare.pointer).await?, Some(bare));
    Ok(())
}

async fn bodies_of_every_length_come_back<S: Inbox + InboxReader>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    for length in LENGTHS {
        let message = sample.inbox_message(noise(sample, length));
        assert_eq!(store.commit(&message).await?, Commit::Stored, "{length}");
        let other = InboxMessage { body: stored(noise(sample, length + 1)), ..message.clone() };
        let refused = store.commit(&other).await?;
        assert_eq!(refused, Commit::Duplicate { same_body: false }, "{length}");
        let found = store.inbox_message(&message.pointer).await?;
        assert!(found == Some(message), "a body of {length} bytes came back changed");
    }
    Ok(())
}

fn noise(sample: &Sample<impl Entropy>, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    sample.entropy().fill(&mut bytes);
    bytes
}

async fn typing_folds_into_its_slot<S: Inbox + InboxReader>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let started = typing(sample.inbox_message(b"{}".to_vec()), true, sample);
    let ended = typing(started.clone(), false, sample);
    assert_eq!(store.commit(&started).await?, Commit::Stored);
    assert_eq!(store.commit(&ended).await?, Commit::Stored);
    assert_eq!(store.commit(&started).await?, Commit::Duplicate { same_body: true });
    assert_eq!(store.inbox_message(&ended.pointer).await?, Some(ended));
    Ok(())
}

fn typing(message: InboxMessage, start: bool, sample: &Sample<impl Entropy>) -> InboxMessage {
    let sort = InboxSort::typing(start, sample.now);
    InboxMessage { pointer: InboxPointer { sort, ..message.pointer }, ..message }
}

async fn of_two_at_once_one_is_the_first<S: Inbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let message = sample.inbox_message(b"{}".to_vec());
    let (a, b) = both(store.commit(&message), store.commit(&message)).await;
    let duplicate = Commit::Duplicate { same_body: true };
    let answers = [a?, b?];
    assert!(answers.contains(&Commit::Stored) && answers.contains(&duplicate), "{answers:?}");
    Ok(())
}

/// A decoded twin lies beside its message, and is nobody's message.
pub async fn decoded<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Inbox + InboxReader + DecodedMessages + InboxSweep,
    E: Entropy,
{
    let minute = InboxMinute(InboxMinute::of(sample.now).0 + 20);
    let received_at = sample.after(minute.0 * 60 - sample.now.as_second() + 5);
    for length in [1, 1_200_000, 4_500_000] {
        let message = InboxMessage { received_at, ..sample.inbox_message(b"{}".to_vec()) };
        let pointer = &message.pointer;
        assert_eq!(store.commit(&message).await?, Commit::Stored);
        assert_eq!(store.decoded_message(pointer).await?, None);
        // The shorter one is nowhere left in the longer one, nor the other way round.
        for length in [length, length / 2 + 300_000, 2] {
            let twin = InboxMessage { body: stored(noise(sample, length)), ..message.clone() };
            store.keep_decoded(&twin).await?;
            let found = store.decoded_message(pointer).await?;
            assert!(found == Some(twin), "a twin of {length} bytes came back changed");
        }
        assert_eq!(store.inbox_message(pointer).await?, Some(message.clone()));
        let same = store.commit(&message).await?;
        assert_eq!(same, Commit::Duplicate { same_body: true });
        assert!(walked(store, sample, minute).await?.contains(pointer));
    }
    assert_eq!(walked(store, sample, minute).await?.len(), 3, "twins are not walked");
    Ok(())
}

/// Finds the messages of a minute, in the order of receipt, and remembers how far it came.
pub async fn inbox_sweep<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Inbox + InboxSweep,
    E: Entropy,
{
    let minute = InboxMinute(InboxMinute::of(sample.now).0 + 10);
    let first = minute.0 * 60 - sample.now.as_second();
    let mut committed = Vec::new();
    for second in [59, 0, 30, 31, 7] {
        let received_at = sample.after(first + second);
        let message = InboxMessage { received_at, ..sample.inbox_message(b"{}".to_vec()) };
        store.commit(&message).await?;
        committed.push((received_at, message.pointer));
    }
    committed.sort();
    for second in [-1, 60] {
        let received_at = sample.after(first + second);
        let message = InboxMessage { received_at, ..sample.inbox_message(b"{}".to_vec()) };
        store.commit(&message).await?;
    }
    let received_at = sample.after(first + 3);
    let message = InboxMessage { received_at, ..sample.inbox_message(b"{}".to_vec()) };
    store.commit(&typing(message, true, sample)).await?;

    let expected: Vec<_> = committed.into_iter().map(|(_, pointer)| pointer).collect();
    assert_eq!(walked(store, sample, minute).await?, expected);

    store.set_swept_until(minute).await?;
    assert_eq!(store.swept_until().await?, Some(minute));
    store.set_swept_until(InboxMinute(minute.0 + 1)).await?;
    assert_eq!(store.swept_until().await?, Some(InboxMinute(minute.0 + 1)));
    Ok(())
}

/// The messages of the sample's tenant in a minute.
async fn walked(
    store: &impl InboxSweep,
    sample: &Sample<impl Entropy>,
    minute: InboxMinute,
) -> Result<Vec<InboxPointer>, PortError> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.received_in(minute, cursor).await?;
        found.extend(page.items.into_iter().filter(|pointer| pointer.tenant == sample.tenant));
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
}

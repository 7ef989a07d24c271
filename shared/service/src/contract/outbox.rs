//! Outbound messages on their way, and the records of idempotency keys.

use amb_protocol::{
    capability::Capability,
    compose::{Channel, ContentType, Draft, Need},
    id::RequestIdentifier,
};
use serde_json::{Value, json};

use super::sample::{Sample, both, next};
use crate::{
    model::{
        Choice, FileKey, IdempotencyKey, OutboundContent, OutboundMessage, OutboundStatus,
        Progress, TypingState, Waited,
    },
    port::{
        Conversations, DueOutbound, Entropy, IdempotencyRecords, Outbox, OutboxLease, PortError,
        Step, Stepped,
    },
};

/// Messages one may look at without meeting the limit.
const PLENTY: usize = 1_000;

/// One worker at a time attempts a message, and an attempt that was never written down is not
/// forgotten.
pub async fn outbox<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Outbox + DueOutbound,
    E: Entropy,
{
    a_lease_that_ran_out_leaves_the_outcome_unknown(store, sample).await?;
    a_postponed_message_waits(store, sample).await?;
    a_queued_message_is_due_when_its_time_has_come(store, sample).await?;
    of_two_workers_one_attempts(store, sample).await?;
    progress_is_written_by_who_holds_the_lease(store, sample).await?;
    choices_keep_every_byte(store, sample).await
}

async fn queued<S: Conversations>(
    store: &S,
    sample: &Sample<impl Entropy>,
    content: Option<OutboundContent>,
) -> Result<(OutboundMessage, crate::model::ConversationState), PortError> {
    let state = next(&sample.conversation());
    let message = sample.outbound(&state);
    let content = content.unwrap_or_else(|| message.content.clone());
    let message = OutboundMessage { content, ..message };
    let step = Step { outbound: Some(message.clone()), ..Step::to(state.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    Ok((message, state))
}

async fn a_lease_that_ran_out_leaves_the_outcome_unknown<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let unsaved = sample.outbound(&sample.conversation()).pointer;
    assert_eq!(store.find(&unsaved).await?, None);
    let (now, until) = (sample.now, sample.after(35));
    assert_eq!(store.lease_message(&unsaved, now, until).await?, OutboxLease::Over);

    let typing = OutboundContent::Typing { state: TypingState::Start };
    let (message, _) = queued(store, sample, Some(typing)).await?;
    let leased = |attempts, until, outcome_unknown| OutboundMessage {
        attempts,
        outcome_unknown,
        lease_until: Some(until),
        ..message.clone()
    };
    let first = leased(1, until, false);
    let answer = store.lease_message(&message.pointer, now, until).await?;
    assert_eq!(answer, OutboxLease::Taken(first.clone()));
    assert_eq!(store.find(&message.pointer).await?, Some(first));
    let answer = store.lease_message(&message.pointer, sample.after(34), sample.after(99)).await?;
    assert_eq!(answer, OutboxLease::Busy(until));

    for (attempts, from, until) in
        [(2, until, sample.after(70)), (3, sample.after(80), sample.after(115))]
    {
        let answer = store.lease_message(&message.pointer, from, until).await?;
        assert_eq!(answer, OutboxLease::Taken(leased(attempts, until, true)));
    }
    Ok(())
}

async fn a_postponed_message_waits<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let (message, state) = queued(store, sample, None).await?;
    let (lease, next_at) = (sample.after(35), sample.after(60));
    store.lease_message(&message.pointer, sample.now, lease).await?;
    let postponed = OutboundMessage {
        attempts: 1,
        outcome_unknown: true,
        next_attempt_at: next_at,
        sweep_at: sample.after(180),
        ..message.clone()
    };
    store.postpone(&postponed, sample.after(34)).await?;
    let held = store.find(&message.pointer).await?;
    assert_eq!(held.and_then(|held| held.lease_until), Some(lease), "somebody else's lease");
    store.postpone(&postponed, lease).await?;
    assert_eq!(store.find(&message.pointer).await?, Some(postponed.clone()));

    let lease = sample.after(95);
    let early = store.lease_message(&message.pointer, sample.after(59), lease).await?;
    assert_eq!(early, OutboxLease::Busy(next_at));
    let taken = OutboundMessage { attempts: 2, lease_until: Some(lease), ..postponed.clone() };
    let answer = store.lease_message(&message.pointer, next_at, lease).await?;
    assert_eq!(answer, OutboxLease::Taken(taken));

    let ended = OutboundMessage {
        status: OutboundStatus::Unknown,
        finished_at: Some(next_at),
        ..postponed.clone()
    };
    let step = Step { outbound: Some(ended.clone()), ..Step::to(next(&state)) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    store.postpone(&postponed, lease).await?;
    assert_eq!(store.find(&message.pointer).await?, Some(ended), "the end stands");
    let over = store.lease_message(&message.pointer, sample.after(500), sample.after(535)).await?;
    assert_eq!(over, OutboxLease::Over);
    Ok(())
}

async fn a_queued_message_is_due_when_its_time_has_come<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Outbox + DueOutbound,
{
    let (message, state) = queued(store, sample, None).await?;
    let is_due = async |at| {
        let due = store.due_outbound(at, PLENTY).await?;
        Ok::<_, PortError>(due.contains(&message.pointer))
    };
    assert!(!is_due(sample.after(118)).await?, "the queue still has it");
    assert!(is_due(sample.after(121)).await?, "the queue lost it");
    assert_eq!(store.due_outbound(sample.after(121), 1).await?.len(), 1);
    store.lease_message(&message.pointer, sample.after(165), sample.after(200)).await?;
    assert!(is_due(sample.after(201)).await?, "whoever had it died");

    let ended = OutboundMessage { status: OutboundStatus::AcceptedByApple, ..message.clone() };
    let step = Step { outbound: Some(ended), ..Step::to(next(&state)) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    assert!(!is_due(sample.after(9_999)).await?, "it is over");
    Ok(())
}

async fn of_two_workers_one_attempts<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let (message, _) = queued(store, sample, None).await?;
    let (now, until) = (sample.now, sample.after(35));
    let attempt = || store.lease_message(&message.pointer, now, until);
    let (a, b) = both(attempt(), attempt()).await;
    let answers = [a?, b?];
    let taken = answers.iter().filter(|answer| matches!(answer, OutboxLease::Taken(_))).count();
    assert!(taken == 1 && answers.contains(&OutboxLease::Busy(until)), "{answers:?}");
    Ok(())
}

async fn progress_is_written_by_who_holds_the_lease<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let (message, state) = queued(store, sample, None).await?;
    let advanced = |parts_sent| OutboundMessage {
        progress: Progress {
            parts_sent,
            choice: Some(1),
            sent_as: Some(ContentType::ListPicker),
            request_identifier: RequestIdentifier::parse("c0ffee").ok(),
            waited: Waited::Before,
        },
        // Only progress is written.
        attempts: 77,
        outcome_unknown: true,
        ..message.clone()
    };
    let lease = sample.after(35);
    assert!(!store.advance(&advanced(1), lease).await?, "nobody holds it");
    assert_eq!(store.find(&message.pointer).await?, Some(message.clone()));
    store.lease_message(&message.pointer, sample.now, lease).await?;
    assert!(!store.advance(&advanced(1), sample.after(34)).await?, "somebody else's lease");
    assert!(store.advance(&advanced(1), lease).await?);
    assert!(store.advance(&advanced(2), lease).await?);
    let expected = OutboundMessage {
        progress: advanced(2).progress,
        attempts: 1,
        lease_until: Some(lease),
        ..message.clone()
    };
    assert_eq!(store.find(&message.pointer).await?, Some(expected.clone()));
    let later = sample.after(70);
    let answer = store.lease_message(&message.pointer, lease, later).await?;
    let taken = OutboundMessage {
        attempts: 2,
        outcome_unknown: true,
        lease_until: Some(later),
        ..expected.clone()
    };
    assert_eq!(answer, OutboxLease::Taken(taken));
    assert!(!store.advance(&advanced(3), lease).await?, "the lease was lost");

    let status = OutboundStatus::AcceptedByApple;
    let ended = OutboundMessage { status, lease_until: None, ..expected };
    let step = Step { outbound: Some(ended.clone()), ..Step::to(next(&state)) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    assert!(!store.advance(&advanced(3), later).await?, "it is over");
    assert_eq!(store.find(&message.pointer).await?, Some(ended));
    let unsaved = sample.outbound(&sample.conversation());
    assert!(!store.advance(&unsaved, lease).await?, "there is none");
    assert_eq!(store.find(&unsaved.pointer).await?, None);
    Ok(())
}

/// Apple shows members in the order in which they were written, and tells `1.0` from `1`.
async fn choices_keep_every_byte<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let body = json!({
        "type": "interactive",
        "z": { "b": 1.0, "a": 1, "c": 1e2, "empty": "", "none": null },
        "a": [[], {}, [1.50, -0.0], "\u{fffe}👩‍👩‍👧‍👦"],
    });
    let draft = Draft {
        body: body.as_object().cloned().unwrap_or_default(),
        channel: Channel::Message,
        requires: Some(Capability::List),
        request_identifier: RequestIdentifier::parse("c0ffee").ok(),
        drawn: true,
        pack: "apple-2026-08".to_owned(),
        needs: vec![Need::Preview { url: "https://shop.example.com/".to_owned() }],
    };
    let choice = |kind| Choice { kind, parts: vec![draft.clone(), draft.clone()] };
    let choices = vec![choice(ContentType::ListPicker), choice(ContentType::RichLink)];
    let content = OutboundContent::Choices { choices };
    let (message, _) = queued(store, sample, Some(content)).await?;
    let found = store.find(&message.pointer).await?;
    assert_eq!(found.as_ref(), Some(&message));
    let Some(OutboundContent::Choices { choices }) = found.map(|found| found.content) else {
        unreachable!("equal to what was saved");
    };
    let bodies = choices.into_iter().flat_map(|choice| choice.parts).map(|part| part.body);
    for found in bodies {
        assert_eq!(Value::Object(found).to_string(), body.to_string());
    }

    let file = FileKey::outbound(&sample.tenant, message.pointer.message);
    let content = OutboundContent::Stored { kind: ContentType::Form, file };
    let (message, _) = queued(store, sample, Some(content)).await?;
    assert_eq!(store.find(&message.pointer).await?, Some(message));
    Ok(())
}

/// Records of keys are found by tenant and key; expiry is the caller's to judge.
pub async fn idempotency<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + IdempotencyRecords,
    E: Entropy,
{
    let state = next(&sample.conversation());
    let mut record = sample.idempotency(&sample.outbound(&state).pointer);
    record.expires_at = record.created_at;
    let stranger = Sample::new(sample.now, sample.entropy());
    assert_eq!(store.idempotency_record(&sample.tenant, &record.key).await?, None);
    let step = Step { idempotency: Some(record.clone()), ..Step::to(state) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let key = record.key.clone();
    assert_eq!(store.idempotency_record(&sample.tenant, &key).await?, Some(record));
    assert_eq!(store.idempotency_record(&stranger.tenant, &key).await?, None);
    let odd = IdempotencyKey::parse(&"#".repeat(IdempotencyKey::MAX));
    let odd = odd.as_ref().unwrap_or(&key);
    assert_eq!(store.idempotency_record(&sample.tenant, odd).await?, None);
    Ok(())
}

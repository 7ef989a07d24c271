//! Outbound messages on their way, and the records of idempotency keys.

use super::sample::{Sample, both, next};
use crate::{
    model::{IdempotencyKey, OutboundContent, OutboundMessage, OutboundStatus, TypingState},
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
    of_two_workers_one_attempts(store, sample).await
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

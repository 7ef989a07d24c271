//! Steps: everything in them happens, or nothing, and the answer says why.

use amb_protocol::id::MessageId;

use super::sample::{Sample, both, claim, delivery, event, next};
use crate::{
    model::{
        ConversationState, EndpointId, EventStream, FailureCode, LaneEntry, OutboundStatus,
        RecentReply,
    },
    port::{
        ClaimScope, Conversations, Deliveries, Entropy, IdempotencyRecords, Lease, MessageClaim,
        Outbox, PortError, Step, Stepped, Timeline,
    },
};

/// What a step writes is there afterwards, all of it; a step on an old state changes nothing.
pub async fn steps<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Timeline + Outbox + IdempotencyRecords + Deliveries,
    E: Entropy,
{
    a_step_writes_everything(store, sample).await?;
    a_step_on_an_old_state_writes_nothing(store, sample).await?;
    a_step_may_owe_an_event_to_every_endpoint(store, sample).await?;
    of_two_steps_at_once_one_happens(store, sample).await
}

async fn a_step_writes_everything<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Timeline + Outbox + IdempotencyRecords + Deliveries,
{
    let before = sample.conversation();
    assert_eq!(store.load(&sample.tenant, &before.id).await?, None);
    let mut state = next(&before);
    let message = sample.outbound(&state);
    let id = message.pointer.message;
    state.capabilities = vec!["LIST".to_owned(), "TIME".to_owned()];
    state.locale = Some("he_IL".to_owned());
    state.lane = vec![LaneEntry { message: id }];
    state.recent_replies =
        vec![RecentReply { fingerprint: "f".to_owned(), message: id, at: sample.now }];
    let endpoint = EndpointId::draw(sample.entropy());
    let owed = delivery(&state, &endpoint, 1);
    let record = sample.idempotency(&message.pointer);
    let step = Step {
        entries: vec![event(&state, 1)],
        claim: Some(claim(&state, id)),
        deliveries: vec![owed.clone()],
        outbound: Some(message.clone()),
        idempotency: Some(record.clone()),
        ..Step::to(state.clone())
    };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    let tenant = &sample.tenant;
    assert_eq!(store.load(tenant, &state.id).await?, Some(state.clone()));
    let stream = EventStream::Conversation(state.id.clone());
    let entry = store.entry(tenant, &stream, 1).await?;
    assert_eq!(format!("{entry:?}"), format!("{:?}", Some(event(&state, 1))), "order counts");
    assert_eq!(store.claimed(tenant, id).await?, Some(claim(&state, id)));
    assert_eq!(store.find(&message.pointer).await?, Some(message));
    assert_eq!(store.idempotency_record(tenant, &record.key).await?, Some(record));
    let leased = store.lease(&owed.key, sample.now, sample.after(35)).await?;
    assert!(matches!(leased, Lease::Taken(found) if found.key == owed.key));
    Ok(())
}

async fn a_step_on_an_old_state_writes_nothing<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Timeline,
{
    let first = next(&sample.conversation());
    let second = next(&first);
    let skipped = Step { entries: vec![event(&second, 2)], ..Step::to(second.clone()) };
    assert_eq!(store.step(&skipped).await?, Stepped::Moved, "nothing is there to move on from");
    assert_eq!(store.step(&Step::to(first.clone())).await?, Stepped::Done);
    assert_eq!(store.step(&skipped).await?, Stepped::Done);

    let id = sample.message_id();
    for revision in [1, 2, 4] {
        let late =
            ConversationState { revision, locale: Some("late".to_owned()), ..second.clone() };
        let late = Step {
            entries: vec![event(&second, 9)],
            claim: Some(claim(&second, id)),
            ..Step::to(late)
        };
        assert_eq!(store.step(&late).await?, Stepped::Moved, "{revision}");
    }
    let stream = EventStream::Conversation(second.id.clone());
    assert_eq!(store.entry(&sample.tenant, &stream, 9).await?, None);
    assert_eq!(store.claimed(&sample.tenant, id).await?, None);
    assert_eq!(store.load(&sample.tenant, &second.id).await?, Some(second));
    Ok(())
}

async fn a_step_may_owe_an_event_to_every_endpoint<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Deliveries,
{
    let state = next(&sample.conversation());
    let endpoints: Vec<_> = (0..crate::model::Endpoint::MAX_PER_TENANT)
        .map(|_| EndpointId::draw(sample.entropy()))
        .collect();
    let deliveries: Vec<_> = endpoints
        .iter()
        .flat_map(|endpoint| [1, 2].map(|seq| delivery(&state, endpoint, seq)))
        .collect();
    let step = Step {
        entries: vec![event(&state, 1), event(&state, 2)],
        deliveries: deliveries.clone(),
        ..Step::to(state)
    };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    for owed in deliveries.iter().filter(|owed| owed.key.seq == 1) {
        let after = store.pending_after(&owed.key).await?;
        assert_eq!(after.map(|key| key.seq), Some(2));
    }
    Ok(())
}

async fn of_two_steps_at_once_one_happens(
    store: &impl Conversations,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let first = next(&sample.conversation());
    assert_eq!(store.step(&Step::to(first.clone())).await?, Stepped::Done);
    let worker =
        |name: &str| Step::to(ConversationState { locale: Some(name.to_owned()), ..next(&first) });
    let (one, other) = (worker("one"), worker("other"));
    let (a, b) = both(store.step(&one), store.step(&other)).await;
    let answers = [a?, b?];
    assert!(answers.contains(&Stepped::Done) && answers.contains(&Stepped::Moved), "{answers:?}");
    Ok(())
}

/// Every refusal, what it says of what was there before, and which of several is given.
pub async fn refusals<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Outbox,
    E: Entropy,
{
    a_claim_is_made_once(store, sample).await?;
    a_narrow_claim_competes_with_its_like(store, sample).await?;
    a_message_comes_to_its_end_once(store, sample).await?;
    a_key_is_used_once_within_its_time(store, sample).await?;
    the_weightiest_refusal_is_given(store, sample).await
}

async fn a_claim_is_made_once(
    store: &impl Conversations,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let id = sample.message_id();
    let (ours, theirs) = (next(&sample.conversation()), next(&sample.conversation()));
    let step = Step { claim: Some(claim(&ours, id)), ..Step::to(ours.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    let again = next(&ours);
    let step = Step { claim: Some(claim(&again, id)), ..Step::to(again) };
    assert_eq!(store.step(&step).await?, Stepped::Claimed(claim(&ours, id)));
    let step = Step { claim: Some(claim(&theirs, id)), ..Step::to(theirs.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Claimed(claim(&ours, id)));
    assert_eq!(store.load(&sample.tenant, &theirs.id).await?, None, "nothing of it happened");

    let stranger = Sample::new(sample.now, sample.entropy());
    let elsewhere = next(&stranger.conversation());
    let step = Step { claim: Some(claim(&elsewhere, id)), ..Step::to(elsewhere) };
    assert_eq!(store.step(&step).await?, Stepped::Done, "another tenant's ids are its own");
    Ok(())
}

async fn a_narrow_claim_competes_with_its_like(
    store: &impl Conversations,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let id = sample.message_id();
    let (ours, theirs) = (next(&sample.conversation()), next(&sample.conversation()));
    let wide = Step { claim: Some(claim(&ours, id)), ..Step::to(ours.clone()) };
    assert_eq!(store.step(&wide).await?, Stepped::Done);

    let narrow = |state: &ConversationState| MessageClaim {
        scope: ClaimScope::Conversation,
        ..claim(state, id)
    };
    let step = Step { claim: Some(narrow(&theirs)), ..Step::to(theirs.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let again = next(&theirs);
    let step = Step { claim: Some(narrow(&again)), ..Step::to(again) };
    assert_eq!(store.step(&step).await?, Stepped::Claimed(narrow(&theirs)));
    assert_eq!(store.claimed(&sample.tenant, id).await?, Some(claim(&ours, id)));
    Ok(())
}

async fn a_message_comes_to_its_end_once<S: Conversations + Outbox>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let queued = next(&sample.conversation());
    let mut message = sample.outbound(&queued);
    let step = Step { outbound: Some(message.clone()), ..Step::to(queued.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    message.status = OutboundStatus::Failed {
        code: FailureCode::RefusedByApple,
        detail: Some("no such thing".to_owned()),
    };
    message.finished_at = Some(sample.after(3));
    let ended = next(&queued);
    let step = Step { outbound: Some(message.clone()), ..Step::to(ended.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    assert_eq!(store.find(&message.pointer).await?, Some(message.clone()));

    let accepted = OutboundStatus::AcceptedByApple;
    let again = crate::model::OutboundMessage { status: accepted, ..message.clone() };
    let step = Step { outbound: Some(again), ..Step::to(next(&ended)) };
    assert_eq!(store.step(&step).await?, Stepped::Finished);
    assert_eq!(store.find(&message.pointer).await?, Some(message), "the first end stands");
    Ok(())
}

async fn a_key_is_used_once_within_its_time(
    store: &impl Conversations,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let first = next(&sample.conversation());
    let pointer = sample.outbound(&first).pointer;
    let record = sample.idempotency(&pointer);
    let step = Step { idempotency: Some(record.clone()), ..Step::to(first.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    let used_at = |at| crate::model::IdempotencyRecord {
        created_at: at,
        expires_at: at + (record.expires_at.duration_since(record.created_at)),
        request_hash: "other".to_owned(),
        ..record.clone()
    };
    let second = next(&first);
    let early = Step { idempotency: Some(used_at(sample.after(59))), ..Step::to(second.clone()) };
    assert_eq!(store.step(&early).await?, Stepped::Repeated(record.clone()));
    let late = Step { idempotency: Some(used_at(record.expires_at)), ..Step::to(second) };
    assert_eq!(store.step(&late).await?, Stepped::Done, "its time is over");
    Ok(())
}

/// Everything that can be wrong with a step, and then one thing less each time.
async fn the_weightiest_refusal_is_given(
    store: &impl Conversations,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let first = next(&sample.conversation());
    let id: MessageId = sample.message_id();
    let mut message = sample.outbound(&first);
    message.status = OutboundStatus::AcceptedByApple;
    let record = sample.idempotency(&message.pointer);
    let done = Step {
        claim: Some(claim(&first, id)),
        outbound: Some(message.clone()),
        idempotency: Some(record.clone()),
        ..Step::to(first.clone())
    };
    assert_eq!(store.step(&done).await?, Stepped::Done);

    let stale = ConversationState { locale: Some("stale".to_owned()), ..first.clone() };
    let all = Step { state: stale, ..done };
    assert_eq!(store.step(&all).await?, Stepped::Repeated(record));
    let no_key = Step { idempotency: None, ..all };
    assert_eq!(store.step(&no_key).await?, Stepped::Claimed(claim(&first, id)));
    let no_claim = Step { claim: None, ..no_key };
    assert_eq!(store.step(&no_claim).await?, Stepped::Finished);
    let no_end = Step { outbound: None, ..no_claim };
    assert_eq!(store.step(&no_end).await?, Stepped::Moved);
    Ok(())
}

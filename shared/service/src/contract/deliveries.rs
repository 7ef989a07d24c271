//! Deliveries: the lease, the end, the order, what is due, and the log.

use jiff::SignedDuration;

use super::sample::{Sample, both, delivery, event, next};
use crate::{
    model::{
        ConversationState, Delivery, DeliveryKey, DeliveryStatus, EndpointId, EventStream,
        EventType,
    },
    port::{
        Conversations, Deliveries, DeliveryLog, DueDeliveries, Entropy, Lease, PortError, Step,
        Stepped, Timeline,
    },
};

/// Deliveries one may look at without meeting the limit.
const PLENTY: usize = 1_000;

/// One worker at a time attempts a delivery; a lost lease writes nothing; what is over stays over.
pub async fn leases<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Deliveries + DueDeliveries,
    E: Entropy,
{
    a_lease_is_taken_once_and_runs_out(store, sample).await?;
    what_an_attempt_came_to_is_written_once(store, sample).await?;
    what_is_due_is_pending(store, sample).await?;
    of_two_workers_one_attempts(store, sample).await
}

async fn owed<S: Conversations>(
    store: &S,
    sample: &Sample<impl Entropy>,
    places: &[u64],
) -> Result<(ConversationState, Vec<Delivery>), PortError> {
    let state = next(&sample.conversation());
    let endpoint = EndpointId::draw(sample.entropy());
    let deliveries: Vec<_> = places.iter().map(|seq| delivery(&state, &endpoint, *seq)).collect();
    let entries = places.iter().map(|seq| event(&state, *seq)).collect();
    let step = Step { entries, deliveries: deliveries.clone(), ..Step::to(state.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    Ok((state, deliveries))
}

async fn one_owed<S: Conversations>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<Delivery, PortError> {
    let (state, mut deliveries) = owed(store, sample, &[1]).await?;
    Ok(deliveries.pop().unwrap_or_else(|| delivery(&state, &EndpointId::draw(sample.entropy()), 1)))
}

async fn a_lease_is_taken_once_and_runs_out<S: Conversations + Deliveries>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let owed = one_owed(store, sample).await?;
    let missing = DeliveryKey { seq: 7, ..owed.key.clone() };
    let (now, until) = (sample.now, sample.after(35));
    assert_eq!(store.lease(&missing, now, until).await?, Lease::Over);

    // Finer than a millisecond: a lease is compared as it was given.
    let until = until + SignedDuration::from_nanos(123_456);
    let taken = Delivery { attempts: 1, lease_until: Some(until), ..owed.clone() };
    assert_eq!(store.lease(&owed.key, now, until).await?, Lease::Taken(taken.clone()));
    let later = sample.after(60);
    assert_eq!(store.lease(&owed.key, sample.after(1), later).await?, Lease::Busy(until));
    let again = Delivery { attempts: 2, lease_until: Some(later), ..taken };
    assert_eq!(store.lease(&owed.key, until, later).await?, Lease::Taken(again));
    Ok(())
}

async fn what_an_attempt_came_to_is_written_once<S: Conversations + Deliveries>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let owed = one_owed(store, sample).await?;
    let (lease, next_at) = (sample.after(35), sample.after(300));
    store.lease(&owed.key, sample.now, lease).await?;
    let failed = Delivery {
        attempts: 1,
        next_attempt_at: next_at,
        sweep_at: sample.after(420),
        last_outcome: Some("503".to_owned()),
        last_attempt_at: Some(sample.after(2)),
        ..owed.clone()
    };
    let strange = sample.after(34);
    assert!(!store.record(&failed, strange).await?, "somebody else's lease");
    assert!(store.record(&failed, lease).await?);
    let changed = Delivery { last_outcome: Some("200".to_owned()), ..failed.clone() };
    assert!(!store.record(&changed, lease).await?, "the lease was given back");

    let lease = sample.after(400);
    assert_eq!(store.lease(&owed.key, sample.after(299), lease).await?, Lease::NotDue(next_at));
    let taken = Delivery { attempts: 2, lease_until: Some(lease), ..failed.clone() };
    assert_eq!(store.lease(&owed.key, next_at, lease).await?, Lease::Taken(taken));

    for status in [DeliveryStatus::Delivered, DeliveryStatus::Parked, DeliveryStatus::Disabled] {
        let owed = one_owed(store, sample).await?;
        store.lease(&owed.key, sample.now, lease).await?;
        let ended = Delivery { status, attempts: 1, ..owed.clone() };
        assert!(store.record(&ended, lease).await?);
        let answer = store.lease(&owed.key, sample.after(9_999), sample.after(10_034)).await?;
        assert_eq!(answer, Lease::Over, "{status:?}");
    }
    let missing = Delivery { key: DeliveryKey { seq: 7, ..owed.key.clone() }, ..owed };
    assert!(!store.record(&missing, lease).await?, "nothing is there");
    Ok(())
}

async fn what_is_due_is_pending<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError>
where
    S: Conversations + Deliveries + DueDeliveries,
{
    let owed = one_owed(store, sample).await?;
    let is_due = async |at| {
        let due = store.due(at, PLENTY).await?;
        Ok::<_, PortError>(due.contains(&owed.key))
    };
    assert!(!is_due(sample.after(118)).await?, "the queue still has it");
    assert!(is_due(sample.after(121)).await?, "the queue lost it");
    assert_eq!(store.due(sample.after(121), 0).await?, []);
    assert_eq!(store.due(sample.after(121), 1).await?.len(), 1);

    let lease = sample.after(200);
    store.lease(&owed.key, sample.after(165), lease).await?;
    assert!(is_due(sample.after(201)).await?, "whoever had it died");
    let ended = Delivery { status: DeliveryStatus::Delivered, ..owed.clone() };
    assert!(store.record(&ended, lease).await?);
    assert!(!is_due(sample.after(9_999)).await?, "it is over");
    Ok(())
}

async fn of_two_workers_one_attempts<S: Conversations + Deliveries>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let owed = one_owed(store, sample).await?;
    let (now, until) = (sample.now, sample.after(35));
    let (a, b) = both(store.lease(&owed.key, now, until), store.lease(&owed.key, now, until)).await;
    let answers = [a?, b?];
    let taken = answers.iter().filter(|answer| matches!(answer, Lease::Taken(_))).count();
    assert!(taken == 1 && answers.contains(&Lease::Busy(until)), "{answers:?}");
    Ok(())
}

/// Who comes before and after in the line to one endpoint.
pub async fn ordered_lines<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Deliveries + DeliveryLog,
    E: Entropy,
{
    let places = [2, 9, 10, 100];
    let (state, line) = owed(store, sample, &places).await?;
    let [second, ninth, tenth, hundredth] = line.as_slice() else { return Ok(()) };
    // Another endpoint's line in the same conversation does not count.
    let stranger = EndpointId::draw(sample.entropy());
    let mut beside = next(&state);
    beside.seq = 101;
    let step = Step { deliveries: vec![delivery(&state, &stranger, 1)], ..Step::to(beside) };
    assert_eq!(store.step(&step).await?, Stepped::Done);

    let before = async |of: &Delivery| {
        Ok::<_, PortError>(store.pending_before(&of.key).await?.map(|key| key.seq))
    };
    let after = async |of: &Delivery| {
        Ok::<_, PortError>(store.pending_after(&of.key).await?.map(|key| key.seq))
    };
    assert_eq!(before(second).await?, None);
    assert_eq!(before(hundredth).await?, Some(2));
    assert_eq!(after(second).await?, Some(9));
    assert_eq!(after(hundredth).await?, None);

    for (ended, status) in [(second, DeliveryStatus::Delivered), (ninth, DeliveryStatus::Parked)] {
        let lease = sample.after(35);
        store.lease(&ended.key, sample.now, lease).await?;
        assert!(store.record(&Delivery { status, ..ended.clone() }, lease).await?);
    }
    assert_eq!(before(tenth).await?, None);
    assert_eq!(before(hundredth).await?, Some(10));
    assert_eq!(after(second).await?, Some(10));

    store.rearm(second).await?;
    assert_eq!(before(tenth).await?, Some(2), "a replayed event has its place again");
    a_replay_in_a_long_line_is_seen(store, sample).await
}

/// However long a line is and whatever was remembered of it.
async fn a_replay_in_a_long_line_is_seen<S: Conversations + Deliveries + DeliveryLog>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let places: Vec<_> = (1..=40).collect();
    let (_, line) = owed(store, sample, &places).await?;
    let (Some(third), Some((last, earlier))) = (line.get(2), line.split_last()) else {
        return Ok(());
    };
    let lease = sample.after(35);
    for owed in earlier {
        store.lease(&owed.key, sample.now, lease).await?;
        let ended = Delivery { status: DeliveryStatus::Delivered, ..owed.clone() };
        assert!(store.record(&ended, lease).await?);
    }
    for _ in 0..2 {
        assert_eq!(store.pending_before(&last.key).await?, None);
    }
    store.rearm(third).await?;
    let found = store.pending_before(&last.key).await?;
    assert_eq!(found.as_ref(), Some(&third.key));
    store.lease(&third.key, sample.now, lease).await?;
    let ended = Delivery { status: DeliveryStatus::Delivered, ..third.clone() };
    assert!(store.record(&ended, lease).await?);
    for _ in 0..2 {
        assert_eq!(store.pending_before(&last.key).await?, None);
    }
    Ok(())
}

/// The log of an endpoint, newest first; replay; pings.
pub async fn delivery_log<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Conversations + Deliveries + DeliveryLog + DueDeliveries + Timeline,
    E: Entropy,
{
    let state = next(&sample.conversation());
    let endpoint = EndpointId::draw(sample.entropy());
    let mut expected = Vec::new();
    for seq in 1..=5_u32 {
        let created_at = sample.now + SignedDuration::from_millis(i64::from(seq));
        let owed = delivery(&state, &endpoint, u64::from(seq));
        expected.insert(0, Delivery { created_at, ..owed });
    }
    let step = Step { deliveries: expected.clone(), ..Step::to(state.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let mut cursor = None;
    for pair in expected.chunks(2) {
        let page = store.to_endpoint(&sample.tenant, &endpoint, cursor, 2).await?;
        assert_eq!(page.items, pair);
        cursor = page.cursor;
        assert_eq!(cursor.is_some(), pair.len() == 2);
    }

    a_replay_starts_over(store, sample, &expected).await?;
    a_ping_has_its_entry(store, sample, &endpoint).await
}

async fn a_replay_starts_over<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
    log: &[Delivery],
) -> Result<(), PortError>
where
    S: Deliveries + DeliveryLog + DueDeliveries,
{
    let Some(owed) = log.first() else { return Ok(()) };
    let lease = sample.after(35);
    store.lease(&owed.key, sample.after(1), lease).await?;
    let parked = Delivery { status: DeliveryStatus::Parked, attempts: 16, ..owed.clone() };
    assert!(store.record(&parked, lease).await?);

    let at = sample.after(1_000);
    let armed = Delivery { next_attempt_at: at, sweep_at: at, ..owed.clone() };
    store.rearm(&armed).await?;
    assert!(store.due(sample.after(1_001), PLENTY).await?.contains(&owed.key));
    let lease = sample.after(1_035);
    assert!(matches!(store.lease(&owed.key, at, lease).await?, Lease::Taken(d) if d.attempts == 1));

    // An event that was never owed to this endpoint can be replayed to it as well.
    let new = Delivery { key: DeliveryKey { seq: 77, ..owed.key.clone() }, ..armed };
    store.rearm(&new).await?;
    assert!(matches!(store.lease(&new.key, at, lease).await?, Lease::Taken(_)));
    Ok(())
}

async fn a_ping_has_its_entry<S>(
    store: &S,
    sample: &Sample<impl Entropy>,
    endpoint: &EndpointId,
) -> Result<(), PortError>
where
    S: Deliveries + DeliveryLog + Timeline,
{
    let stream = EventStream::Endpoint(endpoint.clone());
    let key = DeliveryKey {
        tenant: sample.tenant.clone(),
        stream: stream.clone(),
        endpoint: endpoint.clone(),
        seq: 4_242,
    };
    let entry = event(&sample.conversation(), key.seq);
    let id = crate::model::EventId::of(endpoint.as_str(), "4242");
    let ping = Delivery::new(key.clone(), id, EventType::EndpointPing, None, sample.after(5));
    store.ping(&entry, &ping).await?;
    assert_eq!(store.entry(&sample.tenant, &stream, key.seq).await?, Some(entry));
    let logged = store.to_endpoint(&sample.tenant, endpoint, None, 1).await?;
    assert_eq!(logged.items, [ping]);
    assert!(matches!(store.lease(&key, sample.after(5), sample.after(40)).await?, Lease::Taken(_)));
    Ok(())
}

//! The journal: chains, days, and one payment's rows.

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::{SignedDuration, Timestamp};

use super::sample::Sample;
use crate::{
    model::{Chain, ChainHead, JournalEvent, JournalRow, TenantId},
    payment::journal::chain as chained,
    port::{
        ChainRows, Changed, Entropy, Journal, JournalQuery, PaymentChange, Payments, PortError,
    },
};

/// Days of rows, with days between that have none.
const DAYS: [i64; 4] = [0, 1, 4, 40];

/// Rows come in order, over days, from any number and within any days; chains are known by their first
/// row; a payment's rows are found among all.
pub async fn journal<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Payments + Journal,
    E: Entropy,
{
    let payment = sample.payment();
    let tenant = &payment.pointer.tenant;
    let chain = Chain::of(tenant, &payment.merchant, &payment.pointer.payment);
    assert_eq!(store.chains(Some(tenant)).await?, []);
    assert_eq!(store.journal(&all(&chain)).await?, []);

    let mut rows: Vec<JournalRow> = Vec::new();
    for day in DAYS {
        for _ in 0..2 {
            let now = sample.now + SignedDuration::from_hours(24 * day);
            let head = rows.last().map(JournalRow::head).unwrap_or_default();
            let new = [
                JournalRow::draft(JournalEvent::ConfigChanged, tenant, &payment.merchant),
                JournalRow::about(JournalEvent::QuoteIssued, &payment).of_amount(payment.offered),
            ];
            let new = chained(&chain, &head, &payment.time_zone, now, new.into());
            write(store, &chain, head, new.clone()).await?;
            rows.extend(new);
        }
    }
    assert_eq!(rows.len(), 16);
    assert_eq!(store.journal(&all(&chain)).await?, rows, "as they were written");
    let end = rows.last().map(JournalRow::head).unwrap_or_default();
    assert_eq!(store.chain_head(&chain).await?, end);
    ranges(store, &chain, &rows).await?;

    let of = |payment| store.journal_of(tenant, &chain.merchant, payment);
    let theirs: Vec<_> = rows.iter().filter(|row| row.payment_id.is_some()).cloned().collect();
    assert_eq!(of(&payment.pointer.payment).await?, theirs);
    assert_eq!(of(&sample.payment().pointer.payment).await?, []);
    #[expect(clippy::expect_used, reason = "a constant name")]
    let another = MerchantIdentifier::parse("merchant.of.another").expect("a merchant");
    assert_eq!(store.journal_of(tenant, &another, &payment.pointer.payment).await?, []);
    let stranger = TenantId::draw(sample.entropy());
    let strangers = store.journal_of(&stranger, &chain.merchant, &payment.pointer.payment).await?;
    assert_eq!(strangers, [], "P029: they are the tenant's own");
    chains(store, sample, &chain).await
}

async fn ranges<S: Journal>(
    store: &S,
    chain: &Chain,
    rows: &[JournalRow],
) -> Result<(), PortError> {
    for after in [0, 1, 3, 4, 5, 8, 12, 15, 16, 99] {
        for limit in [0, 1, 4, 5, 7, 100] {
            let query = JournalQuery { after, limit, ..all(chain) };
            let expected: Vec<_> =
                rows.iter().filter(|row| row.seq > after).take(limit).cloned().collect();
            assert_eq!(store.journal(&query).await?, expected, "{limit} after {after}");
        }
    }
    let first = rows.first().map(|row| row.day).unwrap_or_default();
    let days: Vec<_> = [0, 1, 2, 4, 5, 40, 41]
        .iter()
        .filter_map(|day| first.checked_add(SignedDuration::from_hours(24 * day)).ok())
        .collect();
    for from in days.iter().copied().map(Some).chain([None]) {
        for to in days.iter().copied().map(Some).chain([None]) {
            let query = JournalQuery { from, to, after: 2, ..all(chain) };
            let expected: Vec<_> = rows
                .iter()
                .filter(|row| row.seq > 2)
                .filter(|row| from.is_none_or(|from| from <= row.day))
                .filter(|row| to.is_none_or(|to| row.day <= to))
                .cloned()
                .collect();
            assert_eq!(store.journal(&query).await?, expected, "{from:?} to {to:?}");
        }
    }
    Ok(())
}

/// Every chain is listed once, whatever its shard, and only to its own.
async fn chains<S: Payments + Journal>(
    store: &S,
    sample: &Sample<impl Entropy>,
    chain: &Chain,
) -> Result<(), PortError> {
    let mut ours = vec![chain.clone()];
    #[expect(clippy::expect_used, reason = "constant names")]
    let merchants = ["merchant.b", "merchant.b-2", "merchant.b.c"]
        .map(|name| MerchantIdentifier::parse(name).expect("a merchant"));
    for merchant in merchants {
        let first = Chain::first(&chain.tenant, &merchant);
        for chain in [Chain { shard: 3, ..first.clone() }, first] {
            let row = JournalRow::draft(JournalEvent::DayClosed, &chain.tenant, &chain.merchant);
            let head = ChainHead::default();
            let rows = chained(&chain, &head, "UTC", Timestamp::UNIX_EPOCH, vec![row]);
            write(store, &chain, head, rows).await?;
            ours.push(chain);
        }
    }
    ours.sort();
    assert_eq!(store.chains(Some(&chain.tenant)).await?, ours);
    let every = store.chains(None).await?;
    assert!(every.is_sorted());
    assert!(ours.iter().all(|chain| every.contains(chain)));
    let stranger = TenantId::draw(sample.entropy());
    assert_eq!(store.chains(Some(&stranger)).await?, []);
    Ok(())
}

/// Rows that belong to no payment's change.
async fn write<S: Payments>(
    store: &S,
    chain: &Chain,
    head: ChainHead,
    rows: Vec<JournalRow>,
) -> Result<(), PortError> {
    let change = PaymentChange::from(ChainRows { chain: chain.clone(), head, rows });
    assert_eq!(store.change(&change).await?, Changed::Done);
    let mut other = change.clone();
    other.rows.iter_mut().for_each(|row| row.actor = Some("late".to_owned()));
    assert_eq!(store.change(&other).await?, Changed::Outrun, "a number is given out once");
    Ok(())
}

fn all(chain: &Chain) -> JournalQuery {
    JournalQuery { chain: chain.clone(), after: 0, from: None, to: None, limit: 1_000 }
}

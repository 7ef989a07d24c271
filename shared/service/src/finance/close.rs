//! A day is closed: every chain of the merchant goes on to the next one, so that no row of the day can
//! follow.

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::append::append;
use crate::{
    model::{Chain, ChainHead, JournalEvent, JournalRow, TenantId},
    port::{Clock, Entropy, Journal, JournalQuery, Payments, PortError},
};

/// How long after its end a day is left open, for those whose clocks are late.
pub const GRACE: SignedDuration = SignedDuration::from_mins(5);

/// Where a merchant's books stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The first day that has a row.
    pub first_day: Date,
    /// Its clock: that of the row written last.
    pub time_zone: String,
}

/// Where a merchant's books stand; none if nothing was ever written.
pub async fn books<S: Payments + Journal>(
    store: &S,
    tenant: &TenantId,
    merchant: &MerchantIdentifier,
) -> Result<Option<Books>, PortError> {
    let (mut first_day, mut last): (Option<Date>, Option<JournalRow>) = (None, None);
    for chain in chains(tenant, merchant) {
        let head = store.chain_head(&chain).await?;
        if head.seq == 0 {
            continue;
        }
        if let Some(first) = one(store, &chain, 0).await? {
            first_day = Some(first_day.map_or(first.day, |day| day.min(first.day)));
        }
        if let Some(row) = one(store, &chain, head.seq - 1).await?
            && last.as_ref().is_none_or(|last| last.ts_utc < row.ts_utc)
        {
            last = Some(row);
        }
    }
    Ok(first_day.zip(last).map(|(first_day, last)| Books { first_day, time_zone: last.tz }))
}

async fn one<S: Journal>(
    store: &S,
    chain: &Chain,
    after: u64,
) -> Result<Option<JournalRow>, PortError> {
    let query = JournalQuery { chain: chain.clone(), after, from: None, to: None, limit: 1 };
    Ok(store.journal(&query).await?.into_iter().next())
}

/// The first instant after a day, by a clock.
pub fn end_of(day: Date, time_zone: &str) -> Option<Timestamp> {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let next = day.tomorrow().ok()?.to_zoned(zone).ok()?;
    Some(next.timestamp())
}

/// The last day that is over, by a clock.
pub fn last_over(now: Timestamp, time_zone: &str) -> Option<Date> {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let day = (now - GRACE).to_zoned(zone).date().yesterday().ok()?;
    Some(day)
}

/// Closes a day that is over. Chains without a row are closed too: their first row must not fall on it.
pub async fn close<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    (tenant, merchant): (&TenantId, &MerchantIdentifier),
    day: Date,
    time_zone: &str,
) -> Result<(), PortError> {
    let end = end_of(day, time_zone);
    let end = end.ok_or_else(|| PortError::unreadable("finance::close", "a day without end"))?;
    for chain in chains(tenant, merchant) {
        let row = JournalRow {
            actor: Some("finance".to_owned()),
            ..JournalRow::draft(JournalEvent::DayClosed, tenant, merchant)
        };
        let is_open = |head: &ChainHead| head.day <= day;
        append(store, clock, &chain, time_zone, || end, is_open, vec![row]).await?;
    }
    Ok(())
}

/// The chains of a merchant.
pub fn chains<'m>(
    tenant: &'m TenantId,
    merchant: &'m MerchantIdentifier,
) -> impl Iterator<Item = Chain> + 'm {
    let chain = |shard| Chain { tenant: tenant.clone(), merchant: merchant.clone(), shard };
    (0..Chain::SHARDS).map(chain)
}

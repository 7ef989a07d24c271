//! Deliveries in memory: leases, and a due index that is simply a look at every row.

use jiff::Timestamp;

use super::Memory;
use crate::{
    model::{Delivery, DeliveryKey, DeliveryStatus, EndpointId, TenantId, TimelineEntry},
    port::{Deliveries, DeliveryLog, DueDeliveries, Lease, Page, PortError},
};

impl Deliveries for Memory {
    async fn lease(
        &self,
        key: &DeliveryKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, PortError> {
        self.call("Deliveries::lease", |world| {
            let Some(delivery) = world.deliveries.get_mut(key) else { return Lease::Over };
            if delivery.status != DeliveryStatus::Pending {
                return Lease::Over;
            }
            match delivery.lease_until {
                Some(held) if now < held => return Lease::Busy(held),
                _ if now < delivery.next_attempt_at => {
                    return Lease::NotDue(delivery.next_attempt_at);
                }
                _ => {}
            }
            delivery.lease_until = Some(until);
            delivery.attempts += 1;
            Lease::Taken(delivery.clone())
        })
        .await
    }

    async fn record(&self, delivery: &Delivery, lease: Timestamp) -> Result<bool, PortError> {
        self.call("Deliveries::record", |world| {
            let stored = world.deliveries.get_mut(&delivery.key);
            match stored.filter(|stored| stored.lease_until == Some(lease)) {
                Some(stored) => {
                    *stored = delivery.clone();
                    true
                }
                None => false,
            }
        })
        .await
    }

    async fn pending_before(&self, key: &DeliveryKey) -> Result<Option<DeliveryKey>, PortError> {
        self.call("Deliveries::pending_before", |world| {
            let mut line = in_line(world, key);
            line.find(|other| other.seq < key.seq).cloned()
        })
        .await
    }

    async fn pending_after(&self, key: &DeliveryKey) -> Result<Option<DeliveryKey>, PortError> {
        self.call("Deliveries::pending_after", |world| {
            let mut line = in_line(world, key);
            line.find(|other| other.seq > key.seq).cloned()
        })
        .await
    }
}

/// The pending deliveries to the same endpoint in the same stream, in order.
fn in_line<'w>(
    world: &'w super::World,
    key: &DeliveryKey,
) -> impl Iterator<Item = &'w DeliveryKey> {
    world
        .deliveries
        .values()
        .filter(move |delivery| {
            let other = &delivery.key;
            delivery.status == DeliveryStatus::Pending
                && other.tenant == key.tenant
                && other.stream == key.stream
                && other.endpoint == key.endpoint
        })
        .map(|delivery| &delivery.key)
}

impl DueDeliveries for Memory {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryKey>, PortError> {
        self.call("DueDeliveries::due", |world| {
            world
                .deliveries
                .values()
                .filter(|delivery| delivery.status == DeliveryStatus::Pending)
                .filter(|delivery| delivery.sweep_at <= now)
                .map(|delivery| delivery.key.clone())
                .take(limit)
                .collect()
        })
        .await
    }
}

impl DeliveryLog for Memory {
    async fn delivery(&self, key: &DeliveryKey) -> Result<Option<Delivery>, PortError> {
        self.call("DeliveryLog::delivery", |world| world.deliveries.get(key).cloned()).await
    }

    async fn to_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Delivery>, PortError> {
        self.call("DeliveryLog::to_endpoint", |world| {
            let mut found: Vec<_> = world
                .deliveries
                .values()
                .filter(|d| d.key.tenant == *tenant && d.key.endpoint == *endpoint)
                .map(|d| (format!("{:020}#{}", d.created_at.as_nanosecond(), d.event), d.clone()))
                .filter(|(place, _)| cursor.as_ref().is_none_or(|before| place < before))
                .collect();
            found.sort_by(|(a, _), (b, _)| b.cmp(a));
            let more = found.len() > limit;
            found.truncate(limit);
            let cursor = found.last().filter(|_| more).map(|(place, _)| place.clone());
            Page { items: found.into_iter().map(|(_, delivery)| delivery).collect(), cursor }
        })
        .await
    }

    async fn rearm(&self, delivery: &Delivery) -> Result<(), PortError> {
        self.call("DeliveryLog::rearm", |world| {
            world.deliveries.insert(delivery.key.clone(), delivery.clone());
        })
        .await
    }

    async fn ping(&self, entry: &TimelineEntry, delivery: &Delivery) -> Result<(), PortError> {
        self.call("DeliveryLog::ping", |world| {
            let key = &delivery.key;
            let place = (key.tenant.clone(), key.stream.clone(), key.seq);
            world.timeline.insert(place, entry.clone());
            world.deliveries.insert(key.clone(), delivery.clone());
        })
        .await
    }
}

//! A delivery: `T#<tenant>#C#<stream>` / `D#<endpoint>#<seq>`. While it is pending it is in the index
//! `due`; it is listed by endpoint in the index `list`.

use amb_protocol::id::BusinessId;
use amb_service::model::{Delivery, DeliveryStatus, EndpointId, EventId, EventType, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Item, RowFault, key, n, read, s,
    time::{DELIVERY_LIFE, as_nanos, as_nanos_if_any, ceil_seconds, millis_text, ttl},
    write,
};

#[derive(Serialize, Deserialize)]
struct Shape {
    event: EventId,
    kind: EventType,
    business: Option<BusinessId>,
    status: DeliveryStatus,
    attempts: u32,
    #[serde(with = "as_nanos")]
    created: Timestamp,
    #[serde(with = "as_nanos")]
    next_at: Timestamp,
    #[serde(with = "as_nanos")]
    give_up: Timestamp,
    #[serde(with = "as_nanos")]
    sweep_at: Timestamp,
    #[serde(default, with = "as_nanos_if_any")]
    lease: Option<Timestamp>,
    last: Option<String>,
    #[serde(default, with = "as_nanos_if_any")]
    last_at: Option<Timestamp>,
}

/// The partitions of the index `due` that hold deliveries.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("D#{shard}")
}

pub(crate) fn list_pk(tenant: &TenantId, endpoint: &EndpointId) -> String {
    format!("T#{tenant}#EP#{endpoint}")
}

pub(crate) fn item(delivery: &Delivery) -> Result<Item, RowFault> {
    let key = key::delivery(&delivery.key);
    let due = due_partition(key.shard());
    let shape = Shape {
        event: delivery.event.clone(),
        kind: delivery.kind,
        business: delivery.business.clone(),
        status: delivery.status,
        attempts: delivery.attempts,
        created: delivery.created_at,
        next_at: delivery.next_attempt_at,
        give_up: delivery.give_up_at,
        sweep_at: delivery.sweep_at,
        lease: delivery.lease_until,
        last: delivery.last_outcome.clone(),
        last_at: delivery.last_attempt_at,
    };
    let mut item = write(key, &shape)?;
    if delivery.status == DeliveryStatus::Pending {
        item.insert("due".to_owned(), s(due));
        item.insert("due_at".to_owned(), n(ceil_seconds(delivery.sweep_at)));
    }
    let (tenant, endpoint) = (&delivery.key.tenant, &delivery.key.endpoint);
    let created = millis_text(delivery.created_at);
    item.insert("lpk".to_owned(), s(list_pk(tenant, endpoint)));
    item.insert("lsk".to_owned(), s(format!("{created}#{}", delivery.event)));
    item.insert("ttl".to_owned(), n(ttl(delivery.created_at, DELIVERY_LIFE)));
    Ok(item)
}

pub(crate) fn delivery(item: Item) -> Result<Delivery, RowFault> {
    let key = key::read_delivery(&item)?;
    let shape: Shape = read(item)?;
    Ok(Delivery {
        key,
        event: shape.event,
        kind: shape.kind,
        business: shape.business,
        status: shape.status,
        attempts: shape.attempts,
        created_at: shape.created,
        next_attempt_at: shape.next_at,
        give_up_at: shape.give_up,
        sweep_at: shape.sweep_at,
        lease_until: shape.lease,
        last_outcome: shape.last,
        last_attempt_at: shape.last_at,
    })
}

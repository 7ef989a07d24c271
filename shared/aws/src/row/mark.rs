//! How far the line to an endpoint is known to hold nothing pending: `T#<tenant>#C#<stream>` /
//! `W#<endpoint>`. It spares ordered endpoints a look at every delivery of a long conversation. Each
//! change counts `changes` up; a mark is moved only if nobody changed it since it was read.

use amb_service::model::DeliveryKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Item, Key, RowFault,
    key::stream_pk,
    n, read,
    time::{DELIVERY_LIFE, ttl},
    write,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// No delivery up to this place is pending.
    pub(crate) clear_to: u64,
    pub(crate) changes: u64,
}

pub(crate) fn key(of: &DeliveryKey) -> Key {
    Key::new(stream_pk(&of.tenant, of.stream.as_str()), format!("W#{}", of.endpoint))
}

/// The row; it lives as long as the deliveries of `at` do.
pub(crate) fn item(of: &DeliveryKey, mark: Mark, at: Timestamp) -> Result<Item, RowFault> {
    let mut item = write(key(of), &mark)?;
    item.insert("ttl".to_owned(), n(ttl(at, DELIVERY_LIFE)));
    Ok(item)
}

pub(crate) fn mark(item: Item) -> Result<Mark, RowFault> {
    read(item)
}

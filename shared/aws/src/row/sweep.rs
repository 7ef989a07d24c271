//! How far the sweep has walked the inbox: `SWEEP` / `INBOX`, in `conversations`.

use amb_service::port::InboxMinute;
use serde::{Deserialize, Serialize};

use super::{Item, Key, RowFault, read, write};

#[derive(Serialize, Deserialize)]
struct Shape {
    minute: i64,
}

pub(crate) fn key() -> Key {
    Key::new("SWEEP", "INBOX")
}

pub(crate) fn item(minute: InboxMinute) -> Result<Item, RowFault> {
    write(key(), &Shape { minute: minute.0 })
}

pub(crate) fn minute(item: Item) -> Result<InboxMinute, RowFault> {
    Ok(InboxMinute(read::<Shape>(item)?.minute))
}

//! Whom a payment is for, sealed: `T#<tenant>#PAY#<payment>` / `CONTACTS`.

use amb_service::model::{PaymentPointer, SealedContacts};

use super::{Item, Key, RowFault, n, payment::pk, time::ceil_seconds, write_json};

pub(crate) fn key(pointer: &PaymentPointer) -> Key {
    Key::new(pk(pointer), "CONTACTS")
}

pub(crate) fn item(pointer: &PaymentPointer, contacts: &SealedContacts) -> Result<Item, RowFault> {
    let mut item = write_json(key(pointer), contacts)?;
    item.insert("ttl".to_owned(), n(ceil_seconds(contacts.until)));
    Ok(item)
}

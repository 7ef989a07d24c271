//! A quote: `T#<tenant>#PAY#<payment>` / `Q#<number, 4 digits>`, written once.

use amb_protocol::apple_pay::Quote;
use amb_service::model::{Payment, PaymentPointer};

use super::{
    Item, Key, RowFault, n,
    payment::{beside_ttl, pk},
    write_json,
};

pub(crate) fn key(pointer: &PaymentPointer, seq: u32) -> Key {
    Key::new(pk(pointer), format!("Q#{seq:04}"))
}

pub(crate) fn item(payment: &Payment, quote: &Quote) -> Result<Item, RowFault> {
    let mut item = write_json(key(&payment.pointer, quote.seq), quote)?;
    item.insert("ttl".to_owned(), n(beside_ttl(payment.expires_at)));
    Ok(item)
}

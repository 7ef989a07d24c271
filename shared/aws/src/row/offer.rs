//! What was offered: `T#<tenant>#PAY#<payment>` / `OFFER`, written once.

use amb_protocol::apple_pay::Offer;
use amb_service::{model::PaymentPointer, port::AskedPayment};

use super::{
    Item, Key, RowFault, n,
    payment::{beside_ttl, pk},
    write_json,
};

pub(crate) fn key(pointer: &PaymentPointer) -> Key {
    Key::new(pk(pointer), "OFFER")
}

pub(crate) fn item(asked: &AskedPayment) -> Result<Item, RowFault> {
    let offer: &Offer = &asked.offer;
    let mut item = write_json(key(&asked.payment.pointer), offer)?;
    item.insert("ttl".to_owned(), n(beside_ttl(asked.payment.expires_at)));
    Ok(item)
}

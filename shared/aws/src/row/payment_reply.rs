//! What the customer's reply says of a payment: `T#<tenant>#PAY#<payment>` / `REPLY`. One that weighs more
//! takes its place, if it still is as it was read.

use amb_service::model::{PaymentPointer, PaymentReply};
use jiff::SignedDuration;

use super::{
    Item, Key, RowFault, n,
    payment::{beside_ttl, pk},
    write_json,
};

/// No request can be replied to for longer: what outlives the reply is reckoned from here.
const LONGEST_REQUEST: SignedDuration = SignedDuration::from_hours(31 * 24);

pub(crate) fn key(pointer: &PaymentPointer) -> Key {
    Key::new(pk(pointer), "REPLY")
}

pub(crate) fn item(reply: &PaymentReply) -> Result<Item, RowFault> {
    let mut item = write_json(key(&reply.payment), &reply.seen)?;
    item.insert("ttl".to_owned(), n(beside_ttl(reply.seen.at + LONGEST_REQUEST)));
    Ok(item)
}

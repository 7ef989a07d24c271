//! What the rows look like. Every row has `pk`, `sk` and `v`, the version of its shape; a row of
//! another version is refused, never guessed at.

pub(crate) mod api_key;
pub(crate) mod apple_file;
pub(crate) mod business;
pub(crate) mod chain;
pub(crate) mod claim;
pub(crate) mod data_ref;
pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod entry;
pub(crate) mod idempotency;
pub(crate) mod inbox;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod mark;
pub(crate) mod merchant;
pub(crate) mod offer;
pub(crate) mod outbound;
pub(crate) mod payload;
pub(crate) mod payment;
pub(crate) mod payment_contacts;
pub(crate) mod payment_reply;
pub(crate) mod quote;
pub(crate) mod state;
pub(crate) mod stored_file;
pub(crate) mod sweep;
pub(crate) mod template;
pub(crate) mod tenant;
pub(crate) mod time;
pub(crate) mod token_claim;

pub(crate) use key::Key;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// A row as DynamoDB has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version of every shape here.
const VERSION: &str = "1";

/// A row that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RowFault {
    /// It was written by a version that this one does not know.
    #[error("the row has version {found}; this code reads version 1")]
    Version {
        /// What `v` says.
        found: String,
    },
    /// Its attributes do not fit the shape.
    #[error("the row's attributes do not fit its shape")]
    Shape(#[from] serde_dynamo::Error),
    /// Its JSON attribute is no JSON.
    #[error("the row's JSON does not fit its shape")]
    Json(#[from] serde_json::Error),
    /// An attribute is missing or says something that cannot be.
    #[error("the row's attribute `{attribute}` cannot be read")]
    Attribute {
        /// Its name.
        attribute: &'static str,
    },
}

/// A row of this shape at this key. Attributes without a value are left out.
pub(crate) fn write(key: Key, shape: &impl Serialize) -> Result<Item, RowFault> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(shape)?;
    item.retain(|_, value| !value.is_null());
    item.insert("v".to_owned(), AttributeValue::N(VERSION.to_owned()));
    item.extend(key.into_item());
    Ok(item)
}

/// A row that holds this as JSON text: exact numbers, and members in the order in which they were
/// written.
pub(crate) fn write_json(key: Key, said: &impl Serialize) -> Result<Item, RowFault> {
    let mut item = key.into_item();
    item.insert("v".to_owned(), AttributeValue::N(VERSION.to_owned()));
    item.insert(SAID.to_owned(), self::said(said)?);
    Ok(item)
}

/// The JSON text of such a row.
pub(crate) fn said(said: &impl Serialize) -> Result<AttributeValue, RowFault> {
    Ok(s(serde_json::to_string(said)?))
}

/// What a row holds as JSON text.
pub(crate) fn read_json<T: DeserializeOwned>(item: &Item) -> Result<T, RowFault> {
    check_version(item)?;
    Ok(serde_json::from_str(text(item, SAID)?)?)
}

/// The attribute that holds JSON text.
pub(crate) const SAID: &str = "said";

/// One attribute, such as an update sets.
pub(crate) fn value(shape: &impl Serialize) -> Result<AttributeValue, RowFault> {
    Ok(serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(shape)?)
}

/// The shape of a row.
pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T, RowFault> {
    check_version(&item)?;
    Ok(serde_dynamo::aws_sdk_dynamodb_1::from_item(item)?)
}

pub(crate) fn check_version(item: &Item) -> Result<(), RowFault> {
    match item.get("v") {
        Some(AttributeValue::N(version)) if version == VERSION => Ok(()),
        other => Err(RowFault::Version { found: format!("{other:?}") }),
    }
}

pub(crate) fn text<'i>(item: &'i Item, attribute: &'static str) -> Result<&'i str, RowFault> {
    match item.get(attribute) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(RowFault::Attribute { attribute }),
    }
}

pub(crate) fn number<N: std::str::FromStr>(
    item: &Item,
    attribute: &'static str,
) -> Result<N, RowFault> {
    match item.get(attribute) {
        Some(AttributeValue::N(text)) => fits(attribute, text.parse()),
        _ => Err(RowFault::Attribute { attribute }),
    }
}

/// What an attribute was read as. Why it could not be is not told: that would quote it.
pub(crate) fn fits<T, E>(attribute: &'static str, read: Result<T, E>) -> Result<T, RowFault> {
    read.ok().ok_or(RowFault::Attribute { attribute })
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n<N: Copy + ToString>(number: N) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Shape {
        name: String,
        nick: Option<String>,
    }

    #[test]
    fn a_row_reads_back_and_has_no_empty_attributes() {
        let shape = Shape { name: "n".to_owned(), nick: None };
        let item = write(Key::new("a", "b"), &shape).unwrap();
        assert_eq!(item.len(), 4, "{item:?}");
        assert_eq!(read::<Shape>(item).unwrap(), shape);
    }

    #[test]
    fn a_row_of_another_version_is_refused() {
        let mut item =
            write(Key::new("a", "b"), &Shape { name: String::new(), nick: None }).unwrap();
        item.insert("v".to_owned(), n(2));
        assert!(matches!(read::<Shape>(item.clone()), Err(RowFault::Version { .. })));
        item.remove("v");
        assert!(matches!(read::<Shape>(item), Err(RowFault::Version { .. })));
    }
}

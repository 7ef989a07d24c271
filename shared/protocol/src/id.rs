//! Apple's identifiers, one type each, so that a customer cannot stand where a business belongs.
//!
//! Every type is parsed once, at the border, and is compared byte for byte afterwards. Displaying an
//! id gives the text that goes on the wire.

use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Longest business, MSP or request identifier, in bytes. Apple's are UUIDs of 36; the room is our
/// choice and keeps them usable as keys and headers.
pub const SHORT_ID_MAX_BYTES: usize = 128;

/// Longest opaque id, in bytes. Apple publishes no limit; 169 bytes have been observed, and 1,024 is
/// the sort key limit of DynamoDB.
pub const OPAQUE_ID_MAX_BYTES: usize = 1_024;

/// A text that is not the identifier it should be. The text itself is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("the identifier is empty")]
    Empty,
    /// More bytes than the limit of this kind of identifier.
    #[error("the identifier is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A character outside the set that this kind of identifier may use.
    #[error("the identifier holds a character that does not belong in it")]
    Character,
    /// A message id that is not a hyphenated UUID of 36 characters.
    #[error("the identifier is not a hyphenated UUID")]
    NotUuid,
}

/// Defines a textual identifier: how it is parsed, shown and put into JSON.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $limit:expr, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is, or says why it cannot be one.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if text.is_empty() {
                    Err(IdError::Empty)
                } else if text.len() > $limit {
                    Err(IdError::TooLong { limit: $limit })
                } else if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError::Character)
                }
            }

            /// The identifier as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

text_id! {
    /// A business's account in Apple's register: one MSP serves it, test accounts have no brand.
    ///
    /// A UUID in all of Apple's material, but treated as opaque: 1 to 128 visible ASCII characters,
    /// compared exactly (a change of case is another business). Source: Apple, Common Specifications.
    BusinessId, SHORT_ID_MAX_BYTES, is_visible_ascii
}

text_id! {
    /// Apple's name for a customer, per business: `urn:mbid:…`.
    ///
    /// Stable for one Apple Account and one business; it hides phone number and address. An
    /// invitation is addressed to `tel:+…`, which is an opaque id too. 1 to 1,024 bytes of letters,
    /// digits and `: _ + / = . -`, without two dots in a row (it is used in storage keys and paths).
    /// Source: Apple, Integration; the alphabet is our choice around what has been observed.
    OpaqueId, OPAQUE_ID_MAX_BYTES, is_opaque
}

text_id! {
    /// Our own account with Apple: `iss` of the tokens we send, `aud` of those we receive.
    ///
    /// 1 to 128 visible ASCII characters, compared exactly. Source: Apple, Integration.
    MspId, SHORT_ID_MAX_BYTES, is_visible_ascii
}

text_id! {
    /// `requestIdentifier` of an interactive message: chosen by the sender, echoed in the reply, and
    /// so the key that ties an answer to its question.
    ///
    /// Normally a UUID; replies to an invitation carry `tel:+…`. 1 to 128 visible ASCII characters.
    /// It is not a secret. Source: Apple, Interactive Message Types.
    RequestIdentifier, SHORT_ID_MAX_BYTES, is_visible_ascii
}

impl OpaqueId {
    /// Whether it has the form that Apple gives to customers who wrote first. Others are accepted
    /// and worth counting.
    pub fn is_mbid(&self) -> bool {
        self.0.starts_with("urn:mbid:")
    }
}

/// `id` of a message, unique per message and the same in header and body; every retry repeats it.
///
/// Any UUID, of any version or none, in its hyphenated form; upper case is folded to lower. Braces,
/// `urn:uuid:` and the form without hyphens are refused. Source: Apple, Common Specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Uuid);

/// Keeps the ids of parts apart from every other use of the hash.
const PART_DOMAIN: &[u8] = b"amb-msp message part\0";

impl MessageId {
    /// Length of the only accepted form.
    const HYPHENATED: usize = 36;

    /// The id of a message that we are about to send.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Reads the hyphenated form.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() != Self::HYPHENATED {
            return Err(IdError::NotUuid);
        }
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self(uuid)),
            Err(_) => Err(IdError::NotUuid),
        }
    }

    /// The id of one part of a message that leaves as several: the message's own for the first, and
    /// for each other one a UUID (version 8) made from it, the same whenever it is asked for.
    #[must_use]
    pub fn part(&self, number: u32) -> Self {
        if number == 0 {
            return *self;
        }
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(PART_DOMAIN);
        context.update(self.0.as_bytes());
        context.update(&number.to_be_bytes());
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The sixteen bytes behind the text.
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl std::str::FromStr for MessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl From<Uuid> for MessageId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

fn is_visible_ascii(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_opaque(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b":_+/=.-".contains(&b))
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m132_only_the_hyphenated_form_is_a_message_id() {
        let id = MessageId::parse("5D0B1F2E-7A34-4C1B-9A55-0C9E2F6B1001").unwrap();
        assert_eq!(id.to_string(), "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001");
        for bad in [
            "5d0b1f2e7a344c1b9a550c9e2f6b1001",
            "{5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001}",
            "urn:uuid:5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001",
            "                                    ",
            "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b100g",
            "12",
        ] {
            assert_eq!(MessageId::parse(bad), Err(IdError::NotUuid), "{bad}");
        }
        assert_eq!(MessageId::parse(""), Err(IdError::Empty));
    }

    #[test]
    fn m133_any_version_of_uuid_is_a_message_id() {
        assert!(MessageId::parse("00000000-0000-0000-0000-000000000000").is_ok());
        for version in 1..=8 {
            let text = format!("5d0b1f2e-7a34-{version}c1b-9a55-0c9e2f6b1001");
            assert_eq!(MessageId::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_part_has_an_id_of_its_own_which_never_changes() {
        let id = MessageId::parse("5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001").unwrap();
        assert_eq!(id.part(0), id);
        let parts: std::collections::BTreeSet<_> = (0..100).map(|n| id.part(n)).collect();
        assert_eq!(parts.len(), 100);
        assert_eq!(id.part(1).as_uuid().get_version_num(), 8);
        assert_eq!(id.part(1).to_string(), "df62d426-69f2-83d5-ad5d-a7db80a8c5b8");
        assert_ne!(MessageId::parse(&id.part(1).to_string()).unwrap().part(1), id.part(2));
    }

    #[test]
    fn m140_a_business_id_is_exact() {
        let upper = BusinessId::parse("ABC").unwrap();
        assert_ne!(upper, BusinessId::parse("abc").unwrap());
        for bad in ["abc ", "abc\0", "аbc", "a\tb"] {
            assert_eq!(BusinessId::parse(bad), Err(IdError::Character), "{bad:?}");
        }
        assert_eq!(BusinessId::parse(&"x".repeat(129)), Err(IdError::TooLong { limit: 128 }));
    }

    #[test]
    fn m142_an_opaque_id_keeps_to_its_alphabet() {
        for good in ["urn:mbid:AQAAY1+/=_-.", "tel:+12025550100", &"x".repeat(1_024)] {
            assert_eq!(OpaqueId::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "urn:mbid:a/..", "urn:mbid:a\0", "urn mbid", "urn:mbid:é", &"x".repeat(1_025)]
        {
            assert!(OpaqueId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(OpaqueId::parse("urn:mbid:A").unwrap().is_mbid());
        assert!(!OpaqueId::parse("tel:+1").unwrap().is_mbid());
    }

    #[test]
    fn ids_are_strings_in_json() {
        let id = BusinessId::parse("7b9d2c14").unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, r#""7b9d2c14""#);
        assert_eq!(serde_json::from_str::<BusinessId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<BusinessId>(r#""a b""#).is_err());
        let id = MessageId::new(Uuid::nil());
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<MessageId>(&json).unwrap(), id);
    }
}

//! What the customer's device can show: the `capability-list` header of every webhook.
//!
//! Apple sends the tokens separated by commas, in any case (Apple, Common Specifications). The list
//! may change between two messages of one conversation, when the customer picks up another device.
//! Rich links and Apple Pay work everywhere and have no token.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Most tokens kept of one list, known and unknown together. Apple knows six; the room is our choice.
pub const MAX_TOKENS: usize = 64;

/// Longest unknown token kept, in bytes: our choice.
pub const MAX_TOKEN_BYTES: usize = 64;

/// A message feature that only some devices have. Source: Apple, Common Specifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Capability {
    /// `AUTH`: sign-in with an encrypted token in the reply (deprecated).
    Auth,
    /// `AUTH2`: sign-in through a redirect (iOS and iPadOS 16, macOS 13).
    Auth2,
    /// `FORM`: forms of several pages (iPhone and iPad).
    Form,
    /// `LIST`: list picker.
    List,
    /// `QUICK`: quick reply.
    Quick,
    /// `TIME`: time picker.
    Time,
}

impl Capability {
    /// Every token that Apple documents.
    pub const ALL: [Self; 6] =
        [Self::Auth, Self::Auth2, Self::Form, Self::List, Self::Quick, Self::Time];

    /// The token on the wire, in upper case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::Auth2 => "AUTH2",
            Self::Form => "FORM",
            Self::List => "LIST",
            Self::Quick => "QUICK",
            Self::Time => "TIME",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The tokens of one `capability-list` header: upper case, without duplicates, in alphabetical order.
///
/// Tokens that Apple invents later are kept, so that a business may know them before we do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilityList {
    tokens: BTreeSet<String>,
}

impl CapabilityList {
    /// Reads a header value. Reading never fails: what is not a token is left out, and so is
    /// everything beyond [`MAX_TOKENS`]. One vendor's relay writes `%2C` for the comma.
    ///
    /// ```
    /// use amb_protocol::capability::{Capability, CapabilityList};
    ///
    /// let list = CapabilityList::parse("auth, LIST,list,Hologram");
    /// assert!(list.contains(Capability::List));
    /// assert_eq!(list.to_string(), "AUTH,HOLOGRAM,LIST");
    /// ```
    pub fn parse(header: &str) -> Self {
        let mut tokens = BTreeSet::new();
        for piece in header.split(',').flat_map(|piece| piece.split("%2C")) {
            for token in piece.split("%2c").map(str::trim) {
                if tokens.len() < MAX_TOKENS && is_token(token) {
                    tokens.insert(token.to_ascii_uppercase());
                }
            }
        }
        Self { tokens }
    }

    /// Whether the device has this feature.
    pub fn contains(&self, capability: Capability) -> bool {
        self.tokens.contains(capability.as_str())
    }

    /// Whether the header was absent or empty. It says that nothing is known about the device.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// How many tokens were kept.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The tokens in alphabetical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tokens.iter().map(String::as_str)
    }
}

impl fmt::Display for CapabilityList {
    /// The header value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, token) in self.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl FromIterator<Capability> for CapabilityList {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        Self { tokens: capabilities.into_iter().map(|c| c.as_str().to_owned()).collect() }
    }
}

impl Serialize for CapabilityList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.tokens)
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_TOKEN_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap05_ap27_m170_a_list_is_normalised() {
        let list = CapabilityList::parse("auth,LIST , quick,,Quick,FORM%2CTIME%2cAUTH2");
        assert_eq!(list, Capability::ALL.into_iter().collect());
        assert_eq!(list.to_string(), "AUTH,AUTH2,FORM,LIST,QUICK,TIME");
        assert_eq!(
            serde_json::to_string(&CapabilityList::parse("TIME,future-1")).unwrap(),
            r#"["FUTURE-1","TIME"]"#
        );
    }

    #[test]
    fn m170_ten_kilobytes_of_tokens_stay_bounded() {
        let header: Vec<_> = (0..2_000).map(|n| format!("T{n}")).collect();
        assert_eq!(CapabilityList::parse(&header.join(",")).len(), MAX_TOKENS);
        assert!(CapabilityList::parse(&"X".repeat(10_240)).is_empty());
        assert!(CapabilityList::parse("a b,\r\n,é,<x>").is_empty());
    }

    #[test]
    fn ap27_auth_is_not_auth2() {
        let list = CapabilityList::parse("AUTH2");
        assert!(list.contains(Capability::Auth2));
        assert!(!list.contains(Capability::Auth));
        assert!(CapabilityList::parse("").is_empty());
    }
}

//! Where a customer lives, as far as a price may depend on it.

use serde::{Deserialize, Serialize};

/// A contact reduced to what the device shows before the customer pays (Apple: the shipping contact is
/// redacted until then). A price that depended on more could change at the last step, with no way to
/// show it (spec/payments §5, rule 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    /// `countryCode`, capital (Apple's samples write `us`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// `administrativeArea`, capital.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// `locality`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locality: String,
    /// `postalCode`, capital, without blanks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
}

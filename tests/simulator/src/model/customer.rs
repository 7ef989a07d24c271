use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A person with a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Short name in the simulator's URLs: letters, digits, `-` and `_`.
    pub name: String,
    /// What the MSP sees: `urn:mbid:` and 160 characters of base64.
    pub opaque_id: String,
    /// ISO 639-1, `_`, ISO 3166, such as `en_US`.
    pub locale: String,
    /// E.164, such as `+12025550100`, where invitations may go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The tokens of `capability-list`, in the order sent.
    pub capabilities: Vec<String>,
    /// How the device behaves.
    pub device: Device,
}

/// Creates a [`Customer`]; every field has a default.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCustomer {
    /// Default: `customer-1`, `customer-2`, …
    pub name: Option<String>,
    /// Default: random, in Apple's shape.
    pub opaque_id: Option<String>,
    /// Default: `en_US`.
    pub locale: Option<String>,
    /// Default: none.
    pub phone: Option<String>,
    /// Sets the capabilities. Default: an iPhone of today.
    pub preset: Option<Preset>,
    /// Default: those of the preset.
    pub capabilities: Option<Vec<String>>,
    /// Default: [`Device::default`].
    pub device: Option<Device>,
}

/// Changes to a [`Customer`]; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerPatch {
    /// See [`Customer::locale`].
    pub locale: Option<String>,
    /// See [`Customer::phone`].
    pub phone: Option<String>,
    /// Another kind of device.
    pub preset: Option<Preset>,
    /// See [`Customer::capabilities`]; wins over the preset.
    pub capabilities: Option<Vec<String>>,
    /// See [`Customer::device`].
    pub device: Option<Device>,
}

/// A kind of device, by what it says it can show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// All six tokens.
    #[default]
    Iphone,
    /// No forms.
    Mac,
    /// None at all.
    Old,
}

impl Preset {
    /// The tokens of `capability-list`, in the order sent.
    pub const fn capabilities(self) -> &'static [&'static str] {
        match self {
            Self::Iphone => &["AUTH", "LIST", "TIME", "FORM", "QUICK", "AUTH2"],
            Self::Mac => &["AUTH", "LIST", "TIME", "QUICK", "AUTH2"],
            Self::Old => &[],
        }
    }
}

/// Toggles of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Device {
    /// A text is announced by `typing_start`, as Apple's tutorial says of a customer's text.
    pub typing_first: bool,
    /// How Apple's side packs the body.
    pub encoding: Encoding,
    /// Where the device is, in minutes from GMT.
    pub timezone_offset: i32,
}

impl Default for Device {
    fn default() -> Self {
        Self { typing_first: true, encoding: Encoding::default(), timezone_offset: 0 }
    }
}

/// How a webhook's body is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Compressed, and the header says so: what Apple does.
    #[default]
    Gzip,
    /// Compressed without `Content-Encoding`.
    GzipWithoutHeader,
    /// Not compressed.
    Plain,
    /// The header says gzip, the last eight bytes are missing.
    TruncatedGzip,
}

/// How a webhook's token is made. The default is right in every respect.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Signing {
    /// No `Authorization` header at all.
    pub omit: bool,
    /// This token, as it stands.
    pub token: Option<String>,
    /// Signed with this secret (base64) instead of the account's.
    pub secret: Option<String>,
    /// `iat` is this many seconds ago; negative: in the future.
    pub issued_ago: i64,
    /// `aud` is this instead of the MSP id; any JSON.
    pub audience: Option<Value>,
}

/// One customer's thread with one business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// See [`Customer::name`].
    pub customer: String,
    /// See [`Customer::opaque_id`].
    pub opaque_id: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// What the phone shows at the top.
    pub title: String,
    /// Whether the business may write.
    pub state: ConversationState,
    /// The business is typing.
    pub business_typing: bool,
    /// Goes with the next message, then is forgotten by the device.
    pub intent: Option<String>,
    /// Goes with the next message, then is forgotten by the device.
    pub group: Option<String>,
}

/// Whether a business may write into a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConversationState {
    /// Opened on the device, nothing written yet: Apple knows no such destination (404).
    New,
    /// The customer has written.
    Open,
    /// The customer deleted the thread and asked for no more messages (410).
    Closed,
}

/// Opens a [`Conversation`] from an entry point (a link, a button on a map).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConversation {
    /// See [`Customer::name`].
    pub customer: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// Default: the business id.
    pub title: Option<String>,
    /// From the entry point.
    pub intent: Option<String>,
    /// From the entry point.
    pub group: Option<String>,
}

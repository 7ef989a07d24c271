use serde::{Deserialize, Serialize};

use super::transcript::Direction;

/// How Apple's content store behaves where it could behave in more than one way.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContentSettings {
    /// How long the store keeps a file, in milliseconds. Default: 30 days.
    pub object_life_ms: u64,
    /// How long a `download-url` is good for, in milliseconds. Apple says "short"; the default of a
    /// minute is an assumption.
    pub download_life_ms: u64,
    /// A `download-url` is good for one GET only.
    pub download_once: bool,
    /// A part of a file can be asked for. Default: yes.
    pub ranges: bool,
    /// The length of a file is said before it comes. Default: yes.
    pub lengths: bool,
    /// What `/decodePayload` answers.
    pub decoded: Decoded,
    /// `/decodePayload` compresses its answer for a caller who takes gzip. Default: yes.
    pub decoded_gzip: bool,
    /// Which replies of customers come as `interactiveDataRef`.
    pub reply_references: ReplyReferences,
    /// A reply that comes as a reference comes inline as well.
    pub reply_inline_too: bool,
    /// Which generation of member names the references of customers' replies have.
    pub reply_keys: KeyNames,
    /// Which forms of the signature they have.
    pub reply_signatures: SignatureForms,
}

impl Default for ContentSettings {
    fn default() -> Self {
        Self {
            object_life_ms: 30 * 24 * 60 * 60 * 1000,
            download_life_ms: 60_000,
            download_once: false,
            ranges: true,
            lengths: true,
            decoded: Decoded::default(),
            decoded_gzip: true,
            reply_references: ReplyReferences::default(),
            reply_inline_too: false,
            reply_keys: KeyNames::default(),
            reply_signatures: SignatureForms::default(),
        }
    }
}

/// What `/decodePayload` answers: Apple's document and an answer seen in the field differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decoded {
    /// `{"interactiveData":{…}}`, as documented.
    #[default]
    Wrapped,
    /// `{"bid":…,"data":{…}}`, as seen.
    Bare,
}

/// Which replies of customers come as a reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplyReferences {
    /// None.
    Never,
    /// Those of more than 10 KB, as Apple documents.
    #[default]
    WhenLarge,
    /// All.
    Always,
}

/// Which generation of member names an attachment or a reference has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyNames {
    /// `mimeType`, `size`, `key`, `url`, `owner`, `signature`, `signature-base64`.
    #[default]
    Current,
    /// `mime-type`, `file-size` (as text), `decryption-key`, `mmcs-url`, `mmcs-owner`,
    /// `mmcs-signature-hex`, `mmcs-signature-base64`.
    Legacy,
    /// Both.
    Both,
}

/// Which forms of the signature are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SignatureForms {
    /// Hex and base64.
    #[default]
    Both,
    /// Hex alone.
    Hex,
    /// Base64 alone.
    Base64,
}

/// The customer sends a file; its bytes are the request's body, everything else is in the query. The
/// phone encrypts it and puts it into Apple's store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Attach {
    /// To which business. Default: the customer's latest conversation.
    pub business_id: Option<String>,
    /// Default: as the phone numbers its pictures and films, such as `IMG_0001.HEIC`.
    pub name: Option<String>,
    /// As declared, which need not be true. Default: what the name ends in.
    pub mime_type: Option<String>,
    /// Text before the file.
    pub before: String,
    /// Text after the file.
    pub after: String,
    /// Which generation of member names.
    pub keys: KeyNames,
    /// Which forms of the signature.
    pub signatures: SignatureForms,
    /// Declared instead of the true size.
    pub size: Option<i64>,
    /// The message carries another key than the one that opens the file.
    pub wrong_key: bool,
    /// Wait at most this long, in milliseconds, for the MSP's answer.
    pub wait: u64,
}

impl Attach {
    /// A file of that name, of the type that the name ends in.
    pub fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }

    /// … to this business.
    #[must_use]
    pub fn to(self, business_id: &str) -> Self {
        Self { business_id: Some(business_id.to_owned()), ..self }
    }

    /// … declared as this type.
    #[must_use]
    pub fn mime_type(self, mime_type: &str) -> Self {
        Self { mime_type: Some(mime_type.to_owned()), ..self }
    }

    /// … and wait until it is delivered or refused.
    #[must_use]
    pub fn wait(self, wait: u64) -> Self {
        Self { wait, ..self }
    }
}

/// A file on a customer's phone: one they sent, or one that a message brought and the phone opened
/// with the message's own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneFile {
    /// For `GET /api/customers/{name}/files/{id}`: the message's id, a dot, and the number.
    pub id: String,
    /// The message's id at Apple.
    pub message_id: String,
    /// Its place among the message's files, counted from 0.
    pub number: usize,
    /// Who sent it.
    pub direction: Direction,
    /// The business's id at Apple.
    pub business_id: String,
    /// As the message says.
    pub name: String,
    /// As the message says.
    pub mime_type: String,
    /// Its true size in bytes.
    pub size: u64,
}

/// Which [`PhoneFile`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileFilter {
    /// The message's id.
    pub message_id: Option<String>,
    /// Who sent it.
    pub direction: Option<Direction>,
    /// Exactly this name.
    pub name: Option<String>,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

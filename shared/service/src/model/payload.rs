//! Payloads: what lies in Apple's content store and has to be fetched from there, or brought there.

use amb_protocol::id::{BusinessId, MessageId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

use super::{ConversationId, FileKey, QUEUE_GRACE, TenantId, UploadId, base32_id, id::DownloadId};

/// One payload, and how far it has come. The row is the truth; queue messages only point at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// Where it lies.
    pub pointer: PayloadPointer,
    /// The business whose message names it.
    pub business: BusinessId,
    /// Where it comes from.
    pub source: PayloadSource,
    /// How it stands.
    pub status: PayloadStatus,
    /// What an interrupted transfer goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Tries that failed by what was fetched or by who was asked. At
    /// [`MOST_FAILURES`](Self::MOST_FAILURES) it is given up.
    pub failures: u32,
    /// Tries that failed because Apple was not to be had. At [`MOST_OUTAGES`](Self::MOST_OUTAGES) it is
    /// given up.
    #[serde(default)]
    pub outages: u32,
    /// Attempts begun.
    pub attempts: u32,
    /// When it was committed.
    pub created_at: Timestamp,
    /// Not before this, while pending.
    pub next_attempt_at: Timestamp,
    /// When the sweep takes care of it, should the queue have lost it.
    pub sweep_at: Timestamp,
    /// While an attempt runs, nobody else may begin one before this.
    pub lease_until: Option<Timestamp>,
    /// When it came to an end.
    pub finished_at: Option<Timestamp>,
}

impl Payload {
    /// Failed tries after which it is given up: Apple's links die within seconds, and each try asks
    /// for a new one (spec/reliability F091, F092).
    pub const MOST_FAILURES: u32 = 3;
    /// The same while Apple does not answer, or with a 5xx (F108).
    pub const MOST_OUTAGES: u32 = 9;
    /// Attempts after which it is given up, however they ended: one that kills its process each time
    /// must not come for ever.
    pub const MOST_ATTEMPTS: u32 = 50;
    /// An outage of our own is waited for this long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(6);

    /// A payload that was just committed: nobody has attempted it.
    pub fn pending(
        pointer: PayloadPointer,
        business: BusinessId,
        source: PayloadSource,
        now: Timestamp,
    ) -> Self {
        Self {
            pointer,
            business,
            source,
            status: PayloadStatus::Pending,
            transfer: None,
            failures: 0,
            outages: 0,
            attempts: 0,
            created_at: now,
            next_attempt_at: now,
            sweep_at: now + QUEUE_GRACE,
            lease_until: None,
            finished_at: None,
        }
    }
}

/// The place of a payload, and what a message on the payloads queue says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayloadPointer {
    /// The owner.
    pub tenant: TenantId,
    /// Which of theirs.
    pub place: PayloadPlace,
}

/// Which payload of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PayloadPlace {
    /// A customer's answer that came by reference.
    #[serde(rename_all = "camelCase")]
    Reply {
        /// The conversation.
        conversation: ConversationId,
        /// The message that names it.
        message: MessageId,
    },
    /// A file that a customer sent.
    Attachment(AttachmentId),
    /// A file on its way to a customer.
    #[serde(rename_all = "camelCase")]
    File {
        /// The conversation.
        conversation: ConversationId,
        /// The outbound message.
        message: MessageId,
        /// Its part.
        part: u32,
        /// The place among the part's attachments.
        index: u32,
    },
    /// A reference that a business asks us to resolve.
    Download(DownloadId),
}

/// A file that a customer sent: the message that named it, and its place among the message's files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttachmentId {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
    /// The place among its attachments.
    pub index: u8,
}

/// A text that is no attachment id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attachment id is `att_` and 54 characters")]
pub struct AttachmentIdFault;

impl AttachmentId {
    /// What every attachment id starts with.
    pub const PREFIX: &'static str = "att_";
    /// Attachments of one message that are fetched; Apple names no limit, and one step of a
    /// conversation writes a hundred rows at most (DynamoDB).
    pub const MOST_PER_MESSAGE: usize = 40;

    /// Reads an id that we issued earlier.
    pub fn parse(text: &str) -> Result<Self, AttachmentIdFault> {
        let parts = text.strip_prefix(Self::PREFIX).and_then(|rest| {
            let (conversation, rest) = rest.split_at_checked(26)?;
            let (message, index) = rest.split_at_checked(26)?;
            let digits = index.len() == 2 && index.bytes().all(|b| b.is_ascii_digit());
            let conversation = format!("{}{conversation}", ConversationId::PREFIX);
            Some(Self {
                conversation: ConversationId::parse(&conversation).ok()?,
                message: super::id::message_of(message)?,
                index: index.parse().ok().filter(|_| digits)?,
            })
        });
        // More than one text stands for the same sixteen bytes; only ours is an id.
        parts.filter(|parsed| parsed.to_string() == text).ok_or(AttachmentIdFault)
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = base32_id(self.message.as_uuid().as_bytes());
        write!(f, "{}{}{message}{:02}", Self::PREFIX, self.conversation.group(), self.index)
    }
}

impl TryFrom<String> for AttachmentId {
    type Error = AttachmentIdFault;
    fn try_from(text: String) -> Result<Self, AttachmentIdFault> {
        Self::parse(&text)
    }
}

impl From<AttachmentId> for String {
    fn from(id: AttachmentId) -> Self {
        id.to_string()
    }
}

/// Where a payload comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PayloadSource {
    /// From Apple, as the inbox's message says.
    Inbox,
    /// From Apple, as this `interactiveDataRef` says, JSON; its size may be absent.
    Reference(String),
    /// From a business: on its way to Apple.
    File(FileSource),
}

impl fmt::Debug for PayloadSource {
    /// References and links open what they name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inbox => "Inbox",
            Self::Reference(_) => "Reference",
            Self::File(_) => "File",
        })
    }
}

/// A file that a business sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSource {
    /// Where it is.
    pub at: FilePlace,
    /// What the customer sees it called; the place's own name if there is none.
    pub name: Option<String>,
    /// Its media type; what the place says of it if there is none.
    pub media_type: Option<String>,
}

impl fmt::Debug for FileSource {
    /// Names are the business's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSource").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Where a business's file is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FilePlace {
    /// In an upload.
    Upload(UploadId),
    /// At an https URL.
    Url(String),
}

impl fmt::Debug for FilePlace {
    /// A link may open what it names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upload(_) => "Upload",
            Self::Url(_) => "Url",
        })
    }
}

/// How a payload stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum PayloadStatus {
    /// It will be tried again.
    Pending,
    /// It was decoded, and told as the message's answer.
    Told,
    /// It was decoded into this file, JSON.
    Decoded {
        /// The decoded interactive data.
        file: FileKey,
        /// Bytes.
        size: u64,
    },
    /// It is ours.
    Stored(StoredFile),
    /// It is Apple's, and a message may name it.
    Brought(AppleFile),
    /// It will not be had.
    Failed {
        /// Why.
        code: PayloadFault,
        /// More words, for people.
        detail: Option<String>,
    },
}

impl PayloadStatus {
    /// The word in rows.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Told => "told",
            Self::Decoded { .. } => "decoded",
            Self::Stored(_) => "stored",
            Self::Brought(_) => "brought",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A customer's file, as we keep it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// Where.
    pub file: FileKey,
    /// The customer's name for it. Untrusted.
    pub name: Option<String>,
    /// The type it was declared as. Untrusted.
    pub declared_type: Option<String>,
    /// The type that its first bytes tell.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Its bytes betray its declared type or its name.
    pub quarantined: bool,
    /// What the business's scanner says of it.
    #[serde(default)]
    pub scan: Scan,
    /// Not given out from then on.
    pub expires_at: Timestamp,
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StoredFile");
        shown.field("media_type", &self.media_type).field("size", &self.size);
        shown.field("quarantined", &self.quarantined).finish_non_exhaustive()
    }
}

/// What a scanner says of a file (spec/reliability F105).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scan {
    /// Nobody has looked.
    #[default]
    Unscanned,
    /// Nothing was found.
    Clean,
    /// It is harmful: not given out.
    Infected,
}

/// A file in Apple's content store, as a message names it (spec/apple-protocol §4).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppleFile {
    /// `name`.
    pub name: String,
    /// `mimeType`.
    pub media_type: String,
    /// `size`.
    pub size: u64,
    /// `key`: `00` and 64 hex digits.
    pub key: String,
    /// `url`.
    pub url: String,
    /// `owner`.
    pub owner: String,
    /// `signature-base64`.
    pub signature: String,
    /// Not named from then on: 30 days, less a margin.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AppleFile {
    /// The key opens it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppleFile").field("size", &self.size).finish_non_exhaustive()
    }
}

/// A transfer that was interrupted: parts that S3 has, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Where the whole of it will be.
    pub file: FileKey,
    /// S3's id of the multipart upload.
    pub upload: String,
    /// The parts' ETags.
    pub parts: Vec<String>,
    /// Bytes in them.
    pub offset: u64,
}

macro_rules! payload_faults {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// Why a payload will not be had (spec/reliability F090–F110).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum PayloadFault { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl PayloadFault {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

payload_faults! {
    /// A value without which it cannot be fetched is absent or malformed.
    Incomplete = "incomplete",
    /// Its key is none.
    BadKey = "bad_key",
    /// The declared size is no size, or more than 100 MiB.
    BadSize = "bad_size",
    /// It does not lie with Apple.
    BadHost = "bad_host",
    /// Apple has it no more, or its links died each time.
    Expired = "expired",
    /// It ended before its declared size, each time.
    Truncated = "truncated",
    /// It did not end at its declared size.
    Oversize = "oversize",
    /// It came too slowly, each time.
    TooSlow = "too_slow",
    /// Apple did not answer, or with an error, each time.
    Unavailable = "unavailable",
    /// Apple refused the request.
    Refused = "refused",
    /// Apple could not decode it; the ciphertext is kept.
    Undecodable = "undecodable",
    /// What was decoded is larger than 10 MB.
    TooLarge = "too_large",
    /// The upload is not there, or the URL leads to nothing.
    SourceMissing = "source_missing",
    /// The URL may not be called, or answers what cannot be used.
    SourceRefused = "source_refused",
    /// The file has more than 100 MiB, or nothing in it.
    SourceSize = "source_size",
    /// Nobody got it done in time.
    GivenUp = "given_up",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_id_reads_back_and_nothing_else_reads() {
        let id = AttachmentId {
            conversation: ConversationId::parse("cnv_abcdefghijklmnopqrstuvwx2a").unwrap(),
            message: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap(),
            index: 7,
        };
        let text = id.to_string();
        assert_eq!((text.len(), AttachmentId::parse(&text)), (58, Ok(id)));
        for other in
            ["", "att_", text.get(..57).unwrap(), &format!("{text}0"), &text.replace("07", "+7")]
        {
            assert_eq!(AttachmentId::parse(other), Err(AttachmentIdFault), "{other}");
        }
    }
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::psp::{Dialect, Twist};

/// A fault that waits for calls to hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// For `DELETE /api/faults/{id}`.
    pub id: u64,
    /// Calls it has hit so far.
    pub hits: u64,
    /// What it does, and how often it still will.
    #[serde(flatten)]
    pub spec: FaultSpec,
}

/// What goes wrong, where, for whom, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultSpec {
    /// Whose server misbehaves.
    pub at: Place,
    /// What happens to a call.
    pub effect: Effect,
    /// How many calls it hits; absent: until cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Only calls about this customer (the simulator's name for them). A file knows whose phone put
    /// it, a packed reply whose it is; uploads are about nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Only this message type (gateway) or event type (business).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// How long the call is held first, in milliseconds. See [`Effect::AnswerLost`].
    #[serde(default)]
    pub delay_ms: u64,
}

impl FaultSpec {
    /// Hits every call to `at` until cleared.
    pub fn new(at: Place, effect: Effect) -> Self {
        Self { at, effect, times: None, customer: None, message_type: None, delay_ms: 0 }
    }

    /// Spoils files on their way to the MSP.
    pub fn spoilt(spoil: Spoil) -> Self {
        Self::new(Place::Content, Effect::Spoilt(spoil))
    }

    /// Sends money another way.
    pub fn money(at: Dialect, operation: &str, twist: Twist) -> Self {
        Self::new(Place::Psp(at), Effect::Money(twist)).message_type(operation)
    }

    /// Answers with `status`.
    pub fn status(at: Place, status: u16) -> Self {
        Self::new(at, Effect::Status { status, headers: BTreeMap::new(), body: None })
    }

    /// Hits `times` calls.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Hits calls about one customer.
    #[must_use]
    pub fn customer(self, name: &str) -> Self {
        Self { customer: Some(name.to_owned()), ..self }
    }

    /// Hits one message type or event type.
    #[must_use]
    pub fn message_type(self, message_type: &str) -> Self {
        Self { message_type: Some(message_type.to_owned()), ..self }
    }

    /// Holds the call first.
    #[must_use]
    pub fn delay_ms(self, delay_ms: u64) -> Self {
        Self { delay_ms, ..self }
    }

    /// Answers with this text; only a status has one.
    #[must_use]
    pub fn body(mut self, text: &str) -> Self {
        if let Effect::Status { body, .. } = &mut self.effect {
            *body = Some(text.to_owned());
        }
        self
    }

    /// Adds a header to the answer; only a status has one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Status { headers, .. } = &mut self.effect {
            headers.insert(name.to_owned(), value.to_owned());
        }
        self
    }
}

/// Whose server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// Apple's `/v1/message`.
    Gateway,
    /// Apple's `/v1/preUpload`.
    PreUpload,
    /// The address that it gives.
    Upload,
    /// Apple's `/v1/preDownload`.
    PreDownload,
    /// The address that it gives.
    Content,
    /// Apple's `/v1/decodePayload`.
    DecodePayload,
    /// Apple's `/v1/encodePayload`.
    EncodePayload,
    /// The sample business of that name.
    Business(String),
    /// Apple's `paymentSession`; the message type is the merchant identifier.
    PaymentSession,
    /// A payment provider; the message type is the operation of [`PspCall`](super::PspCall).
    Psp(Dialect),
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Effect {
    /// Held for `delayMs`, then treated as usual. A caller who hangs up first was not heard.
    Slow,
    /// This answer; nothing is taken.
    Status {
        /// The HTTP status.
        status: u16,
        /// Such as `retry-after`, `location`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Default: what Apple would write, or nothing.
        #[serde(default)]
        body: Option<String>,
    },
    /// Taken at once, held for `delayMs`, then the connection ends without an answer.
    AnswerLost,
    /// The connection ends without an answer; nothing is taken.
    Refuse,
    /// The file comes, but not as it should: at [`Place::Content`] only.
    Spoilt(Spoil),
    /// Money goes another way than asked: at [`Place::Psp`] only.
    Money(Twist),
    /// The session is over so soon: at [`Place::PaymentSession`] only.
    #[serde(rename_all = "camelCase")]
    ExpiresIn {
        /// Milliseconds.
        life_ms: u64,
    },
}

/// What is wrong with a file on its way to the MSP. What lies in the store stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "camelCase")]
pub enum Spoil {
    /// So many bytes are missing at the end; the answer's length, where it is said, agrees.
    Truncated {
        /// Missing.
        bytes: u64,
    },
    /// So many more bytes follow, all zero.
    Longer {
        /// More.
        bytes: u64,
    },
    /// One bit of the file is the other way round.
    FlippedBit {
        /// Counted from 0.
        bit: u64,
    },
    /// Encrypted with another key.
    OtherKey,
    /// So slow.
    #[serde(rename_all = "camelCase")]
    Drip {
        /// Bytes in a second.
        bytes_per_second: u64,
    },
    /// The connection ends midway.
    Reset {
        /// Bytes sent before.
        after: u64,
    },
}

//! Our own ids: a prefix that names the kind, then 26 characters of lower-case base32 (128 bits).

use aws_lc_rs::digest;
use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::LazyLock};

use amb_protocol::id::{BusinessId, MessageId, OpaqueId, RequestIdentifier};

use crate::port::Entropy;

/// A text that is not an id of the kind it was given for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is `{prefix}` and 26 characters of a-z and 2-7")]
pub struct IdFault {
    prefix: &'static str,
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads an id that we issued earlier.
            pub fn parse(text: &str) -> Result<Self, IdFault> {
                match text.strip_prefix($prefix) {
                    Some(rest) if is_base32_id(rest) => Ok(Self(text.to_owned())),
                    _ => Err(IdFault { prefix: $prefix }),
                }
            }

            /// Draws a new id.
            pub fn draw(entropy: &impl Entropy) -> Self {
                let mut bytes = [0; 16];
                entropy.fill(&mut bytes);
                Self(format!("{}{}", $prefix, base32_id(&bytes)))
            }

            /// The id as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdFault;
            fn try_from(text: String) -> Result<Self, IdFault> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

prefixed_id!(
    /// A business that deployed or uses this service: owner of business ids, keys and endpoints.
    TenantId, "ten_"
);
prefixed_id!(
    /// An API key's public half.
    ApiKeyId, "key_"
);
prefixed_id!(
    /// A webhook endpoint of a tenant.
    EndpointId, "ep_"
);
prefixed_id!(
    /// A conversation: one business id and one opaque id, for ever the same value.
    ConversationId, "cnv_"
);
prefixed_id!(
    /// An event, and at once the `webhook-id` of every attempt to deliver it.
    EventId, "evt_"
);

prefixed_id!(
    /// A file that a tenant uploads, to be named in messages.
    UploadId, "upl_"
);

prefixed_id!(
    /// A reference that a tenant asks us to resolve.
    DownloadId, "dld_"
);

prefixed_id!(
    /// A payment; its 128 bits are the `requestIdentifier` of its bubble.
    PaymentId, "pay_"
);

prefixed_id!(
    /// A refund of a payment, whole or in part.
    RefundId, "ref_"
);

impl PaymentId {
    /// The payment of a bubble; none if the identifier is not a UUID, and so none of ours.
    pub fn of(request: &RequestIdentifier) -> Option<Self> {
        let uuid = uuid::Uuid::try_parse(request.as_str()).ok()?;
        Some(Self(format!("{}{}", Self::PREFIX, base32_id(uuid.as_bytes()))))
    }

    /// What every callback of its bubble repeats: a UUID, hyphenated, in lower case; Apple's
    /// devices may write it in upper case, so compare without case.
    #[expect(
        clippy::expect_used,
        reason = "26 characters of base32 are 16 bytes, and a UUID is visible"
    )]
    pub fn request_identifier(&self) -> RequestIdentifier {
        let digits = self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0);
        let bytes = LENIENT_BASE32.decode(digits.as_bytes()).expect("26 characters are 16 bytes");
        let bytes: [u8; 16] = bytes.try_into().expect("26 characters are 16 bytes");
        let text = uuid::Uuid::from_bytes(bytes).hyphenated().to_string();
        RequestIdentifier::parse(&text).expect("a UUID is an identifier")
    }
}

impl RefundId {
    /// The refund of a payment that this idempotency key asks for.
    pub fn of(payment: &PaymentId, key: &str) -> Self {
        Self(format!("{}{}", Self::PREFIX, digest_id(&[payment.as_str(), key])))
    }
}

impl ConversationId {
    /// The conversation of a business and a customer: a hash, because Apple's opaque ids are longer
    /// than a queue's message group id may be (128 characters; spec/reliability §2.6).
    pub fn of(business: &BusinessId, opaque: &OpaqueId) -> Self {
        Self(format!("{}{}", Self::PREFIX, digest_id(&[business.as_str(), opaque.as_str()])))
    }

    /// The 26 characters after the prefix: a message group id of the outbound queue.
    pub fn group(&self) -> &str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0)
    }
}

impl EventId {
    /// The id of the event with this place in its stream. Deriving it makes every retry of the step
    /// that wrote it name the same event.
    pub fn of(stream: &str, place: &str) -> Self {
        Self(format!("{}{}", Self::PREFIX, digest_id(&[stream, place])))
    }
}

/// The message group of a tenant on the standard deliveries queue: SQS then favours quiet tenants.
pub fn fairness_group(tenant: &TenantId) -> String {
    digest_id(&[tenant.as_str()])
}

/// 16 bytes as 26 characters of `a-z2-7`.
pub fn base32_id(bytes: &[u8; 16]) -> String {
    LOWER_BASE32.encode(bytes)
}

/// The message of these 26 characters, as [`base32_id`] writes them.
pub(super) fn message_of(text: &str) -> Option<MessageId> {
    let bytes: [u8; 16] = LOWER_BASE32.decode(text.as_bytes()).ok()?.try_into().ok()?;
    Some(MessageId::new(uuid::Uuid::from_bytes(bytes)))
}

fn digest_id(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    base32_id(&head)
}

fn is_base32_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
}

static LOWER_BASE32: LazyLock<Encoding> = LazyLock::new(|| lower_base32(true));

/// For ids that were parsed: 26 characters hold two bits more than 16 bytes, and what those are is not
/// looked at. No row has such an id.
static LENIENT_BASE32: LazyLock<Encoding> = LazyLock::new(|| lower_base32(false));

fn lower_base32(strict: bool) -> Encoding {
    let mut specification: Specification = BASE32_NOPAD.specification();
    specification.translate.from.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    specification.translate.to.push_str("abcdefghijklmnopqrstuvwxyz");
    specification.symbols.make_ascii_lowercase();
    specification.check_trailing_bits = strict;
    #[expect(clippy::expect_used, reason = "a constant specification")]
    specification.encoding().expect("lower-case base32 is a valid encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f048_a_message_group_is_26_characters_of_base32_whatever_the_opaque_id() {
        let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap();
        let opaque = OpaqueId::parse(&format!("urn:mbid:{}", "A".repeat(160))).unwrap();
        let id = ConversationId::of(&business, &opaque);
        assert!(is_base32_id(id.group()), "{id}");
        assert_eq!(id, ConversationId::parse(id.as_str()).unwrap());
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        assert!(TenantId::parse("ep_aaaaaaaaaaaaaaaaaaaaaaaaaa").is_err());
        assert!(TenantId::parse("ten_AAAAAAAAAAAAAAAAAAAAAAAAAA").is_err());
        assert!(TenantId::parse("ten_").is_err());
    }

    #[test]
    fn a_payment_and_its_bubbles_request_name_each_other() {
        let request = RequestIdentifier::parse("C0FFEE00-0000-4000-8000-00000000000A").unwrap();
        let payment = PaymentId::of(&request).unwrap();
        assert_eq!(payment.request_identifier().as_str(), request.as_str().to_ascii_lowercase());
        assert_eq!(PaymentId::of(&payment.request_identifier()), Some(payment));
        assert_eq!(PaymentId::of(&RequestIdentifier::parse("order-1001").unwrap()), None);
        let odd = PaymentId::parse(&format!("pay_{}", "b".repeat(26))).unwrap();
        assert_eq!(odd.request_identifier().as_str().len(), 36);
    }

    #[test]
    fn the_parts_of_a_digest_do_not_run_together() {
        assert_ne!(digest_id(&["ab", "c"]), digest_id(&["a", "bc"]));
    }
}

//! The message that everything is measured with: a text of 2 KB, as Apple sends it.

use amb_protocol::{
    gzip,
    id::{BusinessId, MspId},
    inbound::HeaderIds,
    jwt::{self, ApiSecret, JwtError},
};
use amb_service::receive::InboundRequest;
use data_encoding::BASE64;
use serde_json::json;

/// Bytes of the JSON (design §12).
const JSON_BYTES: usize = 2048;
/// The id of this Messaging Service Provider.
const MSP: &str = "4f0c8a52-6b1d-4e63-9a77-2d5f0c9be001";
/// The business that customers write to.
const BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000001";
/// Tokens that a device of today sends.
const CAPABILITIES: &str = "LIST,TIME,QUICK,AUTH,AUTH2,FORM";
/// Prose, so that it shrinks as customers' words do.
const WORDS: &str = "Good morning! I ordered two armchairs and a reading lamp from your shop in \
Lyon on Saturday, and the parcel that came yesterday holds only one of the chairs, in moss green \
instead of slate 😕. The delivery note lists everything correctly, the driver signed it, and the \
tracking page says that all three boxes were handed over at 14:05 together. My neighbour took them \
in; she is certain that there was a single box, quite battered at one corner. Could you find out \
where the rest has gone, and whether the colour can still be changed? I would rather not send the \
green one back before the right one is here, because guests arrive next Thursday and somebody has \
to sit somewhere. I can send photographs of the label, the carton and the dent. By the way, your \
telephone line kept me waiting for twenty-five minutes before it hung up, so a written answer suits \
me best; evenings after half past six, or any time at the weekend. If a courier has to call again, \
please let him use the side entrance: the bell at the front has been broken since the storm, and \
the dog frightens people who do not know how friendly she is. One more question while I have you: \
the lamp takes a bulb with a small screw socket, doesn't it? The catalogue shows two versions and \
the page for mine was gone when I looked. Payment went through twice, too, according to my bank; \
one of the two entries is marked as pending, so it may resolve by itself, but would you check on \
your side as well? Many thanks for your patience with such a long letter, Marguerite 🌿 PS: should the slate \
version be sold out by now, I could live with the charcoal one that your brochure shows on page \
nineteen, provided its legs are oak, not beech. A cushion or two as an apology? I jest 🙂";

/// One webhook of Apple's.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) opaque: String,
    pub(crate) business: String,
    pub(crate) json: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Webhook {
    /// The text of `business`'s customer, with an id of its own.
    pub(crate) fn new(number: u32, business: &str) -> Self {
        let id = format!("5d0b1f2e-7a34-4c1b-9a55-0c9e{number:08x}");
        let opaque = opaque();
        let bare = text_message(&id, &opaque, business, "").len();
        let mut words = WORDS.to_owned();
        words.truncate(WORDS.floor_char_boundary(JSON_BYTES.saturating_sub(bare)));
        let json = text_message(&id, &opaque, business, &words);
        let body = gzip::deflate(&json);
        Self { id, opaque, business: business.to_owned(), json, body }
    }

    /// The usual one, with an id of its own.
    pub(crate) fn numbered(number: u32) -> Self {
        Self::new(number, BUSINESS)
    }

    /// Apple's headers.
    pub(crate) fn headers<'a>(&'a self, authorization: &'a str) -> [(&'static str, &'a str); 7] {
        [
            ("authorization", authorization),
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("id", &self.id),
            ("source-id", &self.opaque),
            ("destination-id", &self.business),
            ("capability-list", CAPABILITIES),
        ]
    }

    /// The same as the use case takes it.
    pub(crate) fn request<'a>(&'a self, authorization: &'a str) -> InboundRequest<'a> {
        InboundRequest {
            authorization: Some(authorization),
            content_type: Some("application/json"),
            content_encoding: Some("gzip"),
            ids: HeaderIds {
                id: Some(&self.id),
                source: Some(&self.opaque),
                destination: Some(&self.business),
            },
            capability_list: Some(CAPABILITIES),
        }
    }
}

/// `Authorization` of Apple's webhooks.
pub(crate) fn authorization(
    msp: &MspId,
    key: &ApiSecret,
    now_unix: i64,
) -> Result<String, JwtError> {
    Ok(format!("Bearer {}", jwt::mint_inbound(msp, key, now_unix)?.expose()))
}

/// The id of this Messaging Service Provider.
#[expect(clippy::expect_used, reason = "the constant is an MSP id")]
pub(crate) fn msp() -> MspId {
    MspId::parse(MSP).expect("an MSP id")
}

/// The business that customers write to.
#[expect(clippy::expect_used, reason = "the constant is a business id")]
pub(crate) fn business() -> BusinessId {
    BusinessId::parse(BUSINESS).expect("a business id")
}

/// Apple's secret as Register shows it.
pub(crate) fn secret_text() -> String {
    BASE64.encode(&secret_bytes())
}

/// Apple's secret.
#[expect(clippy::expect_used, reason = "32 bytes are a secret")]
pub(crate) fn secret() -> ApiSecret {
    ApiSecret::from_base64(&secret_text()).expect("32 bytes in base64")
}

/// The bytes of Apple's secret.
pub(crate) fn secret_bytes() -> [u8; 32] {
    std::array::from_fn(|index| u8::try_from(index).unwrap_or_default().wrapping_mul(7))
}

/// `urn:mbid:` and 160 characters of base64, which do not shrink, as Apple's.
fn opaque() -> String {
    let mut state = 0x9e37_79b9_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(120)
    .collect();
    format!("urn:mbid:{}", BASE64.encode(&bytes))
}

fn text_message(id: &str, opaque: &str, business: &str, words: &str) -> Vec<u8> {
    let message = json!({
        "type": "text",
        "id": id,
        "sourceId": opaque,
        "destinationId": business,
        "v": 1,
        "locale": "en_GB",
        "intent": "order_question",
        "group": "furniture",
        "body": words,
    });
    message.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_protocol::inbound::Envelope;

    #[test]
    fn it_is_a_text_of_two_kilobytes_that_shrinks_by_half() {
        let webhook = Webhook::numbered(1);
        let size = webhook.json.len();
        assert!((JSON_BYTES - 3..=JSON_BYTES).contains(&size), "{size}");
        assert!((size / 3..size * 2 / 3).contains(&webhook.body.len()), "{}", webhook.body.len());
        let envelope = Envelope::parse(&webhook.json).unwrap();
        assert_eq!(envelope.destination, business());
        assert_ne!(Webhook::numbered(2).id, webhook.id);
    }
}

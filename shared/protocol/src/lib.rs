//! Apple Messages for Business on the wire, pure: no clock, no network, no environment.
//!
//! A Messaging Service Provider (MSP) exchanges JSON with Apple over HTTPS in both directions. This
//! crate is that language and nothing else:
//!
//! | module | what it knows |
//! |---|---|
//! | [`id`] | the names that Apple gives to things: business, customer, message, MSP, request |
//! | [`secret`] | a value that cannot be printed |
//! | [`jwt`] | the bearer token, both ways, with a stricter claim check than any library's default |
//! | [`gzip`] | Apple's webhook bodies, inflated under a cap |
//! | [`json`] | what must be mended or refused before a parser sees a customer's words |
//! | [`capability`] | what the customer's device can show |
//! | [`inbound`] | the envelope of a webhook, liberal in what it reads |
//! | [`attachment`] | attachments and data references, in both generations of their keys; their cipher, what they are, what they may be called |
//! | [`money`] | amounts, exact, in the smallest unit of their currency |
//! | [`apple_pay`] | what is offered, what it costs, what the device asks and is answered, and its token |
//! | [`rules`] | Apple's limits, as versioned packs, and the fault that names one |
//! | [`compose`] | from what a business writes to what Apple takes, every fault at once |
//! | [`reply`] | what a customer answered to an interactive message |
//! | [`tapback`] | reactions, which Apple sends as sentences |
//! | [`trigger`] | the words that Apple wants every business to understand |
//! | [`entry_link`] | the links that begin a conversation, made and read |
//! | [`outbound`] | the messages we send, as JSON and headers |
//! | [`gateway`] | what an HTTP status from Apple's gateway means |
//!
//! # Sources
//!
//! Facts name their source in the item's documentation. "Apple, Common Specifications", "Messages
//! Received", "Messages Sent" and "type-text" are pages of Apple's MSP REST API reference;
//! "Integration" is Apple's onboarding document of that name; "Apple's samples" are the Python
//! programs that accompany the MSP tutorial. Where Apple publishes nothing, the text says
//! "observed" (independent implementations agree) or "our choice".
//!
//! # One message in
//!
//! ```
//! use amb_protocol::{gzip, id::MspId, inbound::Envelope, jwt};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let msp = MspId::parse("0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001")?;
//! # let key = jwt::ApiSecret::from_base64("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=")?;
//! # let now = 1_760_000_000;
//! # let token = jwt::mint_inbound(&msp, &key, now)?;
//! # let body = gzip::deflate(br#"{"v":1,"type":"text","id":"5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001",
//! #   "sourceId":"urn:mbid:AQAAY1","destinationId":"7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002","body":"Hi"}"#);
//! jwt::inspect(token.expose(), &msp, now)?.verify(&[key])?;
//! let json = gzip::inflate(&body, 8 << 20)?;
//! let message = Envelope::parse(&json)?;
//! assert_eq!(message.body.as_deref(), Some("Hi"));
//! # Ok(())
//! # }
//! ```

pub mod apple_pay;
pub mod attachment;
pub mod capability;
pub mod compose;
pub mod entry_link;
pub mod gateway;
pub mod gzip;
pub mod id;
pub mod inbound;
pub mod json;
pub mod jwt;
pub mod money;
pub mod outbound;
pub mod reply;
pub mod rules;
pub mod secret;
pub mod tapback;
pub mod trigger;

#[cfg(test)]
mod tests {
    pub(crate) mod corpora;
}

//! The names and keys of `tests/vectors/protocol.json`, made up and public.

use amb_protocol::{
    id::{BusinessId, MspId, OpaqueId},
    jwt::ApiSecret,
};
use jiff::Timestamp;

/// The instant of the vectors, in Unix seconds: 2025-10-09T08:53:20Z.
pub const NOW: i64 = 1_760_000_000;
/// Our MSP id.
pub const MSP: &str = "0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001";
/// A business that we serve.
pub const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
/// Apple's id of a message.
pub const MESSAGE: &str = "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001";
/// A customer. The canary in it must not reach a log, an answer or a queue.
pub const CUSTOMER: &str = "urn:mbid:AQAAYc4n4ryMadeUpOpaque01=";

/// The current Messaging API secret, K1 in the plan.
pub const SECRET: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
/// The next one, K2: pending during a rotation.
pub const NEXT_SECRET: &str = "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=";
/// The one before, K0: accepted until a given time.
pub const PREVIOUS_SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// [`NOW`] as an instant.
pub fn now() -> Timestamp {
    Timestamp::from_second(NOW).expect("a second of our time")
}

/// [`MSP`], parsed.
pub fn msp() -> MspId {
    MspId::parse(MSP).expect("the vectors' MSP id")
}

/// [`BUSINESS`], parsed.
pub fn business() -> BusinessId {
    BusinessId::parse(BUSINESS).expect("the vectors' business id")
}

/// [`CUSTOMER`], parsed.
pub fn customer() -> OpaqueId {
    OpaqueId::parse(CUSTOMER).expect("an opaque id")
}

/// One of the secrets above as a key.
pub fn api_secret(base64: &str) -> ApiSecret {
    ApiSecret::from_base64(base64).expect("32 bytes of base64")
}

//! The signature over a session. Apple's is a CMS that nobody but the device reads; this one is ECDSA
//! over the signed fields, which the phone here checks: a session that was changed is none.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::Value;

use crate::world::World;

/// What is signed, in this order.
pub(super) const FIELDS: [&str; 8] = [
    "epochTimestamp",
    "expiresAt",
    "merchantSessionIdentifier",
    "nonce",
    "merchantIdentifier",
    "displayName",
    "initiative",
    "initiativeContext",
];

/// The key that signs sessions.
#[derive(Debug)]
pub(crate) struct SessionKey(EcdsaKeyPair);

impl Default for SessionKey {
    #[expect(clippy::expect_used, reason = "drawing a key of a curve built in does not fail")]
    fn default() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
        Self(key.expect("a P-256 key can be drawn"))
    }
}

/// The signature over a session, in hex.
pub(super) fn sign(world: &World, session: &Value) -> String {
    let signature = world.pay.session_key.0.sign(&SystemRandom::new(), &signed(session));
    signature.map(|it| HEXLOWER.encode(it.as_ref())).unwrap_or_default()
}

/// Whether a session is as it was signed.
pub(crate) fn holds(world: &World, session: &Value) -> bool {
    let signature = session.get("signature").and_then(Value::as_str).unwrap_or_default();
    let Ok(signature) = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()) else { return false };
    let key = world.pay.session_key.0.public_key().as_ref();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&signed(session), &signature)
        .is_ok()
}

fn signed(session: &Value) -> Vec<u8> {
    let values = FIELDS.iter().map(|name| session.get(name).map(Value::to_string));
    values.map(Option::unwrap_or_default).collect::<Vec<_>>().join("\n").into_bytes()
}

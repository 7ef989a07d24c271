//! Apple Pay's payment token, `EC_v1`: what the device pays with.
//!
//! Anybody can post a token to us, so what makes one worth anything is Apple's signature: a detached
//! CMS in BER, by a leaf certificate with Apple's marker, under an intermediate with another, under
//! Apple Root CA - G3. Checking it needs no private key, and is done whether or not the payment
//! provider checks it again (spec/payments §1.3).
//!
//! ```text
//! PaymentToken::read     shape: version, base64, hex, the outer transaction id
//! Verifier::verify       certificates, chain, signature, signing time, environment, ephemeral key
//! decrypt                 (feature `decrypt`) the merchant's key, card data, amount
//! ```
//!
//! Who keeps claims looks them up by [`PaymentToken::transaction_id`] before it verifies: a token that
//! comes again gets its first answer even when it is stale by then.
//!
//! Sources: Apple, Payment token format reference; RFC 5652; spec/payments §1.3.

mod certificate;
mod chain;
mod cms;
mod ephemeral;
mod fault;
mod read;
mod root;
mod signer;
mod verify;

#[cfg(any(test, feature = "decrypt"))]
mod card;
#[cfg(any(test, feature = "decrypt"))]
mod decrypt;

#[cfg(any(test, feature = "decrypt"))]
pub use card::CardData;
#[cfg(any(test, feature = "decrypt"))]
pub use decrypt::{ProcessingKeyFault, ProcessingKeys, decrypt};
pub use fault::TokenFault;
pub use read::PaymentToken;
pub use root::RootFault;
pub use verify::{Environment, Verified, Verifier};

#[cfg(all(feature = "test-root", not(debug_assertions)))]
compile_error!("`test-root` believes tokens that are not Apple's: no build for production has it");

use aws_lc_rs::digest;

/// SHA-256.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests;

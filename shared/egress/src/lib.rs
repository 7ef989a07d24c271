//! The only place that opens a socket to the outside.
//!
//! These callers live here: [`webhook`] posts events to the businesses' endpoints, [`apple`] posts
//! messages to Apple's gateway, [`apple::content`] takes files from Apple's content store and brings
//! them there, [`web`] gets the pictures, pages and files that a business names; [`apple_pay`] asks
//! Apple for merchant sessions, [`price`] businesses for prices, and [`psp`] payment providers for
//! money. All go through the same wall:
//!
//! 1. [`EndpointUrl`] vets the URL as text: https, a DNS name, no credentials, no odd port.
//! 2. The resolver looks the name up once, refuses the whole answer if any address is not globally
//!    routable ([`is_global`]), and hands on only what it vetted, so there is no second lookup that
//!    could answer otherwise (DNS rebinding).
//! 3. The connection is made to one of those very addresses; the peer's address is compared again
//!    when the answer is there, or, where connections are kept for a next call, at least vetted again.
//! 4. No redirects but those that [`web`] takes through the wall anew, no proxies, no cookies, no
//!    decompression, no retries; a deadline for each phase and a cap on all that is read. Files may
//!    take as long as they come at a least pace, and are handed on a piece at a time.
//!
//! A [`Policy`] is what the wall lets through: production, or the local stack's loopback.
//!
//! # Cold start
//!
//! Building a client reads and parses the system's trust roots (`rustls-platform-verifier` over
//! `rustls-native-certs`): with `SSL_CERT_FILE` set that is one file, without it the certificate
//! directories are looked through as well. Each caller therefore builds its client when the first
//! call is made, once, and a function that never calls out pays nothing.

pub mod apple;
pub mod apple_pay;
mod client;
mod endpoint_url;
mod exchange;
mod fault;
mod global;
mod journey;
mod merchant_keys;
mod pace;
mod policy;
pub mod price;
pub mod psp;
pub mod resolver;
mod retry_after;
pub mod signed;
pub mod web;
pub mod webhook;

#[cfg(test)]
mod tests;

#[cfg(test)]
use self::tests::servers as testing;

pub use endpoint_url::{EndpointUrl, UrlFault};
pub use fault::{CallError, Phase, TlsFault};
pub use global::is_global;
pub use merchant_keys::MerchantKeys;
pub use policy::Policy;

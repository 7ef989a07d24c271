//! What tests build their worlds from.
//!
//! - [`vectors`]: the ids, keys and the instant that the test vectors use, and everything here with
//!   them.
//! - [`token`]: Apple's bearer token, good or wrong in any way.
//! - [`message`]: Apple's messages as JSON.
//! - [`gateway_event`]: API Gateway's HTTP API events, and Apple's request as one.
//! - [`account`]: a world in memory with tenants, businesses, keys and conversations in it.
//! - [`canary`]: words that must not come out where they did not go in.
//! - [`logs`]: the lines that a piece of work logs.
//! - [`corpora`]: public collections of hostile input, which lie beside the project.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

pub mod account;
pub mod canary;
pub mod corpora;
pub mod gateway_event;
pub mod logs;
pub mod message;
pub mod token;
pub mod vectors;

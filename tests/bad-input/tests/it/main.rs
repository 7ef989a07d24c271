//! The rows of the plan, and the sample events.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod attachment;
mod attachment_type;
mod authorization;
mod body;
mod corpora;
mod coverage;
mod endpoint_url;
mod events;
mod fetch_samples;
mod keys;
mod meaning;
mod members;
mod outage;
mod pay;
mod pay_samples;
mod request;
mod runner;
mod samples;
mod send;
mod send_body;
mod send_content;
mod send_samples;
mod settle_samples;
mod token_claims;
mod token_header;
mod token_signature;
mod words;

//! The simulator proved from outside, against a tiny MSP in this process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::indexing_slicing, reason = "a test that cannot go on fails")]
#![expect(clippy::panic, reason = "a test that cannot go on fails")]

mod attachments;
mod business;
mod content;
mod demo;
mod device;
mod faults;
mod gateway;
mod invitation;
mod pay;
mod payloads;
mod phone;
mod psp;
mod raw;
mod references;
mod reply;
mod sample;
mod session;
mod shop;
mod store;
mod support;
mod till;

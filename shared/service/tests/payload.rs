//! What lies in Apple's content store: answers too large for their message, and references that a
//! business asks us to resolve, over the world in memory.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "crash/actors.rs"]
#[expect(dead_code, reason = "other tests need what this one does not")]
mod actors;

mod payload {
    mod answers;
    mod attachments;
    mod contention;
    mod downloads;
    mod faults;
    mod order;
    mod outages;
    mod paid;
    pub(crate) mod scene;
}

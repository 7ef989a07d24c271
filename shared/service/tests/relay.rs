//! What the relay promises of messages that are more than a text, over the world in memory.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod relay {
    mod app_clip;
    mod contention;
    mod files;
    mod large_files;
    mod parts;
    mod payment;
    mod pictures;
    mod reference;
    pub(crate) mod scene;
    mod waiting;
}

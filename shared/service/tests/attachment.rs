//! What is promised of customers' files, over the world in memory.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod attachment {
    mod broken;
    mod declared;
    mod kept;
    mod resumed;
    pub(crate) mod scene;
    mod told;
}

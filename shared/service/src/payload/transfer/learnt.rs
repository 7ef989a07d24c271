//! What is learnt of a file while it passes by.

use amb_protocol::attachment::content_type::HEAD_BYTES;
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

/// What is known of a file that is there.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::payload) struct Facts {
    /// Bytes.
    pub(in crate::payload) size: u64,
    /// SHA-256, hex.
    pub(in crate::payload) sha256: String,
    /// As many of its first bytes as it takes to tell what it is.
    pub(in crate::payload) head: Vec<u8>,
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Facts {
    /// Of these bytes.
    pub(in crate::payload) fn of(bytes: &[u8]) -> Self {
        let mut learnt = Learnt::default();
        learnt.see(bytes);
        learnt.facts()
    }
}

/// What is learnt so far.
pub(super) struct Learnt {
    size: u64,
    digest: digest::Context,
    head: Vec<u8>,
}

impl Default for Learnt {
    fn default() -> Self {
        Self { size: 0, digest: digest::Context::new(&digest::SHA256), head: Vec::new() }
    }
}

impl Learnt {
    /// The next bytes of the file.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.digest.update(bytes);
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
    }

    /// That was all of it.
    pub(super) fn facts(self) -> Facts {
        let sha256 = HEXLOWER.encode(self.digest.finish().as_ref());
        Facts { size: self.size, sha256, head: self.head }
    }
}

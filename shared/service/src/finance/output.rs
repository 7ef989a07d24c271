//! A file on its way out: hashed as it comes, cut in parts.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use std::fmt;

use super::control::ExportedFile;

/// A file on its way out.
pub(super) struct Output {
    name: &'static str,
    digest: digest::Context,
    bytes: u64,
    waiting: Vec<u8>,
    part: usize,
}

impl Output {
    pub(super) fn new(name: &'static str, part: usize) -> Self {
        let digest = digest::Context::new(&digest::SHA256);
        Self { name, digest, bytes: 0, waiting: Vec::new(), part }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.waiting.extend_from_slice(bytes);
    }

    /// A part that is not the last, once there is enough for one.
    pub(super) fn part(&mut self) -> Option<Vec<u8>> {
        (self.waiting.len() >= self.part).then(|| std::mem::take(&mut self.waiting))
    }

    /// The last part, and what became of the file.
    pub(super) fn end(self) -> (Vec<u8>, ExportedFile) {
        let sha256 = HEXLOWER.encode(self.digest.finish().as_ref());
        let file = ExportedFile { name: self.name.to_owned(), bytes: self.bytes, sha256 };
        (self.waiting, file)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("name", &self.name).finish_non_exhaustive()
    }
}

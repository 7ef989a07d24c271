use std::{future::Future, time::Duration};

use super::PortError;
use crate::model::FileKey;

pub use bytes::Bytes;

/// Bytes of a part: S3 wants 5 MiB at least, and no more than ten thousand parts.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// Bytes that come a piece at a time.
pub trait Chunks: Send {
    /// Why they stopped.
    type Error;

    /// The next piece, of any size; `None` at the end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;
}

/// Files of any size, a piece at a time. IAM: `s3:GetObject`, `s3:PutObject`, `s3:DeleteObject`,
/// `s3:AbortMultipartUpload` under the prefixes that a function names.
pub trait LargeFiles: Send + Sync {
    /// A file being read.
    type Body: Chunks<Error = PortError> + 'static;

    /// Bytes of every part but the last.
    fn part_bytes(&self) -> usize {
        PART_BYTES
    }

    /// Begins a file that comes in parts; answers the name of the upload. Nothing is to be seen of it
    /// before it is joined.
    fn begin(
        &self,
        key: &FileKey,
        content_type: &str,
    ) -> impl Future<Output = Result<String, PortError>> + Send;

    /// Puts one part, counted from 1; answers its `ETag`. The same number again replaces it.
    fn put_part(
        &self,
        key: &FileKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> impl Future<Output = Result<String, PortError>> + Send;

    /// Joins the parts.
    fn join(
        &self,
        key: &FileKey,
        upload: &str,
        parts: &[String],
    ) -> impl Future<Output = Result<Joined, PortError>> + Send;

    /// Gives an upload up; one that is not there is given up.
    fn abandon(
        &self,
        key: &FileKey,
        upload: &str,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Opens a file for reading from this byte on; `None` if there is none.
    fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> impl Future<Output = Result<Option<LargeFile<Self::Body>>, PortError>> + Send;

    /// Removes a file; one that is not there is removed.
    fn remove(&self, key: &FileKey) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A file being read.
#[derive(Debug)]
pub struct LargeFile<B> {
    /// Bytes of the whole file.
    pub size: u64,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The bytes from where it was opened.
    pub body: B,
}

/// What joining came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The file is there, now or since an earlier call whose answer was lost.
    Whole,
    /// Neither the upload nor the file is there: given up meanwhile, or too old.
    Lost,
}

/// Links that open one file for a short while. IAM: `s3:GetObject`.
pub trait FileLinks: Send + Sync {
    /// A link that answers the file with this `Content-Type` and `Content-Disposition`, for so long.
    fn link(
        &self,
        key: &FileKey,
        content_type: &str,
        disposition: &str,
        life: Duration,
    ) -> impl Future<Output = Result<String, PortError>> + Send;
}

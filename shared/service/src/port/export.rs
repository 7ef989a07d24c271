use std::future::Future;

use super::{Bytes, Chunks, FileRead, LargeFile, PART_BYTES, PortError};
use crate::model::ExportKey;

/// The finance team's bucket: what is written there is never written again, whoever asks. IAM:
/// `s3:GetObject`, `s3:PutObject` on the bucket; the bucket's own rule locks each object.
pub trait Exports: Send + Sync {
    /// A file being read.
    type Body: Chunks<Error = PortError> + 'static;

    /// Bytes of every part but the last, at least.
    fn part_bytes(&self) -> usize {
        PART_BYTES
    }

    /// Writes a file, unless there is one.
    fn put_export(
        &self,
        key: &ExportKey,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<Kept, PortError>> + Send;

    /// Begins a file that comes in parts; answers the name of the upload. Nothing is to be seen of it
    /// before it is ended; one that never is, the bucket gives up by itself.
    fn begin_export(
        &self,
        key: &ExportKey,
        content_type: &str,
    ) -> impl Future<Output = Result<String, PortError>> + Send;

    /// Puts one part, counted from 1; answers what names it.
    fn put_export_part(
        &self,
        key: &ExportKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> impl Future<Output = Result<ExportPart, PortError>> + Send;

    /// Joins the parts, unless there is a file.
    fn end_export(
        &self,
        key: &ExportKey,
        upload: &str,
        parts: &[ExportPart],
    ) -> impl Future<Output = Result<Kept, PortError>> + Send;

    /// Reads a file of at most `limit` bytes.
    fn export(
        &self,
        key: &ExportKey,
        limit: u64,
    ) -> impl Future<Output = Result<FileRead, PortError>> + Send;

    /// Opens a file of any size; `None` if there is none.
    fn open_export(
        &self,
        key: &ExportKey,
    ) -> impl Future<Output = Result<Option<LargeFile<Self::Body>>, PortError>> + Send;
}

/// What writing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The file is there now.
    Now,
    /// There was one already. It stays as it is.
    Before,
}

/// A part of a file that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPart {
    /// The store's name of it.
    pub tag: String,
    /// SHA-256 of it, base64, if the store told.
    pub sha256: Option<String>,
}

use std::{future::Future, time::Duration};

use super::PortError;
use crate::model::{FileKey, UploadSlot};

/// Files of up to some ten megabytes, whole. IAM: `s3:GetObject`, `s3:PutObject` under the prefixes
/// that a function names.
pub trait Files: Send + Sync {
    /// Writes a file; one that is there is replaced.
    fn put_file(
        &self,
        key: &FileKey,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Reads a file of at most `limit` bytes.
    fn file(
        &self,
        key: &FileKey,
        limit: u64,
    ) -> impl Future<Output = Result<FileRead, PortError>> + Send;
}

/// What reading a file came to.
#[derive(Clone, PartialEq, Eq)]
pub enum FileRead {
    /// Its bytes.
    Whole(Vec<u8>),
    /// There is none.
    Missing,
    /// It is larger than was asked for; nothing was read.
    TooLarge(u64),
}

impl std::fmt::Debug for FileRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Missing => f.write_str("Missing"),
            Self::TooLarge(size) => write!(f, "TooLarge({size})"),
        }
    }
}

/// Hands out upload slots. IAM: `s3:PutObject` under `uploads/`.
pub trait UploadSlots: Send + Sync {
    /// A URL that takes exactly so many bytes of this type at this place, for so long.
    fn upload_slot(
        &self,
        key: &FileKey,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> impl Future<Output = Result<UploadSlot, PortError>> + Send;
}

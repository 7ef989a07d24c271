//! Files of any size: written in parts, read as they come. Nothing is held but the part or the piece
//! in hand.
//!
//! A part's body is not hashed for its signature: TLS keeps it whole, and whoever moves a file hashes it
//! anyway. No attempt's timeout covers the body of an answer; the SDK ends one that brings nothing for
//! twenty seconds.

use amb_service::{
    model::FileKey,
    port::{Bytes, Chunks, Joined, LargeFile, LargeFiles, PortError},
};
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{get_object::GetObjectOutput, head_object::HeadObjectError},
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use std::fmt;

use crate::{
    fault::{CallFailed, Refused, unavailable},
    files::{Bucket, is_missing, warn_of_refusal},
    store::Store,
};

/// A file being read from the bucket.
pub struct FileBody(pub(crate) ByteStream);

impl Chunks for FileBody {
    type Error = PortError;

    async fn chunk(&mut self) -> Result<Option<Bytes>, PortError> {
        let piece = self.0.try_next().await;
        piece.map_err(|error| PortError::unavailable("LargeFiles::body", CallFailed::new(&error)))
    }
}

impl fmt::Debug for FileBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileBody")
    }
}

impl LargeFiles for Bucket {
    type Body = FileBody;

    async fn begin(&self, key: &FileKey, content_type: &str) -> Result<String, PortError> {
        const OPERATION: &str = "LargeFiles::begin";
        let begin = self.client.create_multipart_upload().bucket(&self.name).key(key.as_str());
        let begun =
            begin.content_type(content_type).send().await.map_err(unavailable(OPERATION))?;
        begun.upload_id.ok_or_else(|| untold(OPERATION, "no name of the upload"))
    }

    async fn put_part(
        &self,
        key: &FileKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<String, PortError> {
        const OPERATION: &str = "LargeFiles::put_part";
        let number =
            i32::try_from(number).map_err(|error| PortError::unreadable(OPERATION, error))?;
        let put = self
            .client
            .upload_part()
            .bucket(&self.name)
            .key(key.as_str())
            .upload_id(upload)
            .part_number(number)
            .body(ByteStream::from(bytes));
        let put = put.customize().disable_payload_signing().send().await;
        let tag = put.map_err(unavailable(OPERATION))?.e_tag;
        tag.ok_or_else(|| untold(OPERATION, "no ETag"))
    }

    async fn join(
        &self,
        key: &FileKey,
        upload: &str,
        parts: &[String],
    ) -> Result<Joined, PortError> {
        const OPERATION: &str = "LargeFiles::join";
        let named = (1..).zip(parts).map(|(number, tag)| {
            CompletedPart::builder().part_number(number).e_tag(tag.as_str()).build()
        });
        let named = CompletedMultipartUpload::builder().set_parts(Some(named.collect())).build();
        let join = self.client.complete_multipart_upload().bucket(&self.name).key(key.as_str());
        match join.upload_id(upload).multipart_upload(named).send().await {
            Ok(_) => Ok(Joined::Whole),
            Err(error) if error.code() == Some("NoSuchUpload") => {
                let size = self.size(OPERATION, key).await?;
                Ok(size.map_or(Joined::Lost, |_| Joined::Whole))
            }
            Err(error) => Err(unavailable(OPERATION)(error)),
        }
    }

    async fn abandon(&self, key: &FileKey, upload: &str) -> Result<(), PortError> {
        const OPERATION: &str = "LargeFiles::abandon";
        let abandon = self.client.abort_multipart_upload().bucket(&self.name).key(key.as_str());
        match abandon.upload_id(upload).send().await {
            Err(error) if error.code() != Some("NoSuchUpload") => {
                Err(unavailable(OPERATION)(error))
            }
            _ => Ok(()),
        }
    }

    async fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> Result<Option<LargeFile<FileBody>>, PortError> {
        const OPERATION: &str = "LargeFiles::open";
        let mut get = self.client.get_object().bucket(&self.name).key(key.as_str());
        // An empty file has no first byte to begin at.
        if from > 0 {
            get = get.range(format!("bytes={from}-"));
        }
        match get.send().await {
            Ok(object) => opened(OPERATION, object, from).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) if error.code() == Some("InvalidRange") => {
                let size = self.size(OPERATION, key).await?;
                let body = || FileBody(ByteStream::from_static(b""));
                Ok(size.map(|size| LargeFile { size, content_type: None, body: body() }))
            }
            Err(error) => Err(unavailable(OPERATION)(error)),
        }
    }

    async fn remove(&self, key: &FileKey) -> Result<(), PortError> {
        self.delete("LargeFiles::remove", key).await
    }
}

impl Bucket {
    /// The size of a file, if it is there. IAM: `s3:GetObject`.
    async fn size(&self, operation: &'static str, key: &FileKey) -> Result<Option<u64>, PortError> {
        let head = self.client.head_object().bucket(&self.name).key(key.as_str()).send().await;
        match head {
            Ok(head) => length(operation, head.content_length).map(Some),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(unavailable(operation)(error)),
        }
    }
}

/// A store with a bucket reads and writes large files in it.
impl LargeFiles for Store {
    type Body = FileBody;

    async fn begin(&self, key: &FileKey, content_type: &str) -> Result<String, PortError> {
        self.bucket("LargeFiles::begin")?.begin(key, content_type).await
    }

    async fn put_part(
        &self,
        key: &FileKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<String, PortError> {
        self.bucket("LargeFiles::put_part")?.put_part(key, upload, number, bytes).await
    }

    async fn join(
        &self,
        key: &FileKey,
        upload: &str,
        parts: &[String],
    ) -> Result<Joined, PortError> {
        self.bucket("LargeFiles::join")?.join(key, upload, parts).await
    }

    async fn abandon(&self, key: &FileKey, upload: &str) -> Result<(), PortError> {
        self.bucket("LargeFiles::abandon")?.abandon(key, upload).await
    }

    async fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> Result<Option<LargeFile<FileBody>>, PortError> {
        self.bucket("LargeFiles::open")?.open(key, from).await
    }

    async fn remove(&self, key: &FileKey) -> Result<(), PortError> {
        self.bucket("LargeFiles::remove")?.remove(key).await
    }
}

fn opened(
    operation: &'static str,
    object: GetObjectOutput,
    from: u64,
) -> Result<LargeFile<FileBody>, PortError> {
    let rest = length(operation, object.content_length)?;
    let size = match object.content_range.as_deref() {
        None if from == 0 => rest,
        Some(range) => whole(range, from).ok_or_else(|| untold(operation, "another range"))?,
        None => return Err(untold(operation, "no range")),
    };
    Ok(LargeFile { size, content_type: object.content_type, body: FileBody(object.body) })
}

/// The size of the file of which `bytes <from>-<to>/<size>` is told.
fn whole(range: &str, from: u64) -> Option<u64> {
    let (span, size) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    size.parse().ok().filter(|_| first.parse() == Ok(from))
}

fn length(operation: &'static str, told: Option<i64>) -> Result<u64, PortError> {
    let length = told.and_then(|length| u64::try_from(length).ok());
    length.ok_or_else(|| untold(operation, "no length"))
}

pub(crate) fn untold(operation: &'static str, what: &str) -> PortError {
    PortError::unreadable(operation, Refused::new(format!("S3 told {what}")))
}

/// As [`is_missing`]; the answer to a `HEAD` has no body to name the reason.
fn is_nothing(error: &SdkError<HeadObjectError, HttpResponse>) -> bool {
    match error.raw_response().map(|raw| raw.status().as_u16()) {
        Some(404) => true,
        Some(403) => {
            warn_of_refusal();
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_tells_the_size_of_the_whole() {
        assert_eq!(whole("bytes 8-15/16", 8), Some(16));
        for other in ["bytes 0-15/16", "bytes */16", "bytes 8-15/*", "bytes 8-15", "", "8-15/16"] {
            assert_eq!(whole(other, 8), None, "{other}");
        }
    }
}

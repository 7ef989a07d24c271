//! The finance team's bucket: every write says "unless there is one", and carries its SHA-256, which a
//! bucket with Object Lock asks for.

use amb_service::{
    model::ExportKey,
    port::{Bytes, ExportPart, Exports, FileRead, Kept, LargeFile, PortError},
};
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};
use std::error::Error;

use crate::{
    fault::unavailable,
    files::{Bucket, is_missing},
    large_files::{FileBody, untold},
};

/// There is none, or nothing is written.
const UNLESS_THERE: &str = "*";

impl Exports for Bucket {
    type Body = FileBody;

    async fn put_export(
        &self,
        key: &ExportKey,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Kept, PortError> {
        let put = self.client.put_object().bucket(&self.name).key(key.as_str());
        let put = put.content_type(content_type).body(ByteStream::from(bytes));
        let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).if_none_match(UNLESS_THERE);
        kept("Exports::put_export", put.send().await)
    }

    async fn begin_export(&self, key: &ExportKey, content_type: &str) -> Result<String, PortError> {
        const OPERATION: &str = "Exports::begin_export";
        let begin = self.client.create_multipart_upload().bucket(&self.name).key(key.as_str());
        let begin = begin.content_type(content_type).checksum_algorithm(ChecksumAlgorithm::Sha256);
        let begun = begin.send().await.map_err(unavailable(OPERATION))?;
        begun.upload_id.ok_or_else(|| untold(OPERATION, "no name of the upload"))
    }

    async fn put_export_part(
        &self,
        key: &ExportKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<ExportPart, PortError> {
        const OPERATION: &str = "Exports::put_export_part";
        let number =
            i32::try_from(number).map_err(|error| PortError::unreadable(OPERATION, error))?;
        let put = self.client.upload_part().bucket(&self.name).key(key.as_str());
        let put = put.upload_id(upload).part_number(number).body(ByteStream::from(bytes));
        let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await;
        let put = put.map_err(unavailable(OPERATION))?;
        let tag = put.e_tag.ok_or_else(|| untold(OPERATION, "no ETag"))?;
        Ok(ExportPart { tag, sha256: put.checksum_sha256 })
    }

    async fn end_export(
        &self,
        key: &ExportKey,
        upload: &str,
        parts: &[ExportPart],
    ) -> Result<Kept, PortError> {
        const OPERATION: &str = "Exports::end_export";
        let named = (1..).zip(parts).map(|(number, part)| {
            let named = CompletedPart::builder().part_number(number).e_tag(part.tag.as_str());
            named.set_checksum_sha256(part.sha256.clone()).build()
        });
        let named = CompletedMultipartUpload::builder().set_parts(Some(named.collect())).build();
        let end = self.client.complete_multipart_upload().bucket(&self.name).key(key.as_str());
        let end = end.upload_id(upload).multipart_upload(named).if_none_match(UNLESS_THERE);
        match end.send().await {
            // An earlier try of ours joined it, or somebody else was first: the file tells.
            Err(error) if error.code() == Some("NoSuchUpload") => {
                match Exports::export(self, key, 0).await? {
                    FileRead::Missing => Err(unavailable(OPERATION)(error)),
                    FileRead::Whole(_) | FileRead::TooLarge(_) => Ok(Kept::Before),
                }
            }
            other => kept(OPERATION, other),
        }
    }

    async fn export(&self, key: &ExportKey, limit: u64) -> Result<FileRead, PortError> {
        const OPERATION: &str = "Exports::export";
        let Some(file) = self.open_export(key).await? else { return Ok(FileRead::Missing) };
        if file.size > limit {
            return Ok(FileRead::TooLarge(file.size));
        }
        let FileBody(body) = file.body;
        let bytes = body.collect().await;
        let bytes = bytes.map_err(|error| PortError::unavailable(OPERATION, error))?;
        Ok(FileRead::Whole(bytes.to_vec()))
    }

    async fn open_export(&self, key: &ExportKey) -> Result<Option<LargeFile<FileBody>>, PortError> {
        const OPERATION: &str = "Exports::open_export";
        let get = self.client.get_object().bucket(&self.name).key(key.as_str());
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(unavailable(OPERATION)(error)),
        };
        let size = object.content_length.and_then(|length| u64::try_from(length).ok());
        let size = size.ok_or_else(|| untold(OPERATION, "no length"))?;
        let content_type = object.content_type;
        Ok(Some(LargeFile { size, content_type, body: FileBody(object.body) }))
    }
}

/// Whether a write happened, or there was something already.
fn kept<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Kept, PortError>
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(_) => Ok(Kept::Now),
        Err(error) if error.code() == Some("PreconditionFailed") => Ok(Kept::Before),
        Err(error) => Err(unavailable(operation)(error)),
    }
}

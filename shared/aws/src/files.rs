//! The bucket: bodies too large for a row, pictures, uploads, templates, customers' files. The client is made here and
//! not in [`Clients`](crate::Clients), so that only functions that move files carry it.

use amb_service::{
    model::{FileKey, UploadSlot},
    port::{FileRead, Files, PortError, UploadSlots},
};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::{RequestChecksumCalculation, ResponseChecksumValidation},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use std::{fmt, net::IpAddr, time::Duration};

use crate::{
    client::Profile,
    fault::{Refused, unavailable},
    links::presigning,
    store::Store,
};

/// The bucket. A clone is cheap and shares the client.
#[derive(Clone)]
pub struct Bucket {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Bucket {
    /// The bucket of this name, with region, credentials, endpoint and connector of `config`, and the
    /// timeouts and retries of `profile`.
    pub fn new(config: &SdkConfig, profile: Profile, name: String) -> Self {
        let shaped = profile.shape(config, profile.files);
        let config = aws_sdk_s3::config::Builder::from(&shaped)
            // A bucket is a host of its own on AWS; on this machine there is one address for all.
            .force_path_style(config.endpoint_url().is_some_and(is_loopback))
            // TLS keeps the bytes whole on their way; a slot's URL must not ask for more headers.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Self { client: Client::from_conf(config), name }
    }

    /// Deletes a file; one that is not there is deleted. IAM: `s3:DeleteObject`.
    pub(crate) async fn delete(
        &self,
        operation: &'static str,
        key: &FileKey,
    ) -> Result<(), PortError> {
        let delete = self.client.delete_object().bucket(&self.name).key(key.as_str());
        delete.send().await.map_err(unavailable(operation))?;
        Ok(())
    }
}

impl Files for Bucket {
    async fn put_file(
        &self,
        key: &FileKey,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "Files::put_file";
        let put = self.client.put_object().bucket(&self.name).key(key.as_str());
        let put = put.content_type(content_type).body(ByteStream::from(bytes));
        put.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn file(&self, key: &FileKey, limit: u64) -> Result<FileRead, PortError> {
        const OPERATION: &str = "Files::file";
        let get = self.client.get_object().bucket(&self.name).key(key.as_str());
        let object = match get.send().await {
            Ok(object) => object,
            Err(error) if is_missing(&error) => return Ok(FileRead::Missing),
            Err(error) => return Err(unavailable(OPERATION)(error)),
        };
        let size = object.content_length().and_then(|length| u64::try_from(length).ok());
        match size {
            None => Err(PortError::unreadable(OPERATION, Refused::new("S3 told no length"))),
            Some(size) if size > limit => Ok(FileRead::TooLarge(size)),
            Some(_) => {
                let bytes = object.body.collect().await;
                let bytes = bytes.map_err(|error| PortError::unavailable(OPERATION, error))?;
                Ok(FileRead::Whole(bytes.to_vec()))
            }
        }
    }
}

impl UploadSlots for Bucket {
    async fn upload_slot(
        &self,
        key: &FileKey,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> Result<UploadSlot, PortError> {
        const OPERATION: &str = "UploadSlots::upload_slot";
        let length =
            i64::try_from(size).map_err(|error| PortError::unavailable(OPERATION, error))?;
        let put = self.client.put_object().bucket(&self.name).key(key.as_str());
        let put = put.content_type(content_type).content_length(length);
        let signed =
            put.presigned(presigning(OPERATION, life)?).await.map_err(unavailable(OPERATION))?;
        let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(UploadSlot { url: signed.uri().to_owned(), headers: headers.collect() })
    }
}

/// A store with a bucket hands out slots in it, and reads what was put there.
impl Files for Store {
    async fn put_file(
        &self,
        key: &FileKey,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), PortError> {
        self.bucket("Files::put_file")?.put_file(key, content_type, bytes).await
    }

    async fn file(&self, key: &FileKey, limit: u64) -> Result<FileRead, PortError> {
        self.bucket("Files::file")?.file(key, limit).await
    }
}

impl UploadSlots for Store {
    async fn upload_slot(
        &self,
        key: &FileKey,
        content_type: &str,
        size: u64,
        life: Duration,
    ) -> Result<UploadSlot, PortError> {
        let bucket = self.bucket("UploadSlots::upload_slot")?;
        bucket.upload_slot(key, content_type, size, life).await
    }
}

/// Without `s3:ListBucket`, which no function has, S3 says 403 of an object that is not there. A
/// function that may not read under a prefix hears the same: hence the line in the log.
pub(crate) fn is_missing<R>(error: &SdkError<GetObjectError, R>) -> bool {
    match error.as_service_error() {
        Some(GetObjectError::NoSuchKey(_)) => true,
        Some(other) if other.code() == Some("AccessDenied") => {
            warn_of_refusal();
            true
        }
        _ => false,
    }
}

pub(crate) fn warn_of_refusal() {
    tracing::warn!("S3 refused a read: the file is not there, or the role lacks its prefix");
}

fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(endpoint: Option<&str>, profile: Profile) -> Bucket {
        let mut config = SdkConfig::builder();
        config.set_endpoint_url(endpoint.map(str::to_owned));
        config.set_behavior_version(Some(aws_config::BehaviorVersion::latest()));
        Bucket::new(&config.build(), profile, "files".to_owned())
    }

    #[test]
    fn the_client_has_explicit_timeouts() {
        for profile in [Profile::ack(), Profile::worker(), Profile::carrier()] {
            let bucket = bucket(None, profile);
            let timeouts = bucket.client.config().timeout_config().unwrap();
            assert_eq!(timeouts.connect_timeout(), Some(profile.connect));
            assert_eq!(timeouts.operation_attempt_timeout(), Some(profile.files.attempt));
            assert_eq!(timeouts.operation_timeout(), Some(profile.files.operation));
        }
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for local in ["http://127.0.0.1:4566", "http://localhost:1/", "http://[::1]:4566/x"] {
            assert!(is_loopback(local), "{local}");
        }
        for other in [
            "https://s3.eu-west-1.amazonaws.com",
            "http://10.0.0.1:1",
            "http://localhost.example.com",
            "",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}

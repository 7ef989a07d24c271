//! Links that open one file for a short while: signed with the function's own credentials, without a
//! word to S3, and never longer than they last.

use amb_service::{
    model::FileKey,
    port::{FileLinks, PortError},
};
use aws_sdk_s3::{
    operation::get_object::builders::GetObjectFluentBuilder, presigning::PresigningConfig,
};
use std::time::Duration;

use crate::{fault::unavailable, files::Bucket, store::Store};

impl FileLinks for Bucket {
    async fn link(
        &self,
        key: &FileKey,
        content_type: &str,
        disposition: &str,
        life: Duration,
    ) -> Result<String, PortError> {
        let get = self.get(key).response_content_type(content_type);
        presigned("FileLinks::link", get.response_content_disposition(disposition), life).await
    }
}

/// A store with a bucket hands out links to what is in it.
impl FileLinks for Store {
    async fn link(
        &self,
        key: &FileKey,
        content_type: &str,
        disposition: &str,
        life: Duration,
    ) -> Result<String, PortError> {
        self.bucket("FileLinks::link")?.link(key, content_type, disposition, life).await
    }
}

impl Bucket {
    /// A link that answers a file as it was put. IAM: `s3:GetObject`.
    pub(crate) async fn plain_link(
        &self,
        operation: &'static str,
        key: &FileKey,
        life: Duration,
    ) -> Result<String, PortError> {
        presigned(operation, self.get(key), life).await
    }

    fn get(&self, key: &FileKey) -> GetObjectFluentBuilder {
        self.client.get_object().bucket(&self.name).key(key.as_str())
    }
}

async fn presigned(
    operation: &'static str,
    get: GetObjectFluentBuilder,
    life: Duration,
) -> Result<String, PortError> {
    let signed = get.presigned(presigning(operation, life)?).await;
    Ok(signed.map_err(unavailable(operation))?.uri().to_owned())
}

pub(crate) fn presigning(
    operation: &'static str,
    life: Duration,
) -> Result<PresigningConfig, PortError> {
    PresigningConfig::expires_in(life).map_err(|error| PortError::unavailable(operation, error))
}

//! Files in memory.

use std::time::Duration;

use super::Memory;
use crate::{
    model::{FileKey, UploadSlot},
    port::{FileRead, Files, PortError, UploadSlots},
};

impl Files for Memory {
    async fn put_file(
        &self,
        key: &FileKey,
        _content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), PortError> {
        self.call("Files::put_file", |world| {
            world.files.insert(key.clone(), bytes);
        })
        .await
    }

    async fn file(&self, key: &FileKey, limit: u64) -> Result<FileRead, PortError> {
        self.call("Files::file", |world| match world.files.get(key) {
            None => FileRead::Missing,
            Some(bytes) if bytes.len() as u64 > limit => FileRead::TooLarge(bytes.len() as u64),
            Some(bytes) => FileRead::Whole(bytes.clone()),
        })
        .await
    }
}

impl UploadSlots for Memory {
    async fn upload_slot(
        &self,
        key: &FileKey,
        content_type: &str,
        size: u64,
        _life: Duration,
    ) -> Result<UploadSlot, PortError> {
        let slot = UploadSlot {
            url: format!("https://files.example.com/{}", key.as_str()),
            headers: vec![
                ("content-type".to_owned(), content_type.to_owned()),
                ("content-length".to_owned(), size.to_string()),
            ],
        };
        self.call("UploadSlots::upload_slot", |_| slot).await
    }
}

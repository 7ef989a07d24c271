//! The finance team's files in memory: what is there stays.

use std::collections::BTreeMap;

use super::{Memory, MemoryFile};
use crate::{
    model::ExportKey,
    port::{Bytes, ExportPart, Exports, FileRead, Kept, LargeFile, PortError},
};

/// The bucket.
#[derive(Clone, Debug, Default)]
pub struct ExportShelf {
    /// Files.
    pub files: BTreeMap<ExportKey, Vec<u8>>,
    /// Uploads that were begun, by their names.
    pub begun: BTreeMap<String, BTreeMap<u32, Bytes>>,
}

impl ExportShelf {
    fn keep(&mut self, key: &ExportKey, bytes: Vec<u8>) -> Kept {
        if self.files.contains_key(key) {
            return Kept::Before;
        }
        self.files.insert(key.clone(), bytes);
        Kept::Now
    }
}

impl Exports for Memory {
    type Body = MemoryFile;

    fn part_bytes(&self) -> usize {
        self.world().part_bytes
    }

    async fn put_export(
        &self,
        key: &ExportKey,
        _content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Kept, PortError> {
        self.call("Exports::put_export", |world| world.exports.keep(key, bytes)).await
    }

    async fn begin_export(
        &self,
        key: &ExportKey,
        _content_type: &str,
    ) -> Result<String, PortError> {
        self.call("Exports::begin_export", |world| {
            let name = format!("{}-{}", key.as_str(), world.faults.calls.len());
            world.exports.begun.insert(name.clone(), BTreeMap::new());
            name
        })
        .await
    }

    async fn put_export_part(
        &self,
        _key: &ExportKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<ExportPart, PortError> {
        let put = self
            .call("Exports::put_export_part", |world| {
                let begun = world.exports.begun.get_mut(upload)?;
                begun.insert(number, bytes);
                Some(ExportPart { tag: format!("part-{number}"), sha256: None })
            })
            .await?;
        put.ok_or_else(|| PortError::unavailable("Exports::put_export_part", "NoSuchUpload"))
    }

    async fn end_export(
        &self,
        key: &ExportKey,
        upload: &str,
        parts: &[ExportPart],
    ) -> Result<Kept, PortError> {
        let ended = self
            .call("Exports::end_export", |world| {
                let Some(begun) = world.exports.begun.remove(upload) else {
                    return world.exports.files.contains_key(key).then_some(Kept::Before);
                };
                assert_eq!(begun.len(), parts.len(), "every part is named");
                let whole = begun.into_values().flatten().collect();
                Some(world.exports.keep(key, whole))
            })
            .await?;
        ended.ok_or_else(|| PortError::unavailable("Exports::end_export", "NoSuchUpload"))
    }

    async fn export(&self, key: &ExportKey, limit: u64) -> Result<FileRead, PortError> {
        self.call("Exports::export", |world| match world.exports.files.get(key) {
            None => FileRead::Missing,
            Some(bytes) if bytes.len() as u64 > limit => FileRead::TooLarge(bytes.len() as u64),
            Some(bytes) => FileRead::Whole(bytes.clone()),
        })
        .await
    }

    async fn open_export(
        &self,
        key: &ExportKey,
    ) -> Result<Option<LargeFile<MemoryFile>>, PortError> {
        self.call("Exports::open_export", |world| {
            let bytes = world.exports.files.get(key)?;
            let (size, pieces) = (bytes.len() as u64, bytes.chunks(world.piece.max(1)));
            let body = MemoryFile::of(self, pieces.map(Bytes::copy_from_slice).collect());
            Some(LargeFile { size, content_type: None, body })
        })
        .await
    }
}

//! Files of any size in memory: parts are nothing to be seen before they are joined, and every part
//! but the last has to be as long as S3 wants it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use url::form_urlencoded;

use super::Memory;
use crate::{
    model::FileKey,
    port::{Bytes, Chunks, FileLinks, Joined, LargeFile, LargeFiles, PortError},
};

/// What S3 wants of every part but the last; less in a world whose parts are smaller.
const SHORTEST_PART: usize = 5 * 1024 * 1024;

/// A file whose parts are not joined yet.
#[derive(Clone, Debug, Default)]
pub struct Unjoined {
    /// Where it will be.
    pub key: Option<FileKey>,
    /// Its parts by their numbers.
    pub parts: BTreeMap<u32, Bytes>,
}

/// A file being read.
#[derive(Debug)]
pub struct MemoryFile {
    world: Memory,
    pieces: VecDeque<Bytes>,
}

impl MemoryFile {
    pub(super) fn of(world: &Memory, pieces: VecDeque<Bytes>) -> Self {
        Self { world: world.clone(), pieces }
    }
}

impl Chunks for MemoryFile {
    type Error = PortError;

    async fn chunk(&mut self) -> Result<Option<Bytes>, PortError> {
        let piece = self.pieces.pop_front();
        self.world.call("LargeFiles::body", |_| piece).await
    }
}

impl LargeFiles for Memory {
    type Body = MemoryFile;

    fn part_bytes(&self) -> usize {
        self.world().part_bytes
    }

    async fn begin(&self, key: &FileKey, _content_type: &str) -> Result<String, PortError> {
        self.call("LargeFiles::begin", |world| {
            let name = format!("upload-{}-{}", world.unjoined.len(), world.faults.calls.len());
            let begun = Unjoined { key: Some(key.clone()), parts: BTreeMap::new() };
            world.unjoined.insert(name.clone(), begun);
            name
        })
        .await
    }

    async fn put_part(
        &self,
        _key: &FileKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<String, PortError> {
        let put = self
            .call("LargeFiles::put_part", |world| {
                let begun = world.unjoined.get_mut(upload)?;
                let tag = format!("etag-{number}-{}", bytes.len());
                begun.parts.insert(number, bytes);
                Some(tag)
            })
            .await?;
        put.ok_or_else(|| PortError::unavailable("LargeFiles::put_part", "NoSuchUpload"))
    }

    async fn join(
        &self,
        key: &FileKey,
        upload: &str,
        parts: &[String],
    ) -> Result<Joined, PortError> {
        self.call("LargeFiles::join", |world| {
            let Some(begun) = world.unjoined.remove(upload) else {
                let there = world.files.contains_key(key);
                return if there { Joined::Whole } else { Joined::Lost };
            };
            let shortest = SHORTEST_PART.min(world.part_bytes);
            let last = u32::try_from(parts.len()).unwrap_or(u32::MAX);
            let mut whole = Vec::new();
            for (number, tag) in (1..=last).zip(parts) {
                let part = begun.parts.get(&number).cloned().unwrap_or_default();
                assert_eq!(*tag, format!("etag-{number}-{}", part.len()), "InvalidPart");
                assert!(number == last || part.len() >= shortest, "EntityTooSmall");
                whole.extend_from_slice(&part);
            }
            world.files.insert(key.clone(), whole);
            Joined::Whole
        })
        .await
    }

    async fn abandon(&self, _key: &FileKey, upload: &str) -> Result<(), PortError> {
        self.call("LargeFiles::abandon", |world| {
            world.unjoined.remove(upload);
        })
        .await
    }

    async fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> Result<Option<LargeFile<MemoryFile>>, PortError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let found = self.call("LargeFiles::open", |world| world.files.get(key).cloned()).await?;
        let piece = self.world().piece;
        Ok(found.map(|bytes| {
            let rest = bytes.get(from..).unwrap_or_default();
            let pieces = rest.chunks(piece).map(Bytes::copy_from_slice).collect();
            LargeFile {
                size: bytes.len() as u64,
                content_type: None,
                body: MemoryFile { world: self.clone(), pieces },
            }
        }))
    }

    async fn remove(&self, key: &FileKey) -> Result<(), PortError> {
        self.call("LargeFiles::remove", |world| {
            world.files.remove(key);
        })
        .await
    }
}

impl FileLinks for Memory {
    /// As S3 spells it: the link says what will be answered.
    async fn link(
        &self,
        key: &FileKey,
        content_type: &str,
        disposition: &str,
        life: Duration,
    ) -> Result<String, PortError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("X-Amz-Expires", &life.as_secs().to_string())
            .append_pair("response-content-type", content_type)
            .append_pair("response-content-disposition", disposition)
            .finish();
        let link = format!("https://files.example.com/{}?{query}", key.as_str());
        self.call("FileLinks::link", |_| link).await
    }
}

//! The parts of one file, on their way into the bucket.

use futures_util::{
    future::BoxFuture,
    stream::{FuturesOrdered, StreamExt},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use super::CONTENT_TYPE;
use crate::{
    model::{FileKey, Transfer},
    port::{Bytes, Files, Joined, LargeFiles, PortError},
};

/// Parts on their way while the next one is filled.
const UNDER_WAY: usize = 2;

/// The parts of one file.
pub(super) struct Parts<'p, F> {
    files: &'p F,
    file: FileKey,
    /// The upload, once there is one.
    upload: Option<String>,
    /// ETags of the parts that the bucket has, in order.
    landed: Vec<String>,
    /// How many of them were there before.
    before: usize,
    /// Bytes in those: parts have not always been as large as they are now.
    bytes_before: u64,
    /// Parts that left, landed or not.
    left: u32,
    under_way: FuturesOrdered<BoxFuture<'p, Result<String, PortError>>>,
}

impl<'p, F: Files + LargeFiles> Parts<'p, F> {
    /// The parts of a file, of which some may be there.
    pub(super) fn new(files: &'p F, file: FileKey, transfer: Option<Transfer>) -> Self {
        let (upload, landed, bytes_before) = match transfer {
            Some(transfer) => (Some(transfer.upload), transfer.parts, transfer.offset),
            None => (None, Vec::new(), 0),
        };
        let before = landed.len();
        let left = u32::try_from(before).unwrap_or(u32::MAX);
        let under_way = FuturesOrdered::new();
        Self { files, file, upload, landed, before, bytes_before, left, under_way }
    }

    /// Bytes of every part but the last.
    pub(super) fn size(&self) -> usize {
        self.files.part_bytes()
    }

    /// Where they are joined.
    pub(super) fn file(&self) -> &FileKey {
        &self.file
    }

    /// Waits for something else while they go on.
    pub(super) async fn beside<T>(
        &mut self,
        other: impl Future<Output = T>,
    ) -> Result<T, PortError> {
        let mut other = pin!(other);
        poll_fn(|context| {
            self.land(context)?;
            other.as_mut().poll(context).map(Ok)
        })
        .await
    }

    /// Sends a part off; more will follow. Waits until there is room for it.
    pub(super) async fn put(&mut self, part: Vec<u8>) -> Result<(), PortError> {
        let upload = match &self.upload {
            Some(upload) => upload.clone(),
            None => {
                let begun = self.files.begin(&self.file, CONTENT_TYPE).await?;
                self.upload.insert(begun).clone()
            }
        };
        while self.under_way.len() >= UNDER_WAY {
            self.wait().await?;
        }
        self.left += 1;
        let (files, file, number) = (self.files, self.file.clone(), self.left);
        let part = Bytes::from(part);
        self.under_way
            .push_back(Box::pin(async move { files.put_part(&file, &upload, number, part).await }));
        Ok(())
    }

    /// Sends the last part off and joins them all. A file of one part is put whole.
    pub(super) async fn finish(&mut self, last: Vec<u8>) -> Result<Joined, PortError> {
        if self.upload.is_none() {
            self.files.put_file(&self.file, CONTENT_TYPE, last).await?;
            return Ok(Joined::Whole);
        }
        if !last.is_empty() {
            self.put(last).await?;
        }
        while !self.under_way.is_empty() {
            self.wait().await?;
        }
        let upload = self.upload.as_deref().unwrap_or_default();
        self.files.join(&self.file, upload, &self.landed).await
    }

    /// Waits for what is on its way; answers what there is to go on from.
    pub(super) async fn settle(&mut self, received: u64) -> Option<Transfer> {
        while !self.under_way.is_empty() && self.wait().await.is_ok() {}
        self.kept(received)
    }

    /// What there is to go on from after so many bytes, if there is a part at all.
    pub(super) fn kept(&self, received: u64) -> Option<Transfer> {
        let fresh = (self.landed.len() - self.before) * self.size();
        let offset = received.min(self.bytes_before + fresh as u64);
        self.begun().filter(|_| offset > 0).map(|begun| Transfer { offset, ..begun })
    }

    /// Whether parts have landed here.
    pub(super) fn grew(&self) -> bool {
        self.landed.len() > self.before
    }

    /// The upload, if one was begun.
    pub(super) fn begun(&self) -> Option<Transfer> {
        let upload = self.upload.clone()?;
        Some(Transfer { file: self.file.clone(), upload, parts: self.landed.clone(), offset: 0 })
    }

    async fn wait(&mut self) -> Result<(), PortError> {
        if let Some(part) = self.under_way.next().await {
            self.landed.push(part?);
        }
        Ok(())
    }

    fn land(&mut self, context: &mut Context<'_>) -> Result<(), PortError> {
        while let Poll::Ready(Some(part)) = self.under_way.poll_next_unpin(context) {
            self.landed.push(part?);
        }
        Ok(())
    }
}

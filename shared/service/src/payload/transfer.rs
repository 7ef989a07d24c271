//! Takes what comes a piece at a time, of any length, into a file of ours.
//!
//! The pieces are gathered into parts. A part is decrypted where it lies and hashed while it is warm,
//! and leaves for the bucket without being copied again; two are on their way while the next one
//! fills, so no more than three are ever in memory. What fits into one part is put whole. What was
//! broken off goes on from the last part that the bucket has: the counter of the cipher follows from
//! the offset (F100).

mod learnt;
mod parts;
#[cfg(test)]
mod tests;

use amb_protocol::attachment::{AttachmentKey, Cipher};
use jiff::Timestamp;

pub(super) use self::learnt::Facts;
use self::{learnt::Learnt, parts::Parts};
use crate::{
    model::{FileKey, Transfer},
    port::{Chunks, Clock, Files, Joined, LargeFiles, PortError},
    problem::chain,
};

/// Bytes that are decrypted and hashed in one go: they are still in the processor's cache then.
const STROKE: usize = 128 * 1024;
/// What every file of others is stored as: what it is, is told when it is given out.
pub(super) const CONTENT_TYPE: &str = "application/octet-stream";

/// Takes files in.
#[derive(Debug)]
pub(super) struct Intake<'i, F, C> {
    files: &'i F,
    clock: &'i C,
    until: Timestamp,
}

/// What is to be taken in.
#[derive(Debug)]
pub(super) struct Asked {
    /// Where to.
    pub(super) file: FileKey,
    /// How much.
    pub(super) length: Length,
    /// What opens it, if it comes encrypted.
    pub(super) key: Option<AttachmentKey>,
    /// What an interrupted transfer left, to this same file.
    pub(super) transfer: Option<Transfer>,
    /// The byte that the source begins with: the transfer's offset, or 0 where it begins again.
    pub(super) from: u64,
}

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes.
    Exactly(u64),
    /// Nobody knows; no more than so many bytes.
    AtMost(u64),
}

/// Why a file is not there, and what the bucket has of it.
#[derive(Debug)]
pub(super) struct Stopped<E> {
    /// Why.
    pub(super) why: Stop<E>,
    /// What to go on from; without it there is nothing in the bucket.
    pub(super) transfer: Option<Transfer>,
}

/// Why a file is not there.
#[derive(Debug)]
pub(super) enum Stop<E> {
    /// The source failed.
    Source(E),
    /// It has more bytes than it may have. What was read beyond that is no more than a piece.
    TooLong,
    /// It ended after so many bytes.
    TooShort(u64),
    /// The time is over.
    Deadline,
    /// The bucket has given the parts up.
    Lost,
    /// The bucket did not do what it was asked.
    Port(PortError),
}

impl<E> From<PortError> for Stop<E> {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl<'i, F: Files + LargeFiles, C: Clock> Intake<'i, F, C> {
    /// Takes into these files until this instant. It is looked at with every piece: what is left of
    /// the function's time after it has to do for one slow piece and for the parts on their way.
    pub(super) fn new(files: &'i F, clock: &'i C, until: Timestamp) -> Self {
        Self { files, clock, until }
    }

    /// Takes a file in whole.
    pub(super) async fn take<S: Chunks>(
        &self,
        mut asked: Asked,
        source: S,
    ) -> Result<Facts, Stopped<S::Error>> {
        // From the beginning it is another upload: a part that is put again has another ETag where the
        // bucket encrypts, and an attempt that died half-way would have spoilt what is written down.
        if asked.from == 0
            && let Some(transfer) = asked.transfer.take()
        {
            let_go(self.files, &transfer).await;
        }
        let mut stream = Stream::new(self.files, asked);
        let why = match self.run(&mut stream, source).await {
            Ok(facts) => return Ok(facts),
            Err(why) => why,
        };
        let transfer = match &why {
            Stop::Deadline | Stop::Source(_) => stream.parts.settle(stream.received).await,
            // Without a step forward it may be the parts that S3 does not want any more.
            Stop::Port(_) => stream.parts.kept(stream.received).filter(|_| stream.parts.grew()),
            Stop::TooLong | Stop::TooShort(_) | Stop::Lost => None,
        };
        if transfer.is_none()
            && let Some(begun) = stream.parts.begun()
        {
            let_go(self.files, &begun).await;
        }
        Err(Stopped { why, transfer })
    }

    /// Joins a transfer whose parts are all there. `None` if the bucket has given them up.
    pub(super) async fn join(&self, transfer: &Transfer) -> Result<Option<Facts>, PortError> {
        match self.files.join(&transfer.file, &transfer.upload, &transfer.parts).await? {
            Joined::Whole => self.read_back(&transfer.file).await,
            Joined::Lost => Ok(None),
        }
    }

    async fn run<S: Chunks>(
        &self,
        stream: &mut Stream<'_, F>,
        mut source: S,
    ) -> Result<Facts, Stop<S::Error>> {
        while let Some(piece) = stream.parts.beside(source.chunk()).await?.map_err(Stop::Source)? {
            stream.received += piece.len() as u64;
            if stream.received > stream.length.most() {
                return Err(Stop::TooLong);
            }
            stream.add(&piece).await?;
            if self.clock.now() >= self.until {
                return Err(Stop::Deadline);
            }
        }
        drop(source);
        let received = stream.received;
        match stream.length {
            Length::Exactly(size) if received < size => return Err(Stop::TooShort(received)),
            Length::Exactly(_) | Length::AtMost(_) => {}
        }
        if stream.finish().await? == Joined::Lost {
            return Err(Stop::Lost);
        }
        if let Some(learnt) = stream.learnt.take() {
            return Ok(learnt.facts());
        }
        let facts = self.read_back(stream.parts.file()).await?;
        facts.filter(|facts| facts.size == received).ok_or(Stop::Lost)
    }

    /// What can only be learnt of a file as a whole: its beginning went by in another attempt.
    async fn read_back(&self, file: &FileKey) -> Result<Option<Facts>, PortError> {
        let Some(stored) = self.files.open(file, 0).await? else { return Ok(None) };
        let (mut body, mut learnt) = (stored.body, Learnt::default());
        while let Some(piece) = body.chunk().await? {
            learnt.see(&piece);
        }
        Ok(Some(learnt.facts()))
    }
}

/// Gives up what an interrupted transfer left. What stays all the same, the bucket's rule removes.
pub(super) async fn let_go(files: &impl LargeFiles, transfer: &Transfer) {
    if let Err(error) = files.abandon(&transfer.file, &transfer.upload).await {
        tracing::warn!(error = %chain(&error), "parts of a file are left to the bucket's rule");
    }
}

impl Length {
    fn most(self) -> u64 {
        match self {
            Self::Exactly(size) | Self::AtMost(size) => size,
        }
    }
}

/// A file on its way.
struct Stream<'s, F> {
    parts: Parts<'s, F>,
    /// The part that is being filled.
    part: Vec<u8>,
    /// How much of it is decrypted and hashed.
    worked: usize,
    cipher: Option<Cipher>,
    /// Nothing, if the file's beginning does not pass by.
    learnt: Option<Learnt>,
    /// Bytes of the file so far.
    received: u64,
    length: Length,
}

impl<'s, F: Files + LargeFiles> Stream<'s, F> {
    fn new(files: &'s F, asked: Asked) -> Self {
        let Asked { file, length, key, transfer, from } = asked;
        Self {
            parts: Parts::new(files, file, transfer),
            part: Vec::new(),
            worked: 0,
            cipher: key.map(|key| Cipher::at(&key, from)),
            learnt: (from == 0).then(Learnt::default),
            received: from,
            length,
        }
    }

    async fn add(&mut self, mut piece: &[u8]) -> Result<(), PortError> {
        // Bytes that are not in a part yet; this piece is counted already.
        let mut left = self.length.most() - self.received + piece.len() as u64;
        while !piece.is_empty() {
            // A full part waits for what follows: what fits into one needs none.
            if self.part.len() == self.parts.size() {
                self.work();
                self.worked = 0;
                self.parts.put(std::mem::take(&mut self.part)).await?;
            }
            if self.part.capacity() == 0 {
                let left = usize::try_from(left).unwrap_or(usize::MAX);
                self.part = Vec::with_capacity(self.parts.size().min(left));
            }
            let room = self.parts.size() - self.part.len();
            let (fitting, rest) = piece.split_at(piece.len().min(room));
            self.part.extend_from_slice(fitting);
            left -= fitting.len() as u64;
            piece = rest;
            if self.part.len() - self.worked >= STROKE {
                self.work();
            }
        }
        Ok(())
    }

    /// Decrypts and hashes what has come since the last time.
    fn work(&mut self) {
        let Some(fresh) = self.part.get_mut(self.worked..) else { return };
        if let Some(cipher) = &mut self.cipher {
            cipher.apply(fresh);
        }
        if let Some(learnt) = &mut self.learnt {
            learnt.see(fresh);
        }
        self.worked = self.part.len();
    }

    async fn finish(&mut self) -> Result<Joined, PortError> {
        self.work();
        self.parts.finish(std::mem::take(&mut self.part)).await
    }
}

//! Apple's content store in memory: files by their urls, links to them, places for new ones, and a
//! script of what goes wrong.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
    time::Duration,
};

use amb_protocol::{
    attachment::{AttachmentKey, Cipher, Signature},
    id::BusinessId,
    jwt::ApiSecret,
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};

use super::{FaultMode, Memory};
use crate::port::{
    Bytes, Chunks, ContentError, ContentStore, Opened, PortError, Reference, UploadTicket,
};

/// What every url of the store begins with; another one is not Apple's.
const STORE: &str = "https://p00-content.example.com/";

/// The store, its scripts, and what was asked of it.
#[derive(Debug, Default)]
pub struct AppleContent {
    /// Files by their urls.
    pub contents: BTreeMap<String, Content>,
    /// What Apple makes of plain bytes; others it cannot decode (400).
    pub decoded: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The fingerprint of the only key that is taken, if not every one is.
    pub key: Option<String>,
    /// The next answers to `/preDownload`; when they run out, what is there.
    pub pre_download_script: VecDeque<Result<(), ContentError>>,
    /// What becomes of the next downloads.
    pub download_script: VecDeque<Download>,
    /// The next answers to `/decodePayload`; when they run out, what is in `decoded`.
    pub decode_script: VecDeque<Result<Vec<u8>, ContentError>>,
    /// The next answers to `/preUpload`; when they run out, a place.
    pub pre_upload_script: VecDeque<Result<(), ContentError>>,
    /// What becomes of the next uploads; when they run out, they are taken.
    pub upload_script: VecDeque<Result<(), ContentError>>,
    /// The urls that `/preDownload` was asked for.
    pub pre_downloads: Vec<String>,
    /// The urls that were opened, and from which byte on.
    pub opened: Vec<(String, u64)>,
    /// How often `/decodePayload` was asked.
    pub decodes: usize,
    /// The places that were given, with the size and the business they are for.
    pub tickets: Vec<(UploadTicket, u64, BusinessId)>,
    /// The urls of the files that came whole, in order; their bytes are in `contents`.
    pub uploads: Vec<String>,
}

/// A file in the store.
#[derive(Clone, Default)]
pub struct Content {
    /// The encrypted bytes.
    pub bytes: Vec<u8>,
    /// `owner`
    pub owner: String,
    /// The signature, in base64.
    pub signature: String,
    /// The server goes on from any byte.
    pub takes_ranges: bool,
    /// Every link to it is dead.
    pub dead: bool,
    /// How long the world's clock goes on with each piece.
    pub pace: Duration,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// What becomes of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Download {
    /// Everything comes.
    Whole,
    /// Nothing is opened.
    Fails(ContentError),
    /// It ends at this byte of the file, as if that were all of it.
    EndsAt(usize),
    /// It stops at this byte of the file.
    StopsAt(usize, ContentError),
    /// So many bytes more come than there are.
    Longer(usize),
    /// One bit of this byte of the file is another.
    BitOff(usize),
}

/// A file that was left with Apple, as a message names it.
#[derive(Clone)]
pub struct Left {
    /// `url`
    pub url: String,
    /// `owner`
    pub owner: String,
    /// The signature.
    pub signature: Signature,
    /// What opens it.
    pub key: AttachmentKey,
    /// Bytes.
    pub size: usize,
}

impl std::fmt::Debug for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Left").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Left {
    /// The entry in `attachments`, as Apple writes it.
    pub fn attachment(&self, name: &str, mime_type: &str) -> Value {
        let mut entry = self.reference("");
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("bid");
            entry.insert("name".to_owned(), name.into());
            entry.insert("mimeType".to_owned(), mime_type.into());
        }
        entry
    }

    /// The `interactiveDataRef`, as Apple writes it.
    pub fn reference(&self, bid: &str) -> Value {
        json!({
            "bid": bid,
            "url": self.url,
            "owner": self.owner,
            "size": self.size,
            "key": self.key.wire(),
            "signature": self.signature.hex(),
            "signature-base64": self.signature.base64(),
        })
    }
}

impl Memory {
    /// Encrypts a file and leaves it with Apple under this name; the server takes ranges.
    pub fn leave_with_apple(&self, name: &str, plain: &[u8], key: &AttachmentKey) -> Left {
        let mut bytes = plain.to_vec();
        Cipher::new(key).apply(&mut bytes);
        let left = Left {
            url: format!("{STORE}{name}"),
            owner: name.to_owned(),
            signature: signature_of(&bytes),
            key: key.clone(),
            size: bytes.len(),
        };
        let content = Content {
            bytes,
            owner: left.owner.clone(),
            signature: left.signature.base64(),
            takes_ranges: true,
            ..Content::default()
        };
        self.world().far_side.content.contents.insert(left.url.clone(), content);
        left
    }

    /// What Apple's content store has at this url, decrypted.
    pub fn opened_with(&self, url: &str, key: &AttachmentKey) -> Option<Vec<u8>> {
        let mut bytes = self.world().far_side.content.contents.get(url)?.bytes.clone();
        Cipher::new(key).apply(&mut bytes);
        Some(bytes)
    }

    /// The gate of the content store, whose errors are its own.
    async fn ask<T>(
        &self,
        port: &'static str,
        key: Option<&ApiSecret>,
        effect: impl FnOnce(&mut AppleContent) -> Result<T, ContentError> + Send,
    ) -> Result<T, ContentError> {
        let mode = self.passes(port).await;
        match mode {
            Some(FaultMode::DieBefore) => return std::future::pending().await,
            Some(FaultMode::Refused) => return Err(ContentError::Unavailable),
            _ => {}
        }
        let answer = {
            let content = &mut self.world().far_side.content;
            let is_other = |key: &ApiSecret| {
                content.key.as_ref().is_some_and(|taken| *taken != key.fingerprint())
            };
            if key.is_some_and(is_other) {
                Err(ContentError::Unauthorized)
            } else {
                effect(content)
            }
        };
        match mode {
            Some(FaultMode::DieAfter) => std::future::pending().await,
            Some(FaultMode::AnswerLost) => Err(ContentError::Unavailable),
            _ => answer,
        }
    }
}

/// A file being downloaded.
#[derive(Debug)]
pub struct MemoryDownload {
    world: Memory,
    pieces: VecDeque<Bytes>,
    pace: Duration,
    end: Option<ContentError>,
}

impl Chunks for MemoryDownload {
    type Error = ContentError;

    async fn chunk(&mut self) -> Result<Option<Bytes>, ContentError> {
        let piece = self.pieces.pop_front();
        let passed = self.world.ask("ContentStore::body", None, |_| Ok(()));
        passed.await.map_err(|_unavailable| ContentError::BrokenOff)?;
        match (piece, self.end) {
            (Some(piece), _) => {
                self.world.world().now += self.pace;
                Ok(Some(piece))
            }
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }
}

impl ContentStore for Memory {
    type Body = MemoryDownload;

    async fn pre_download(
        &self,
        reference: &Reference<'_>,
        key: &ApiSecret,
    ) -> Result<String, ContentError> {
        if !reference.url.starts_with(STORE) {
            return Err(ContentError::Host);
        }
        self.ask("ContentStore::pre_download", Some(key), |content| {
            content.pre_downloads.push(reference.url.to_owned());
            content.pre_download_script.pop_front().unwrap_or(Ok(()))?;
            let found = content.contents.get(reference.url).ok_or(ContentError::Gone(404))?;
            if found.owner != reference.owner || found.signature != reference.signature {
                return Err(ContentError::Refused(400));
            }
            Ok(format!("{}?link={}", reference.url, content.pre_downloads.len()))
        })
        .await
    }

    async fn open(&self, link: &str, from: u64) -> Result<Opened<MemoryDownload>, ContentError> {
        if !link.starts_with(STORE) {
            return Err(ContentError::Host);
        }
        let url = link.split("?link=").next().unwrap_or(link);
        let piece = self.world().piece;
        let opened = self.ask("ContentStore::open", None, |content| {
            content.opened.push((url.to_owned(), from));
            let fate = content.download_script.pop_front().unwrap_or(Download::Whole);
            let found = content.contents.get(url).cloned().ok_or(ContentError::Gone(404))?;
            if found.dead {
                return Err(ContentError::Gone(403));
            }
            let offset = if found.takes_ranges { from } else { 0 };
            let (bytes, end) = fate.of(found.bytes)?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let rest = bytes.get(start..).unwrap_or_default();
            let pieces: VecDeque<_> = rest.chunks(piece).map(Bytes::copy_from_slice).collect();
            let length = end.is_none().then_some(rest.len() as u64);
            Ok((offset, length, pieces, found.pace, end))
        });
        let (offset, length, pieces, pace, end) = opened.await?;
        let body = MemoryDownload { world: self.clone(), pieces, pace, end };
        Ok(Opened { offset, length, body })
    }

    async fn decode_payload(
        &self,
        _business: &BusinessId,
        _bid: &str,
        plain: Vec<u8>,
        key: &ApiSecret,
    ) -> Result<Vec<u8>, ContentError> {
        self.ask("ContentStore::decode_payload", Some(key), |content| {
            content.decodes += 1;
            let scripted = content.decode_script.pop_front();
            scripted.unwrap_or_else(|| {
                content.decoded.get(&plain).cloned().ok_or(ContentError::Refused(400))
            })
        })
        .await
    }

    async fn pre_upload(
        &self,
        business: &BusinessId,
        size: u64,
        key: &ApiSecret,
    ) -> Result<UploadTicket, ContentError> {
        self.ask("ContentStore::pre_upload", Some(key), |content| {
            content.pre_upload_script.pop_front().unwrap_or(Ok(()))?;
            let number = content.tickets.len() + 1;
            let ticket = UploadTicket {
                upload_url: format!("{STORE}u/{number}"),
                url: format!("{STORE}U{number:04}.C01"),
                owner: format!("U{number:04}.C01"),
            };
            content.tickets.push((ticket.clone(), size, business.clone()));
            Ok(ticket)
        })
        .await
    }

    async fn upload(
        &self,
        ticket: &UploadTicket,
        size: u64,
        bytes: impl Stream<Item = Result<Bytes, PortError>> + Send + 'static,
    ) -> Result<Signature, ContentError> {
        let mut whole = Vec::new();
        let mut bytes = pin!(bytes);
        while let Some(piece) = bytes.next().await {
            whole.extend_from_slice(&piece.map_err(|_lost| ContentError::Source)?);
        }
        self.ask("ContentStore::upload", None, |content| {
            content.upload_script.pop_front().unwrap_or(Ok(()))?;
            let is_ours = |given: &&(UploadTicket, u64, BusinessId)| given.0 == *ticket;
            let (_, meant, _) =
                content.tickets.iter().find(is_ours).ok_or(ContentError::Gone(404))?;
            if *meant != size || whole.len() as u64 != size {
                return Err(ContentError::BrokenOff);
            }
            let signature = signature_of(&whole);
            let taken = Content {
                bytes: whole,
                owner: ticket.owner.clone(),
                signature: signature.base64(),
                takes_ranges: true,
                ..Content::default()
            };
            content.contents.insert(ticket.url.clone(), taken);
            content.uploads.push(ticket.url.clone());
            Ok(signature)
        })
        .await
    }
}

impl Download {
    /// The bytes that come, and how they end.
    fn of(self, mut bytes: Vec<u8>) -> Result<(Vec<u8>, Option<ContentError>), ContentError> {
        let mut end = None;
        match self {
            Self::Whole => {}
            Self::Fails(error) => return Err(error),
            Self::EndsAt(at) => bytes.truncate(at),
            Self::StopsAt(at, error) => {
                bytes.truncate(at);
                end = Some(error);
            }
            Self::Longer(by) => bytes.resize(bytes.len() + by, 0x5a),
            Self::BitOff(at) => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1),
        }
        Ok((bytes, end))
    }
}

/// A checksum like Apple's: a kind and twenty bytes.
fn signature_of(bytes: &[u8]) -> Signature {
    let digest = digest::digest(&digest::SHA256, bytes);
    let hex = HEXLOWER.encode(digest.as_ref().get(..20).unwrap_or_default());
    Signature::from_hex(&format!("81{hex}")).unwrap_or_else(|| unreachable!("21 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::drive;

    const KEY: [u8; 32] = [7; 32];

    fn ask(world: &Memory, left: &Left) -> Result<String, ContentError> {
        let business = BusinessId::parse("7b9d2c14-0000-4000-8000-000000000001").unwrap();
        let signature = left.signature.base64();
        let reference = Reference {
            business: &business,
            url: &left.url,
            owner: &left.owner,
            signature: &signature,
        };
        let key = ApiSecret::from_base64("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=").unwrap();
        drive(world.pre_download(&reference, &key)).unwrap()
    }

    fn read(world: &Memory, link: &str, from: u64) -> Result<Vec<u8>, ContentError> {
        let mut opened = drive(world.open(link, from)).unwrap()?;
        let mut bytes = Vec::new();
        while let Some(piece) = drive(opened.body.chunk()).unwrap()? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    #[test]
    fn what_is_left_with_apple_comes_back_as_the_script_says() {
        let world = Memory::new(1);
        world.world().piece = 3;
        let left = world.leave_with_apple("M1.C01", b"0123456789", &AttachmentKey::from_bytes(KEY));
        let link = ask(&world, &left).unwrap();
        let cipher = read(&world, &link, 0).unwrap();
        assert_eq!(world.opened_with(&left.url, &left.key).as_deref(), Some(&b"0123456789"[..]));
        assert_eq!(read(&world, &link, 4).unwrap(), cipher[4..]);
        let script = [
            Download::Fails(ContentError::Gone(403)),
            Download::EndsAt(4),
            Download::StopsAt(4, ContentError::BrokenOff),
            Download::Longer(2),
        ];
        world.world().far_side.content.download_script.extend(script);
        assert_eq!(read(&world, &link, 0), Err(ContentError::Gone(403)));
        assert_eq!(read(&world, &link, 0).unwrap(), cipher[..4]);
        assert_eq!(read(&world, &link, 0), Err(ContentError::BrokenOff));
        assert_eq!(read(&world, &link, 0).unwrap().len(), 12);
    }

    #[test]
    fn another_signature_is_refused_and_another_host_is_not_asked() {
        let world = Memory::new(1);
        let left = world.leave_with_apple("M1.C01", b"x", &AttachmentKey::from_bytes(KEY));
        let other = Left { signature: signature_of(b"other"), ..left.clone() };
        assert_eq!(ask(&world, &other), Err(ContentError::Refused(400)));
        let other = Left { url: "https://169.254.169.254/x".to_owned(), ..left };
        assert_eq!(ask(&world, &other), Err(ContentError::Host));
        assert_eq!(world.world().far_side.content.pre_downloads.len(), 1);
    }
}

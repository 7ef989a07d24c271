//! Files as large as Apple takes them, which nobody holds whole.

use amb_protocol::{
    attachment::{ATTACHMENT_MAX_BYTES, Signature},
    id::BusinessId,
    jwt::ApiSecret,
};
use amb_service::{
    memory::{Memory, MemoryDownload, drive},
    model::{FileKey, OutboundStatus, PayloadStatus},
    payload::{Fetch, Fetched},
    port::{
        Bytes, Chunks, ContentError, ContentStore, FileRead, Files, Joined, LargeFile, LargeFiles,
        Opened, PortError, Reference, UploadTicket,
    },
    relay::Relayed,
};
use futures_util::{Stream, StreamExt};
use jiff::SignedDuration;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    files::{uploaded, with},
    scene::Scene,
};

const PIECE: usize = 1 << 20;

/// A bucket whose every file is this large, and nowhere.
#[derive(Clone)]
struct Nowhere {
    size: u64,
    /// Where the piece lies that was given last.
    given: Arc<AtomicUsize>,
}

struct Zeros {
    left: u64,
    given: Arc<AtomicUsize>,
}

impl Chunks for Zeros {
    type Error = PortError;

    async fn chunk(&mut self) -> Result<Option<Bytes>, PortError> {
        let length = usize::try_from(self.left).unwrap().min(PIECE);
        self.left -= length as u64;
        let piece = Bytes::from(vec![0; length]);
        self.given.store(piece.as_ptr() as usize, Ordering::Relaxed);
        Ok((length > 0).then_some(piece))
    }
}

impl LargeFiles for Nowhere {
    type Body = Zeros;

    async fn begin(&self, _key: &FileKey, _content_type: &str) -> Result<String, PortError> {
        unreachable!("an upload is not copied")
    }

    async fn put_part(
        &self,
        _key: &FileKey,
        _upload: &str,
        _number: u32,
        _bytes: Bytes,
    ) -> Result<String, PortError> {
        unreachable!("an upload is not copied")
    }

    async fn join(
        &self,
        _key: &FileKey,
        _upload: &str,
        _parts: &[String],
    ) -> Result<Joined, PortError> {
        unreachable!("an upload is not copied")
    }

    async fn abandon(&self, _key: &FileKey, _upload: &str) -> Result<(), PortError> {
        Ok(())
    }

    async fn open(
        &self,
        _key: &FileKey,
        _from: u64,
    ) -> Result<Option<LargeFile<Zeros>>, PortError> {
        let body = Zeros { left: self.size, given: Arc::clone(&self.given) };
        Ok(Some(LargeFile { size: self.size, content_type: None, body }))
    }

    async fn remove(&self, _key: &FileKey) -> Result<(), PortError> {
        Ok(())
    }
}

impl Files for Nowhere {
    async fn put_file(&self, _: &FileKey, _: &str, _: Vec<u8>) -> Result<(), PortError> {
        unreachable!("an upload is not copied")
    }

    async fn file(&self, _key: &FileKey, _limit: u64) -> Result<FileRead, PortError> {
        unreachable!("an upload is not read whole")
    }
}

/// A store that counts, and keeps nothing.
#[derive(Clone)]
struct Counting {
    world: Memory,
    bytes: Arc<AtomicU64>,
    /// Pieces that lie where they were read to.
    in_place: Arc<AtomicU64>,
    given: Arc<AtomicUsize>,
}

impl ContentStore for Counting {
    type Body = MemoryDownload;

    async fn pre_download(&self, _: &Reference<'_>, _: &ApiSecret) -> Result<String, ContentError> {
        unreachable!("nothing is downloaded")
    }

    async fn open(&self, _: &str, _: u64) -> Result<Opened<MemoryDownload>, ContentError> {
        unreachable!("nothing is downloaded")
    }

    async fn decode_payload(
        &self,
        _: &BusinessId,
        _: &str,
        _: Vec<u8>,
        _: &ApiSecret,
    ) -> Result<Vec<u8>, ContentError> {
        unreachable!("nothing is decoded")
    }

    async fn pre_upload(
        &self,
        business: &BusinessId,
        size: u64,
        key: &ApiSecret,
    ) -> Result<UploadTicket, ContentError> {
        self.world.pre_upload(business, size, key).await
    }

    async fn upload(
        &self,
        _ticket: &UploadTicket,
        size: u64,
        bytes: impl Stream<Item = Result<Bytes, PortError>> + Send + 'static,
    ) -> Result<Signature, ContentError> {
        let mut bytes = pin!(bytes);
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|_lost| ContentError::Source)?;
            assert_ne!(piece.first(), Some(&0).filter(|_| piece.iter().all(|byte| *byte == 0)));
            self.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            let lies = piece.as_ptr() as usize == self.given.load(Ordering::Relaxed);
            self.in_place.fetch_add(u64::from(lies), Ordering::Relaxed);
            self.world.world().now += SignedDuration::from_secs(1);
        }
        assert_eq!(self.bytes.load(Ordering::Relaxed), size);
        Ok(Signature::from_hex(&format!("81{}", "5a".repeat(20))).unwrap())
    }
}

/// What becomes of a file of this size, of which so much time is enough for; with the bytes that were
/// uploaded, the pieces that were sealed in place, and the sizes that were announced.
fn brought(size: u64, seconds: i64) -> (PayloadStatus, OutboundStatus, [u64; 2], Vec<u64>) {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, b"somewhere else");
    let pointer = scene.send(with(upload));
    scene.relay(&pointer);
    let given = Arc::new(AtomicUsize::new(0));
    let apple = Counting {
        world: scene.world.clone(),
        bytes: Arc::default(),
        in_place: Arc::default(),
        given: Arc::clone(&given),
    };
    let w = || scene.world.clone();
    let fetch = Fetch::new(w(), w(), apple.clone(), w(), Nowhere { size, given }, w(), w());
    let place = scene.world.world().payloads.keys().next().unwrap().clone();
    loop {
        let until = scene.world.world().now + SignedDuration::from_secs(seconds);
        match drive(fetch.fetch(&place, until)).unwrap().unwrap() {
            Fetched::Finished | Fetched::Nothing => break,
            Fetched::Again(pause) => scene.world.world().now += pause,
        }
        apple.bytes.store(0, Ordering::Relaxed);
    }
    while let Relayed::Again(_) = scene.relay(&pointer) {}
    let world = scene.world.world();
    let announced = world.far_side.content.tickets.iter().map(|ticket| ticket.1).collect();
    let counted = [&apple.bytes, &apple.in_place].map(|count| count.load(Ordering::Relaxed));
    let ended = world.payloads[&place].status.clone();
    drop(world);
    (ended, scene.message(&pointer).status, counted, announced)
}

#[test]
fn ap07_s046_100_mib_pass_a_piece_at_a_time_and_are_sealed_where_they_lie() {
    let most = ATTACHMENT_MAX_BYTES.unsigned_abs();
    let (ended, sent, [bytes, in_place], announced) = brought(most, 800);
    assert!(matches!(ended, PayloadStatus::Brought(file) if file.size == most));
    assert_eq!(sent, OutboundStatus::AcceptedByApple);
    assert_eq!((bytes, announced), (most, vec![most]));
    assert_eq!(in_place, most / PIECE as u64);
}

#[test]
fn ap07_s046_one_byte_more_is_refused_before_apple_is_asked() {
    let (ended, sent, [bytes, _], announced) =
        brought(ATTACHMENT_MAX_BYTES.unsigned_abs() + 1, 800);
    let PayloadStatus::Failed { code, .. } = ended else { panic!() };
    assert_eq!(code.as_str(), "source_size");
    let OutboundStatus::Failed { detail, .. } = sent else { panic!() };
    assert!(detail.unwrap().contains("it has more than 104857600 bytes"));
    assert!(bytes == 0 && announced.is_empty());
}

#[test]
fn f100_an_upload_that_its_time_is_not_enough_for_is_given_up_after_three() {
    let (ended, sent, _, announced) = brought(ATTACHMENT_MAX_BYTES.unsigned_abs(), 60);
    let PayloadStatus::Failed { code, .. } = ended else { panic!() };
    assert_eq!((code.as_str(), announced.len()), ("too_slow", 3));
    assert!(matches!(sent, OutboundStatus::Failed { .. }));
}

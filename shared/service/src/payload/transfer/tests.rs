use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use amb_protocol::attachment::{AttachmentKey, Cipher, content_type::HEAD_BYTES};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    memory::{FaultMode, Memory, drive},
    model::TenantId,
    port::{Bytes, FileRead, LargeFile, PART_BYTES as PART},
};

const KEY: AttachmentKey = AttachmentKey::from_bytes([7; 32]);

/// Bytes in pieces; then the end, or an error.
struct Pieces {
    world: Memory,
    bytes: Bytes,
    size: usize,
    pace: Duration,
    end: Result<(), &'static str>,
    given: Arc<Mutex<Alive>>,
}

/// Bytes that the source has given, and that the bucket has let go of.
#[derive(Default)]
struct Alive {
    given: usize,
    gone: usize,
    most: usize,
    under_way: usize,
    most_under_way: usize,
}

impl Chunks for Pieces {
    type Error = &'static str;

    async fn chunk(&mut self) -> Result<Option<Bytes>, &'static str> {
        if self.bytes.is_empty() {
            return self.end.map(|()| None);
        }
        let piece = self.bytes.split_to(self.size.min(self.bytes.len()));
        self.world.world().now += self.pace;
        let mut alive = self.given.lock().unwrap();
        alive.given += piece.len();
        alive.most = alive.most.max(alive.given - alive.gone);
        Ok(Some(piece))
    }
}

/// A bucket whose parts take a while.
struct Slow {
    world: Memory,
    alive: Arc<Mutex<Alive>>,
}

impl LargeFiles for Slow {
    type Body = <Memory as LargeFiles>::Body;

    async fn begin(&self, key: &FileKey, content_type: &str) -> Result<String, PortError> {
        self.world.begin(key, content_type).await
    }

    async fn put_part(
        &self,
        key: &FileKey,
        upload: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<String, PortError> {
        {
            let mut alive = self.alive.lock().unwrap();
            alive.under_way += 1;
            alive.most_under_way = alive.most_under_way.max(alive.under_way);
        }
        // Later parts are faster: they come out of order.
        for _ in 0..1_000 / number {
            pause().await;
        }
        let length = bytes.len();
        let put = self.world.put_part(key, upload, number, bytes).await;
        let mut alive = self.alive.lock().unwrap();
        alive.under_way -= 1;
        alive.gone += length;
        put
    }

    async fn join(&self, key: &FileKey, up: &str, parts: &[String]) -> Result<Joined, PortError> {
        self.world.join(key, up, parts).await
    }

    async fn abandon(&self, key: &FileKey, upload: &str) -> Result<(), PortError> {
        self.world.abandon(key, upload).await
    }

    async fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> Result<Option<LargeFile<Self::Body>>, PortError> {
        self.world.open(key, from).await
    }

    async fn remove(&self, key: &FileKey) -> Result<(), PortError> {
        self.world.remove(key).await
    }
}

impl Files for Slow {
    async fn put_file(&self, key: &FileKey, kind: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.world.put_file(key, kind, bytes).await
    }

    async fn file(&self, key: &FileKey, limit: u64) -> Result<FileRead, PortError> {
        self.world.file(key, limit).await
    }
}

/// Comes back at the next poll.
async fn pause() {
    let mut asked = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    unreachable!("it never ends")
}

/// A world, and a file that comes encrypted.
struct Scene {
    world: Memory,
    file: FileKey,
    plain: Vec<u8>,
}

impl Scene {
    fn new(size: usize) -> Self {
        let world = Memory::new(1);
        let file = FileKey::fetched(&TenantId::draw(&world), "drawn");
        let cycle: Vec<u8> = (0..251).collect();
        let mut plain = cycle.repeat(size / 251 + 1);
        plain.truncate(size);
        Self { world, file, plain }
    }

    fn until(&self) -> Timestamp {
        self.world.world().now + SignedDuration::from_mins(10)
    }

    fn source(&self, from: usize, piece: usize) -> Pieces {
        let mut bytes = self.plain.clone();
        Cipher::new(&KEY).apply(&mut bytes);
        let bytes = Bytes::from(bytes).slice(from..);
        let (world, given) = (self.world.clone(), Arc::default());
        Pieces { world, bytes, size: piece, pace: Duration::ZERO, end: Ok(()), given }
    }

    fn asked(&self, transfer: Option<Transfer>, from: u64) -> Asked {
        let (file, length) = (self.file.clone(), Length::Exactly(self.plain.len() as u64));
        Asked { file, length, key: Some(KEY), transfer, from }
    }

    fn take(&self, asked: Asked, source: Pieces) -> Result<Facts, Stopped<&'static str>> {
        run(Intake::new(&self.world, &self.world, self.until()).take(asked, source))
    }

    /// The file is there, as it should be, and nothing else.
    fn assert_whole(&self, facts: &Facts) {
        assert_eq!(facts.size, self.plain.len() as u64);
        let sha256 = digest::digest(&digest::SHA256, &self.plain);
        assert_eq!(facts.sha256, HEXLOWER.encode(sha256.as_ref()));
        assert_eq!(facts.head, self.plain[..HEAD_BYTES.min(self.plain.len())]);
        let world = self.world.world();
        assert!(world.files.get(&self.file).unwrap() == &self.plain);
        assert!(world.unjoined.is_empty());
    }

    /// How often the bucket was asked this.
    fn calls(&self, port: &str) -> usize {
        self.world.world().faults.calls.iter().filter(|call| **call == port).count()
    }

    /// The number of the next call of this port, if so many come before it.
    fn fail(&self, port: &'static str, nth: usize, mode: FaultMode, run: impl FnOnce(&Self)) {
        let dry =
            Self { world: Memory::new(1), file: self.file.clone(), plain: self.plain.clone() };
        run(&dry);
        let calls = dry.world.world().faults.calls.clone();
        let numbers = calls.iter().enumerate().filter(|(_, call)| **call == port);
        let at = numbers.map(|(number, _)| number).nth(nth).unwrap();
        self.world.world().faults.at = Some((at, mode));
    }
}

#[test]
fn a005_pieces_of_any_size_give_the_same_file() {
    for piece in [1, 15, 16, 17, 64 * 1024 - 1, 64 * 1024, 1 << 30] {
        let scene = Scene::new(300_000);
        let facts = scene.take(scene.asked(None, 0), scene.source(0, piece)).unwrap();
        scene.assert_whole(&facts);
    }
    for piece in [64 * 1024 - 1, PART, PART + 1, 1 << 30] {
        let scene = Scene::new(2 * PART + 77);
        let facts = scene.take(scene.asked(None, 0), scene.source(0, piece)).unwrap();
        scene.assert_whole(&facts);
    }
}

#[test]
fn what_fits_into_one_part_is_put_whole_and_the_rest_in_parts() {
    for (size, parts) in [(0, 0), (1, 0), (PART - 1, 0), (PART, 0), (PART + 1, 2), (2 * PART, 2)] {
        let scene = Scene::new(size);
        let facts = scene.take(scene.asked(None, 0), scene.source(0, 1_000_000)).unwrap();
        scene.assert_whole(&facts);
        assert_eq!(scene.calls("LargeFiles::put_part"), parts, "{size}");
        assert_eq!(scene.calls("Files::put_file"), usize::from(parts == 0), "{size}");
    }
}

#[test]
fn a_source_of_unknown_length_and_without_a_key_is_taken_as_it_is() {
    let scene = Scene::new(PART + 1);
    let source = scene.source(0, 50_000);
    let plain = source.bytes.clone();
    let asked =
        Asked { length: Length::AtMost(PART as u64 + 1), key: None, ..scene.asked(None, 0) };
    let facts = scene.take(asked, source).unwrap();
    assert_eq!(facts, Facts::of(&plain));
    assert!(scene.world.world().files.get(&scene.file).unwrap() == &plain);
}

#[test]
fn f097_three_parts_at_most_are_in_memory() {
    let scene = Scene::new(6 * PART + 5);
    let piece = 64 * 1024;
    let source = scene.source(0, piece);
    let alive = source.given.clone();
    let bucket = Slow { world: scene.world.clone(), alive: alive.clone() };
    let intake = Intake::new(&bucket, &scene.world, scene.until());
    let facts = run(intake.take(scene.asked(None, 0), source)).unwrap();
    scene.assert_whole(&facts);
    let alive = alive.lock().unwrap();
    assert_eq!(alive.most_under_way, 2, "two parts leave while the next one fills");
    assert!(alive.most <= 3 * PART + piece, "{} bytes were in memory at once", alive.most);
}

#[test]
fn f093_f098_a_source_that_goes_on_is_stopped_at_the_piece_too_many() {
    for length in [Length::Exactly(100_000), Length::AtMost(100_000)] {
        let scene = Scene::new(50_000_000);
        let source = scene.source(0, 1_000);
        let given = source.given.clone();
        let stopped = scene.take(Asked { length, ..scene.asked(None, 0) }, source).unwrap_err();
        assert!(matches!(stopped.why, Stop::TooLong));
        assert_eq!(given.lock().unwrap().given, 101_000);
        assert_eq!(stopped.transfer, None);
    }
    let scene = Scene::new(3 * PART);
    let length = Length::Exactly(2 * PART as u64);
    let asked = Asked { length, ..scene.asked(None, 0) };
    let stopped = scene.take(asked, scene.source(0, 65_536)).unwrap_err();
    assert!(matches!(stopped.why, Stop::TooLong) && stopped.transfer.is_none());
    let world = scene.world.world();
    assert!(world.unjoined.is_empty() && world.files.is_empty(), "nothing is left of it");
}

#[test]
fn f092_a_source_that_ends_early_leaves_nothing() {
    for ended in [0, 1, 1_024, PART, PART + 1, 2 * PART - 1] {
        let scene = Scene::new(2 * PART);
        let mut source = scene.source(0, 65_536);
        source.bytes.truncate(ended);
        let stopped = scene.take(scene.asked(None, 0), source).unwrap_err();
        assert!(matches!(stopped.why, Stop::TooShort(at) if at == ended as u64));
        let world = scene.world.world();
        assert!(world.unjoined.is_empty() && world.files.is_empty(), "{ended}");
    }
}

#[test]
fn f100_what_was_interrupted_goes_on_from_the_last_part() {
    for (ended, parts) in [(PART + 65_536, 1), (2 * PART, 1), (2 * PART + 65_536, 2)] {
        let scene = Scene::new(3 * PART + 333);
        let mut source = scene.source(0, 65_536);
        source.bytes.truncate(ended);
        source.end = Err("broken off");
        let stopped = scene.take(scene.asked(None, 0), source).unwrap_err();
        assert!(matches!(stopped.why, Stop::Source("broken off")));
        let transfer = stopped.transfer.unwrap();
        assert_eq!((transfer.parts.len(), transfer.offset), (parts, (parts * PART) as u64));
        let offset = transfer.offset;
        let source = scene.source(parts * PART, 65_536);
        let facts = scene.take(scene.asked(Some(transfer), offset), source).unwrap();
        scene.assert_whole(&facts);
        assert_eq!(scene.calls("LargeFiles::begin"), 1);
        assert_eq!(scene.calls("LargeFiles::put_part"), 4, "no part twice");
    }
}

#[test]
fn f100_a_source_that_begins_again_begins_another_upload() {
    let scene = Scene::new(3 * PART + 333);
    let mut source = scene.source(0, 65_536);
    source.bytes.truncate(2 * PART + 1);
    source.end = Err("broken off");
    let transfer = scene.take(scene.asked(None, 0), source).unwrap_err().transfer;
    assert_eq!(transfer.as_ref().unwrap().parts.len(), 2);
    let facts = scene.take(scene.asked(transfer, 0), scene.source(0, 65_536)).unwrap();
    scene.assert_whole(&facts);
    assert_eq!(scene.calls("LargeFiles::begin"), 2);
    assert_eq!(scene.calls("LargeFiles::body"), 0, "nothing is read back");
}

#[test]
fn f100_at_the_deadline_the_parts_on_their_way_are_waited_for() {
    let scene = Scene::new(4 * PART);
    let mut source = scene.source(0, 65_536);
    // The deadline comes with the third part half full.
    source.pace = Duration::from_secs(600) / (2 * 128 + 64);
    let bucket = Slow { world: scene.world.clone(), alive: source.given.clone() };
    let intake = Intake::new(&bucket, &scene.world, scene.until());
    let stopped = run(intake.take(scene.asked(None, 0), source)).unwrap_err();
    assert!(matches!(stopped.why, Stop::Deadline));
    assert_eq!(stopped.transfer.unwrap().offset, 2 * PART as u64);
}

#[test]
fn f101_a_part_that_does_not_land_is_sent_again_by_the_next_attempt() {
    let first = |scene: &Scene| scene.take(scene.asked(None, 0), scene.source(0, 65_536));
    for (mode, nth) in [
        (FaultMode::Refused, 0),
        (FaultMode::AnswerLost, 0),
        (FaultMode::Refused, 1),
        (FaultMode::AnswerLost, 3),
    ] {
        let scene = Scene::new(3 * PART + 333);
        scene.fail("LargeFiles::put_part", nth, mode, |dry| drop(first(dry)));
        let stopped = first(&scene).unwrap_err();
        assert!(matches!(stopped.why, Stop::Port(_)));
        let offset = stopped.transfer.as_ref().map_or(0, |transfer| transfer.offset);
        assert_eq!(offset, (nth * PART) as u64);
        assert_eq!(scene.world.world().unjoined.len(), usize::from(nth > 0));
        let source = scene.source(nth * PART, 65_536);
        let facts = scene.take(scene.asked(stopped.transfer, offset), source).unwrap();
        scene.assert_whole(&facts);
    }
}

#[test]
fn f101_parts_that_nobody_knows_any_more_begin_again() {
    let scene = Scene::new(2 * PART + 333);
    let stale = Transfer {
        file: scene.file.clone(),
        upload: "gone".to_owned(),
        parts: vec!["etag-1-8388608".to_owned()],
        offset: PART as u64,
    };
    let asked = scene.asked(Some(stale.clone()), stale.offset);
    let stopped = scene.take(asked, scene.source(PART, 65_536)).unwrap_err();
    assert!(matches!(stopped.why, Stop::Port(_)) && stopped.transfer.is_none());
    let intake = Intake::new(&scene.world, &scene.world, scene.until());
    assert_eq!(run(intake.join(&stale)).unwrap(), None);
}

#[test]
fn f101_a_join_whose_answer_was_lost_is_asked_for_again() {
    for mode in [FaultMode::Refused, FaultMode::AnswerLost] {
        let first = |scene: &Scene| scene.take(scene.asked(None, 0), scene.source(0, 65_536));
        let scene = Scene::new(PART + 333);
        scene.fail("LargeFiles::join", 0, mode, |dry| drop(first(dry)));
        let transfer = first(&scene).unwrap_err().transfer.unwrap();
        assert_eq!(transfer.offset, PART as u64 + 333);
        let intake = Intake::new(&scene.world, &scene.world, scene.until());
        let facts = drive(intake.join(&transfer)).unwrap().unwrap().unwrap();
        scene.assert_whole(&facts);
    }
}

#[test]
fn f090_a_process_that_dies_leaves_parts_and_no_file() {
    let first = |scene: &Scene| scene.take(scene.asked(None, 0), scene.source(0, 65_536));
    for port in ["LargeFiles::begin", "LargeFiles::put_part"] {
        let scene = Scene::new(2 * PART + 333);
        scene.fail(port, 0, FaultMode::DieAfter, |dry| drop(first(dry)));
        let intake = Intake::new(&scene.world, &scene.world, scene.until());
        let died = drive(intake.take(scene.asked(None, 0), scene.source(0, 65_536)));
        assert!(died.is_none(), "{port}");
        let world = scene.world.world();
        assert!(world.files.is_empty() && world.unjoined.len() == 1, "{port}");
    }
}

//! Downloads that go wrong: each ends in the stated state, with nothing half published.

use amb_service::{
    memory::{Download, FaultMode, Memory},
    model::{EventType, FileKey, PayloadFault},
    port::{Bytes, ContentError, FileRead, Files, Joined, LargeFile, LargeFiles, PortError},
};
use serde_json::json;

use super::scene::{BROKEN, PART, PDF, Scene, film};

/// A film, and downloads of it that go like this.
fn fated<const N: usize>(
    size: usize,
    fates: [Download; N],
) -> (Scene, amb_service::model::AttachmentId) {
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(size));
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    scene.downloads(fates);
    (scene, id)
}

/// It is the file after all, after so many attempts.
fn arrives<const N: usize>(size: usize, fates: [Download; N], attempts: u32) {
    let (scene, id) = fated(size, fates);
    let file = scene.stored(&id);
    assert_eq!(scene.payload(&id).attempts, attempts, "{fates:?}");
    assert!(scene.bytes_of(&file) == film(size));
}

fn fails<const N: usize>(size: usize, fates: [Download; N], code: PayloadFault) {
    let (scene, id) = fated(size, fates);
    let attempts = u32::try_from(N).unwrap();
    assert_eq!(scene.failed(&id), (code, attempts), "{fates:?}");
    assert!(scene.world.world().files.is_empty());
}

#[test]
fn f091_a_link_that_died_is_asked_for_again_three_times_at_most() {
    for status in [403, 404, 410] {
        let gone = Download::Fails(ContentError::Gone(status));
        arrives(1_000, [gone, gone], 3);
        fails(1_000, [gone; 3], PayloadFault::Expired);
        let (scene, id) = fated(1_000, [gone, gone]);
        scene.stored(&id);
        scene.apple(|apple| assert_eq!(apple.pre_downloads.len(), 3, "a new link each time"));
    }
}

#[test]
fn ap08_what_apple_has_no_more_after_thirty_days_is_told_as_expired() {
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let id = scene.sends(left.attachment("terms.pdf", "application/pdf"));
    scene.apple(|apple| apple.contents.clear());
    assert_eq!(scene.failed(&id), (PayloadFault::Expired, 3));
    let (_, data) = scene.told(&id);
    assert_eq!(data["attachment"]["name"], "terms.pdf");
    assert!(data["detail"].as_str().is_some_and(|detail| detail.contains("404")), "{data}");
}

#[test]
fn f092_a_file_that_ends_early_is_never_published() {
    let size = 20 * 1_024;
    for ended in (0..size).step_by(1_024).chain([1, size - 1]) {
        fails(size, [Download::EndsAt(ended); 3], PayloadFault::Truncated);
        fails(size, [Download::StopsAt(ended, BROKEN); 3], PayloadFault::Truncated);
        arrives(size, [Download::EndsAt(ended), Download::StopsAt(ended, BROKEN)], 3);
    }
}

#[test]
fn f092_a003_one_byte_less_than_declared_begins_again_from_the_start() {
    let (scene, id) = fated(2 * PART, [Download::EndsAt(2 * PART - 1)]);
    scene.stored(&id);
    assert_eq!(scene.opened(), [0, 0]);
}

#[test]
fn f093_a003_one_byte_more_than_declared_is_too_many() {
    for size in [1, 1_000, PART, 2 * PART] {
        let mut scene = Scene::new();
        let left = scene.left("M1", &film(size.max(20)));
        let mut entry = left.attachment("film.mov", "video/quicktime");
        entry["size"] = json!(size.max(20) - 1);
        let id = scene.sends(entry);
        assert_eq!(scene.failed(&id), (PayloadFault::Oversize, 1));
        assert!(scene.world.world().files.is_empty());
    }
    fails(1_000, [Download::Longer(1)], PayloadFault::Oversize);
}

#[test]
fn f098_a_small_file_that_streams_on_is_stopped() {
    // Nothing is announced: it would break off in the end.
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(50_000_000));
    let mut entry = left.attachment("film.mov", "video/quicktime");
    entry["size"] = json!(10_000_000);
    let id = scene.sends(entry);
    scene.downloads([Download::StopsAt(49_999_999, BROKEN)]);
    assert_eq!(scene.failed(&id), (PayloadFault::Oversize, 1));
    let world = scene.world.world();
    let pieces = world.faults.calls.iter().filter(|call| **call == "ContentStore::body").count();
    assert_eq!(pieces, 10_000_000_usize.div_ceil(world.piece), "not a piece more");
}

#[test]
fn f096_one_flipped_bit_is_one_flipped_bit() {
    let (scene, id) = fated(5_000, [Download::BitOff(4_321)]);
    let file = scene.stored(&id);
    let mut expected = film(5_000);
    expected[4_321] ^= 1;
    assert!(scene.bytes_of(&file) == expected);
    assert_eq!(scene.told(&id).1["attachment"]["sha256"], file.sha256, "the hash is what came");
}

#[test]
fn f099_what_drips_is_tried_again() {
    let slow = Download::StopsAt(20_000, ContentError::TooSlow);
    arrives(50_000, [slow], 2);
    fails(50_000, [slow; 3], PayloadFault::TooSlow);
    fails(50_000, [Download::Fails(ContentError::TooSlow); 3], PayloadFault::TooSlow);
}

#[test]
fn apple_that_does_not_answer_is_asked_nine_times_and_a_refusal_is_one() {
    let down = Download::Fails(ContentError::Unavailable);
    arrives(1_000, [down; 8], 9);
    fails(1_000, [down; 9], PayloadFault::Unavailable);
    fails(1_000, [Download::Fails(ContentError::Refused(400))], PayloadFault::Refused);
    fails(1_000, [Download::Fails(ContentError::Host)], PayloadFault::BadHost);
}

#[test]
fn f101_a_part_that_does_not_land_is_an_outage_of_our_own() {
    for (mode, size) in [
        (FaultMode::Refused, 2 * PART + 5),
        (FaultMode::AnswerLost, 2 * PART + 5),
        (FaultMode::Refused, 4 * PART),
    ] {
        let (scene, id) = fated(size, []);
        scene.world.world().piece = PART;
        let (dry, other) = fated(size, []);
        dry.world.world().piece = PART;
        dry.stored(&other);
        let calls = dry.world.world().faults.calls.clone();
        let part = calls.iter().rposition(|call| *call == "LargeFiles::put_part").unwrap();
        scene.world.world().faults.at = Some((part, mode));
        scene.fetch(&id).unwrap_err();
        let payload = scene.payload(&id);
        assert_eq!((payload.failures, payload.lease_until), (0, None), "nobody else's fault");
        let file = scene.stored(&id);
        assert!(scene.bytes_of(&file) == film(size));
        let offset = payload.transfer.map_or(0, |transfer| transfer.offset);
        assert_eq!(scene.opened(), [0, offset]);
        assert!(offset > 0, "what landed is kept");
    }
}

/// A bucket that takes no part.
struct Full(Memory);

impl LargeFiles for Full {
    type Body = <Memory as LargeFiles>::Body;

    async fn begin(&self, key: &FileKey, content_type: &str) -> Result<String, PortError> {
        self.0.begin(key, content_type).await
    }

    async fn put_part(
        &self,
        _key: &FileKey,
        _upload: &str,
        _number: u32,
        _bytes: Bytes,
    ) -> Result<String, PortError> {
        Err(PortError::unavailable("put_part", "SlowDown"))
    }

    async fn join(&self, key: &FileKey, up: &str, parts: &[String]) -> Result<Joined, PortError> {
        self.0.join(key, up, parts).await
    }

    async fn abandon(&self, key: &FileKey, upload: &str) -> Result<(), PortError> {
        self.0.abandon(key, upload).await
    }

    async fn open(
        &self,
        key: &FileKey,
        from: u64,
    ) -> Result<Option<LargeFile<Self::Body>>, PortError> {
        self.0.open(key, from).await
    }

    async fn remove(&self, key: &FileKey) -> Result<(), PortError> {
        self.0.remove(key).await
    }
}

impl Files for Full {
    async fn put_file(&self, key: &FileKey, kind: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.0.put_file(key, kind, bytes).await
    }

    async fn file(&self, key: &FileKey, limit: u64) -> Result<FileRead, PortError> {
        self.0.file(key, limit).await
    }
}

#[test]
fn f101_a_bucket_that_never_takes_it_is_waited_for_and_nothing_is_left_there() {
    let (scene, id) = fated(2 * PART, []);
    scene.world.world().piece = PART;
    let mut attempts = 0;
    while scene.fetch_into(&id, Full(scene.world.clone())).is_err() {
        attempts += 1;
        assert!(scene.world.world().unjoined.is_empty(), "given up at once");
        assert!(attempts <= 50);
    }
    let payload = scene.payload(&id);
    assert!(payload.finished_at.unwrap() >= payload.created_at + amb_service::model::Payload::LIFE);
    let (kind, data) = scene.told(&id);
    assert_eq!((kind, &data["code"]), (EventType::AttachmentFailed, &json!("given_up")));
    assert!(scene.world.world().files.is_empty());
}

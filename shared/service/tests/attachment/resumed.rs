//! What was interrupted goes on from the last part that the bucket has (F100).

use amb_protocol::attachment::Cipher;
use amb_service::{
    memory::{Download, Left},
    model::{AttachmentId, Retention},
    payload::Fetched,
};

use super::scene::{ATTEMPT, BROKEN, PART, Scene, film};

const SIZE: usize = 3 * PART + 777;

/// A film that takes so many attempts to come, as far as time goes.
fn slow(attempts: u32) -> (Scene, Left, AttachmentId) {
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(SIZE));
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    let pieces = u32::try_from(SIZE.div_ceil(64 * 1024)).unwrap();
    scene.content(&left, |content| content.pace = ATTEMPT * attempts / pieces);
    (scene, left, id)
}

#[test]
fn f100_a_deadline_is_no_failure_and_the_rest_comes_by_range() {
    let (scene, _, id) = slow(2);
    assert!(matches!(scene.fetch(&id), Ok(Fetched::Again(_))));
    let payload = scene.payload(&id);
    assert_eq!((payload.failures, payload.attempts), (0, 1));
    let transfer = payload.transfer.unwrap();
    assert_eq!((transfer.parts.len(), transfer.offset), (1, PART as u64));
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == film(SIZE));
    assert_eq!((file.file, file.size), (transfer.file, SIZE as u64));
    // The counter of the cipher went on where the part ended.
    assert_eq!(scene.opened()[..2], [0, PART as u64]);
    assert!(scene.opened()[1..].iter().all(|from| from % 16 == 0));
    scene.apple(|apple| assert_eq!(apple.pre_downloads.len(), apple.opened.len(), "a new link"));
}

#[test]
fn f100_the_facts_of_a_file_that_came_in_pieces_are_those_of_the_whole() {
    let (scene, left, id) = slow(2);
    let file = scene.stored(&id);
    let mut other = Scene::new();
    let again = other.left("M1", &film(SIZE));
    assert_eq!((&left.url, left.size), (&again.url, again.size));
    let at_once = other.sends(again.attachment("film.mov", "video/quicktime"));
    let whole = other.stored(&at_once);
    assert_eq!((&file.sha256, &file.media_type), (&whole.sha256, &whole.media_type));
    assert!(!file.quarantined && scene.payload(&id).attempts > 1);
    assert_eq!(other.payload(&at_once).attempts, 1);
}

#[test]
fn f100_a_server_without_ranges_begins_again() {
    let (scene, left, id) = slow(2);
    scene.content(&left, |content| content.takes_ranges = false);
    assert!(matches!(scene.fetch(&id), Ok(Fetched::Again(_))));
    assert_eq!(scene.payload(&id).transfer.unwrap().offset, PART as u64);
    scene.content(&left, |content| content.pace = std::time::Duration::ZERO);
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == film(SIZE));
    assert_eq!(scene.opened(), [0, PART as u64]);
    assert_eq!(scene.payload(&id).attempts, 2);
}

#[test]
fn f100_what_breaks_off_further_on_each_time_is_no_failure() {
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(6 * PART));
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    scene.downloads([1, 2, 3, 4, 5].map(|part| Download::StopsAt(part * PART + 99, BROKEN)));
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == film(6 * PART));
    assert_eq!((scene.payload(&id).failures, scene.payload(&id).attempts), (0, 6));
}

#[test]
fn f100_what_breaks_off_at_the_same_place_three_times_has_failed() {
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(SIZE));
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    scene.downloads([Download::StopsAt(PART + 99, BROKEN); 4]);
    let (code, attempts) = scene.failed(&id);
    assert_eq!((code.as_str(), attempts), ("truncated", 4));
    assert_eq!(scene.opened(), [0, PART as u64, PART as u64, PART as u64]);
    assert!(scene.world.world().files.is_empty());
}

#[test]
fn f092_a_rest_that_is_shorter_than_it_was_begins_from_the_start() {
    let mut scene = Scene::new();
    let left = scene.left("M1", &film(SIZE));
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    scene.downloads([Download::StopsAt(PART + 99, BROKEN), Download::EndsAt(2 * PART)]);
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == film(SIZE));
    assert_eq!(scene.opened(), [0, PART as u64, 0]);
}

#[test]
fn f100_a_worker_that_died_after_joining_has_its_parts_forgotten() {
    let (scene, _, id) = slow(2);
    assert!(scene.fetch(&id).is_ok());
    // Its successor finds an upload that is nowhere any more.
    scene.world.world().unjoined.clear();
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == film(SIZE));
}

#[test]
fn a_transfer_to_where_files_are_kept_no_more_begins_again() {
    let (scene, left, id) = slow(2);
    assert!(scene.fetch(&id).is_ok());
    for tenant in scene.world.world().tenants.values_mut() {
        tenant.attachment_retention = Retention::Week;
    }
    scene.content(&left, |content| content.pace = std::time::Duration::ZERO);
    let file = scene.stored(&id);
    assert!(file.file.as_str().starts_with("attachments/7d/"));
    assert!(scene.bytes_of(&file) == film(SIZE));
    assert_eq!(scene.opened(), [0, 0]);
}

#[test]
fn a006_any_offset_is_a_place_to_go_on_from() {
    let key = amb_protocol::attachment::AttachmentKey::from_bytes([9; 32]);
    let mut whole = film(1_000);
    Cipher::new(&key).apply(&mut whole);
    for offset in [0, 1, 15, 16, 17, 500, 999] {
        let mut rest = whole[offset..].to_vec();
        Cipher::at(&key, offset as u64).apply(&mut rest);
        assert_eq!(rest, film(1_000)[offset..], "{offset}");
    }
}

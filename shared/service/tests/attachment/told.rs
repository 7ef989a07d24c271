//! Files that arrive, and what is told of them.

use amb_service::model::{EventType, Retention};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use serde_json::json;

use super::scene::{PART, PDF, PNG, Scene, film};

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[test]
fn a_file_arrives_and_its_facts_are_told() {
    let mut scene = Scene::new();
    let photo = [PNG, &vec![0x5a; 100_000][..]].concat();
    let left = scene.left("M1", &photo);
    let id = scene.sends(left.attachment("IMG_0007.HEIC", "image/heic"));
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == photo);
    assert_eq!(file.expires_at, scene.world.world().now + SignedDuration::from_hours(30 * 24));
    let (kind, data) = scene.told(&id);
    assert_eq!(kind, EventType::AttachmentReady);
    assert_eq!(
        data,
        json!({
            "messageId": id.message.to_string(),
            "opaqueId": "urn:mbid:AQAAY1madeUpOpaque01=",
            "attachment": {
                "id": id.to_string(),
                "index": 0,
                "name": "IMG_0007.HEIC",
                "declaredType": "image/heic",
                "mediaType": "image/png",
                "size": photo.len(),
                "sha256": sha256(&photo),
            },
        }),
        "a JPEG or PNG by that name is what phones send"
    );
}

#[test]
fn sc11_the_older_spelling_of_the_keys_is_read() {
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let id = scene.sends(json!({
        "name": "terms.pdf",
        "mime-type": "application/pdf",
        "file-size": PDF.len().to_string(),
        "decryption-key": left.key.wire(),
        "mmcs-url": left.url,
        "mmcs-owner": left.owner,
        "mmcs-signature-base64": left.signature.base64(),
    }));
    let hex = scene.left("M2", PNG);
    let only_hex = scene.sends(json!({
        "name": "photo.png",
        "mime-type": "image/png",
        "file-size": PNG.len(),
        "decryption-key": hex.key.wire(),
        "mmcs-url": hex.url,
        "mmcs-owner": hex.owner,
        "mmcs-signature-hex": hex.signature.hex(),
    }));
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file) == PDF);
    assert_eq!(file.declared_type.as_deref(), Some("application/pdf"));
    assert!(scene.bytes_of(&scene.stored(&only_hex)) == PNG);
}

#[test]
fn every_file_of_a_message_is_told_for_itself() {
    let mut scene = Scene::new();
    let (first, second) = (scene.left("M1", PDF), scene.left("M2", PNG));
    let ids = scene.sends_all(&[
        first.attachment("terms.pdf", "application/pdf"),
        json!({ "name": "lost.png" }),
        second.attachment("photo.png", "image/png"),
    ]);
    let kinds = [2, 1, 0].map(|at: usize| {
        scene.through(&ids[at]);
        scene.told(&ids[at]).0
    });
    let (ready, failed) = (EventType::AttachmentReady, EventType::AttachmentFailed);
    assert_eq!(kinds, [ready, failed, ready]);
    let (_, lost) = scene.told(&ids[1]);
    assert_eq!(
        lost["attachment"],
        json!({ "id": ids[1].to_string(), "index": 1, "name": "lost.png" })
    );
}

#[test]
fn a004_an_empty_file_is_there_and_nothing_was_asked_of_apple() {
    let mut scene = Scene::new();
    let left = scene.left("M1", b"");
    let id = scene.sends(left.attachment("empty.txt", "text/plain"));
    let file = scene.stored(&id);
    assert!(scene.bytes_of(&file).is_empty());
    assert_eq!((file.size, file.quarantined), (0, false));
    assert_eq!(file.sha256, sha256(b""));
    assert_eq!(scene.told(&id).0, EventType::AttachmentReady);
    scene.apple(|apple| assert!(apple.pre_downloads.is_empty() && apple.opened.is_empty()));
}

#[test]
fn a005_pieces_of_any_size_give_the_same_file() {
    let plain = film(100_003);
    for piece in [1, 15, 16, 17, 64 * 1024 - 1] {
        let mut scene = Scene::new();
        scene.world.world().piece = piece;
        let left = scene.left("M1", &plain);
        let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
        assert!(scene.bytes_of(&scene.stored(&id)) == plain, "{piece}");
    }
}

#[test]
fn ap07_a_hundred_megabytes_arrive() {
    let mut scene = Scene::new();
    let plain = film(104_857_600);
    let left = scene.left("M1", &plain);
    let id = scene.sends(left.attachment("film.mov", "video/quicktime"));
    let file = scene.stored(&id);
    assert_eq!((file.size, file.sha256.as_str()), (104_857_600, sha256(&plain).as_str()));
    assert!(scene.bytes_of(&file) == plain);
    let world = scene.world.world();
    let parts = world.faults.calls.iter().filter(|call| **call == "LargeFiles::put_part");
    assert_eq!(parts.count(), 104_857_600_usize.div_ceil(PART));
}

#[test]
fn files_are_kept_as_long_as_their_tenant_wants() {
    for retention in Retention::ALL {
        let mut scene = Scene::new();
        for tenant in scene.world.world().tenants.values_mut() {
            tenant.attachment_retention = retention;
        }
        let left = scene.left("M1", PDF);
        let id = scene.sends(left.attachment("terms.pdf", "application/pdf"));
        let file = scene.stored(&id);
        let days = retention.days();
        let prefix = format!("attachments/{days}d/{}/", scene.tenant);
        assert!(file.file.as_str().starts_with(&prefix), "{}", file.file.as_str());
        let life = SignedDuration::from_hours(24 * i64::from(days));
        assert_eq!(file.expires_at, scene.world.world().now + life);
    }
}

//! References that a business asks us to resolve.

use amb_service::{
    memory::{Download, drive},
    model::{
        DownloadId, FileKey, Payload, PayloadFault, PayloadPlace, PayloadPointer, PayloadSource,
        PayloadStatus,
    },
    port::{ContentError, Payloads},
};
use serde_json::{Value, json};

use super::scene::{
    BID, answer, answers, enqueue, fault, kept, leave, referenced, scene, work_off,
};
use crate::actors::Actors;

/// A business asks for what this reference leads to.
fn ask(actors: &mut Actors, reference: &Value) -> FileKey {
    let (tenant, business) = actors.tenants[0].clone();
    let id = DownloadId::draw(&actors.world);
    let file = FileKey::download(&tenant, &id);
    let pointer = PayloadPointer { tenant, place: PayloadPlace::Download(id) };
    let source = PayloadSource::Reference(reference.to_string());
    let now = actors.world.world().now;
    let payload = Payload::pending(pointer.clone(), business, source, now);
    assert!(drive(actors.world.insert_payload(&payload)).unwrap().unwrap());
    enqueue(actors, &pointer);
    work_off(actors);
    file
}

fn status(actors: &Actors, file: &FileKey) -> PayloadStatus {
    let world = actors.world.world();
    let of = |payload: &&Payload| match &payload.pointer.place {
        PayloadPlace::Download(id) => FileKey::download(&payload.pointer.tenant, id) == *file,
        _ => false,
    };
    world.payloads.values().find(of).unwrap().status.clone()
}

#[test]
fn sc16_a_reference_is_resolved_on_request_with_no_more_than_url_bid_key_signature_and_owner() {
    for size in [false, true] {
        let mut actors = scene(false);
        let body = answer("Good").to_string();
        let mut reference = leave(&actors, "M0009.C01", body.as_bytes()).reference(BID);
        if !size {
            reference.as_object_mut().unwrap().retain(|name, _| {
                ["url", "bid", "key", "signature", "owner"].contains(&name.as_str())
            });
        }
        let file = ask(&mut actors, &reference);
        let decoded = PayloadStatus::Decoded { file: file.clone(), size: body.len() as u64 };
        assert_eq!(status(&actors, &file), decoded);
        let world = actors.world.world();
        assert_eq!(world.files[&file], body.as_bytes());
        assert!(world.timeline.is_empty(), "nobody is told");
    }
}

#[test]
fn sc16_a_wrapped_answer_is_kept_without_its_wrapping() {
    let mut actors = scene(false);
    let body = json!({ "interactiveData": answer("Good") }).to_string();
    let reference = leave(&actors, "M0009.C01", body.as_bytes()).reference(BID);
    let file = ask(&mut actors, &reference);
    assert_eq!(actors.world.world().files[&file], answer("Good").to_string().as_bytes());
}

#[test]
fn sc16_a_reference_that_cannot_be_followed_fails_with_its_reason() {
    let short_key = json!("00ff");
    let foreign = json!("https://files.example.com/x");
    for (name, value, code) in [
        ("url", Value::Null, PayloadFault::Incomplete),
        ("bid", Value::Null, PayloadFault::Incomplete),
        ("key", short_key, PayloadFault::BadKey),
        ("size", json!(10_485_761), PayloadFault::BadSize),
        ("url", foreign, PayloadFault::BadHost),
    ] {
        let mut actors = scene(false);
        let mut reference = leave(&actors, "M0009.C01", b"{}").reference(BID);
        reference[name] = value;
        ask(&mut actors, &reference);
        assert_eq!(fault(&actors), code, "{name}");
    }
}

#[test]
fn sc16_what_apple_has_no_more_is_resolved_from_what_was_kept() {
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    {
        let content = &mut actors.world.world().far_side.content;
        content.decode_script.push_back(Err(ContentError::Refused(400)));
    }
    answers(&mut actors, 1, &reference);
    work_off(&mut actors);
    assert_eq!(kept(&actors).len(), 1);

    actors.world.world().far_side.content.contents.clear();
    let file = ask(&mut actors, &reference["interactiveDataRef"]);
    assert!(matches!(status(&actors, &file), PayloadStatus::Decoded { .. }));
    // Of a reference that nobody kept anything of, nothing is left.
    let other = leave(&actors, "M0004.C01", b"{}").reference(BID);
    actors.world.world().far_side.content.contents.clear();
    let file = ask(&mut actors, &other);
    let expired = PayloadFault::Expired;
    assert!(
        matches!(status(&actors, &file), PayloadStatus::Failed { code, .. } if code == expired)
    );
}

#[test]
fn f091_a_link_that_died_is_asked_for_again_for_a_business_too() {
    let mut actors = scene(false);
    let body = answer("Good").to_string();
    let reference = leave(&actors, "M0009.C01", body.as_bytes()).reference(BID);
    let dead = [Download::Fails(ContentError::Gone(403)); 2];
    actors.world.world().far_side.content.download_script.extend(dead);
    let file = ask(&mut actors, &reference);
    assert!(matches!(status(&actors, &file), PayloadStatus::Decoded { .. }));
}

use serde_json::{Value, json};

use super::{PNG, World, faults, good, request, tenant};
use crate::{
    model::{Choice, FileKey, OutboundContent, UploadId},
    send::{MAX_IN_ROW, MAX_UPLOADED_BODY},
};

fn upload(world: &World, bytes: Vec<u8>) -> Value {
    let id = UploadId::draw(&world.memory);
    world.memory.world().files.insert(FileKey::upload(&tenant(), &id), bytes);
    json!({ "uploadId": id.as_str() })
}

/// A good request of exactly so many bytes.
fn of_size(size: u64) -> Vec<u8> {
    let mut body = request("text", &good("text")).to_string().into_bytes();
    body.resize(usize::try_from(size).unwrap(), b' ');
    body
}

#[test]
fn sc07_ten_megabytes_pass_by_reference_and_one_byte_more_is_413() {
    let world = World::new();
    let fits = upload(&world, of_size(MAX_UPLOADED_BODY));
    assert_eq!(world.send(&fits).unwrap().kind, "text");
    let more = upload(&world, of_size(MAX_UPLOADED_BODY + 1));
    let refused = world.send_as("key-2", more.to_string().as_bytes()).unwrap_err();
    assert_eq!((refused.status, faults(&refused)), (413, vec![("/uploadId", "body_too_large")]));
}

#[test]
fn sc07_an_upload_that_is_not_there_is_named() {
    let world = World::new();
    let nowhere = json!({ "uploadId": UploadId::draw(&world.memory).as_str() });
    let refused = world.send(&nowhere).unwrap_err();
    assert_eq!((refused.status, faults(&refused)), (404, vec![("/uploadId", "upload_missing")]));
    let refused = world.send(&json!({ "uploadId": "upl_x" })).unwrap_err();
    assert_eq!((refused.status, faults(&refused)), (400, vec![("/uploadId", "format")]));
    let mut both = request("text", &good("text"));
    both["uploadId"] = nowhere["uploadId"].clone();
    assert_eq!(faults(&world.send(&both).unwrap_err()), [("/uploadId", "unknown_field")]);
}

#[test]
fn s010_the_key_is_held_to_the_body_that_counts() {
    let world = World::new();
    let bytes = of_size(1_000);
    let first = world.send(&upload(&world, bytes.clone())).unwrap();
    // The same body, whichever way it comes.
    let again = world.send_as("key-1", &bytes).unwrap();
    assert_eq!((again.replayed, again.pointer), (true, first.pointer));
    let other = world.send_as("key-1", &of_size(1_001)).unwrap_err();
    assert_eq!(other.code, "idempotency_key_reused");
}

fn with_picture(bytes: usize) -> Value {
    let mut content = good("listPicker");
    let data = format!("{}{}", PNG.get(..88).unwrap(), "A".repeat(bytes));
    content["images"] = json!([{ "identifier": "desk", "data": data }]);
    content["receivedMessage"]["imageIdentifier"] = json!("desk");
    request("listPicker", &content)
}

#[test]
fn content_that_is_too_large_for_a_row_goes_into_a_file() {
    let world = World::new();
    world.send(&with_picture(10_000)).unwrap();
    assert!(matches!(world.row().content, OutboundContent::Choices { .. }));
    assert!(world.memory.world().files.is_empty());

    let world = World::new();
    let sent = world.send(&with_picture(100_000)).unwrap();
    let file = FileKey::outbound(&tenant(), sent.pointer.message);
    let OutboundContent::Stored { kind, file: named } = world.row().content else { panic!() };
    assert_eq!((kind.as_str(), &named), ("listPicker", &file));
    let bytes = world.memory.world().files[&file].clone();
    assert!(bytes.len() > MAX_IN_ROW);
    let choices: Vec<Choice> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((choices.len(), choices[0].kind, choices[0].parts.len()), (1, kind, 1));
}

#[test]
fn choices_keep_the_order_and_the_numbers_of_their_json_in_a_row() {
    let world = World::new();
    world.send(&request("listPicker", &good("listPicker"))).unwrap();
    let content = world.row().content;
    let stored = serde_json::to_value(&content).unwrap();
    assert!(stored["choices"].is_string());
    assert_eq!(serde_json::from_value::<OutboundContent>(stored).unwrap(), content);
}

//! How long a message waits for its files, and what waits behind it.

use amb_service::{
    model::{ConversationStatus, FailureCode, OutboundContent, OutboundStatus, PayloadStatus},
    relay::Relayed,
};
use jiff::SignedDuration;
use std::time::Duration;

use super::{
    files::{PDF, uploaded, with},
    scene::{PNG, Scene},
};

#[test]
fn f089_a_file_is_waited_for_half_an_hour_and_the_lane_moves_on() {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, PDF);
    let began = scene.world.world().now;
    let first = scene.send(with(upload));
    scene.world.world().now += SignedDuration::from_secs(10);
    let second = scene.send(OutboundContent::Text { text: "and?".into() });
    let mut looks = 0;
    while let Relayed::Again(pause) = scene.relay(&second) {
        assert!(pause <= Duration::from_secs(30));
        looks += 1;
    }
    let waited = began.duration_until(scene.world.world().now);
    assert!(waited >= SignedDuration::from_mins(30) && waited < SignedDuration::from_mins(31));
    assert!(looks < 90, "{looks} looks: the queue gives up at a hundred");
    let OutboundStatus::Failed { code, .. } = scene.message(&first).status else { panic!() };
    assert_eq!(code, FailureCode::AttachmentUnusable);
    // It is older than what Apple is tried for, and had no turn.
    assert_eq!(scene.message(&second).status, OutboundStatus::AcceptedByApple);
}

#[test]
fn f089_a_message_with_files_that_waited_behind_another_is_given_its_own_half_hour() {
    let mut scene = Scene::new("");
    let (upload, other) = (uploaded(&scene, PDF), uploaded(&scene, PNG));
    let first = scene.send(with(upload));
    let second = scene.send(with(other));
    let began = scene.world.world().now;
    while scene.message(&first).status == OutboundStatus::Queued {
        scene.relay(&first);
    }
    while matches!(scene.relay(&second), Relayed::Again(_)) {}
    let waited = began.duration_until(scene.world.world().now);
    assert!(waited >= SignedDuration::from_mins(60) && waited < SignedDuration::from_mins(62));
    let OutboundStatus::Failed { code, .. } = scene.message(&second).status else { panic!() };
    assert_eq!(code, FailureCode::AttachmentUnusable);
    scene.change(|state| assert_eq!(state.waited_until, None, "nobody waits"));
}

#[test]
fn f089_a_message_that_waited_for_nobodys_files_is_given_up_after_ten_minutes() {
    let mut scene = Scene::new("");
    let pointer = scene.send(OutboundContent::Text { text: "late".into() });
    scene.world.world().now += SignedDuration::from_mins(10);
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    let OutboundStatus::Failed { code, .. } = scene.message(&pointer).status else { panic!() };
    assert_eq!(code, FailureCode::GatewayUnavailable);
    assert!(scene.calls().is_empty(), "its first attempt came too late");
}

#[test]
fn f089_once_its_files_are_there_apple_is_tried_as_ever() {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, PDF);
    let pointer = scene.send(with(upload));
    for _ in 0..40 {
        scene.relay(&pointer);
    }
    assert!(scene.message(&pointer).attempts == 0 && scene.calls().is_empty());
    scene.fetch();
    scene.apple([500, 500]);
    let Relayed::Again(pause) = scene.relay(&pointer) else { panic!() };
    assert!(pause <= Duration::from_secs(2), "{pause:?}");
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!(scene.message(&pointer).status, OutboundStatus::AcceptedByApple);
    assert_eq!(scene.uploads().len(), 1);
}

#[test]
fn a_file_whose_message_ended_is_not_brought() {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, PDF);
    let pointer = scene.send(with(upload));
    scene.relay(&pointer);
    scene.change(|state| state.status = ConversationStatus::Closed);
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    let OutboundStatus::Failed { code, .. } = scene.message(&pointer).status else { panic!() };
    assert_eq!(code, FailureCode::ConversationClosed);
    scene.fetch();
    assert!(scene.world.world().far_side.content.tickets.is_empty());
    let world = scene.world.world();
    let ended = world.payloads.values().next().unwrap();
    assert!(matches!(ended.status, PayloadStatus::Failed { .. }));
}

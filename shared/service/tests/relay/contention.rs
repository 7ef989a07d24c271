//! Many steps at once on one conversation: files end, answers come, and the message's own end has to
//! be written in between.

use amb_protocol::compose::ContentType;
use amb_service::{
    memory::begin,
    model::{OutboundPointer, OutboundStatus},
    relay::{RelayError, Relayed},
};

use super::scene::{Scene, only, text};

/// Tries that a step has.
const TRIES: usize = 8;

/// A worker takes the message, and others get their step done just before each of its first tries.
fn relay_under(
    scene: &Scene,
    pointer: &OutboundPointer,
    moves: usize,
) -> Result<Relayed, RelayError> {
    let step = |calls: &[&str]| calls.iter().position(|call| *call == "Conversations::step");
    let undisturbed = {
        let mut other = Scene::new("");
        let pointer = other.send(only(ContentType::Text, vec![text("Hello")]));
        let _finished = other.relay(&pointer);
        let calls = other.world.world().faults.calls.clone();
        step(&calls).unwrap()
    };
    let worker = scene.worker();
    let mut run = Box::pin(worker.relay(pointer));
    let mut moved = 0;
    scene.world.world().faults.frozen_at = (moves > 0).then_some(undisturbed);
    loop {
        if let Some(relayed) = begin(&mut run) {
            scene.world.world().faults.frozen_at = None;
            return relayed;
        }
        let mut world = scene.world.world();
        let is_step = world.faults.calls.last() == Some(&"Conversations::step");
        world.faults.frozen_at = Some(world.faults.calls.len());
        drop(world);
        if is_step && moved < moves {
            moved += 1;
            scene.change(|_state| ());
        }
    }
}

#[test]
fn a_conversation_that_moves_under_the_first_tries_has_its_step_in_the_end() {
    for moves in 0..TRIES {
        let mut scene = Scene::new("");
        let pointer = scene.send(only(ContentType::Text, vec![text("Hello")]));
        let began = scene.world.world().now;
        assert_eq!(relay_under(&scene, &pointer, moves).unwrap(), Relayed::Finished, "{moves}");
        assert_eq!(scene.message(&pointer).status, OutboundStatus::AcceptedByApple);
        assert_eq!((scene.calls().len(), scene.state().lane.len()), (1, 0));
        let stood_back = began.duration_until(scene.world.world().now);
        assert_eq!(stood_back.is_zero(), moves == 0, "{moves}");
    }
}

#[test]
fn a_conversation_that_never_holds_still_gets_its_step_when_the_queue_comes_back() {
    let mut scene = Scene::new("");
    let pointer = scene.send(only(ContentType::Text, vec![text("Hello")]));
    let contended = relay_under(&scene, &pointer, usize::MAX);
    assert!(matches!(contended, Err(RelayError::Contended)), "{contended:?}");
    assert_eq!(scene.message(&pointer).status, OutboundStatus::Queued);
    assert_eq!(scene.state().lane.len(), 1);
    // The queue brings it back, and once nobody holds it, its end is written: under the same id.
    let mut rounds = 0;
    while let Relayed::Again(_) = scene.relay(&pointer) {
        rounds += 1;
        assert!(rounds < 5);
    }
    assert_eq!(scene.message(&pointer).status, OutboundStatus::AcceptedByApple);
    let ids: Vec<_> = scene.calls().iter().map(|call| call.message.id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(scene.state().lane.len(), 0);
}

//! Many files and answers of one customer end at the same moment.

use std::time::Duration;

use amb_service::{
    memory::begin,
    payload::{Fetch, FetchError, Fetched},
};

use super::scene::{answer, answers, enqueue, kinds, only_payload, referenced, scene, work_off};
use crate::actors::Actors;

/// A worker fetches the only payload, and others get their step done just before each of its first tries.
fn fetch_under(actors: &Actors, moves: usize) -> Result<Fetched, FetchError> {
    let pointer = only_payload(actors).pointer;
    let w = || actors.world.clone();
    let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
    let until = w().world().now + Duration::from_secs(60);
    let mut run = Box::pin(fetch.fetch(&pointer, until));
    let mut moved = 0;
    loop {
        let next = w().world().faults.calls.len();
        w().world().faults.frozen_at = Some(next);
        if let Some(fetched) = begin(&mut run) {
            w().world().faults.frozen_at = None;
            return fetched;
        }
        let mut world = actors.world.world();
        if world.faults.calls.last() == Some(&"Conversations::step") && moved < moves {
            moved += 1;
            world.conversations.values_mut().for_each(|state| state.revision += 1);
        }
    }
}

fn awaiting() -> Actors {
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors
}

#[test]
fn an_answer_is_told_at_once_however_many_steps_of_others_come_before_its_own() {
    for moves in [0, 1, 8, 39] {
        let mut actors = awaiting();
        assert_eq!(fetch_under(&actors, moves).unwrap(), Fetched::Finished, "{moves}");
        actors.deliver();
        assert_eq!(kinds(&actors), ["interactive.replied"], "{moves}");
    }
}

#[test]
fn an_answer_whose_conversation_never_holds_still_is_told_when_the_queue_comes_back() {
    let mut actors = awaiting();
    let contended = fetch_under(&actors, usize::MAX);
    assert!(matches!(contended, Err(FetchError::Contended)), "{contended:?}");
    assert!(kinds(&actors).is_empty());
    work_off(&mut actors);
    actors.world.world().now += Duration::from_secs(120);
    enqueue(&actors, &only_payload(&actors).pointer);
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

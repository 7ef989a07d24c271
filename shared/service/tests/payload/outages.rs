//! Outages of our own: nothing is lost, and nothing waits for ever.

use std::time::Duration;

use amb_service::{
    memory::{Download, FaultMode, drive},
    model::{Payload, PayloadFault, PayloadStatus},
    payload::{FetchError, Fetched},
    port::{AppleKeySet, ContentError},
    sweep::{Sweep, Swept},
};

use super::scene::{
    answer, answers, attempt, fault, kinds, only_payload, referenced, scene, work, work_off,
};
use crate::actors::Actors;

fn awaiting() -> Actors {
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors
}

fn sweep(actors: &Actors) -> Swept {
    let w = || actors.world.clone();
    drive(Sweep::new(w(), w(), w()).sweep()).unwrap().unwrap()
}

#[test]
fn f047_what_the_queue_lost_is_found_by_the_sweep() {
    let mut actors = awaiting();
    actors.world.world().payload_queue.purge();
    actors.wait(Duration::from_secs(119));
    assert_eq!(sweep(&actors).payloads, 0);
    actors.wait(Duration::from_secs(2));
    assert_eq!(sweep(&actors).payloads, 1);
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
    actors.wait(Duration::from_secs(3_600));
    assert_eq!(sweep(&actors).payloads, 0);
}

#[test]
fn f078_a_key_that_was_rotated_is_looked_up_again_within_the_attempt() {
    let mut actors = awaiting();
    let newer =
        amb_protocol::jwt::ApiSecret::from_base64("YEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=")
            .unwrap();
    let pointer = only_payload(&actors).pointer;
    let w = || actors.world.clone();
    let fetch = amb_service::payload::Fetch::new(w(), w(), w(), w(), w(), w(), w());
    let ask = || {
        let until = w().world().now + Duration::from_secs(60);
        drive(fetch.fetch(&pointer, until)).unwrap()
    };
    // The worker knows the older key by then.
    actors
        .world
        .world()
        .far_side
        .content
        .download_script
        .push_back(Download::Fails(ContentError::Gone(403)));
    assert!(matches!(ask(), Ok(Fetched::Again(_))));
    {
        let mut world = actors.world.world();
        world.now += Duration::from_secs(60);
        world.far_side.content.key = Some(newer.fingerprint());
        world.apple_keys = AppleKeySet { current: Some(newer), ..AppleKeySet::default() };
    }
    assert_eq!(ask().unwrap(), Fetched::Finished);
    actors.deliver();
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn f078_a_403_for_a_file_is_the_keys_fault_only_if_there_is_a_newer_one() {
    for rotated in [true, false] {
        let mut actors = awaiting();
        let pointer = only_payload(&actors).pointer;
        let w = || actors.world.clone();
        let fetch = amb_service::payload::Fetch::new(w(), w(), w(), w(), w(), w(), w());
        let ask = || {
            let until = w().world().now + Duration::from_secs(60);
            drive(fetch.fetch(&pointer, until)).unwrap().unwrap()
        };
        let gone = || Err(ContentError::Gone(403));
        // The worker knows the older key by then.
        actors.world.world().far_side.content.pre_download_script.push_back(gone());
        assert!(matches!(ask(), Fetched::Again(_)));
        {
            let mut world = actors.world.world();
            world.now += Duration::from_secs(60);
            world.far_side.content.pre_download_script.push_back(gone());
            if rotated {
                let newer = amb_protocol::jwt::ApiSecret::from_base64(
                    "YEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=",
                );
                let current = newer.ok();
                world.apple_keys = AppleKeySet { current, ..AppleKeySet::default() };
            }
        }
        let fetched = ask();
        assert_eq!(fetched == Fetched::Finished, rotated, "{fetched:?}");
        actors.wait(Duration::from_secs(7));
        work_off(&mut actors);
        assert_eq!(kinds(&actors), ["interactive.replied"]);
    }
}

#[test]
fn f108_links_that_die_after_an_outage_of_apples_are_counted_by_themselves() {
    let mut actors = awaiting();
    {
        let content = &mut actors.world.world().far_side.content;
        content.pre_download_script.extend([Err(ContentError::Unavailable); 5]);
        content.download_script.extend([Download::Fails(ContentError::Gone(404)); 2]);
    }
    let pauses = work_off(&mut actors);
    let waited: u64 = pauses.iter().map(Duration::as_secs).sum();
    assert!(pauses.len() == 7 && waited >= 60, "{pauses:?}");
    let payload = only_payload(&actors);
    assert_eq!((payload.outages, payload.failures), (5, 2));
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn while_apple_refuses_our_only_key_it_is_an_outage_and_no_failure_of_the_answer() {
    let mut actors = awaiting();
    actors.world.world().far_side.content.key = Some("another".to_owned());
    let fetched = work(&actors);
    assert!(matches!(fetched[..], [Err(FetchError::Unauthorized)]), "{fetched:?}");
    let waiting = only_payload(&actors);
    assert_eq!((waiting.failures, waiting.lease_until), (0, None), "the lease is given back");
    actors.world.world().far_side.content.key = None;
    actors.wait(Duration::from_secs(7));
    assert_eq!(sweep(&actors).payloads, 1, "the sweep brings it again soon");
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn an_outage_is_waited_for_six_hours_and_not_longer() {
    let mut actors = awaiting();
    actors.world.world().apple_keys = AppleKeySet::default();
    let began = actors.world.world().now;
    while only_payload(&actors).status == PayloadStatus::Pending {
        work(&actors);
        actors.wait(Duration::from_secs(60));
        sweep(&actors);
    }
    assert_eq!(fault(&actors), PayloadFault::GivenUp);
    let now = actors.world.world().now;
    let took = began.duration_until(now);
    assert!(took >= Payload::LIFE && took < Payload::LIFE + Payload::LIFE / 20, "{took:#}");
    actors.deliver();
    assert_eq!(kinds(&actors), ["message.parked"]);
}

#[test]
fn an_answer_that_was_decoded_and_not_told_is_told_without_asking_apple_again() {
    let mut actors = awaiting();
    let pointer = only_payload(&actors).pointer;
    // The process dies when the twin is kept and before the conversation is stepped on.
    let calls = {
        let trial = awaiting();
        let before = trial.world.world().faults.calls.len();
        attempt(&trial, &only_payload(&trial).pointer).unwrap();
        let world = trial.world.world();
        let mut calls = world.faults.calls.iter();
        let at = calls.position(|call| *call == "DecodedMessages::keep_decoded").unwrap();
        assert!(at > before);
        at - before
    };
    {
        let mut world = actors.world.world();
        let at = world.faults.calls.len() + calls;
        world.faults.at = Some((at, FaultMode::AnswerLost));
    }
    assert!(attempt(&actors, &pointer).is_err());
    actors.world.world().far_side.content.contents.clear();
    actors.wait(Duration::from_secs(7));
    assert_eq!(attempt(&actors, &pointer).unwrap(), Fetched::Finished);
    actors.deliver();
    assert_eq!(actors.world.world().far_side.content.decodes, 1);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn what_somebody_else_has_in_hand_is_left_alone() {
    let mut actors = awaiting();
    let pointer = only_payload(&actors).pointer;
    let until = actors.world.world().now + Duration::from_secs(65);
    actors.world.world().payloads.get_mut(&pointer).unwrap().lease_until = Some(until);
    assert_eq!(attempt(&actors, &pointer).unwrap(), Fetched::Nothing);
    actors.wait(Duration::from_secs(65));
    assert_eq!(attempt(&actors, &pointer).unwrap(), Fetched::Finished);
}

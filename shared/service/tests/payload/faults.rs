//! What keeps an answer from being told, and what is done about it.

use std::time::Duration;

use amb_service::{
    memory::Download,
    model::{EventType, Payload, PayloadFault, PayloadStatus},
    port::ContentError,
};
use serde_json::{Value, json};

use super::scene::{
    BID, answer, answers, attempt_for, fault, kept, key, kinds, leave, only_payload, places,
    referenced, scene, told, work, work_off,
};
use crate::actors::Actors;

/// A customer has answered by reference, and nobody has fetched it yet.
fn awaiting() -> Actors {
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors
}

/// It was parked in its place with this reason.
fn assert_parked(actors: &Actors, reason: &str) {
    let events = told(actors);
    assert_eq!(events.len(), 1, "{reason}");
    assert_eq!(events[0]["type"], "message.parked");
    assert_eq!((&events[0]["data"]["reason"], &events[0]["seq"]), (&json!(reason), &json!(1)));
    assert_eq!(places(actors)[&1], Some(EventType::MessageParked));
}

#[test]
fn m156_f094_a_reference_that_cannot_be_followed_is_parked_at_once() {
    let digits = "00".to_owned() + &"1f".repeat(32);
    let bad_keys = [
        "1f".repeat(31),
        "1f".repeat(34),
        format!("{digits}0"),
        "01".to_owned() + &"1f".repeat(32),
        "zz".repeat(32),
        "Hx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8=".to_owned(),
    ];
    let members = ["bid", "url", "owner", "key"].map(|name| (name, Value::Null));
    let keys = bad_keys.map(|key| ("key", json!(key)));
    let sizes = [json!(-1), json!(0), json!(104_857_601)].map(|size| ("size", size));
    for (name, value) in members.into_iter().chain(keys).chain(sizes) {
        let mut actors = scene(true);
        let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
        reference["interactiveDataRef"][name] = value.clone();
        answers(&mut actors, 1, &reference);
        actors.deliver();
        assert_parked(&actors, "bad_reference");
        assert!(work(&actors).is_empty() && actors.world.world().payloads.is_empty(), "{name}");
    }
}

#[test]
fn f094_a_key_in_upper_case_or_without_its_prefix_or_in_the_place_of_a_sent_one_opens_it() {
    let wire = key().wire();
    for (name, text) in [
        ("key", wire.to_uppercase()),
        ("key", wire.strip_prefix("00").unwrap().to_owned()),
        ("dataRefSig", wire.clone()),
    ] {
        let mut actors = scene(false);
        let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
        reference["interactiveDataRef"]["key"] = Value::Null;
        reference["interactiveDataRef"][name] = json!(text);
        answers(&mut actors, 1, &reference);
        work_off(&mut actors);
        assert_eq!(kinds(&actors), ["interactive.replied"], "{name} {text}");
    }
}

#[test]
fn f094_with_a_wrong_key_apple_cannot_decode_it_and_it_is_parked_and_kept() {
    let mut actors = scene(false);
    let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
    let mut other = [7; 32];
    other[31] ^= 1;
    let other = amb_protocol::attachment::AttachmentKey::from_bytes(other);
    reference["interactiveDataRef"]["key"] = json!(other.wire());
    answers(&mut actors, 1, &reference);
    work_off(&mut actors);
    assert_parked(&actors, "undecodable");
    assert_eq!(kept(&actors).len(), 1);
}

#[test]
fn f091_a_link_that_died_is_asked_for_again_and_at_the_third_time_it_is_parked() {
    for died in 1..=4 {
        let mut actors = awaiting();
        let dead = [Download::Fails(ContentError::Gone(403)); 4];
        actors.world.world().far_side.content.download_script.extend(&dead[..died]);
        let pauses = work_off(&mut actors);
        let asked = actors.world.world().far_side.content.pre_downloads.len();
        assert_eq!(asked, (died + 1).min(3));
        assert!(pauses.iter().all(|pause| *pause < Duration::from_secs(4)), "{pauses:?}");
        if died < 3 {
            assert_eq!(kinds(&actors), ["interactive.replied"]);
        } else {
            assert_parked(&actors, "expired");
        }
    }
}

#[test]
fn f109_an_answer_that_is_fetched_late_is_told_and_one_that_is_gone_is_parked_as_expired() {
    let mut actors = awaiting();
    actors.wait(Duration::from_secs(3_600));
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);

    let mut actors = awaiting();
    actors.wait(Duration::from_secs(3_600));
    actors.world.world().far_side.content.contents.clear();
    work_off(&mut actors);
    assert_parked(&actors, "expired");
}

#[test]
fn f107_what_does_not_lie_with_apple_is_not_asked_for() {
    for url in ["https://169.254.169.254/x", "http://p00-content.example.com/x", "file:///etc"] {
        let mut actors = scene(false);
        let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
        reference["interactiveDataRef"]["url"] = json!(url);
        answers(&mut actors, 1, &reference);
        work_off(&mut actors);
        assert_parked(&actors, "bad_host");
        let content = &actors.world.world().far_side.content;
        assert!(content.pre_downloads.is_empty() && content.opened.is_empty());
    }
}

#[test]
fn f108_apples_decoder_is_asked_again_when_it_fails_and_not_when_it_refuses() {
    let down = Err(ContentError::Unavailable);
    let garbage = || Ok(b"<html>502</html>".to_vec());
    let other = || Ok(b"{\"error\":1}".to_vec());
    for (script, reason, decodes) in [
        (vec![down.clone()], None, 2),
        (vec![down.clone(); 8], None, 9),
        (vec![down; 9], Some("unavailable"), 9),
        (vec![Err(ContentError::Refused(400))], Some("undecodable"), 1),
        (vec![Err(ContentError::Gone(404))], Some("undecodable"), 1),
        (vec![Err(ContentError::TooLarge)], Some("too_large"), 1),
        (vec![garbage()], Some("undecodable"), 1),
        (vec![other()], Some("undecodable"), 1),
        (vec![Ok(Vec::new())], Some("undecodable"), 1),
    ] {
        let mut actors = awaiting();
        actors.world.world().far_side.content.decode_script.extend(script);
        work_off(&mut actors);
        assert_eq!(actors.world.world().far_side.content.decodes, decodes, "{reason:?}");
        match reason {
            None => assert_eq!(kinds(&actors), ["interactive.replied"]),
            Some(reason) => {
                assert_parked(&actors, reason);
                let url = "https://p00-content.example.com/M0003.C01";
                let cipher = actors.world.world().far_side.content.contents[url].bytes.clone();
                assert_eq!(kept(&actors)[0].1, cipher, "{reason}: the ciphertext is kept");
            }
        }
    }
}

#[test]
fn f108_an_answer_whose_link_died_while_the_decoder_was_down_is_decoded_from_what_was_kept() {
    let mut actors = awaiting();
    {
        let content = &mut actors.world.world().far_side.content;
        content.decode_script.push_back(Err(ContentError::Unavailable));
    }
    work(&actors);
    actors.world.world().far_side.content.contents.clear();
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn f092_f093_an_answer_that_is_too_short_is_fetched_again_and_one_that_is_too_long_is_not() {
    let broken = Download::StopsAt(3, ContentError::BrokenOff);
    for (fate, times, reason, opened) in [
        (Download::EndsAt(3), 1, None, 2),
        (Download::EndsAt(0), 3, Some("truncated"), 3),
        (broken, 2, None, 3),
        (broken, 3, Some("truncated"), 3),
        (Download::StopsAt(3, ContentError::TooSlow), 3, Some("too_slow"), 3),
        (Download::Longer(1), 3, Some("oversize"), 1),
        (Download::Fails(ContentError::Unavailable), 8, None, 9),
        (Download::Fails(ContentError::Unavailable), 9, Some("unavailable"), 9),
        (Download::Fails(ContentError::Refused(400)), 3, Some("refused"), 1),
    ] {
        let mut actors = awaiting();
        let script = std::iter::repeat_n(fate, times);
        actors.world.world().far_side.content.download_script.extend(script);
        work_off(&mut actors);
        assert_eq!(actors.world.world().far_side.content.opened.len(), opened, "{fate:?}");
        match reason {
            None => assert_eq!(kinds(&actors), ["interactive.replied"]),
            Some(reason) => assert_parked(&actors, reason),
        }
    }
}

#[test]
fn a_reference_of_more_than_ten_mebibytes_is_parked_and_nothing_is_fetched() {
    let mut actors = scene(false);
    let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
    reference["interactiveDataRef"]["size"] = json!(10 * 1024 * 1024 + 1);
    answers(&mut actors, 1, &reference);
    work_off(&mut actors);
    assert_parked(&actors, "bad_size");
    assert!(actors.world.world().far_side.content.pre_downloads.is_empty());
}

#[test]
fn without_a_size_what_comes_is_the_answer_up_to_ten_mebibytes() {
    let mut actors = scene(false);
    let mut reference = referenced(&actors, "M0003.C01", &answer("Good"));
    reference["interactiveDataRef"]["size"] = Value::Null;
    answers(&mut actors, 1, &reference);
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["interactive.replied"]);

    let mut actors = scene(false);
    let mut reference = leave(&actors, "M0003.C01", b"{}").reference(BID);
    reference["size"] = Value::Null;
    answers(&mut actors, 1, &json!({ "interactiveDataRef": reference }));
    let script = &mut actors.world.world().far_side.content.download_script.clone();
    script.push_back(Download::Longer(10 * 1024 * 1024));
    actors.world.world().far_side.content.download_script.clone_from(script);
    work_off(&mut actors);
    assert_parked(&actors, "oversize");
}

#[test]
fn an_attempt_that_runs_out_of_time_is_no_failure() {
    let mut actors = awaiting();
    let pointer = only_payload(&actors).pointer;
    {
        let mut world = actors.world.world();
        world.piece = 4;
        let content = world.far_side.content.contents.values_mut().next().unwrap();
        content.pace = Duration::from_secs(9);
    }
    let fetched = attempt_for(&actors, &pointer, Duration::from_secs(5)).unwrap();
    assert!(matches!(fetched, amb_service::payload::Fetched::Again(_)), "{fetched:?}");
    assert_eq!(only_payload(&actors).failures, 0);
    actors.world.world().far_side.content.contents.values_mut().next().unwrap().pace =
        Duration::ZERO;
    work_off(&mut actors);
    assert_eq!(only_payload(&actors).status, PayloadStatus::Told);
}

#[test]
fn an_answer_that_kills_its_worker_each_time_is_given_up() {
    let mut actors = awaiting();
    let last = actors.world.world().payloads.values().next().unwrap().clone();
    let worn = Payload { attempts: Payload::MOST_ATTEMPTS, ..last };
    actors.world.world().payloads.insert(worn.pointer.clone(), worn);
    work_off(&mut actors);
    assert_eq!(fault(&actors), PayloadFault::GivenUp);
    assert_parked(&actors, "given_up");
}

//! Apple's keys: rotated under way, served stale, and looked up sparingly.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use amb_protocol::jwt::ApiSecret;
use amb_service::{
    keyring::{KeyRing, KeyRingError, SecondLook},
    memory::{FaultMode, Memory, drive},
    port::AppleKeySet,
};

const SECRET: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const NEW_SECRET: &str = "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=";

fn world() -> Memory {
    let world = Memory::new(7);
    let current = Some(ApiSecret::from_base64(SECRET).unwrap());
    world.world().apple_keys = AppleKeySet { current, ..AppleKeySet::default() };
    world
}

#[test]
fn ap04_m067_a_key_that_is_new_to_us_is_looked_up_once_and_accepted() {
    let world = world();
    let ring = KeyRing::new(world.clone(), world.clone());
    drive(ring.accepted()).unwrap().unwrap();
    let fresh = ApiSecret::from_base64(NEW_SECRET).unwrap();
    {
        let mut held = world.world();
        held.now += Duration::from_secs(60);
        let previous = held.apple_keys.current.take();
        held.apple_keys =
            AppleKeySet { current: Some(fresh.clone()), previous, ..AppleKeySet::default() };
    }
    let Some(Ok(SecondLook::Changed(keys))) = drive(ring.second_look()) else {
        panic!("the new key was not looked up");
    };
    assert_eq!(keys.len(), 2, "the old key is accepted beside the new one");
    assert_eq!(keys[0].fingerprint(), fresh.fingerprint());
}

#[test]
fn f143_a_flood_of_forged_tokens_costs_next_to_no_look_ups() {
    let world = world();
    let ring = KeyRing::new(world.clone(), world.clone());
    drive(ring.accepted()).unwrap().unwrap();
    let before = world.world().faults.calls.len();
    for _ in 0..600 {
        world.world().now += Duration::from_secs(1);
        drive(ring.second_look()).unwrap().unwrap();
    }
    let lookups = world.world().faults.calls.len() - before;
    assert!(lookups <= 6, "{lookups} look-ups in ten minutes");
}

#[test]
fn m066_f017_keys_are_served_stale_while_the_store_is_down_and_not_for_ever() {
    let world = world();
    let ring = KeyRing::new(world.clone(), world.clone());
    drive(ring.accepted()).unwrap().unwrap();
    let refuse = || {
        let mut held = world.world();
        let next = held.faults.calls.len();
        held.faults.at = Some((next, FaultMode::Refused));
    };
    world.world().now += Duration::from_secs(3600);
    refuse();
    assert!(drive(ring.accepted()).unwrap().is_ok());
    world.world().now += Duration::from_secs(12 * 3600);
    refuse();
    assert!(matches!(drive(ring.accepted()), Some(Err(KeyRingError::Unavailable(_)))));
}

#[test]
fn m031_the_previous_key_is_refused_from_its_end_on() {
    let world = world();
    let now = world.world().now;
    let old = world.world().apple_keys.current.clone();
    let set = AppleKeySet {
        current: Some(ApiSecret::from_base64(NEW_SECRET).unwrap()),
        previous: old,
        previous_accept_until: Some(now),
        pending: None,
    };
    assert_eq!(set.accepted(now - Duration::from_secs(1)).len(), 2);
    assert_eq!(set.accepted(now).len(), 1);
}

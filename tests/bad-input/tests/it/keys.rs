//! M030–M033 and M065–M068: which keys a token may be signed with, and where they come from.

use std::time::Duration;

use amb_bad_input::{InboundWebhook, Row, refused, taken};
use amb_service::{
    memory::{FaultMode, Memory},
    port::AppleKeySet,
};
use amb_support::{
    account,
    gateway_event::GatewayEvent,
    message,
    token::Token,
    vectors::{NEXT_SECRET, NOW, PREVIOUS_SECRET, SECRET, api_secret, now},
};
use serde_json::json;

/// Apple's message number `n`, with a token issued now.
fn nth(n: u64, world: &Memory, secret: &str) -> GatewayEvent {
    let second = world.world().now.as_second();
    let token = Token::good().claim("iat", json!(second)).secret(secret);
    GatewayEvent::from_apple_with(&message::with("id", message::nth_id(n))).token(&token)
}

fn after(world: &Memory, seconds: u64) {
    world.world().now += Duration::from_secs(seconds);
}

/// The next port call of the next request is refused.
fn break_next_call(world: &Memory) {
    world.world().faults.at = Some((0, FaultMode::Refused));
}

#[test]
fn m030_the_current_key() {
    Row::run("M030", |row| row.apple("K1", &GatewayEvent::from_apple(), taken()));
}

#[test]
fn m031_the_previous_key_until_its_time() {
    Row::run("M031", |row| {
        for (case, seconds, expected) in [
            ("within the overlap", Some(1), taken()),
            ("without an end", None, taken()),
            ("at its end", Some(0), refused(403, "auth_invalid")),
            ("after it", Some(-60), refused(403, "auth_invalid")),
        ] {
            let function = InboundWebhook::default();
            function.world.world().apple_keys = AppleKeySet {
                current: Some(api_secret(SECRET)),
                previous: Some(api_secret(PREVIOUS_SECRET)),
                previous_accept_until: seconds
                    .map(|seconds| now() + jiff::SignedDuration::from_secs(seconds)),
                pending: None,
            };
            let event = GatewayEvent::from_apple().token(&Token::good().secret(PREVIOUS_SECRET));
            row.check(case, &function.send(&event), expected);
        }
    });
}

#[test]
fn m032_the_pending_key() {
    Row::run("M032", |row| {
        let function = InboundWebhook::default();
        function.world.world().apple_keys.pending = Some(api_secret(NEXT_SECRET));
        let event = GatewayEvent::from_apple().token(&Token::good().secret(NEXT_SECRET));
        row.check("K2", &function.send(&event), taken());
    });
}

#[test]
fn m033_a_businesss_webhook_secret() {
    Row::run("M033", |row| {
        let token = Token::good().key(account::ENDPOINT_SECRET);
        row.apple(
            "its text",
            &GatewayEvent::from_apple().token(&token),
            refused(403, "auth_invalid"),
        );
        let base64 = account::ENDPOINT_SECRET.strip_prefix("whsec_").unwrap();
        let token = Token::good().secret(base64);
        row.apple(
            "its bytes",
            &GatewayEvent::from_apple().token(&token),
            refused(403, "auth_invalid"),
        );
    });
}

#[test]
fn m065_cold_and_the_secret_store_is_down() {
    Row::run("M065", |row| {
        let function = InboundWebhook::default();
        break_next_call(&function.world);
        let outcome = function.send(&GatewayEvent::from_apple());
        row.check("refused", &outcome, refused(503, "unavailable"));
        row.holds("come back in a second", outcome.header("retry-after") == Some("1"));
        let unset = InboundWebhook::default();
        unset.world.world().apple_keys = AppleKeySet::default();
        let outcome = unset.send(&GatewayEvent::from_apple());
        row.check("the operator has put no secret yet", &outcome, refused(503, "unavailable"));
        // A token that is wrong without any key does not depend on the store.
        let event = GatewayEvent::from_apple().token(&Token::good().claim("aud", json!("other")));
        let expected = refused(403, "auth_invalid").without_ports();
        row.check("a token for another", &unset.send(&event), expected);
    });
}

#[test]
fn m066_warm_and_the_secret_store_is_down() {
    Row::run("M066", |row| {
        let function = InboundWebhook::default();
        row.check("warm up", &function.send(&nth(0, &function.world, SECRET)), taken());
        after(&function.world, 10 * 60);
        break_next_call(&function.world);
        let outcome = function.send(&nth(1, &function.world, SECRET));
        row.check("stale keys serve", &outcome, taken());
        row.holds("the store was asked", outcome.called("AppleSecrets::apple_keys") == 1);
        after(&function.world, 13 * 60 * 60);
        break_next_call(&function.world);
        let outcome = function.send(&nth(2, &function.world, SECRET));
        row.check("not for ever", &outcome, refused(503, "unavailable"));
    });
}

#[test]
fn m067_a_key_that_is_too_new_to_be_known() {
    Row::run("M067", |row| {
        let function = InboundWebhook::default();
        row.check("warm up", &function.send(&nth(0, &function.world, SECRET)), taken());
        after(&function.world, 31);
        function.world.world().apple_keys.current = Some(api_secret(NEXT_SECRET));
        let outcome = function.send(&nth(1, &function.world, NEXT_SECRET));
        row.check("looked up again", &outcome, taken());
        row.holds("once", outcome.called("AppleSecrets::apple_keys") == 1);
    });
}

#[test]
fn m068_too_early_to_look_again() {
    Row::run("M068", |row| {
        let function = InboundWebhook::default();
        let wrong = |n| nth(n, &function.world, PREVIOUS_SECRET);
        row.check("warm up", &function.send(&nth(0, &function.world, SECRET)), taken());
        for (n, seconds) in [(1, 31), (2, 31)] {
            after(&function.world, seconds);
            row.check(
                "looked up, the same",
                &function.send(&wrong(n)),
                refused(403, "auth_invalid"),
            );
        }
        after(&function.world, 31);
        let outcome = function.send(&wrong(3));
        row.check("nobody can tell", &outcome, refused(503, "auth_undecided").without_ports());
        row.holds("come back in a second", outcome.header("retry-after") == Some("1"));
        let stale = Token::good().issued(-86_400).secret(PREVIOUS_SECRET);
        let outcome = function.send(&GatewayEvent::from_apple().token(&stale));
        row.check("a stale one is bad", &outcome, refused(403, "auth_invalid").without_ports());
        row.holds("the clock has moved", function.world.world().now.as_second() > NOW);
    });
}

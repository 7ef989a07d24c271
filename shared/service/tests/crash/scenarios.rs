//! The scenarios: short scripts that touch every port call there is.

use amb_service::port::{GatewayError, WebhookError};
use serde_json::json;
use std::time::Duration;

use super::{actors::Actors, composed, payloads};

/// What ties an answer to its question.
pub(crate) const REQUEST: &str = "c0ffee00-0000-4000-8000-000000000009";

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Builds the world; no fault happens here.
    pub(crate) arrange: fn(&mut Actors),
    /// What happens; every port call in it is a crash point.
    pub(crate) script: fn(&mut Actors),
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "a text reaches one endpoint", arrange: one_endpoint, script: text_in },
    Scenario { name: "two endpoints, one fails first", arrange: two_endpoints, script: flaky },
    Scenario { name: "an ordered endpoint fails first", arrange: ordered, script: ordered_flaky },
    Scenario { name: "a message goes out", arrange: known_customer, script: text_out },
    Scenario { name: "Apple stumbles", arrange: known_customer, script: apple_stumbles },
    Scenario { name: "Apple refuses", arrange: known_customer, script: apple_refuses },
    Scenario { name: "two messages keep their order", arrange: known_customer, script: two_out },
    Scenario { name: "the customer leaves and returns", arrange: known_customer, script: leaves },
    Scenario { name: "Apple says that the customer left", arrange: known_customer, script: gone },
    Scenario { name: "duplicates of every kind", arrange: one_endpoint, script: duplicates },
    Scenario { name: "typing", arrange: one_endpoint, script: typing },
    Scenario { name: "two tenants", arrange: two_tenants, script: both_write },
    Scenario { name: "an endpoint unsubscribes", arrange: one_endpoint, script: unsubscribes },
    Scenario { name: "a question is answered", arrange: asked_customer, script: answers },
    Scenario { name: "the stream and the queues are lost", arrange: known_customer, script: lost },
    Scenario { name: "three parts", arrange: known_customer, script: composed::three_parts },
    Scenario {
        name: "Apple stumbles over parts",
        arrange: known_customer,
        script: composed::stumbles,
    },
    Scenario { name: "Apple refuses a part", arrange: known_customer, script: composed::refused },
    Scenario {
        name: "the customer leaves between parts",
        arrange: known_customer,
        script: composed::leaves,
    },
    Scenario { name: "content in a file", arrange: known_customer, script: composed::stored },
    Scenario { name: "a choice of two", arrange: known_customer, script: composed::choices },
    Scenario { name: "pictures and a page", arrange: known_customer, script: composed::pictures },
    Scenario { name: "large content by name", arrange: known_customer, script: composed::by_name },
    Scenario { name: "an App Clip", arrange: known_customer, script: composed::app_clip },
    Scenario { name: "a reply by reference", arrange: asked_customer, script: payloads::reply },
    Scenario {
        name: "a reply whose links die twice",
        arrange: asked_customer,
        script: payloads::links_die_twice,
    },
    Scenario {
        name: "a reply whose links die",
        arrange: asked_customer,
        script: payloads::links_die,
    },
    Scenario {
        name: "a reply that Apple cannot decode",
        arrange: asked_customer,
        script: payloads::undecodable,
    },
    Scenario {
        name: "a text behind a reply by reference",
        arrange: asked_in_order,
        script: payloads::text_behind,
    },
    Scenario { name: "a reply in every form", arrange: asked_customer, script: payloads::twice },
    Scenario {
        name: "the customer leaves behind a reply",
        arrange: asked_in_order,
        script: payloads::leaves,
    },
    Scenario {
        name: "Apple stumbles over a reply",
        arrange: asked_customer,
        script: payloads::stumbles,
    },
    Scenario { name: "a file", arrange: ordered, script: payloads::file },
    Scenario {
        name: "a file in two attempts",
        arrange: one_endpoint,
        script: payloads::interrupted,
    },
    Scenario {
        name: "a file that breaks off",
        arrange: one_endpoint,
        script: payloads::broken_off,
    },
    Scenario { name: "several files", arrange: one_endpoint, script: payloads::several },
    Scenario { name: "an upload", arrange: known_customer, script: payloads::upload },
    Scenario {
        name: "an upload at the third time",
        arrange: known_customer,
        script: payloads::upload_stumbles,
    },
    Scenario {
        name: "an upload that fails",
        arrange: known_customer,
        script: payloads::upload_fails,
    },
    Scenario {
        name: "an upload for two",
        arrange: payloads::two_customers,
        script: payloads::upload_again,
    },
    Scenario { name: "a file of the web", arrange: known_customer, script: payloads::from_the_web },
    Scenario { name: "a download", arrange: one_endpoint, script: payloads::download },
    Scenario { name: "payloads are lost", arrange: asked_customer, script: payloads::lost },
];

fn one_endpoint(actors: &mut Actors) {
    let tenant = actors.tenant();
    actors.endpoint(tenant, false);
}

fn two_endpoints(actors: &mut Actors) {
    one_endpoint(actors);
    actors.endpoint(0, false);
}

fn ordered(actors: &mut Actors) {
    let tenant = actors.tenant();
    actors.endpoint(tenant, true);
}

fn two_tenants(actors: &mut Actors) {
    one_endpoint(actors);
    let other = actors.tenant();
    actors.endpoint(other, false);
}

fn known_customer(actors: &mut Actors) {
    one_endpoint(actors);
    text_in(actors);
    actors.recover();
}

/// Apple took a message of ours that asks something.
fn asked_customer(actors: &mut Actors) {
    one_endpoint(actors);
    asks(actors);
}

/// The same, and the business hears in order.
fn asked_in_order(actors: &mut Actors) {
    ordered(actors);
    asks(actors);
}

fn asks(actors: &mut Actors) {
    text_in(actors);
    actors.recover();
    actors.business(0, "question", "How did we do?");
    actors.recover();
    actors.ask(REQUEST);
}

fn text_in(actors: &mut Actors) {
    actors.customer(0, 1, "text", &json!({ "body": "Where is my parcel? 📦" }));
    actors.stream();
    actors.deliver();
}

fn flaky(actors: &mut Actors) {
    actors.world.world().far_side.webhook_script.extend([
        Err(WebhookError::Timeout),
        Ok(200),
        Ok(503),
    ]);
    text_in(actors);
    actors.wait(Duration::from_secs(90));
    actors.deliver();
    actors.wait(Duration::from_secs(90));
    actors.deliver();
}

fn ordered_flaky(actors: &mut Actors) {
    actors.world.world().far_side.webhook_script.extend([Ok(500), Ok(500)]);
    for number in 1..=3 {
        actors.customer(0, number, "text", &json!({ "body": number.to_string() }));
    }
    actors.stream();
    actors.deliver();
    actors.wait(Duration::from_secs(30));
    actors.deliver();
}

fn text_out(actors: &mut Actors) {
    actors.business(0, "first", "It arrives today.");
    actors.relay();
    actors.deliver();
}

fn apple_stumbles(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([
        Ok(500),
        Err(GatewayError::Unanswered),
        Ok(403),
        Err(GatewayError::NotSent),
        Ok(429),
    ]);
    actors.business(0, "first", "It arrives today.");
    for _ in 0..5 {
        actors.relay();
        actors.wait(Duration::from_secs(61));
    }
    actors.deliver();
}

fn apple_refuses(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Ok(400), Ok(404)]);
    actors.business(0, "first", "one");
    actors.business(0, "second", "two");
    actors.relay();
    actors.deliver();
}

fn two_out(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Ok(503)]);
    actors.business(0, "first", "one");
    actors.business(0, "second", "two");
    actors.relay();
    actors.wait(Duration::from_secs(5));
    actors.relay();
    actors.deliver();
}

fn leaves(actors: &mut Actors) {
    actors.business(0, "before", "Are you there?");
    actors.customer(0, 2, "close", &json!({}));
    actors.stream();
    actors.relay();
    actors.business(0, "after", "Still there?");
    actors.relay();
    actors.customer(0, 3, "text", &json!({ "body": "I am back", "intent": "again" }));
    actors.stream();
    actors.business(0, "again", "Welcome back.");
    actors.relay();
    actors.deliver();
}

fn gone(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Ok(410)]);
    actors.business(0, "first", "one");
    actors.business(0, "second", "two");
    actors.relay();
    actors.deliver();
}

fn duplicates(actors: &mut Actors) {
    let reply = json!({ "interactiveData": {
        "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000003",
        "data": {
            "version": "1.0",
            "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
            "quick-reply": { "selectedIndex": 0, "selectedIdentifier": "good" },
        },
    }});
    actors.customer(0, 1, "interactive", &reply);
    actors.customer(0, 1, "interactive", &reply);
    actors.wait(Duration::from_secs(1));
    actors.customer(0, 2, "interactive", &reply);
    actors.stream();
    {
        let mut world = actors.world.world();
        world.delivery_queue.duplicate_last();
        world.delivery_queue.reverse();
    }
    actors.deliver();
}

fn answers(actors: &mut Actors) {
    let answer = json!({ "interactiveData": { "data": {
        "version": "1",
        "requestIdentifier": REQUEST,
        "listPicker": { "sections": [{ "items": [{ "identifier": "d2" }] }, { "items": [] }] },
    }}});
    actors.customer(0, 2, "interactive", &answer);
    actors.stream();
    actors.deliver();
    // Its answer under another id, and one to nothing that was asked.
    actors.customer(0, 3, "interactive", &answer);
    actors.customer(0, 4, "interactive", &json!({ "interactiveData": { "URL": "?cart=42" } }));
    actors.stream();
    actors.deliver();
}

fn typing(actors: &mut Actors) {
    actors.customer(0, 1, "typing_start", &json!({}));
    actors.customer(0, 2, "text", &json!({ "body": "hello" }));
    actors.customer(0, 3, "typing_end", &json!({}));
    actors.stream();
    actors.deliver();
}

fn both_write(actors: &mut Actors) {
    actors.customer(0, 1, "text", &json!({ "body": "taint-of-tenant-0" }));
    // The same message id at another tenant is another message (F006).
    actors.customer(1, 1, "text", &json!({ "body": "taint-of-tenant-1" }));
    actors.stream();
    actors.deliver();
}

fn unsubscribes(actors: &mut Actors) {
    actors.world.world().far_side.webhook_script.extend([Ok(410)]);
    text_in(actors);
}

fn lost(actors: &mut Actors) {
    actors.customer(0, 2, "text", &json!({ "body": "nobody hears this" }));
    actors.business(0, "first", "nor this");
    {
        let mut world = actors.world.world();
        world.stream.clear();
        world.delivery_queue.purge();
        world.outbound_queue.purge();
    }
    for _ in 0..5 {
        actors.wait(Duration::from_secs(61));
        actors.sweep();
    }
    actors.relay();
    actors.deliver();
}

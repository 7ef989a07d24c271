use serde_json::{Value, json};
use std::time::Duration;

use amb_service::{
    deliver::{Deliver, Delivered},
    port::{ServiceKeySource, WebhookError},
    service_key::ServiceKey,
};

use super::world::{ENDPOINT, INBOUND, OURS, Reply, World};

async fn add(world: &World, body: Value) -> Reply {
    world.as_operator(OURS, "POST", "/v1/endpoints", Some(body)).await
}

async fn patch(world: &World, id: &str, body: Value) -> Reply {
    world.as_operator(OURS, "PATCH", &format!("/v1/endpoints/{id}"), Some(body)).await
}

async fn post(world: &World, id: &str, verb: &str, body: Option<Value>) -> Reply {
    world.as_operator(OURS, "POST", &format!("/v1/endpoints/{id}/{verb}"), body).await
}

fn url(number: usize) -> Value {
    json!({ "url": format!("https://hooks{number}.example.org/in") })
}

/// Works off the deliveries queue.
async fn deliver_all(world: &World) -> Vec<Delivered> {
    let key = ServiceKey::derive(&world.memory.service_key().await.unwrap()).unwrap();
    let m = || world.memory.clone();
    let deliver = Deliver::new(m(), m(), m(), m(), key);
    let mut outcomes = Vec::new();
    loop {
        let received = {
            let mut inner = world.memory.world();
            let now = inner.now;
            inner.delivery_queue.receive(now, Duration::from_secs(180))
        };
        let Some(received) = received else { return outcomes };
        outcomes.push(deliver.deliver(&received.item, Duration::from_secs(20)).await.unwrap());
        world.memory.world().delivery_queue.delete(received.handle);
    }
}

/// An endpoint that can be posted to: made through the API, so that it has a secret.
async fn listening(world: &World) -> String {
    let target = format!("/v1/endpoints/{ENDPOINT}");
    assert_eq!(world.as_operator(OURS, "DELETE", &target, None).await.status, 204);
    add(world, url(0)).await.text("id")
}

#[tokio::test]
async fn an_endpoint_has_what_it_was_given_and_shows_its_secret_once() {
    let world = World::new().await;
    let made = add(
        &world,
        json!({
            "url": "https://EXAMPLE.org:443/a/../hook?x=1", "description": "Desk <b>", "ordered": true,
            "events": ["message.received", "message.failed", "message.received"], "timeoutSeconds": 25,
        }),
    )
    .await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(made.text("url"), "https://example.org/hook?x=1");
    assert_eq!(made.body["events"], json!(["message.received", "message.failed"]));
    assert_eq!((&made.body["ordered"], &made.body["timeoutSeconds"]), (&json!(true), &json!(25)));
    assert!(made.text("secret").starts_with("whsec_"));
    assert_eq!(made.header("etag"), Some("\"1\""));
    let target = format!("/v1/endpoints/{}", made.text("id"));
    assert_eq!(made.header("location"), Some(target.as_str()));
    let read = world.as_operator(OURS, "GET", &target, None).await;
    assert_eq!(read.body.get("secret"), None);
    assert_eq!(read.body["health"], json!({ "failingSince": null, "failures": 0 }));
    assert!(!read.body.to_string().contains("whsec_"));
    assert!(!format!("{:?}", world.memory.world().endpoints).contains("whsec_"));
}

#[tokio::test]
async fn w001_w026_a_url_that_the_wall_refuses_is_400_with_the_rule() {
    let world = World::new().await;
    for (url, rule) in [
        ("http://example.org/", "https_only"),
        ("ftp://example.org/", "https_only"),
        ("https://u:p@example.org/", "userinfo"),
        ("https://example.org:22/", "port"),
        ("https://example.org/#x", "fragment"),
        ("https://192.0.2.1/", "ip_literal"),
        ("https://127.1/", "ip_literal"),
        ("https://[::1]/", "ip_literal"),
        ("https://localhost/", "denied_name"),
        ("https://x.internal/", "denied_name"),
        ("https://api.example.com/v1/endpoints", "own_host"),
        ("https://ok.example\\@127.0.0.1/", "control_character"),
        ("not a url", "control_character"),
        ("", "invalid"),
    ] {
        let reply = add(&world, json!({ "url": url })).await;
        assert_eq!(
            (reply.status, reply.faults()),
            (400, vec![("/url".into(), rule.into())]),
            "{url}"
        );
        let reply = patch(&world, ENDPOINT, json!({ "url": url })).await;
        assert_eq!(
            (reply.status, reply.faults()),
            (400, vec![("/url".into(), rule.into())]),
            "{url}"
        );
    }
    let reply =
        add(&world, json!({ "url": format!("https://example.org/{}", "a".repeat(2048)) })).await;
    assert_eq!(reply.faults(), [("/url".into(), "too_long".into())]);
}

#[tokio::test]
async fn w021_the_host_that_a_request_came_to_is_our_own() {
    let world = World::new().await;
    let headers = json!({
        "authorization": format!("Bearer {}", super::world::OPERATOR),
        "amb-tenant": OURS,
        "content-type": "application/json",
        "host": "abc123.execute-api.eu-central-1.amazonaws.com",
    });
    let body =
        json!({ "url": "https://abc123.execute-api.eu-central-1.amazonaws.com/v1/messages" });
    let reply = world.send("POST", "/v1/endpoints", headers, Some(body.to_string())).await;
    assert_eq!(reply.faults(), [("/url".into(), "own_host".into())]);
}

#[tokio::test]
async fn w027_the_same_url_twice_is_409() {
    let world = World::new().await;
    let first = add(&world, url(1)).await;
    let again = add(&world, json!({ "url": "https://HOOKS1.example.org:443/in" })).await;
    assert_eq!(again.code(), (409, "endpoint_exists"));
    assert!(again.text("detail").contains(&first.text("id")));
    let second = add(&world, url(2)).await.text("id");
    assert_eq!(patch(&world, &second, url(1)).await.code(), (409, "endpoint_exists"));
    assert_eq!(patch(&world, &second, url(2)).await.status, 200);
}

#[tokio::test]
async fn w028_the_twenty_first_endpoint_is_409() {
    let world = World::new().await;
    for number in 1..20 {
        assert_eq!(add(&world, url(number)).await.status, 201);
    }
    assert_eq!(add(&world, url(20)).await.code(), (409, "too_many_endpoints"));
}

#[tokio::test]
async fn w029_w040_members_out_of_their_range_are_named() {
    let world = World::new().await;
    for (name, value, pointer, rule) in [
        ("events", json!(["message.deleted"]), "/events/0", "format"),
        ("events", json!(["message.*"]), "/events/0", "format"),
        ("events", json!([["message.received"]]), "/events/0", "format"),
        ("events", json!("message.received"), "/events", "type"),
        ("timeoutSeconds", json!(4), "/timeoutSeconds", "range"),
        ("timeoutSeconds", json!(26), "/timeoutSeconds", "range"),
        ("timeoutSeconds", json!(5.5), "/timeoutSeconds", "range"),
        ("timeoutSeconds", json!(-1), "/timeoutSeconds", "range"),
        ("timeoutSeconds", json!("15"), "/timeoutSeconds", "range"),
        ("timeoutSeconds", json!(1_000_000_007), "/timeoutSeconds", "range"),
        ("ordered", json!("true"), "/ordered", "type"),
        ("description", json!("x".repeat(257)), "/description", "length"),
        ("description", json!("a\r\nHost: evil"), "/description", "characters"),
        ("headers", json!({ "Host": "x" }), "/headers", "unknown_field"),
        ("secret", json!("whsec_AAAA"), "/secret", "unknown_field"),
        ("status", json!("enabled"), "/status", "unknown_field"),
    ] {
        let mut body = url(1);
        body[name] = value.clone();
        let reply = add(&world, body).await;
        assert_eq!(reply.faults(), [(pointer.into(), rule.into())], "{name} {value}");
    }
    assert_eq!(patch(&world, ENDPOINT, json!({ "status": "gone" })).await.faults()[0].0, "/status");
    assert_eq!(world.memory.world().endpoints.len(), 2);
}

#[tokio::test]
async fn w041_a_change_meant_for_another_revision_is_409() {
    let world = World::new().await;
    let target = format!("/v1/endpoints/{ENDPOINT}");
    let change = |tag: &str, method: &'static str| {
        let headers = json!({
            "authorization": format!("Bearer {}", super::world::OPERATOR),
            "amb-tenant": OURS, "content-type": "application/json", "if-match": tag,
        });
        let body = (method == "PATCH").then(|| json!({ "ordered": true }).to_string());
        let (world, target) = (&world, &target);
        async move { world.send(method, target, headers, body).await }
    };
    let changed = change("\"1\"", "PATCH").await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    for stale in ["\"1\"", "\"3\"", "W/\"2\", \"1\"", "\"\""] {
        let reply = change(stale, "PATCH").await;
        assert!(matches!(reply.status, 400 | 409), "{stale} {:?}", reply.body);
    }
    assert_eq!(change("\"1\"", "DELETE").await.code(), (409, "conflict"));
    assert_eq!(change("2", "PATCH").await.code(), (400, "invalid_request"));
    assert_eq!(change("\"7\", \"2\"", "PATCH").await.header("etag"), Some("\"3\""));
    assert_eq!(change("*", "PATCH").await.header("etag"), Some("\"4\""));
    assert_eq!(change("\"4\"", "DELETE").await.status, 204);
    assert_eq!(change("*", "DELETE").await.code(), (404, "not_found"));
}

#[tokio::test]
async fn w042_disabling_and_enabling_say_so_and_forgive() {
    let world = World::new().await;
    let off = patch(&world, ENDPOINT, json!({ "status": "disabled" })).await;
    assert_eq!(
        (off.text("status"), off.text("disabledReason")),
        ("disabled".into(), "owner".into())
    );
    assert_eq!(post(&world, ENDPOINT, "ping", None).await.code(), (409, "endpoint_disabled"));
    let body = Some(json!({ "since": "2026-11-21T00:00:00Z" }));
    assert_eq!(post(&world, ENDPOINT, "replay", body).await.code(), (409, "endpoint_disabled"));
    {
        let mut inner = world.memory.world();
        let now = inner.now;
        let endpoint = inner.endpoints.values_mut().find(|found| found.id.as_str() == ENDPOINT);
        let endpoint = endpoint.unwrap();
        endpoint.status = amb_service::model::EndpointStatus::Gone;
        (endpoint.failures, endpoint.failing_since) = (21, Some(now));
    }
    // Switching off what is off already does not hide why.
    let off = patch(&world, ENDPOINT, json!({ "status": "disabled" })).await;
    assert_eq!(off.text("disabledReason"), "gone");
    let on = patch(&world, ENDPOINT, json!({ "status": "enabled" })).await;
    assert_eq!((on.text("status"), on.body.get("disabledReason")), ("enabled".into(), None));
    assert_eq!(on.body["health"], json!({ "failingSince": null, "failures": 0 }));
}

#[tokio::test]
async fn a_ping_is_signed_and_delivered_and_in_the_log() {
    let world = World::new().await;
    let id = listening(&world).await;
    let ping = post(&world, &id, "ping", None).await;
    assert_eq!(ping.status, 202, "{:?}", ping.body);
    assert_eq!(deliver_all(&world).await, [Delivered::Delivered]);
    {
        let inner = world.memory.world();
        let call = &inner.far_side.webhook_calls[0];
        assert_eq!(call.id, ping.text("eventId"));
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(
            (&body["type"], &body["data"]["endpointId"]),
            (&json!("endpoint.ping"), &json!(id))
        );
        assert!(
            call.headers
                .iter()
                .any(|(name, value)| { *name == "webhook-signature" && value.starts_with("v1,") })
        );
    }
    let log = world.as_operator(OURS, "GET", &format!("/v1/endpoints/{id}/deliveries"), None).await;
    assert_eq!(log.items()[0]["eventId"], ping.body["eventId"]);
    assert_eq!(log.items()[0]["lastOutcome"], "200");
    assert_eq!(log.items()[0].get("conversationId"), None);
}

#[tokio::test]
async fn w050_the_sixth_ping_within_a_minute_is_429() {
    let world = World::new().await;
    for _ in 0..5 {
        assert_eq!(post(&world, ENDPOINT, "ping", None).await.status, 202);
        world.memory.world().now += Duration::from_secs(1);
    }
    let refused = post(&world, ENDPOINT, "ping", None).await;
    assert_eq!(
        (refused.code(), refused.header("retry-after")),
        ((429, "too_many_pings"), Some("60"))
    );
    world.memory.world().now += Duration::from_secs(60);
    assert_eq!(post(&world, ENDPOINT, "ping", None).await.status, 202);
}

#[tokio::test]
async fn a_rotated_secret_signs_first_and_the_old_ones_beside_it() {
    let world = World::new().await;
    let made = add(&world, url(1)).await;
    let (id, first) = (made.text("id"), made.text("secret"));
    let rotated = post(&world, &id, "rotate-secret", Some(json!({ "overlapSeconds": 3600 }))).await;
    assert_eq!(rotated.status, 200);
    assert_ne!(rotated.text("secret"), first);
    assert_eq!(rotated.body["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(rotated.body["secrets"][0]["expiresAt"], Value::Null);
    assert_eq!(rotated.body["secrets"][1]["expiresAt"], "2026-11-21T13:00:00.000Z");
    // Without a body, the old ones sign on for a day; those that end earlier keep their end.
    let rotated = post(&world, &id, "rotate-secret", None).await;
    assert_eq!(rotated.body["secrets"][1]["expiresAt"], "2026-11-22T12:00:00.000Z");
    assert_eq!(rotated.body["secrets"][2]["expiresAt"], "2026-11-21T13:00:00.000Z");
    let refused = post(&world, &id, "rotate-secret", None).await;
    assert_eq!(refused.code(), (409, "too_many_secrets"));
    let target = format!("/v1/endpoints/{ENDPOINT}");
    world.as_operator(OURS, "DELETE", &target, None).await;
    world.customer_writes(INBOUND, "hi").await;
    deliver_all(&world).await;
    {
        let inner = world.memory.world();
        let call = inner.far_side.webhook_calls.last().unwrap();
        let signature = call.headers.iter().find(|(name, _)| *name == "webhook-signature").unwrap();
        assert_eq!(signature.1.split(' ').count(), 3);
    }
    let only = post(&world, &id, "rotate-secret", Some(json!({ "overlapSeconds": 0 }))).await;
    assert_eq!(only.body["secrets"].as_array().unwrap().len(), 1);
    for odd in [json!(-1), json!(604_801), json!("1"), json!(1.5)] {
        let reply =
            post(&world, &id, "rotate-secret", Some(json!({ "overlapSeconds": odd }))).await;
        assert_eq!(reply.faults(), [("/overlapSeconds".into(), "range".into())]);
    }
}

#[tokio::test]
async fn what_was_given_up_is_replayed_by_span_and_by_event() {
    let world = World::new().await;
    let id = listening(&world).await;
    for number in 1..=3 {
        world.memory.world().far_side.webhook_script.push_back(Ok(410));
        let message = format!("c3a1f0de-0000-4000-8000-00000000000{number}");
        world.customer_writes(&message, "hi").await;
        deliver_all(&world).await;
        patch(&world, &id, json!({ "status": "enabled" })).await;
        world.memory.world().now += Duration::from_secs(60);
    }
    world.customer_writes("c3a1f0de-0000-4000-8000-000000000004", "fine").await;
    deliver_all(&world).await;
    let log = |status: &str| format!("/v1/endpoints/{id}/deliveries?status={status}");
    let disabled = world.as_operator(OURS, "GET", &log("disabled"), None).await;
    let seqs: Vec<_> = disabled.items().iter().map(|item| item["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [3, 2, 1]);

    // Two at a time, from the second message on.
    let body = json!({ "since": "2026-11-21T12:01:00Z", "limit": 1 });
    let first = post(&world, &id, "replay", Some(body.clone())).await;
    assert_eq!((first.status, &first.body["replayed"]), (202, &json!(1)));
    let mut rest = body;
    rest["cursor"] = first.body["nextCursor"].clone();
    let second = post(&world, &id, "replay", Some(rest)).await;
    assert_eq!(second.body["replayed"], 1);
    assert_eq!(deliver_all(&world).await, [Delivered::Delivered, Delivered::Delivered]);
    let disabled = world.as_operator(OURS, "GET", &log("disabled"), None).await;
    assert_eq!(disabled.items().len(), 1);

    // One event, delivered before or not, with its conversation named or not.
    let event = disabled.items()[0].clone();
    for body in [
        json!({ "eventId": event["eventId"] }),
        json!({ "eventId": event["eventId"], "conversationId": event["conversationId"] }),
    ] {
        let replayed = post(&world, &id, "replay", Some(body)).await;
        assert_eq!(
            (replayed.status, &replayed.body),
            (202, &json!({ "replayed": 1, "nextCursor": null }))
        );
        assert_eq!(deliver_all(&world).await, [Delivered::Delivered]);
        let calls = &world.memory.world().far_side.webhook_calls;
        assert_eq!(json!(calls.last().unwrap().id), event["eventId"]);
    }
    let delivered = world.as_operator(OURS, "GET", &log("delivered"), None).await;
    assert_eq!(delivered.items().len(), 4);
}

#[tokio::test]
async fn r019_r020_a_replay_has_limits_and_its_span_a_direction() {
    let world = World::new().await;
    for (body, pointer, rule) in [
        (json!({}), "/since", "required"),
        (json!({ "since": "2026-11-22T00:00:00Z" }), "/since", "range"),
        (json!({ "since": "2026-10-01T00:00:00Z" }), "/since", "range"),
        (json!({ "since": "2026-11-21T10:00:00" }), "/since", "format"),
        (json!({ "since": 1_795_262_400 }), "/since", "type"),
        (
            json!({ "since": "2026-11-21T10:00:00Z", "until": "2026-11-21T09:00:00Z" }),
            "/until",
            "time_range",
        ),
        (json!({ "since": "2026-11-21T10:00:00Z", "limit": 501 }), "/limit", "range"),
        (json!({ "since": "2026-11-21T10:00:00Z", "limit": 0 }), "/limit", "range"),
        (json!({ "eventId": "evt_x" }), "/eventId", "format"),
        (
            json!({ "eventId": "evt_aaaaaaaaaaaaaaaaaaaaaaaaaa", "since": "2026-11-21T10:00:00Z" }),
            "/since",
            "unknown_field",
        ),
    ] {
        let reply = post(&world, ENDPOINT, "replay", Some(body.clone())).await;
        assert_eq!(reply.faults(), [(pointer.into(), rule.into())], "{body}");
    }
    let body = json!({ "eventId": "evt_aaaaaaaaaaaaaaaaaaaaaaaaaa" });
    assert_eq!(post(&world, ENDPOINT, "replay", Some(body)).await.code(), (404, "not_found"));
    let body = json!({ "since": "2026-11-21T10:00:00Z", "cursor": "abc" });
    assert_eq!(post(&world, ENDPOINT, "replay", Some(body)).await.code(), (400, "invalid_cursor"));
}

#[tokio::test]
async fn the_log_says_what_the_last_attempt_came_to() {
    let world = World::new().await;
    let id = listening(&world).await;
    world.memory.world().far_side.webhook_script.push_back(Err(WebhookError::Timeout));
    world.customer_writes(INBOUND, "hi").await;
    let key = ServiceKey::derive(&world.memory.service_key().await.unwrap()).unwrap();
    let m = || world.memory.clone();
    let received = {
        let mut inner = world.memory.world();
        let now = inner.now;
        inner.delivery_queue.receive(now, Duration::from_secs(180)).unwrap()
    };
    Deliver::new(m(), m(), m(), m(), key)
        .deliver(&received.item, Duration::from_secs(20))
        .await
        .unwrap();
    let log = world.as_operator(OURS, "GET", &format!("/v1/endpoints/{id}/deliveries"), None).await;
    let row = &log.items()[0];
    assert_eq!(
        (&row["status"], &row["lastOutcome"], &row["attempts"]),
        (&json!("pending"), &json!("timeout"), &json!(1))
    );
    assert!(row["nextAttemptAt"].is_string() && row["lastAttemptAt"].is_string());
    let health = world.as_operator(OURS, "GET", &format!("/v1/endpoints/{id}"), None).await;
    assert_eq!(health.body["health"]["failures"], 1);
}

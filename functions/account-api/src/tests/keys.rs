use serde_json::{Value, json};

use super::world::{BUSINESS, LIVE_BUSINESS, OPERATOR, OURS, World};

async fn status_with(world: &World, authorization: &str) -> (u16, Value) {
    let headers = json!({ "authorization": authorization });
    let reply = world.send("GET", "/v1/keys", headers, None).await;
    (reply.status, reply.body)
}

#[tokio::test]
async fn s001_every_wrong_key_gets_the_same_401() {
    let world = World::new().await;
    let key = world.key(OURS, "test", &["admin"]).await;
    let mut wrong_secret = key.clone().into_bytes();
    wrong_secret[40] = if wrong_secret[40] == b'a' { b'b' } else { b'a' };
    let wrong_secret = String::from_utf8(wrong_secret).unwrap();
    let (_, no_key) = status_with(&world, "").await;
    assert_eq!(no_key["code"], "unauthenticated");
    for wrong in [
        "Basic abc".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {wrong_secret}"),
        format!("Bearer {}", key.replace("amb_test_", "amb_live_")),
        format!("Bearer {key}x"),
        format!("Bearer {key},Bearer {key}"),
        "Bearer amb_live_unknown".to_owned(),
        format!("Bearer {}", OPERATOR.replace('a', "b")),
        format!("Bearer {OPERATOR}a"),
    ] {
        assert_eq!(status_with(&world, &wrong).await, (401, no_key.clone()), "{wrong}");
    }
    assert_eq!(status_with(&world, &format!("bearer {key}")).await.0, 200);
}

#[tokio::test]
async fn s002_revoked_expired_and_early_keys_open_nothing() {
    let world = World::new().await;
    let draw = |body: Value| {
        let world = &world;
        async move {
            let mut whole = json!({ "name": "k", "mode": "test", "scopes": ["admin"] });
            whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            world.as_operator(OURS, "POST", "/v1/keys", Some(whole)).await
        }
    };
    let early = draw(json!({ "notBefore": "2026-11-21T13:00:00Z" })).await.text("key");
    let late = draw(json!({ "notAfter": "2026-11-21T12:30:00Z" })).await.text("key");
    assert_eq!(world.with_key(&early, "GET", "/v1/keys", None).await.status, 401);
    assert_eq!(world.with_key(&late, "GET", "/v1/keys", None).await.status, 200);
    world.memory.world().now += std::time::Duration::from_secs(3600);
    assert_eq!(world.with_key(&early, "GET", "/v1/keys", None).await.status, 200);
    assert_eq!(world.with_key(&late, "GET", "/v1/keys", None).await.status, 401);

    let made = draw(json!({})).await;
    let (id, key) = (made.text("id"), made.text("key"));
    assert_eq!(world.with_key(&key, "GET", "/v1/keys", None).await.status, 200);
    let target = format!("/v1/keys/{id}");
    for _ in 0..2 {
        assert_eq!(world.as_operator(OURS, "DELETE", &target, None).await.status, 204);
    }
    // Instances remember a key for a minute at most.
    world.memory.world().now += std::time::Duration::from_secs(60);
    assert_eq!(world.with_key(&key, "GET", "/v1/keys", None).await.status, 401);
}

#[tokio::test]
async fn s004_a_key_does_what_its_scopes_say() {
    let world = World::new().await;
    let send = world.key(OURS, "test", &["send"]).await;
    let read = world.key(OURS, "test", &["read"]).await;
    for target in ["/v1/keys", "/v1/endpoints", "/v1/businesses", "/v1/events?conversationId=x"] {
        let reply = world.with_key(&send, "GET", target, None).await;
        assert_eq!(reply.code(), (403, "missing_scope"), "{target}");
    }
    // The scope comes before the body.
    let reply = world.with_key(&read, "POST", "/v1/keys", Some(json!({ "odd": 1 }))).await;
    assert_eq!(reply.code(), (403, "missing_scope"));
    assert_eq!(
        world.with_key(&read, "GET", "/v1/tenants", None).await.code(),
        (403, "missing_scope")
    );
}

#[tokio::test]
async fn s005_a_test_key_acts_on_test_businesses_only() {
    let world = World::new().await;
    let test = world.key(OURS, "test", &["admin", "read"]).await;
    let live = world.key(OURS, "live", &["admin", "read"]).await;
    for (key, own, other) in [(&test, BUSINESS, LIVE_BUSINESS), (&live, LIVE_BUSINESS, BUSINESS)] {
        let one = |id| format!("/v1/businesses/{id}");
        assert_eq!(world.with_key(key, "GET", &one(own), None).await.status, 200);
        let reply = world.with_key(key, "GET", &one(other), None).await;
        assert_eq!(reply.code(), (403, "wrong_mode"));
        let listed = world.with_key(key, "GET", "/v1/businesses", None).await;
        let ids: Vec<_> = listed.items().iter().map(|item| item["businessId"].clone()).collect();
        assert_eq!(ids, [own]);
    }
    let escalated = json!({ "name": "k", "mode": "live", "scopes": ["admin"] });
    let reply = world.with_key(&test, "POST", "/v1/keys", Some(escalated)).await;
    assert_eq!(reply.code(), (403, "wrong_mode"));
}

#[tokio::test]
async fn s006_a_key_in_the_query_is_refused_even_beside_a_good_one() {
    let world = World::new().await;
    let key = world.key(OURS, "test", &["admin"]).await;
    for query in [format!("key={key}"), "api_key=x".to_owned(), format!("{key}=1")] {
        let reply = world.with_key(&key, "GET", &format!("/v1/keys?{query}"), None).await;
        assert_eq!(reply.code(), (401, "unauthenticated"), "{query}");
    }
}

#[tokio::test]
async fn r009_the_operator_makes_tenants_and_acts_in_their_name() {
    let world = World::new().await;
    let headers = json!({
        "authorization": format!("Bearer {OPERATOR}"), "content-type": "application/json",
    });
    let body = Some(json!({ "name": "Café ☕ 東京" }).to_string());
    let made = world.send("POST", "/v1/tenants", headers.clone(), body).await;
    assert_eq!((made.status, made.text("name").as_str()), (201, "Café ☕ 東京"));
    let id = made.text("id");
    assert_eq!(made.header("location"), Some(format!("/v1/tenants/{id}").as_str()));
    let target = format!("/v1/tenants/{id}");
    assert_eq!(world.send("GET", &target, headers.clone(), None).await.body, made.body);
    let listed = world.send("GET", "/v1/tenants", headers.clone(), None).await;
    assert_eq!(listed.items().len(), 3);
    // Without a tenant named, there is nobody to act for.
    let reply = world.send("GET", "/v1/keys", headers, None).await;
    assert_eq!(reply.code(), (400, "invalid_request"));
    let missing =
        world.as_operator("ten_nobdnobdnobdnobdnobdnobdno", "GET", "/v1/keys", None).await;
    assert_eq!(missing.code(), (404, "not_found"));
}

#[tokio::test]
async fn r010_a_tenant_id_cannot_be_chosen_or_overwritten() {
    let world = World::new().await;
    let body = json!({ "name": "x", "id": OURS, "tenant": OURS });
    let reply = world.as_operator(OURS, "POST", "/v1/tenants", Some(body)).await;
    let unknown = |name: &str| (name.to_owned(), "unknown_field".to_owned());
    assert_eq!(reply.faults(), [unknown("/id"), unknown("/tenant")]);
}

#[tokio::test]
async fn r011_no_member_of_a_body_changes_tenant_or_rights() {
    let world = World::new().await;
    for (method, target, body) in [
        ("POST", "/v1/businesses", json!({ "businessId": "b", "name": "n", "mode": "test" })),
        ("POST", "/v1/keys", json!({ "name": "n", "mode": "test", "scopes": ["read"] })),
        ("POST", "/v1/endpoints", json!({ "url": "https://new.example.org/" })),
        ("PATCH", "/v1/endpoints/ep_hookhookhookhookhookhookho", json!({})),
    ] {
        for name in [
            "tenant",
            "tenantId",
            "role",
            "hash",
            "id",
            "revision",
            "secret",
            "secrets",
            "headers",
            "createdAt",
            "revokedAt",
            "failures",
            "__proto__",
            "$where",
        ] {
            let mut body = body.clone();
            body[name] = json!("x");
            let reply = world.as_operator(OURS, method, target, Some(body)).await;
            let fault = (format!("/{name}"), "unknown_field".to_owned());
            assert_eq!((reply.status, reply.faults()), (400, vec![fault]), "{target} {name}");
        }
    }
}

#[tokio::test]
async fn r012_a_key_is_shown_once_and_listed_without_its_secret() {
    let world = World::new().await;
    let key = world.key(OURS, "live", &["read", "send"]).await;
    let secret = key.rsplit('_').next().unwrap();
    let listed = world.as_operator(OURS, "GET", "/v1/keys", None).await;
    let text = listed.body.to_string();
    assert!(!text.contains(secret) && !text.contains("hash"), "{text}");
    assert_eq!(listed.items()[0]["scopes"], json!(["read", "send"]));
    let kept = format!("{:?}", world.memory.world().api_keys);
    assert!(!kept.contains(secret));
}

#[tokio::test]
async fn r013_faults_of_a_key_are_all_named() {
    let world = World::new().await;
    let body = json!({
        "name": "", "mode": "prod", "scopes": ["admin", "root", 7],
        "notBefore": "yesterday", "notAfter": "2020-01-01T00:00:00Z",
    });
    let reply = world.as_operator(OURS, "POST", "/v1/keys", Some(body)).await;
    let faults = reply.faults();
    let found: Vec<_> = faults.iter().map(|(p, r)| (p.as_str(), r.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/name", "length"),
            ("/mode", "format"),
            ("/scopes/1", "format"),
            ("/scopes/2", "format"),
            ("/notBefore", "format"),
            ("/notAfter", "time_range"),
        ]
    );
    for scopes in [json!([]), json!(null), json!("admin"), json!({ "$ne": 1 })] {
        let body = json!({ "name": "k", "mode": "test", "scopes": scopes });
        let reply = world.as_operator(OURS, "POST", "/v1/keys", Some(body)).await;
        assert_eq!(reply.faults().len(), 1, "{scopes}");
        assert_eq!(reply.faults()[0].0, "/scopes");
    }
}

use serde_json::{Value, json};

use super::world::{BUSINESS, OURS, THEIR_BUSINESS, THEIRS, World};

#[tokio::test]
async fn r014_a_business_id_stays_with_its_first_tenant() {
    let world = World::new().await;
    let body = json!({ "businessId": "fresh-business", "name": "Shop", "mode": "live" });
    let first = world.as_operator(OURS, "POST", "/v1/businesses", Some(body.clone())).await;
    assert_eq!((first.status, first.text("status").as_str()), (201, "active"));
    assert_eq!(first.header("location"), Some("/v1/businesses/fresh-business"));
    let mut renamed = body.clone();
    renamed["name"] = json!("Another name");
    let again = world.as_operator(OURS, "POST", "/v1/businesses", Some(renamed)).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = world.as_operator(THEIRS, "POST", "/v1/businesses", Some(body.clone())).await;
    assert_eq!(other.code(), (409, "business_claimed"));
    assert!(!other.body.to_string().contains(OURS));
    let mut other_mode = body;
    other_mode["mode"] = json!("test");
    let reply = world.as_operator(OURS, "POST", "/v1/businesses", Some(other_mode)).await;
    assert_eq!(reply.code(), (409, "business_claimed"));
}

#[tokio::test]
async fn a_business_is_suspended_renamed_and_activated() {
    let world = World::new().await;
    let target = format!("/v1/businesses/{BUSINESS}");
    let patch = |body| world.as_operator(OURS, "PATCH", &target, Some(body));
    let reply = patch(json!({ "status": "suspended", "name": "Closed for now" })).await;
    assert_eq!((reply.status, reply.text("status").as_str()), (200, "suspended"));
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.body, reply.body);
    let reply = patch(json!({ "status": "active" })).await;
    assert_eq!(
        (reply.text("status"), reply.text("name")),
        ("active".into(), "Closed for now".into())
    );
    for body in
        [json!({ "status": "gone" }), json!({ "mode": "live" }), json!({ "name": "a\u{0}" })]
    {
        assert_eq!(patch(body).await.code(), (400, "invalid_request"));
    }
    let theirs = format!("/v1/businesses/{THEIR_BUSINESS}");
    let reply = world.as_operator(OURS, "PATCH", &theirs, Some(json!({ "name": "Mine" }))).await;
    assert_eq!(reply.code(), (404, "not_found"));
}

#[tokio::test]
async fn s014_a_body_is_json_in_utf_8() {
    let world = World::new().await;
    let body = json!({ "name": "k", "mode": "test", "scopes": ["read"] }).to_string();
    for (content_type, status) in [
        ("text/plain", 415),
        ("application/json; charset=utf-16", 415),
        ("", 415),
        ("application/json; charset=UTF-8", 201),
        ("Application/JSON", 201),
    ] {
        let headers = json!({
            "authorization": format!("Bearer {}", super::world::OPERATOR),
            "amb-tenant": OURS,
            "content-type": content_type,
        });
        let reply = world.send("POST", "/v1/keys", headers, Some(body.clone())).await;
        assert_eq!(reply.status, status, "{content_type}");
    }
}

#[tokio::test]
async fn s015_s017_what_is_no_object_with_distinct_members_is_refused() {
    let world = World::new().await;
    let headers = json!({
        "authorization": format!("Bearer {}", super::world::OPERATOR),
        "amb-tenant": OURS,
        "content-type": "application/json",
    });
    for body in [
        "",
        " ",
        "[]",
        "null",
        "1",
        "\"canary\"",
        "{\"name\":\"canary\"",
        "{'name':'canary'}",
        "{\"name\":\"a\",\"name\":\"canary\"}",
        "\u{feff}{}",
        "{\"name\":\"\\ud83d canary\"}",
    ] {
        let reply = world.send("POST", "/v1/keys", headers.clone(), Some(body.to_owned())).await;
        assert_eq!(reply.code(), (400, "malformed_body"), "{body}");
        assert!(!reply.body.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn s036_a_body_over_a_mebibyte_is_413_before_any_key_is_looked_at() {
    let world = World::new().await;
    let reply =
        world.send("POST", "/v1/keys", json!({}), Some(" ".repeat(crate::MAX_BODY + 1))).await;
    assert_eq!(reply.code(), (413, "too_large"));
    assert!(world.memory.world().faults.calls.iter().all(|call| !call.starts_with("ApiKeys")));
}

#[tokio::test]
async fn s052_another_method_is_405_and_told_which_are_served() {
    let world = World::new().await;
    for (method, target, allow) in [
        ("PUT", "/v1/endpoints/ep_x", "GET, PATCH, DELETE"),
        ("DELETE", "/v1/tenants", "POST, GET"),
        ("HEAD", "/v1/events", "GET"),
        ("TRACE", "/v1/messages", "GET"),
        ("GET", "/v1/endpoints/ep_x/ping", "POST"),
    ] {
        let reply = world.send(method, target, json!({}), None).await;
        assert_eq!(
            (reply.code(), reply.header("allow")),
            ((405, "method_not_allowed"), Some(allow))
        );
    }
}

#[tokio::test]
async fn s053_no_odd_id_or_path_is_anything_but_404() {
    let world = World::new().await;
    for target in [
        "/v1/endpoints/..%2f..%2fetc",
        "/v1/endpoints/../keys",
        "/v1/endpoints/..;/keys",
        "/v1/endpoints/\u{0}",
        "/v1/endpoints/EP_HOOKHOOKHOOKHOOKHOOKHOOKHO",
        "/v1/businesses/a b",
        "/v1/keys",
        "/v1/conversations/cnv_",
        "/v1/messages/not-a-uuid",
        "/v1/messages/{c3a1f0de-0000-4000-8000-000000000001}",
        "/v2/keys",
        "/",
        "",
    ] {
        let method = if target == "/v1/keys" { continue } else { "GET" };
        let reply = world.as_operator(OURS, method, target, None).await;
        assert_eq!(reply.code(), (404, "not_found"), "{target}");
    }
}

#[tokio::test]
async fn a_problem_names_the_request_and_no_answer_may_be_cached() {
    let world = World::new().await;
    let reply = world.send("GET", "/v1/keys", json!({}), None).await;
    assert_eq!(reply.text("request_id"), "req-1");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    // R015: no cross-origin reading.
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn r021_operators_of_other_languages_are_only_text() {
    let world = World::new().await;
    let name = "'; DROP TABLE tenants; -- <script>alert(1)</script> {{7*7}} ${jndi:ldap://x}";
    let body = json!({ "name": name, "mode": "test", "scopes": ["read"] });
    let made = world.as_operator(OURS, "POST", "/v1/keys", Some(body)).await;
    assert_eq!((made.status, made.text("name").as_str()), (201, name));
    for odd in [json!({ "$gt": "" }), json!(["a"]), json!(1), json!(true)] {
        let body = json!({ "name": odd, "mode": "test", "scopes": ["read"] });
        let reply = world.as_operator(OURS, "POST", "/v1/keys", Some(body)).await;
        assert_eq!(reply.faults(), [("/name".into(), "type".into())]);
    }
}

#[tokio::test]
async fn ap07_a012_s046_an_upload_over_100_mib_is_refused_before_a_byte_is_sent() {
    let world = World::new().await;
    let upload = |size: Value| {
        let world = &world;
        let body = json!({ "contentType": "video/mp4", "size": size });
        async move { world.as_operator(OURS, "POST", "/v1/uploads", Some(body)).await }
    };
    let most = 100 * 1024 * 1024;
    assert_eq!(upload(json!(most)).await.status, 201);
    for odd in [json!(most + 1), json!(0), json!(-1), json!(1.5), json!("1")] {
        let reply = upload(odd.clone()).await;
        assert_eq!(reply.faults(), [("/size".into(), "range".into())], "{odd}");
        assert_eq!(reply.body["errors"][0]["limit"], json!(most));
    }
    let calls = world.memory.world().faults.calls.clone();
    assert_eq!(calls.iter().filter(|call| call.contains("upload_slot")).count(), 1);
}

#[tokio::test]
async fn how_long_files_are_kept_is_the_tenants_to_say() {
    let world = World::new().await;
    let admin = world.key(OURS, "test", &["admin"]).await;
    let settings = |body: Option<Value>| {
        let (world, admin) = (&world, &admin);
        let method = if body.is_some() { "PUT" } else { "GET" };
        async move { world.with_key(admin, method, "/v1/settings", body).await }
    };
    assert_eq!(settings(None).await.body, json!({ "attachmentRetentionDays": 30 }));
    for days in [1, 7, 30, 90, 365] {
        let set = json!({ "attachmentRetentionDays": days });
        assert_eq!(settings(Some(set.clone())).await.body, set);
        assert_eq!(settings(None).await.body, set);
    }
    for (odd, rule) in [
        (json!(0), "range"),
        (json!(366), "range"),
        (json!("30"), "range"),
        (json!(14), "format"),
        (Value::Null, "required"),
    ] {
        let reply = settings(Some(json!({ "attachmentRetentionDays": odd }))).await;
        let pointer = "/attachmentRetentionDays".to_owned();
        assert_eq!(reply.faults(), [(pointer, rule.to_owned())], "{odd}");
    }
    assert_eq!(settings(None).await.body, json!({ "attachmentRetentionDays": 365 }));
    let other = world.as_operator(THEIRS, "GET", "/v1/settings", None).await;
    assert_eq!(other.body, json!({ "attachmentRetentionDays": 30 }));
}

//! Two tenants: what belongs to one does not exist for the other.

use amb_service::model::Scope;
use serde_json::json;

use super::world::{
    BUSINESS, ENDPOINT, INBOUND, OURS, THEIR_BUSINESS, THEIR_ENDPOINT, THEIRS, World,
};
use crate::{Opens, ROUTES};

#[tokio::test]
async fn s056_i6_every_id_of_another_tenant_is_404() {
    let (world, cnv, sent) = World::with_conversation().await;
    let list =
        world.as_operator(OURS, "GET", &format!("/v1/events?conversationId={cnv}"), None).await;
    let event = list.items()[0]["id"].as_str().unwrap().to_owned();
    let key = world.as_operator(OURS, "GET", "/v1/keys", None).await;
    assert!(key.items().is_empty());
    world.key(OURS, "test", &["read"]).await;
    let key = world.as_operator(OURS, "GET", "/v1/keys", None).await;
    let key = key.items()[0]["id"].as_str().unwrap().to_owned();
    let theirs = world.key(THEIRS, "test", &["admin", "read", "send"]).await;
    for (method, target, body) in [
        ("GET", format!("/v1/businesses/{BUSINESS}"), None),
        ("PATCH", format!("/v1/businesses/{BUSINESS}"), Some(json!({ "name": "x" }))),
        ("DELETE", format!("/v1/keys/{key}"), None),
        ("GET", format!("/v1/endpoints/{ENDPOINT}"), None),
        ("PATCH", format!("/v1/endpoints/{ENDPOINT}"), Some(json!({ "ordered": true }))),
        (
            "PATCH",
            format!("/v1/endpoints/{ENDPOINT}"),
            Some(json!({ "url": "https://a.example.org/" })),
        ),
        ("DELETE", format!("/v1/endpoints/{ENDPOINT}"), None),
        ("POST", format!("/v1/endpoints/{ENDPOINT}/ping"), None),
        ("POST", format!("/v1/endpoints/{ENDPOINT}/rotate-secret"), None),
        ("GET", format!("/v1/endpoints/{ENDPOINT}/deliveries"), None),
        ("POST", format!("/v1/endpoints/{ENDPOINT}/replay"), Some(json!({ "eventId": event }))),
        (
            "POST",
            format!("/v1/endpoints/{THEIR_ENDPOINT}/replay"),
            Some(json!({ "eventId": event, "conversationId": cnv })),
        ),
        ("GET", format!("/v1/conversations/{cnv}"), None),
        ("GET", format!("/v1/conversations?businessId={BUSINESS}"), None),
        ("GET", format!("/v1/messages?conversationId={cnv}"), None),
        ("GET", format!("/v1/messages/{INBOUND}"), None),
        ("GET", format!("/v1/messages/{sent}"), None),
        ("GET", format!("/v1/events?conversationId={cnv}"), None),
        ("GET", format!("/v1/events/{event}?conversationId={cnv}"), None),
    ] {
        let reply = world.with_key(&theirs, method, &target, body.clone()).await;
        assert_eq!(reply.code(), (404, "not_found"), "{method} {target}");
        // What does not exist at all reads the same.
        let text = reply.body.to_string();
        for canary in [OURS, "Acme", "Hello", "hooks.example.org"] {
            assert!(!text.contains(canary), "{text}");
        }
        // The operator in their name sees no more.
        let reply = world.as_operator(THEIRS, method, &target, body).await;
        assert_eq!(reply.code(), (404, "not_found"), "{method} {target}");
    }
    assert!(world.memory.world().endpoints.len() == 2);
}

#[tokio::test]
async fn i6_lists_show_nothing_of_another_tenant() {
    let (world, _, _) = World::with_conversation().await;
    world.key(OURS, "test", &["read"]).await;
    let theirs = world.key(THEIRS, "test", &["admin", "read"]).await;
    for (target, own) in [
        ("/v1/businesses".to_owned(), 1),
        ("/v1/keys".to_owned(), 1),
        ("/v1/endpoints".to_owned(), 1),
        (format!("/v1/endpoints/{THEIR_ENDPOINT}/deliveries"), 0),
        (format!("/v1/conversations?businessId={THEIR_BUSINESS}"), 0),
    ] {
        let reply = world.with_key(&theirs, "GET", &target, None).await;
        assert_eq!(reply.items().len(), own, "{target}");
        assert!(!reply.body.to_string().contains(BUSINESS));
    }
}

#[tokio::test]
async fn a_tenant_key_names_no_other_tenant() {
    let world = World::new().await;
    let key = world.key(OURS, "test", &["admin"]).await;
    let call = |tenant: &str| {
        let headers = json!({ "authorization": format!("Bearer {key}"), "amb-tenant": tenant });
        let world = &world;
        async move { world.send("GET", "/v1/endpoints", headers, None).await.status }
    };
    assert_eq!((call(OURS).await, call(THEIRS).await, call("").await), (200, 404, 404));
}

/// The table says whom a route is for; the use cases decide. The two must agree.
#[tokio::test]
async fn r011_every_route_refuses_whoever_the_table_does_not_name() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| route.opens != Opens::Link) {
        let target = route.path.split_inclusive('/').map(|part| match part {
            "{tenantId}" => OURS,
            "{businessId}" => BUSINESS,
            "{endpointId}" => ENDPOINT,
            "{endpointId}/" => "ep_hookhookhookhookhookhookho/",
            part if part.starts_with('{') && part.ends_with('/') => "x/",
            part if part.starts_with('{') => "x",
            part => part,
        });
        let target: String = target.collect();
        for (scope, word) in [
            (Scope::Admin, "admin"),
            (Scope::Read, "read"),
            (Scope::Send, "send"),
            (Scope::Private, "private"),
            (Scope::Payments, "payments"),
            (Scope::Finance, "finance"),
        ] {
            let key = world.key(OURS, "test", &[word]).await;
            let reply = world.with_key(&key, route.method, &target, None).await;
            let named = match route.opens {
                Opens::Operator | Opens::Link => false,
                Opens::Any(scopes) => scopes.contains(&scope),
            };
            let refused = reply.code() == (403, "missing_scope");
            assert_eq!(refused, !named, "{} {target} {word}: {:?}", route.method, reply.body);
        }
        let all = ["admin", "read", "private", "send", "payments", "finance"];
        let key = world.key(OURS, "test", &all).await;
        let reply = world.with_key(&key, route.method, &target, None).await;
        assert_eq!(reply.status == 403, route.opens == Opens::Operator, "{target}");
    }
}

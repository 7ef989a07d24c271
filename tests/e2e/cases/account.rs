//! Who may do what, and what the lists say.

use http::Method;
use serde_json::json;

use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, items, text_at};

pub(crate) async fn a_key_opens_its_own_tenant_only(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let ours = Scene::new(&ground, "ours").await?;
    let theirs = Scene::new(&ground, "theirs").await?;
    let event = theirs.customer_is_heard("not for you").await?.event;
    let conversation = text_at(&event, "/conversationId");

    let claim = json!({"businessId": theirs.tenant.business_id, "name": "mine", "mode": "test"});
    let claimed = ours.api.call(Method::POST, "/v1/businesses", &[], Some(&claim)).await?;
    assert_eq!(text_at(&claimed.body, "/code"), "business_claimed", "{}", claimed.body);
    let sent =
        ours.post_with(&[("idempotency-key", "theirs")], &theirs.message("not ours")).await?;
    assert_eq!(sent.status, 404, "{}", sent.body);
    for path in [
        format!("/v1/businesses/{}", theirs.tenant.business_id),
        format!("/v1/endpoints/{}", theirs.tenant.endpoint_id),
        format!("/v1/conversations/{conversation}"),
        format!("/v1/events?conversationId={conversation}"),
        format!("/v1/messages?conversationId={conversation}"),
        format!("/v1/conversations?businessId={}", theirs.tenant.business_id),
    ] {
        let answer = ours.api.call(Method::GET, &path, &[], None).await?;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    let tenants = ours.api.call(Method::GET, "/v1/tenants", &[], None).await?;
    assert!(matches!(tenants.status, 401 | 403), "{}: {}", tenants.status, tenants.body);
    Ok(())
}

pub(crate) async fn what_is_not_a_key_gets_401(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "keys").await?;
    let good = &scene.tenant.api_key;
    let cut = good.get(..good.len() - 1).unwrap_or_default();
    let swapped = good.replacen("amb_test_", "amb_live_", 1);
    for key in ["", "amb_test_", "secret", cut, &swapped, &scene.tenant.webhook_secret] {
        let stranger = scene.stack.api(key);
        for (method, path) in [
            (Method::GET, "/v1/endpoints"),
            (Method::POST, "/v1/messages"),
            (Method::GET, "/v1/tenants"),
        ] {
            let body = (method == Method::POST).then(|| scene.message("not allowed"));
            let headers = [("idempotency-key", "stranger")];
            let answer = stranger.call(method, path, &headers, body.as_ref()).await?;
            assert_eq!(answer.status, 401, "{path}: {}", answer.body);
        }
    }
    let reader = json!({"name": "reader", "mode": "test", "scopes": ["read"]});
    let reader = scene.api.create("/v1/keys", &reader).await?;
    let reader = scene.stack.api(&text_at(&reader, "/key"));
    let answer = reader
        .call(
            Method::POST,
            "/v1/messages",
            &[("idempotency-key", "reader")],
            Some(&scene.message("not allowed")),
        )
        .await?;
    assert_eq!((answer.status, text_at(&answer.body, "/code")), (403, "missing_scope".to_owned()));
    Ok(())
}

pub(crate) async fn lists_hold_what_happened(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "lists").await?;
    let event = scene.customer_is_heard("hello").await?.event;
    let conversation = text_at(&event, "/conversationId");
    let id = scene.send("answer", "good day").await?;
    scene.taken("message.accepted", &id).await?;

    // A `+` in an opaque id is a space to whoever reads queries by the book.
    let opaque_id = scene.customer.opaque_id.replace('+', "%2B");
    let business = &scene.tenant.business_id;
    let path = format!("/v1/conversations?businessId={business}&opaqueId={opaque_id}");
    let conversations = items(&scene.api.read(&path).await?);
    let ids: Vec<_> = conversations.iter().map(|it| text_at(it, "/id")).collect();
    assert_eq!(ids, std::slice::from_ref(&conversation));

    let events =
        items(&scene.api.read(&format!("/v1/events?conversationId={conversation}")).await?);
    let types: Vec<_> = events.iter().map(|it| text_at(it, "/type")).collect();
    assert_eq!(types, ["message.received", "message.accepted"]);
    assert_eq!(events.first(), Some(&event), "the list tells what the webhook told");
    let accepted = format!("/v1/events?conversationId={conversation}&type=message.accepted");
    assert_eq!(items(&scene.api.read(&accepted).await?).len(), 1);

    let messages =
        items(&scene.api.read(&format!("/v1/messages?conversationId={conversation}")).await?);
    let texts: Vec<_> = messages.iter().map(|it| text_at(it, "/text")).collect();
    assert_eq!(texts, ["hello", "good day"]);
    let deliveries = format!("/v1/endpoints/{}/deliveries", scene.tenant.endpoint_id);
    assert!(items(&scene.api.read(&deliveries).await?).len() >= 2);

    let ping = format!("/v1/endpoints/{}/ping", scene.tenant.endpoint_id);
    let ping = text_at(&scene.api.create(&ping, &json!({})).await?, "/eventId");
    scene.taken("endpoint.ping", &ping).await?;
    Ok(())
}

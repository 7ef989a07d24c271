//! Answers, private ones too, what was known of the customer, routing rules and start links, as the API
//! shows them.

use amb_protocol::id::RequestIdentifier;
use serde_json::{Value, json};

use super::world::{BUSINESS, CUSTOMER, OURS, THEIR_BUSINESS, World};

const ANSWER: &str = "c3a1f0de-0000-4000-8000-000000000002";
const LATER: &str = "c3a1f0de-0000-4000-8000-000000000003";
const REQUEST: &str = "c0ffee00-0000-4000-8000-000000000003";

fn form(private: bool) -> Value {
    json!({ "type": "interactive", "interactiveData": { "data": { "version": "1",
        "requestIdentifier": REQUEST,
        "dynamic": { "private": private, "selections": [{ "pageIdentifier": "iban", "items": [
            { "identifier": "iban", "type": "input", "title": "DE00", "value": "DE00" },
        ]}]},
    }}})
}

/// A conversation in which the customer answered a form; and the id of our message that asked.
async fn answered(private: bool) -> (World, String, String) {
    let (world, cnv, sent) = World::with_conversation().await;
    {
        let mut inner = world.memory.world();
        let message = inner.outbound.values().next().unwrap().pointer.message;
        let state = inner.conversations.values_mut().next().unwrap();
        state.ask(&RequestIdentifier::parse(REQUEST).unwrap(), message);
    }
    world.customer_sends(ANSWER, form(private)).await;
    (world, cnv, sent)
}

#[tokio::test]
async fn ap23_an_answer_is_read_back_typed_with_what_it_answers() {
    let (world, cnv, sent) = answered(false).await;
    let key = world.key(OURS, "test", &["read"]).await;
    let list = format!("/v1/messages?conversationId={cnv}");
    let messages = world.with_key(&key, "GET", &list, None).await;
    let message = messages.items().last().unwrap();
    assert_eq!(message["interactive"]["kind"], "form");
    assert_eq!(message["interactive"]["pages"][0]["pageIdentifier"], "iban");
    assert_eq!(
        (&message["inReplyTo"], &message["callbackData"]),
        (&json!(sent), &json!("order-1001"))
    );
    let one = world.with_key(&key, "GET", &format!("/v1/messages/{ANSWER}"), None).await;
    assert_eq!(one.body["interactive"], message["interactive"]);
}

#[tokio::test]
async fn ap23_a_private_answer_is_kept_back_from_keys_without_the_scope() {
    let (world, cnv, _) = answered(true).await;
    let open = world.key(OURS, "test", &["read", "private"]).await;
    let plain = world.key(OURS, "test", &["read"]).await;
    let lists = [
        format!("/v1/messages?conversationId={cnv}"),
        format!("/v1/events?conversationId={cnv}&type=interactive.replied"),
        format!("/v1/messages/{ANSWER}"),
    ];
    for target in &lists {
        let whole = world.with_key(&open, "GET", target, None).await.body.to_string();
        assert!(whole.contains("DE00") && whole.contains("\"apple\""), "{target}");
        let kept = world.with_key(&plain, "GET", target, None).await.body.to_string();
        assert!(!kept.contains("DE00"), "{target}: {kept}");
        assert!(kept.contains("\"private\":true"), "{target}: {kept}");
        // The operator is not one of those whom the business has trusted with them.
        let operator = world.as_operator(OURS, "GET", target, None).await.body.to_string();
        assert!(!operator.contains("DE00"), "{target}");
    }
    let events = world.with_key(&plain, "GET", &lists[1], None).await;
    let event = events.items()[0]["id"].as_str().unwrap();
    let target = format!("/v1/events/{event}?conversationId={cnv}");
    assert!(!world.with_key(&plain, "GET", &target, None).await.body.to_string().contains("DE00"));
    assert!(world.with_key(&open, "GET", &target, None).await.body.to_string().contains("DE00"));
}

#[tokio::test]
async fn the_scope_for_private_answers_opens_nothing_alone() {
    let (world, cnv, _) = answered(true).await;
    let key = world.key(OURS, "test", &["private"]).await;
    let list = format!("/v1/messages?conversationId={cnv}");
    assert_eq!(world.with_key(&key, "GET", &list, None).await.code(), (403, "missing_scope"));
}

#[tokio::test]
async fn sc03_sc04_messages_keep_what_was_known_then_and_the_conversation_what_is_known_now() {
    let (world, cnv, _) = World::with_conversation().await;
    let from = |intent: &str| json!({ "type": "text", "body": "hello", "intent": intent, "group": "retail" });
    world.customer_sends(ANSWER, from("buy")).await;
    world.customer_sends(LATER, from("return")).await;
    let list = format!("/v1/messages?conversationId={cnv}");
    let messages = world.as_operator(OURS, "GET", &list, None).await;
    let inbound: Vec<_> =
        messages.items().iter().filter(|message| message["direction"] == "inbound").collect();
    let intents: Vec<_> = inbound.iter().map(|message| &message["intent"]).collect();
    assert_eq!(intents, [&Value::Null, &json!("buy"), &json!("return")]);
    for message in inbound {
        assert_eq!(message["capabilities"], json!(["AUTH2", "LIST", "QUICK"]));
        assert_eq!(message["locale"], "en_US");
    }
    let conversation =
        world.as_operator(OURS, "GET", &format!("/v1/conversations/{cnv}"), None).await;
    assert_eq!(
        (&conversation.body["intent"], &conversation.body["group"], &conversation.body["status"]),
        (&json!("return"), &json!("retail"), &json!("open"))
    );
}

#[tokio::test]
async fn a_message_that_is_no_longer_kept_still_tells_what_was_known_then() {
    let (world, cnv, _) = World::with_conversation().await;
    world.memory.world().inbox.clear();
    let list = format!("/v1/messages?conversationId={cnv}");
    let messages = world.as_operator(OURS, "GET", &list, None).await;
    assert_eq!(messages.items()[0]["locale"], "en_US");
    assert_eq!(messages.items()[0]["capabilities"], json!(["AUTH2", "LIST", "QUICK"]));
}

#[tokio::test]
async fn ap25_an_endpoints_rules_are_made_changed_read_and_taken_away() {
    let world = World::new().await;
    let rules = json!([{ "businessId": BUSINESS, "intent": "buy" }, { "locale": "en_US" }]);
    let body = json!({ "url": "https://desk.example.org/amb", "routes": rules });
    let made = world.as_operator(OURS, "POST", "/v1/endpoints", Some(body)).await;
    assert_eq!((made.status, &made.body["routes"]), (201, &rules));
    let target = format!("/v1/endpoints/{}", made.text("id"));
    let change = |body: Value| world.as_operator(OURS, "PATCH", &target, Some(body));
    assert_eq!(change(json!({ "ordered": true })).await.body["routes"], rules);
    let fewer = json!([{ "group": "shoes" }]);
    assert_eq!(change(json!({ "routes": fewer })).await.body["routes"], fewer);
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.body["routes"], fewer);
    let refused = change(json!({ "routes": [{ "intent": "a" }, {}, { "topic": "x" }] })).await;
    assert_eq!(
        refused.faults(),
        [
            ("/routes/1".to_owned(), "required".to_owned()),
            ("/routes/2/topic".to_owned(), "unknown_field".to_owned())
        ]
    );
    assert_eq!(change(json!({ "routes": [] })).await.body["routes"], json!([]));
}

#[tokio::test]
async fn sc03_a_start_link_is_made_for_a_business_of_ones_own() {
    let world = World::new().await;
    let target = format!("/v1/businesses/{BUSINESS}/link");
    let query = "?intent=order%20status&group=retail&body=Where%20is%20it%3F%20%2B1";
    let made = world.as_operator(OURS, "GET", &format!("{target}{query}"), None).await;
    let parameters =
        "biz-intent-id=order%20status&biz-group-id=retail&body=Where%20is%20it%3F%20%2B1";
    assert_eq!(
        made.body,
        json!({
            "url": format!("https://bcrw.apple.com/urn:biz:{BUSINESS}?{parameters}"),
            "messagesUrl":
                format!("sms:open?service=iMessage&recipient=urn:biz:{BUSINESS}&{parameters}"),
        })
    );
    let long = "x".repeat(501);
    let refused =
        world.as_operator(OURS, "GET", &format!("{target}?body={long}&intnt=a"), None).await;
    assert_eq!(
        refused.faults(),
        [
            ("/body".to_owned(), "format".to_owned()),
            ("/intnt".to_owned(), "unknown_parameter".to_owned())
        ]
    );
    let theirs = format!("/v1/businesses/{THEIR_BUSINESS}/link");
    assert_eq!(world.as_operator(OURS, "GET", &theirs, None).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn a_trigger_word_is_flagged_in_the_history_too() {
    let (world, cnv, _) = World::with_conversation().await;
    world.customer_sends(ANSWER, json!({ "type": "text", "body": "Stop." })).await;
    let list = format!("/v1/messages?conversationId={cnv}");
    let messages = world.as_operator(OURS, "GET", &list, None).await;
    assert_eq!(messages.items().last().unwrap()["trigger"], "unsubscribe");
    assert_eq!(messages.items().last().unwrap()["opaqueId"], CUSTOMER);
}

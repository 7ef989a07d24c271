use serde_json::{Value, json};

use super::{
    files::attachment,
    world::{BUSINESS, CUSTOMER, ENDPOINT, INBOUND, OURS, World},
};

fn seqs(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_conversation_is_found_by_business_and_customer() {
    let (world, cnv, _) = World::with_conversation().await;
    let get = |target: String| {
        let world = &world;
        async move { world.as_operator(OURS, "GET", &target, None).await }
    };
    let list = get(format!("/v1/conversations?businessId={BUSINESS}")).await;
    assert_eq!(list.items().len(), 1);
    assert_eq!(list.body["nextCursor"], Value::Null);
    let one = get(format!("/v1/conversations/{cnv}")).await;
    assert_eq!((&one.body, one.text("opaqueId").as_str()), (&list.items()[0], CUSTOMER));
    assert_eq!(one.body["capabilities"], json!(["AUTH2", "LIST", "QUICK"]));
    assert_eq!((&one.body["locale"], &one.body["waiting"]), (&json!("en_US"), &json!(0)));
    let found = get(format!("/v1/conversations?businessId={BUSINESS}&opaqueId={CUSTOMER}")).await;
    assert_eq!(found.items(), [one.body]);
    let nobody = get(format!("/v1/conversations?businessId={BUSINESS}&opaqueId=urn:mbid:x")).await;
    assert_eq!(nobody.body, json!({ "items": [], "nextCursor": null }));
}

#[tokio::test]
async fn messages_come_in_order_of_their_places_both_ways() {
    let (world, cnv, sent) = World::with_conversation().await;
    let target = format!("/v1/messages?conversationId={cnv}");
    let list = world.as_operator(OURS, "GET", &target, None).await;
    let [inbound, outbound] = list.items() else { panic!("{:?}", list.body) };
    assert_eq!(inbound["direction"], "inbound");
    assert_eq!((&inbound["id"], &inbound["text"]), (&json!(INBOUND), &json!("Hello 👋")));
    assert_eq!((&inbound["status"], &inbound["type"]), (&json!("received"), &json!("text")));
    assert_eq!(inbound["apple"]["sourceId"], CUSTOMER);
    assert_eq!(outbound["direction"], "outbound");
    assert_eq!(
        (&outbound["id"], &outbound["text"]),
        (&json!(sent), &json!("Hi! How can we help?"))
    );
    assert_eq!(
        (&outbound["status"], &outbound["attempts"]),
        (&json!("acceptedByApple"), &json!(1))
    );
    assert_eq!(outbound["callbackData"], "order-1001");
    assert_eq!(seqs(list.items()), [1, 2]);
    let after = world.as_operator(OURS, "GET", &format!("{target}&after=1"), None).await;
    assert_eq!(after.items(), std::slice::from_ref(outbound));
}

#[tokio::test]
async fn a_message_tells_what_became_of_it() {
    let (world, cnv, sent) = World::with_conversation().await;
    let inbound = world.as_operator(OURS, "GET", &format!("/v1/messages/{INBOUND}"), None).await;
    assert_eq!(inbound.text("conversationId"), cnv);
    let what = |reply: &super::world::Reply| -> Vec<String> {
        let timeline = reply.body["timeline"].as_array().unwrap();
        timeline.iter().map(|step| step["what"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(what(&inbound), ["received", "placed"]);
    assert_eq!(inbound.body["timeline"][1]["eventType"], "message.received");
    assert_eq!(inbound.body["timeline"][1]["eventId"], inbound.body["eventId"]);
    let [owed] = inbound.body["deliveries"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((&owed["endpointId"], &owed["status"]), (&json!(ENDPOINT), &json!("pending")));
    assert_eq!(owed["eventId"], inbound.body["eventId"]);

    let outbound = world.as_operator(OURS, "GET", &format!("/v1/messages/{sent}"), None).await;
    assert_eq!(what(&outbound), ["queued", "acceptedByApple", "told"]);
    assert_eq!(outbound.body["timeline"][2]["eventType"], "message.accepted");
    assert_eq!(outbound.body["deliveries"][0]["type"], "message.accepted");

    let waiting = world.business_queues("later").await.message.to_string();
    let queued = world.as_operator(OURS, "GET", &format!("/v1/messages/{waiting}"), None).await;
    assert_eq!(
        (what(&queued), queued.text("status")),
        (vec!["queued".to_owned()], "queued".into())
    );
    assert_eq!(queued.body["deliveries"], json!([]));
}

#[tokio::test]
async fn a_failed_message_says_why() {
    let (world, _, _) = World::with_conversation().await;
    world.memory.world().far_side.apple_script.push_back(Ok(413));
    let failed = world.business_writes("too much").await;
    let reply = world.as_operator(OURS, "GET", &format!("/v1/messages/{failed}"), None).await;
    assert_eq!(
        (reply.text("status"), &reply.body["failure"]),
        ("failed".into(), &json!({ "code": "too_large" }))
    );
}

#[tokio::test]
async fn ap12_a_text_with_links_is_shown_whole_and_says_in_how_many_parts_it_left() {
    let (world, _, _) = World::with_conversation().await;
    let sent = world.business_writes("Look: https://shop.example.com/desk").await;
    let reply = world.as_operator(OURS, "GET", &format!("/v1/messages/{sent}"), None).await;
    assert_eq!(reply.text("text"), "Look:\nhttps://shop.example.com/desk");
    assert_eq!((&reply.body["type"], &reply.body["sentAs"]), (&json!("text"), &json!("text")));
    assert_eq!(
        (&reply.body["parts"], reply.text("status").as_str()),
        (&json!(2), "acceptedByApple")
    );
}

#[tokio::test]
async fn what_cannot_be_told_is_listed_as_parked() {
    let world = World::new().await;
    let target = format!("/v1/businesses/{BUSINESS}");
    world.as_operator(OURS, "PATCH", &target, Some(json!({ "status": "suspended" }))).await;
    let cnv = world.customer_writes(INBOUND, "anybody there?").await;
    let list =
        world.as_operator(OURS, "GET", &format!("/v1/messages?conversationId={cnv}"), None).await;
    let [parked] = list.items() else { panic!("{:?}", list.body) };
    assert_eq!(
        (&parked["status"], &parked["parkedReason"]),
        (&json!("parked"), &json!("business_suspended"))
    );
    assert_eq!(parked["text"], "anybody there?");
}

#[tokio::test]
async fn a_message_that_is_no_longer_kept_keeps_its_place() {
    let (world, cnv, _) = World::with_conversation().await;
    world.memory.world().inbox.clear();
    let list =
        world.as_operator(OURS, "GET", &format!("/v1/messages?conversationId={cnv}"), None).await;
    assert_eq!((&list.items()[0]["id"], list.items()[0].get("text")), (&json!(INBOUND), None));
    let events =
        world.as_operator(OURS, "GET", &format!("/v1/events?conversationId={cnv}"), None).await;
    assert_eq!(events.items()[0]["data"], json!({ "messageId": INBOUND, "expired": true }));
}

#[tokio::test]
async fn a_page_of_events_is_no_more_than_an_answer_takes() {
    let world = World::new().await;
    let id = |number: u64| format!("5d0b1f2e-7a34-4c1b-9a55-{number:012x}");
    let quotes = |count: usize| json!({ "type": "text", "body": "\"".repeat(count) });
    let mut cnv = String::new();
    // Quotes weigh four bytes, escaped twice, and stand in the event twice.
    for (number, count) in [(1, 200_000), (2, 200_000), (3, 600_000), (4, 200_000)] {
        cnv = world.customer_sends(&id(number), quotes(count)).await;
    }
    let target = format!("/v1/events?conversationId={cnv}");
    let first = world.as_operator(OURS, "GET", &target, None).await;
    let cursor = first.text("nextCursor");
    let rest = world.as_operator(OURS, "GET", &format!("{target}&cursor={cursor}"), None).await;
    assert_eq!((seqs(first.items()), seqs(rest.items())), (vec![1, 2, 3], vec![4]));
    assert_eq!(rest.body["nextCursor"], Value::Null);
    let large = &first.items()[2];
    assert_eq!(large["data"], json!({ "messageId": id(3), "tooLarge": true }));
    let one = format!("/v1/events/{}?conversationId={cnv}", large["id"].as_str().unwrap());
    assert_eq!(world.as_operator(OURS, "GET", &one, None).await.body, *large);
}

#[tokio::test]
async fn events_are_the_envelopes_that_endpoints_get() {
    let (world, cnv, sent) = World::with_conversation().await;
    let target = format!("/v1/events?conversationId={cnv}");
    let list = world.as_operator(OURS, "GET", &target, None).await;
    let [received, accepted] = list.items() else { panic!("{:?}", list.body) };
    assert_eq!(received["type"], "message.received");
    assert_eq!(received["createdAt"], "2026-11-21T12:00:00.000Z");
    assert_eq!(
        (&received["businessId"], &received["conversationId"]),
        (&json!(BUSINESS), &json!(cnv))
    );
    assert_eq!(received["data"]["message"]["text"], "Hello 👋");
    assert_eq!(received["data"]["opaqueId"], CUSTOMER);
    assert_eq!(accepted["type"], "message.accepted");
    assert_eq!(accepted["data"]["messageId"], json!(sent));
    assert_eq!(accepted["data"]["callbackData"], "order-1001");

    let only =
        world.as_operator(OURS, "GET", &format!("{target}&type=message.accepted"), None).await;
    assert_eq!(only.items(), std::slice::from_ref(accepted));
    let both = format!("{target}&type=message.accepted,message.received");
    assert_eq!(world.as_operator(OURS, "GET", &both, None).await.items().len(), 2);
    for after in [received["seq"].to_string(), received["id"].as_str().unwrap().to_owned()] {
        let rest = world.as_operator(OURS, "GET", &format!("{target}&after={after}"), None).await;
        assert_eq!(rest.items(), std::slice::from_ref(accepted), "{after}");
    }
    let unknown = format!("{target}&after=evt_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(world.as_operator(OURS, "GET", &unknown, None).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn an_event_is_found_by_its_id_and_conversation() {
    let (world, cnv, _) = World::with_conversation().await;
    let list =
        world.as_operator(OURS, "GET", &format!("/v1/events?conversationId={cnv}"), None).await;
    for event in list.items() {
        let id = event["id"].as_str().unwrap();
        let target = format!("/v1/events/{id}?conversationId={cnv}");
        assert_eq!(world.as_operator(OURS, "GET", &target, None).await.body, *event);
        let reply = world.as_operator(OURS, "GET", &format!("/v1/events/{id}"), None).await;
        assert_eq!(reply.faults(), [("/conversationId".into(), "required".into())]);
    }
    // The place of our own message has no event.
    let id = amb_service::model::EventId::of(&cnv, "2");
    let target = format!("/v1/events/{id}?conversationId={cnv}");
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn m152_a_message_names_its_files_as_they_were_declared() {
    let world = World::new().await;
    let files = json!([
        { "name": "../IMG_0007.HEIC", "mimeType": "image/heic", "size": 183_204 },
        { "mime-type": "text/plain", "file-size": "12", "key": "canary" },
        {},
    ]);
    let message =
        json!({ "type": "text", "body": "\u{fffc}\u{fffc}\u{fffc}", "attachments": files });
    let conversation = world.customer_sends(INBOUND, message).await;
    let expected = json!([
        { "id": attachment(0), "name": "../IMG_0007.HEIC", "mimeType": "image/heic", "size": 183_204 },
        { "id": attachment(1), "mimeType": "text/plain", "size": 12 },
        { "id": attachment(2) },
    ]);
    let read = |target: String| {
        let world = &world;
        async move { world.as_operator(OURS, "GET", &target, None).await }
    };
    let message = read(format!("/v1/messages/{INBOUND}")).await;
    assert_eq!(message.body["attachments"], expected);
    let events = read(format!("/v1/events?conversationId={conversation}")).await;
    assert_eq!(events.items()[0]["data"]["message"]["attachments"], expected);
    let listed = read(format!("/v1/messages?conversationId={conversation}")).await;
    assert_eq!(listed.items()[0]["attachments"], expected);
}

#[tokio::test]
async fn a_message_names_forty_files_and_what_is_not_fetched_it_does_not_name() {
    let world = World::new().await;
    let many = json!({ "type": "text", "body": "x", "attachments": vec![json!({}); 41] });
    world.customer_sends(INBOUND, many).await;
    let message = world.as_operator(OURS, "GET", &format!("/v1/messages/{INBOUND}"), None).await;
    assert_eq!(message.body["attachments"].as_array().unwrap().len(), 40);
    let unknown = "c3a1f0de-0000-4000-8000-000000000002";
    let unread = json!({ "type": "unheard_of", "attachments": [{}] });
    world.customer_sends(unknown, unread).await;
    let message = world.as_operator(OURS, "GET", &format!("/v1/messages/{unknown}"), None).await;
    assert_eq!(message.body["attachments"], Value::Null);
    assert_eq!(message.body["apple"]["attachments"], json!([{}]));
}

#[tokio::test]
async fn an_answer_that_is_being_fetched_is_listed_as_awaited() {
    let world = World::new().await;
    let reference = json!({
        "bid": "com.example", "url": "https://p00-content.example.com/M0001.C01",
        "owner": "M0001.C01", "signature": "819f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "key": "00".repeat(33), "size": 20_480,
    });
    let message = json!({ "type": "interactive", "interactiveDataRef": reference });
    let conversation = world.customer_sends(INBOUND, message).await;
    let target = format!("/v1/messages?conversationId={conversation}");
    let listed = world.as_operator(OURS, "GET", &target, None).await;
    let message = listed.items()[0].clone();
    assert_eq!((&message["status"], &message["seq"]), (&json!("awaited"), &json!(1)));
    assert_eq!((&message["id"], &message["eventId"]), (&json!(INBOUND), &Value::Null));
    assert_eq!(message["interactive"], Value::Null);
    let one = world.as_operator(OURS, "GET", &format!("/v1/messages/{INBOUND}"), None).await;
    assert_eq!((one.text("status"), &one.body["deliveries"]), ("awaited".into(), &json!([])));
}

//! What is known of a customer, who hears of them, and what they answered.

use amb_protocol::entry_link::EntryLink;
use amb_simulator::model::{
    Answer, AnsweredPage, Close, Entry, EntryState, EventFilter, NewConversation, Reply, Send,
};
use serde_json::{Value, json};

use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, items, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + std::marker::Send + Sync>>;

pub(crate) async fn ap25_a_conversation_reaches_the_endpoint_of_its_intent(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let routes = json!({"routes": [{"intent": "buy", "locale": "en"}]});
    let scene = Scene::with_endpoint(&ground, "routes", routes).await?;
    comes_from(&scene, "nobody hears this", "return").await?;
    comes_from(&scene, "a desk, please", "buy").await?;
    let heard = scene.taken("message.received", "a desk, please").await?.event;
    assert_eq!(text_at(&heard, "/data/intent"), "buy");
    let all = EventFilter::default();
    let texts: Vec<_> = scene
        .calls(all, 1)
        .await?
        .iter()
        .map(|call| text_at(&call.event, "/data/message/text"))
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(texts, ["a desk, please"]);

    // Whoever heard the conversation hears of its end, though its intent is forgotten by then.
    let close = Close { business_id: None, wait: PATIENCE_MS };
    scene.simulator.close(&scene.customer.name, &close).await?;
    let closed = scene.taken("conversation.closed", "customer").await?.event;
    assert_eq!(closed.pointer("/data/intent"), Some(&Value::Null));
    Ok(())
}

pub(crate) async fn sc03_sc04_a_start_link_says_what_the_message_and_the_history_say(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "startlink").await?;
    let path = format!(
        "/v1/businesses/{}/link?intent=order%20status&group=retail&body=Where%20is%20it%3F",
        scene.tenant.business_id
    );
    let made = scene.api.read(&path).await?;
    let link = EntryLink::parse(&text_at(&made, "/url"))?;
    assert_eq!(EntryLink::parse(&text_at(&made, "/messagesUrl"))?, link);

    // The device takes the link apart, and the customer sends what stands in the field.
    let opened = NewConversation {
        customer: scene.customer.name.clone(),
        business_id: link.business.to_string(),
        intent: link.intent,
        group: link.group,
        ..NewConversation::default()
    };
    scene.simulator.open_conversation(&opened).await?;
    let words = link.body.unwrap_or_default();
    let first = scene.customer_is_heard(&words).await?.event;
    assert_eq!(text_at(&first, "/data/intent"), "order status");
    assert_eq!(text_at(&first, "/data/group"), "retail");

    comes_from(&scene, "and another thing", "complaint").await?;
    let second = scene.taken("message.received", "and another thing").await?.event;
    assert_eq!(text_at(&second, "/data/intent"), "complaint");
    assert_eq!(text_at(&second, "/data/group"), "retail", "each is replaced on its own");
    let conversation = text_at(&first, "/conversationId");
    let history = scene.api.read(&format!("/v1/messages?conversationId={conversation}")).await?;
    let intents: Vec<_> =
        items(&history).iter().map(|message| text_at(message, "/intent")).collect();
    assert_eq!(intents, ["order status", "complaint"]);
    let now = scene.api.read(&format!("/v1/conversations/{conversation}")).await?;
    assert_eq!(text_at(&now, "/intent"), "complaint");
    Ok(())
}

pub(crate) async fn ap13_an_answer_comes_back_with_its_question_and_its_reference(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "answers").await?;
    scene.customer_is_heard("hello").await?;
    let content = json!({"summaryText": "How did we do?", "items": [
        {"identifier": "good", "title": "Good"}, {"identifier": "bad", "title": "Not good"}]});
    let asked = ask(&scene, "quickReply", content).await?;
    let answer = Answer::QuickReply { identifier: "bad".to_owned() };
    let entry = replies(&scene, &asked, answer).await?;
    let event = scene.taken("interactive.replied", &entry.id).await?.event;
    let message = |pointer: &str| text_at(&event, &format!("/data/message{pointer}"));
    assert_eq!(message("/interactive/kind"), "quickReply");
    assert_eq!(message("/interactive/identifier"), "bad");
    assert_eq!(event.pointer("/data/message/interactive/index"), Some(&json!(1)));
    assert_eq!((message("/inReplyTo"), message("/callbackData")), (asked, "order-1001".to_owned()));
    Ok(())
}

pub(crate) async fn ap23_a_private_answer_is_read_back_by_those_who_may(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "private").await?;
    scene.customer_is_heard("hello").await?;
    let content = json!({
        "startPageIdentifier": "iban",
        "private": true,
        "pages": [{"pageIdentifier": "iban", "type": "input", "title": "Account",
                   "subtitle": "Where shall we send it?", "submitForm": true}],
        "receivedMessage": {"title": "Your refund"},
    });
    let asked = ask(&scene, "form", content).await?;
    let page = AnsweredPage {
        page_identifier: "iban".to_owned(),
        value: Some("DE00-canary".to_owned()),
        ..AnsweredPage::default()
    };
    let entry = replies(&scene, &asked, Answer::Form { pages: vec![page] }).await?;
    let event = scene.taken("interactive.replied", &entry.id).await?.event;
    let value = "/interactive/pages/0/items/0/value";
    assert_eq!(text_at(&event, &format!("/data/message{value}")), "DE00-canary");

    let path = format!("/v1/messages/{}", entry.id);
    let kept_back = scene.api.read(&path).await?;
    assert_eq!(kept_back.pointer("/interactive/private"), Some(&json!(true)));
    assert!(!kept_back.to_string().contains("DE00-canary"));
    let key = json!({"name": "refunds", "mode": "test", "scopes": ["read", "private"]});
    let key = scene.api.create("/v1/keys", &key).await?;
    let whole = scene.stack.api(&text_at(&key, "/key")).read(&path).await?;
    assert_eq!(text_at(&whole, value), "DE00-canary");
    Ok(())
}

/// The customer writes from an entry point with this intent.
async fn comes_from(scene: &Scene<'_>, text: &str, intent: &str) -> Fallible<()> {
    let send = Send {
        typing_first: Some(false),
        intent: Some(intent.to_owned()),
        ..Send::text(text).to(&scene.tenant.business_id).wait(PATIENCE_MS)
    };
    let entry = scene.simulator.send(&scene.customer.name, &send).await?;
    assert_eq!(entry.state, EntryState::Delivered, "{text:?} was not taken");
    Ok(())
}

/// The business sends an interactive message, and the phone shows it; gives its id.
async fn ask(scene: &Scene<'_>, kind: &str, content: Value) -> Fallible<String> {
    let body = json!({
        "from": scene.tenant.business_id,
        "to": scene.customer.opaque_id,
        "type": kind,
        "content": content,
        "callbackData": "order-1001",
    });
    let headers = [("idempotency-key", kind)];
    let answer = scene.post_with(&headers, &body).await?;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let id = text_at(&answer.body, "/id");
    scene.taken("message.accepted", &id).await?;
    Ok(id)
}

/// The customer answers it on the phone.
async fn replies(scene: &Scene<'_>, message: &str, answer: Answer) -> Fallible<Entry> {
    let reply = Reply { wait: PATIENCE_MS, ..Reply::to(message, answer) };
    Ok(scene.simulator.reply(&scene.customer.name, &reply).await?)
}

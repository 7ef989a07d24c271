//! From the customer to the business.

use amb_local::api::Api;
use amb_simulator::model::{
    AccountSettings, Close, EventFilter, RawWebhook, Send, Signing, Tapback, Typing, Verdict,
    WebhookFilter,
};
use serde_json::{Value, json};

use crate::aws;
use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, items, text_at};

/// What is easily broken on the way.
const TEXTS: [&str; 8] = [
    "👩🏽‍🚀👨‍👩‍👧‍👦🇪🇺 ☎️ ☎︎",
    "مرحبا بالعالم — שלום עולם \u{202e}evil\u{202c}",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎𠜱 \u{10ffff}",
    "é is not e\u{301}, ﬁ is not fi",
    "quote \" backslash \\ slash / tab \t line\nend",
    "\u{2028}\u{2029}\u{feff}\u{200b}\u{7f}\u{1}",
    "<script>alert(1)</script> & %20 +1 'x' {{y}} ${z}",
    " spaces at both ends and twice  ",
];

/// Identical webhooks that come at the same moment.
const COPIES: usize = 200;

pub(crate) async fn a_text_survives_both_ways_byte_for_byte(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "bytes").await?;
    for (at, text) in TEXTS.into_iter().enumerate() {
        let event = scene.customer_is_heard(text).await?.event;
        assert_eq!(text_at(&event, "/data/message/text"), text);
        assert_eq!(text_at(&event, "/data/message/apple/body"), text);
        let id = scene.send(&format!("bytes-{at}"), text).await?;
        let shown = scene.shown(text, 1).await?;
        assert_eq!(shown.first().map(|entry| entry.id.clone()), Some(id));
    }
    Ok(())
}

pub(crate) async fn two_hundred_identical_webhooks_are_one_event(ground: Ground<'_>) -> Outcome {
    let _alone = ground.alone().await; // two hundred processes start: nobody else would be served
    let scene = Scene::new(&ground, "copies").await?;
    let text = "two hundred times the same";
    let identical = Send {
        typing_first: Some(false),
        copies: Some(COPIES),
        ..Send::text(text).to(&scene.tenant.business_id).wait(PATIENCE_MS)
    };
    let sent = scene.simulator.send(&scene.customer.name, &identical).await?;
    let filter = WebhookFilter {
        id: Some(sent.id.clone()),
        answered: Some(true),
        wait: PATIENCE_MS,
        at_least: Some(COPIES),
        ..WebhookFilter::default()
    };
    let attempts = scene.simulator.webhooks(&filter).await?;
    let taken = attempts.iter().filter(|attempt| attempt.status == Some(200)).count();
    assert_eq!((attempts.len(), taken), (COPIES, COPIES), "of {COPIES} attempts");

    // What comes later in the conversation has the next place: there was no second event between.
    let first = scene.taken("message.received", text).await?.event;
    let next = scene.customer_is_heard("and something else").await?.event;
    let seq = |event: &Value| event.pointer("/seq").and_then(Value::as_u64).unwrap_or_default();
    assert_eq!((seq(&first), seq(&next)), (1, 2));
    let every = EventFilter { contains: Some(text.to_owned()), ..EventFilter::default() };
    assert_eq!(scene.calls(every, 1).await?.len(), 1);
    let path = format!("/v1/events?conversationId={}", text_at(&first, "/conversationId"));
    assert_eq!(items(&scene.api.read(&path).await?).len(), 2);
    Ok(())
}

pub(crate) async fn a_second_apple_secret_is_accepted_beside_the_first(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "secrets").await?;
    let first = scene.stack.file.apple_secret.clone();
    let second = "c2Vjb25kIHNlY3JldCBvZiB0aGUgcm90YXRpb24gY2FzZSE="; // "second secret of the rotation case!"
    let unknown = "bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0LCBub3QgZXZlbiB3ZSE=";
    let signed = |secret: &str| {
        let signing = Signing { secret: Some(secret.to_owned()), ..Signing::default() };
        let text = format!("signed with {}", secret.get(..6).unwrap_or_default());
        Send { signing, typing_first: Some(false), ..Send::text(&text) }
            .to(&scene.tenant.business_id)
            .wait(PATIENCE_MS)
    };
    let status = async |secret: &str| -> Result<Option<u16>, amb_simulator::client::ClientError> {
        let entry = scene.simulator.send(&scene.customer.name, &signed(secret)).await?;
        let filter = WebhookFilter { id: Some(entry.id), ..WebhookFilter::default() };
        Ok(scene.simulator.webhooks(&filter).await?.last().and_then(|attempt| attempt.status))
    };
    assert_eq!(status(&first).await?, Some(200));
    assert_eq!(status(second).await?, Some(403), "before it is a secret");

    // Apple's side knows both from now on, and goes on signing with the first.
    let both = AccountSettings {
        secrets: Some(vec![first.clone(), second.to_owned()]),
        sign_with: Some(0),
        ..AccountSettings::default()
    };
    scene.simulator.change_account(&both).await?;
    let value = json!({"v": 1, "kid": "second", "key": second, "previousAcceptUntil": null});
    aws::put_secret(scene.stack, &scene.stack.deployment.secrets.apple, &value).await?;

    aws::until("the second secret is accepted", async || Ok(status(second).await? == Some(200)))
        .await?;
    assert_eq!(status(&first).await?, Some(200), "the first stays good");
    assert_eq!(status(unknown).await?, Some(403));
    scene.send("after-rotation", "sent during a rotation").await?;
    scene.shown("sent during a rotation", 1).await?;
    Ok(())
}

pub(crate) async fn tokens_that_do_not_hold_get_401_or_403(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "tokens").await?;
    let secret = Some("bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0LCBub3QgZXZlbiB3ZSE=".to_owned());
    let token = |token: &str| Signing { token: Some(token.to_owned()), ..Signing::default() };
    let audience = |value: Value| Signing { audience: Some(value), ..Signing::default() };
    let issued = |issued_ago| Signing { issued_ago, ..Signing::default() };
    let cases = [
        ("no token", Signing { omit: true, ..Signing::default() }, 401),
        ("an empty token", token(""), 401),
        ("no JWT", token("abc"), 403),
        ("no signature", token("eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0."), 403),
        ("another secret", Signing { secret, ..Signing::default() }, 403),
        ("issued 62 minutes ago", issued(62 * 60), 403),
        ("issued in six minutes", issued(-6 * 60), 403),
        ("another audience", audience(json!("somebody-else")), 403),
        ("another audience in a list", audience(json!(["somebody-else"])), 403),
        ("an audience that is no text", audience(json!(123)), 403),
        ("issued an hour ago", issued(59 * 60), 200),
        ("issued in four minutes", issued(-4 * 60), 200),
        ("the audience in a list", audience(json!([scene.stack.file.msp_id])), 200),
        ("as it should be", Signing::default(), 200),
    ];
    for (what, signing, status) in cases {
        let raw = RawWebhook { body: Some(text(&scene, what)), signing, ..RawWebhook::default() };
        let answer = scene.simulator.send_raw(&raw).await?;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    Ok(())
}

pub(crate) async fn a_request_that_is_not_apples_form_gets_400_or_404(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "forms").await?;
    let with = |changes: Value| {
        let mut body = text(&scene, "a form");
        for (name, value) in changes.as_object().into_iter().flatten() {
            if let Some(body) = body.as_object_mut() {
                body.insert(name.clone(), value.clone());
            }
        }
        RawWebhook { body: Some(body), ..RawWebhook::default() }
    };
    let header = |name: &str, value: &str| {
        let mut raw = with(json!({}));
        raw.headers.insert(name.to_owned(), Some(value.to_owned()));
        raw
    };
    let other_id = "00000000-0000-4000-8000-000000000000";
    let cases = [
        ("no JSON", RawWebhook { body_text: Some("{".to_owned()), ..header("id", other_id) }, 400),
        ("another id in the header", header("id", other_id), 400),
        ("another source in the header", header("source-id", "urn:mbid:else"), 400),
        ("another destination in the header", header("destination-id", "elsewhere"), 400),
        ("no type", with(json!({"type": null})), 400),
        ("an unknown business", with(json!({"destinationId": "nobody-here"})), 404),
    ];
    for (what, mut raw, status) in cases {
        if raw.body_text.is_some() {
            raw.body = None;
        }
        let answer = scene.simulator.send_raw(&raw).await?;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert!(answer.body.len() < 100, "{what}: {}", answer.body);
    }
    let stranger: Api = scene.stack.api("");
    let answer = stranger.call(http::Method::GET, "/message", &[], None).await?;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    Ok(())
}

pub(crate) async fn typing_and_reactions_reach_the_business(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "reactions").await?;
    scene.customer_is_heard("hello").await?;
    scene.simulator.typing(&scene.customer.name, &Typing::default()).await?;
    let typing = scene.taken("typing.started", &scene.customer.opaque_id).await?.event;
    assert_eq!(typing.pointer("/seq"), None, "typing has no place: {typing}");
    scene.send("answer", "the parcel is on its way").await?;
    scene.shown("the parcel is on its way", 1).await?;
    let liked = Tapback { wait: PATIENCE_MS, ..Tapback::default() };
    scene.simulator.react(&scene.customer.name, &liked).await?;
    let reaction = scene.taken("message.reaction", "the parcel is on its way").await?.event;
    assert_eq!(text_at(&reaction, "/data/message/reaction/kind"), "liked");
    scene.simulator.close(&scene.customer.name, &Close::default()).await?;
    let closed = EventFilter {
        event_type: Some("conversation.closed".to_owned()),
        verdict: Some(Verdict::Taken),
        ..EventFilter::default()
    };
    scene.calls(closed, 1).await?;
    Ok(())
}

/// A text of this scene's customer as Apple writes it, with an id of its own.
fn text(scene: &Scene<'_>, body: &str) -> Value {
    let digest = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
    });
    json!({
        "v": 1,
        "type": "text",
        "id": format!("5d0b1f2e-7a34-4c1b-9a55-{:012x}", digest & 0xffff_ffff_ffff),
        "sourceId": scene.customer.opaque_id,
        "destinationId": scene.tenant.business_id,
        "locale": "en_US",
        "body": body,
    })
}

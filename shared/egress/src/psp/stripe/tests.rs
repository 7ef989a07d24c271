//! Stripe's dialect, with everything that may go wrong in it (F112, F117, P026).

use amb_service::{
    model::{PspKind, PspResult},
    port::Psp,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    Policy,
    psp::{
        Psps,
        tests::{Act, Asked, At, CANARY, Keys, Provider, approved, nobody, order, token, within},
    },
};

fn kind() -> PspKind {
    PspKind::Stripe { account: Some("acct_1".into()) }
}

fn with_intent() -> PspOrder {
    PspOrder { intent: Some("pi_1".into()), ..order(kind()) }
}

fn psps_at(url: &str, seconds: i64) -> Psps<Keys, At> {
    let secret = json!({
        "v": 1,
        "key": format!("sk_{CANARY}"),
        "publishableKey": "pk_live_1",
        "webhookSecret": "whsec_1",
    });
    let keys = Keys(Some(secret.to_string()));
    Psps::new(keys, At(seconds), Policy::with_loopback()).elsewhere(Some(url), None).unwrap()
}

fn psps(provider: &Provider) -> Psps<Keys, At> {
    psps_at(&provider.url, 0)
}

fn intent(status: &str) -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "status": status, "amount": 6399,
        "amount_capturable": if status == "requires_capture" { 6399 } else { 0 },
        "amount_received": if status == "succeeded" { 6399 } else { 0 },
        "currency": "usd", "latest_charge": "ch_1", "metadata": {},
    })
}

fn ok(body: &Value) -> Act {
    Act::Answer(200, body.to_string())
}

fn error(status: u16, body: &Value) -> Act {
    Act::Answer(status, json!({ "error": body }).to_string())
}

/// A server whose token and update calls succeed, in whatever order they come. `confirm` is what comes
/// then.
async fn confirming(confirm: Vec<Act>) -> Provider {
    // One object that is read as a token and as an intent.
    let both = ok(&intent("requires_payment_method"));
    Provider::start([both.clone(), both].into_iter().chain(confirm)).await
}

async fn authorized(confirm: Vec<Act>) -> (PspResult, Provider) {
    let provider = confirming(confirm).await;
    let result = psps(&provider).authorize(&with_intent(), &token(), within(20_000)).await;
    (result, provider)
}

#[tokio::test]
async fn an_intent_is_made_with_the_bubble_and_captures_nothing_by_itself() {
    let provider = Provider::start([ok(&intent("requires_payment_method"))]).await;
    let order = order(kind());
    let made = psps(&provider).prepare(&order, within(5000)).await;
    assert_eq!(made, Ok(Some("pi_1".into())));
    let [asked] = provider.asked().try_into().unwrap();
    assert_eq!(asked.line, "POST /v1/payment_intents");
    assert_eq!(asked.header("stripe-account"), Some("acct_1"));
    assert_eq!(asked.header("stripe-version"), Some("2024-06-20"));
    assert_eq!(asked.header("authorization"), Some(format!("Bearer sk_{CANARY}").as_str()));
    assert_eq!(asked.key(), key_of("create", &order.key));
    for pair in [
        "amount=6399",
        "currency=usd",
        "capture_method=manual",
        "metadata%5Bpayment%5D=pay_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "metadata%5Bmerchant%5D=merchant.com.example.shop",
        "metadata%5Border%5D=1001",
    ] {
        assert!(asked.body.split('&').any(|own| own == pair), "{pair} in {}", asked.body);
    }
}

#[tokio::test]
async fn a_token_is_passed_on_the_amount_set_and_the_intent_confirmed() {
    let mut held = intent("requires_capture");
    held["latest_charge"] = json!({
        "id": "ch_1", "authorization_code": "123456",
        "payment_method_details": { "card": { "network": "visa", "last4": "4242" } },
    });
    let (result, provider) = authorized(vec![ok(&held)]).await;
    let PspResult::Approved { reference, auth_code, network, last4, .. } = result else {
        panic!("{result:?}")
    };
    assert_eq!(reference, "pi_1");
    assert_eq!(auth_code.as_deref(), Some("123456"));
    assert_eq!(network.as_deref(), Some("visa"));
    assert_eq!(last4.as_deref(), Some("4242"));

    let asked = provider.asked();
    let of = |line: &str| asked.iter().find(|asked| asked.line == line).unwrap();
    let tokens = of("POST /v1/tokens");
    assert_eq!(tokens.header("authorization"), Some("Bearer pk_live_1"));
    assert!(tokens.body.contains("pk_token=%7B%22version%22"), "{}", tokens.body);
    assert!(tokens.body.contains("pk_token_transaction_id=c0ffee"));
    assert!(of("POST /v1/payment_intents/pi_1").body.contains("amount=6399"));
    let confirm = of("POST /v1/payment_intents/pi_1/confirm");
    assert!(confirm.body.contains("payment_method_data%5Bcard%5D%5Btoken%5D=pi_1"));
    for billing in ["postal_code%5D=SW1A+1AA", "country%5D=GB", "city%5D=London"] {
        let name = "payment_method_data%5Bbilling_details%5D%5Baddress%5D%5B";
        assert!(confirm.body.contains(&format!("{name}{billing}")), "{}", confirm.body);
    }
    let mut keys: Vec<&str> = asked.iter().map(Asked::key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3, "each call has a key of its own");
}

#[tokio::test]
async fn f112_every_status_word_is_read_and_an_unknown_one_is_a_doubt() {
    let pi = || Some("pi_1".to_owned());
    let mut declined = intent("requires_payment_method");
    declined["last_payment_error"] =
        json!({ "type": "card_error", "code": "card_declined", "decline_code": "stolen_card" });
    for (confirmed, expected) in [
        (intent("requires_capture"), approved("pi_1")),
        (
            declined,
            PspResult::Declined {
                class: DeclineClass::Fraud,
                code: Some("stolen_card".into()),
                reference: pi(),
            },
        ),
        (intent("canceled"), rejected(DeclineClass::Generic, Some("canceled".into()))),
        (intent("processing"), in_doubt(Doubt::Pending, pi())),
        (intent("succeeded"), in_doubt(Doubt::UnknownWord, pi())),
        (intent("requires_confirmation"), in_doubt(Doubt::UnknownWord, pi())),
        (intent("a_new_word"), in_doubt(Doubt::UnknownWord, pi())),
    ] {
        let (result, _) = authorized(vec![ok(&confirmed)]).await;
        assert_eq!(result, expected, "{confirmed}");
    }
}

#[tokio::test]
async fn what_only_a_browser_could_do_is_cancelled_and_rejected() {
    let confirm = vec![ok(&intent("requires_action")), ok(&intent("canceled"))];
    let (result, provider) = authorized(confirm).await;
    assert_eq!(result, rejected(DeclineClass::Unservable, Some("requires_action".into())));
    assert_eq!(provider.lines().last().unwrap(), "POST /v1/payment_intents/pi_1/cancel");
    let confirm = vec![ok(&intent("requires_action")), Act::Answer(500, "{}".into())];
    let (result, _) = authorized(confirm).await;
    assert_eq!(result, in_doubt(Doubt::Pending, Some("pi_1".into())));
}

#[tokio::test]
async fn f117_p026_another_amount_or_currency_is_no_approval() {
    for (member, value) in
        [("amount", json!(6400)), ("amount_capturable", json!(6398)), ("currency", json!("eur"))]
    {
        let mut other = intent("requires_capture");
        other[member] = value;
        let (result, _) = authorized(vec![ok(&other)]).await;
        assert_eq!(result, in_doubt(Doubt::Mismatch, Some("pi_1".into())), "{member}");
    }
}

#[tokio::test]
async fn p026_an_answer_that_cannot_be_read_is_a_doubt() {
    let twice = intent("requires_capture").to_string().replacen('{', "{\"amount\":1,", 1);
    for body in [
        "<html>It works!</html>".to_owned(),
        twice,
        json!({ "error": { "code": "card_declined" } }).to_string(),
        String::new(),
        format!("[{}]", "1,".repeat(200_000)),
        intent("requires_capture").to_string().replace("pi_1", "pi_2"),
    ] {
        let (result, _) = authorized(vec![Act::Answer(200, body)]).await;
        assert_eq!(result, in_doubt(Doubt::UnknownWord, Some("pi_1".into())));
    }
    let (result, provider) =
        authorized(vec![Act::With(302, "location: /v1/elsewhere\r\n", String::new())]).await;
    assert_eq!(result, in_doubt(Doubt::UnknownWord, Some("pi_1".into())));
    assert_eq!(provider.asked().len(), 3, "no redirect is followed");
}

#[tokio::test]
async fn an_error_says_whether_anything_was_done() {
    let pi = || Some("pi_1".to_owned());
    let declined =
        |class, code: &str| PspResult::Declined { class, code: Some(code.into()), reference: pi() };
    for (status, body, expected) in [
        (
            402,
            json!({ "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
                "message": CANARY, "payment_intent": intent("requires_payment_method") }),
            declined(DeclineClass::Generic, "insufficient_funds"),
        ),
        (
            402,
            json!({ "type": "card_error", "code": "incorrect_zip" }),
            declined(DeclineClass::AvsPostal, "incorrect_zip"),
        ),
        (
            402,
            json!({ "type": "card_error", "code": "x", "payment_intent": intent("processing") }),
            in_doubt(Doubt::Pending, pi()),
        ),
        (
            400,
            json!({ "type": "invalid_request_error", "code": "payment_intent_unexpected_state",
                "payment_intent": intent("requires_capture") }),
            approved("pi_1"),
        ),
        (
            400,
            json!({ "type": "invalid_request_error", "code": "parameter_unknown", "message": CANARY }),
            rejected(DeclineClass::Configuration, Some("parameter_unknown".into())),
        ),
        (400, json!({ "type": "idempotency_error" }), in_doubt(Doubt::UnknownWord, pi())),
        (401, json!({}), rejected(DeclineClass::Configuration, None)),
        (
            429,
            json!({ "code": "rate_limit" }),
            rejected(DeclineClass::RateLimited, Some("rate_limit".into())),
        ),
        (409, json!({ "code": "idempotency_key_in_use" }), in_doubt(Doubt::Pending, pi())),
        (429, json!({ "code": "lock_timeout" }), in_doubt(Doubt::Pending, pi())),
        (418, json!({}), in_doubt(Doubt::UnknownWord, pi())),
        (500, json!({ "type": "api_error" }), in_doubt(Doubt::ServerError, pi())),
    ] {
        let provider = confirming(vec![error(status, &body)]).await;
        let result = psps(&provider).authorize(&with_intent(), &token(), within(7000)).await;
        assert_eq!(result, expected, "{status} {body}");
        assert!(!format!("{result:?}").contains(CANARY));
    }
}

#[tokio::test]
async fn f112_what_is_lost_is_asked_again_under_the_same_key_while_there_is_time() {
    for shaky in [Act::Reset, Act::Answer(500, "{}".into()), Act::Answer(409, "{}".into())] {
        let (result, provider) =
            authorized(vec![shaky.clone(), ok(&intent("requires_capture"))]).await;
        assert_eq!(result, approved("pi_1"), "{shaky:?}");
        let asked = provider.asked();
        assert_eq!(asked[2].key(), asked[3].key());
        assert_eq!(asked[2].body, asked[3].body);
    }
    let stop = Act::With(500, "stripe-should-retry: false\r\n", "{}".into());
    let (result, provider) = authorized(vec![stop]).await;
    assert_eq!(result, in_doubt(Doubt::ServerError, Some("pi_1".into())));
    assert_eq!(provider.asked().len(), 3, "Stripe said that it would not help");
}

#[tokio::test]
async fn f112_a_second_try_that_is_turned_away_does_not_undo_the_first() {
    for (first, doubt) in
        [(Act::Reset, Doubt::Broken), (Act::Answer(500, "{}".into()), Doubt::ServerError)]
    {
        for status in [401, 403, 409, 429] {
            let door = error(status, &json!({ "code": "rate_limit" }));
            let (result, provider) = authorized(vec![first.clone(), door]).await;
            assert_eq!(result, in_doubt(doubt, Some("pi_1".into())), "{first:?} {status}");
            assert_eq!(provider.asked().len(), 4);
        }
    }
}

#[tokio::test]
async fn f112_no_answer_in_time_is_a_doubt_and_comes_in_time() {
    let provider = confirming(vec![Act::Hang]).await;
    let started = tokio::time::Instant::now();
    let result = psps(&provider).authorize(&with_intent(), &token(), within(2000)).await;
    assert_eq!(result, in_doubt(Doubt::Timeout, Some("pi_1".into())));
    assert!(started.elapsed() < std::time::Duration::from_secs(6));
    let provider = confirming(vec![Act::Reset]).await;
    let result = psps(&provider).authorize(&with_intent(), &token(), within(7000)).await;
    assert_eq!(result, in_doubt(Doubt::Broken, Some("pi_1".into())));
}

#[tokio::test]
async fn what_fails_before_the_confirmation_was_not_executed() {
    for (acts, expected) in [
        (vec![Act::Reset], DeclineClass::Unreachable),
        (vec![Act::Hang], DeclineClass::Unreachable),
        (vec![Act::Answer(500, "{}".into())], DeclineClass::Unreachable),
        (vec![Act::Answer(200, "<html>".into())], DeclineClass::Unreachable),
        (vec![error(400, &json!({ "type": "invalid_request_error" }))], DeclineClass::Token),
        (vec![error(401, &json!({}))], DeclineClass::Configuration),
    ] {
        let provider = Provider::start(acts.clone()).await;
        let result = psps(&provider).authorize(&with_intent(), &token(), acts[0].until()).await;
        assert_eq!(result, rejected(expected, None), "{acts:?}");
        assert!(!provider.lines().iter().any(|line| line.ends_with("/confirm")));
    }
    let result =
        psps_at(&nobody().await, 0).authorize(&with_intent(), &token(), within(7000)).await;
    assert_eq!(result, rejected(DeclineClass::Unreachable, None));
}

#[tokio::test]
async fn an_amount_that_stripe_cannot_count_is_rejected_before_anything_is_sent() {
    let provider = Provider::start([ok(&intent("requires_payment_method"))]).await;
    let kwd = amb_protocol::money::Currency::parse("KWD").unwrap();
    let order = PspOrder { currency: kwd, amount: Minor::new(12_345), ..order(kind()) };
    let result = psps(&provider).authorize(&order, &token(), within(1000)).await;
    assert_eq!(result, rejected(DeclineClass::Configuration, Some("amount".into())));
    assert_eq!(
        psps(&provider).prepare(&order, within(1000)).await,
        Err(PspFault::Refused(DeclineClass::Configuration))
    );
}

#[tokio::test]
async fn a_cancelled_intent_is_the_strong_fence_whatever_was_held() {
    for (acts, expected) in [
        (vec![ok(&intent("canceled"))], Resolution::Nothing(Fence::Strong)),
        (
            vec![
                error(400, &json!({ "code": "payment_intent_unexpected_state" })),
                ok(&intent("succeeded")),
            ],
            Resolution::Held { result: approved("pi_1"), fence: Fence::Strong },
        ),
        (
            vec![Act::Answer(500, "{}".into()), ok(&intent("canceled"))],
            Resolution::Nothing(Fence::Strong),
        ),
        (
            vec![Act::Answer(500, "{}".into()), ok(&intent("requires_capture"))],
            Resolution::StillUnknown,
        ),
        (vec![Act::Reset], Resolution::StillUnknown),
        (vec![error(404, &json!({ "code": "resource_missing" }))], Resolution::StillUnknown),
    ] {
        let provider = Provider::start(acts.clone()).await;
        let order = PspOrder { psp_reference: Some("pi_1".into()), ..order(kind()) };
        let resolved = psps(&provider).resolve(&order, within(7000)).await;
        assert_eq!(resolved, expected, "{acts:?}");
        assert_eq!(provider.lines()[0], "POST /v1/payment_intents/pi_1/cancel");
    }
}

#[tokio::test]
async fn f112_an_intent_whose_name_was_lost_is_found_by_its_key_and_fenced() {
    let provider =
        Provider::start([ok(&intent("requires_payment_method")), ok(&intent("canceled"))]).await;
    let order = order(kind());
    let resolved = psps(&provider).resolve(&order, within(7000)).await;
    assert_eq!(resolved, Resolution::Nothing(Fence::Strong));
    assert_eq!(provider.asked()[0].key(), key_of("create", &order.key));
    // Stripe has forgotten the key by then, and would make another one.
    let late = psps_at(&provider.url, 24 * 60 * 60);
    assert_eq!(late.resolve(&order, within(90_000_000)).await, Resolution::StillUnknown);
}

#[tokio::test]
async fn f112_an_intent_that_ended_before_the_attempt_is_not_taken_for_its_fence() {
    let own = |status: &str| {
        ok(&serde_json::from_str(&intent(status).to_string().replace("pi_1", "pi_2")).unwrap())
    };
    let acts = [ok(&intent("canceled")), own("requires_payment_method"), own("canceled")];
    let provider = Provider::start(acts).await;
    let resolved = psps(&provider).resolve(&with_intent(), within(7000)).await;
    assert_eq!(resolved, Resolution::Nothing(Fence::Strong));
    assert_eq!(
        provider.lines(),
        [
            "POST /v1/payment_intents/pi_1/cancel",
            "POST /v1/payment_intents",
            "POST /v1/payment_intents/pi_2/cancel"
        ]
    );
    // The one that the attempt was confirmed on bears its reference.
    let mut its = intent("canceled");
    its["metadata"]["reference"] = with_intent().reference.into();
    let provider = Provider::start([ok(&its)]).await;
    psps(&provider).resolve(&with_intent(), within(7000)).await;
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn a_void_cancels_and_what_was_captured_has_to_be_refunded() {
    let order = PspOrder { psp_reference: Some("pi_1".into()), ..order(kind()) };
    for (act, expected) in [
        (ok(&intent("canceled")), PspDone::Done { reference: Some("pi_1".into()), fee: None }),
        (ok(&intent("succeeded")), PspDone::Refused { code: Some("captured".into()) }),
        (Act::Hang, PspDone::Unknown),
    ] {
        let provider = Provider::start([act.clone()]).await;
        assert_eq!(psps(&provider).void(&order, act.until()).await, expected);
    }
}

#[tokio::test]
async fn a_capture_is_done_when_exactly_so_much_was_received() {
    let order = PspOrder { psp_reference: Some("pi_1".into()), ..order(kind()) };
    let mut captured = intent("succeeded");
    captured["amount_received"] = json!(5000);
    captured["latest_charge"] =
        json!({ "id": "ch_1", "balance_transaction": { "fee": 175, "currency": "usd" } });
    let done = PspDone::Done { reference: Some("ch_1".into()), fee: Some(Minor::new(175)) };
    let state = json!({ "code": "payment_intent_unexpected_state", "payment_intent": captured });
    for (acts, expected) in [
        (vec![ok(&captured)], done.clone()),
        (vec![Act::Answer(500, "{}".into()), ok(&captured)], done),
        (
            vec![error(400, &state)],
            PspDone::Done { reference: Some("ch_1".into()), fee: Some(Minor::new(175)) },
        ),
        (vec![ok(&intent("succeeded"))], PspDone::Refused { code: Some("succeeded".into()) }),
        (
            vec![error(400, &json!({ "code": "amount_too_large" }))],
            PspDone::Refused { code: Some("amount_too_large".into()) },
        ),
        (vec![error(401, &json!({})), error(401, &json!({}))], PspDone::Unknown),
        (vec![Act::Reset], PspDone::Unknown),
    ] {
        let provider = Provider::start(acts.clone()).await;
        let found = psps(&provider).capture(&order, Minor::new(5000), within(7000)).await;
        assert_eq!(found, expected, "{acts:?}");
        assert!(provider.asked()[0].body.contains("amount_to_capture=5000"));
    }
}

#[tokio::test]
async fn f112_a_capture_that_failed_once_is_not_told_the_same_failure_for_a_day() {
    let known = PspOrder { psp_reference: Some("pi_1".into()), ..order(kind()) };
    let provider = Provider::start([ok(&intent("succeeded"))]).await;
    for (age, turn) in [(0, 1), (45, 1), (900, 1), (900, 2)] {
        let order = PspOrder { turn, ..known.clone() };
        let psps = psps_at(&provider.url, age);
        psps.capture(&order, Minor::new(6399), within((age + 7) * 1000)).await;
    }
    let keys: Vec<_> = provider.asked().iter().map(|asked| asked.key().to_owned()).collect();
    assert_eq!(keys[0], keys[1], "the same call again");
    // Stripe remembers a 500 under its key; and another amount under a key is an error to it.
    assert_ne!(keys[1], keys[2]);
    assert_ne!(keys[2], keys[3]);
}

#[tokio::test]
async fn f112_a_refund_is_made_once_even_after_stripe_forgot_its_key() {
    let order = PspOrder { psp_reference: Some("pi_1".into()), ..order(kind()) };
    let key = key_of("refund", "own");
    let none = ok(&json!({ "data": [] }));
    let there = ok(&json!({ "data": [
        { "id": "re_0", "amount": 100, "currency": "usd", "status": "succeeded", "metadata": {} },
        { "id": "re_1", "amount": 100, "currency": "usd", "status": "succeeded",
            "metadata": { "key": key } },
    ] }));
    let done = PspDone::Done { reference: Some("re_1".into()), fee: None };
    let of = |amount: i64, currency: &str, status: &str| {
        ok(&json!({ "id": "re_1", "amount": amount, "currency": currency, "status": status }))
    };
    let refund = |status: &str| of(100, "usd", status);
    for (acts, calls, expected) in [
        (vec![there], 1, done.clone()),
        (vec![none.clone(), refund("succeeded")], 2, done),
        (
            vec![none.clone(), refund("pending")],
            2,
            PspDone::Accepted { reference: Some("re_1".into()) },
        ),
        (vec![none.clone(), refund("failed")], 2, PspDone::Refused { code: Some("failed".into()) }),
        (vec![none.clone(), of(99, "usd", "succeeded")], 2, PspDone::Unknown),
        (vec![none.clone(), of(100, "eur", "succeeded")], 2, PspDone::Unknown),
        (
            vec![none.clone(), error(400, &json!({ "code": "charge_already_refunded" }))],
            2,
            PspDone::Refused { code: Some("charge_already_refunded".into()) },
        ),
        (vec![none, Act::Reset], 2, PspDone::Unknown),
        (vec![Act::Reset], 1, PspDone::Unknown),
    ] {
        let provider = Provider::start(acts.clone()).await;
        let found = psps(&provider).refund(&order, Minor::new(100), "own", within(7000)).await;
        assert_eq!(found, expected, "{acts:?}");
        assert_eq!(provider.asked().len(), calls);
        assert!(provider.lines()[0].starts_with("GET /v1/refunds?payment_intent=pi_1"));
    }
}

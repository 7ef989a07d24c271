//! Adyen's dialect, with everything that may go wrong in it (F112, F117, P026).

use amb_service::{
    model::{PspChange, PspEnding, PspKind, PspResult},
    port::{Notice, NoticeFault, NoticeKind, Psp},
};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::*;
use crate::{
    Policy,
    psp::{
        Psps,
        tests::{Act, At, CANARY, Keys, Provider, approved, nobody, order, token, within},
    },
};

fn kind() -> PspKind {
    PspKind::Adyen { merchant_account: "ShopECOM".into(), prefix: "test".into() }
}

fn psps_at(url: &str, seconds: i64) -> Psps<Keys, At> {
    let secret = json!({ "v": 1, "apiKey": CANARY, "hmacKey": "ab".repeat(32) });
    let keys = Keys(Some(secret.to_string()));
    Psps::new(keys, At(seconds), Policy::with_loopback()).elsewhere(None, Some(url)).unwrap()
}

fn payment(result: &str) -> Value {
    json!({
        "resultCode": result,
        "pspReference": "PSP1",
        "merchantReference": order(kind()).reference,
        "amount": { "currency": "USD", "value": 6399 },
    })
}

/// As Adyen answers what is not done yet: without its own name of it.
fn nameless(result: &str) -> Value {
    let mut nameless = payment(result);
    nameless.as_object_mut().unwrap().remove("pspReference");
    nameless
}

fn refused() -> Act {
    Act::Answer(422, json!({ "errorCode": "167" }).to_string())
}

fn ok(body: &Value) -> Act {
    Act::Answer(200, body.to_string())
}

fn received() -> Act {
    Act::Answer(201, json!({ "status": "received", "pspReference": "MOD1" }).to_string())
}

fn known() -> PspOrder {
    PspOrder { psp_reference: Some("PSP1".into()), ..order(kind()) }
}

async fn authorized(acts: Vec<Act>) -> (PspResult, Provider) {
    let provider = Provider::start(acts).await;
    let result =
        psps_at(&provider.url, 0).authorize(&order(kind()), &token(), within(20_000)).await;
    (result, provider)
}

#[tokio::test]
async fn a_payment_is_asked_for_with_apples_token_and_captured_by_hand() {
    let mut authorised = payment("Authorised");
    authorised["additionalData"] =
        json!({ "authCode": "1234", "cardSummary": "4242", "paymentMethod": "visa_applepay" });
    let (result, provider) = authorized(vec![ok(&authorised)]).await;
    let PspResult::Approved { reference, auth_code, last4, network, .. } = result else {
        panic!("{result:?}")
    };
    assert_eq!((reference.as_str(), auth_code.as_deref()), ("PSP1", Some("1234")));
    assert_eq!((last4.as_deref(), network.as_deref()), (Some("4242"), Some("visa_applepay")));
    let [asked] = provider.asked().try_into().unwrap();
    assert_eq!(asked.line, "POST /v72/payments");
    assert_eq!(asked.key(), order(kind()).key, "64 characters, Adyen's most");
    assert_eq!(asked.header("x-api-key"), Some(CANARY));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["amount"], json!({ "currency": "USD", "value": 6399 }));
    assert_eq!(body["merchantAccount"], "ShopECOM");
    assert_eq!(body["reference"], order(kind()).reference.as_str());
    assert_eq!(body["additionalData"]["manualCapture"], "true");
    let passed = BASE64.decode(body["paymentMethod"]["applePayToken"].as_str().unwrap().as_bytes());
    assert_eq!(passed.unwrap(), token().payment_data.expose().as_bytes());
}

#[tokio::test]
async fn f112_every_result_code_is_read_and_an_unknown_one_is_a_doubt() {
    let psp = || Some("PSP1".to_owned());
    let refused = |result: &str, reason: &str| {
        let mut refused = payment(result);
        refused["refusalReasonCode"] = reason.into();
        refused["refusalReason"] = CANARY.into();
        refused
    };
    let declined = |class, code: &str| PspResult::Declined {
        class,
        code: Some(code.into()),
        reference: psp(),
    };
    for (body, expected) in [
        (payment("Authorised"), approved("PSP1")),
        (refused("Refused", "2"), declined(DeclineClass::Generic, "2")),
        (refused("Refused", "20"), declined(DeclineClass::Fraud, "20")),
        (refused("Cancelled", "15"), declined(DeclineClass::Generic, "15")),
        (refused("Error", "4"), declined(DeclineClass::Generic, "4")),
        (payment("PartiallyAuthorised"), in_doubt(Doubt::Mismatch, psp())),
        (payment("Received"), in_doubt(Doubt::Pending, psp())),
        (payment("Pending"), in_doubt(Doubt::Pending, psp())),
        (payment("PresentToShopper"), in_doubt(Doubt::Pending, psp())),
        (payment("Success"), in_doubt(Doubt::UnknownWord, psp())),
        (payment("AuthorisedPerhaps"), in_doubt(Doubt::UnknownWord, psp())),
    ] {
        let (result, _) = authorized(vec![ok(&body)]).await;
        assert_eq!(result, expected, "{body}");
        assert!(!format!("{result:?}").contains(CANARY));
    }
}

#[tokio::test]
async fn what_only_a_browser_could_do_is_cancelled_and_rejected() {
    for word in ["RedirectShopper", "IdentifyShopper", "ChallengeShopper"] {
        let unservable = rejected(DeclineClass::Unservable, Some(word.into()));
        let (result, provider) = authorized(vec![ok(&nameless(word)), received()]).await;
        assert_eq!(result, unservable, "Adyen names it when it is done");
        assert_eq!(provider.lines()[1], "POST /v72/cancels");
        let (result, provider) = authorized(vec![ok(&payment(word)), received()]).await;
        assert_eq!(result, unservable);
        assert_eq!(provider.lines()[1], "POST /v72/payments/PSP1/reversals");
        let (result, _) = authorized(vec![ok(&nameless(word)), refused()]).await;
        assert_eq!(result, in_doubt(Doubt::Pending, None));
    }
}

#[tokio::test]
async fn f117_p026_another_amount_currency_or_order_is_no_approval() {
    for (member, value) in [
        ("amount", json!({ "currency": "USD", "value": 6398 })),
        ("amount", json!({ "currency": "EUR", "value": 6399 })),
        ("amount", Value::Null),
        ("merchantReference", json!("pay_another-1")),
        ("pspReference", Value::Null),
    ] {
        let mut other = payment("Authorised");
        other[member] = value.clone();
        let (result, _) = authorized(vec![ok(&other)]).await;
        assert!(
            matches!(result, PspResult::InDoubt { why: Doubt::Mismatch, .. }),
            "{member} {value} {result:?}"
        );
    }
}

#[tokio::test]
async fn p026_an_answer_that_cannot_be_read_is_a_doubt() {
    let twice = payment("Refused").to_string().replacen('{', r#"{"resultCode":"Authorised","#, 1);
    for body in [
        "<html>".to_owned(),
        twice,
        json!({ "status": 422, "errorCode": "14_004" }).to_string(),
        format!("[{}]", "1,".repeat(200_000)),
    ] {
        let (result, _) = authorized(vec![Act::Answer(200, body)]).await;
        assert_eq!(result, in_doubt(Doubt::UnknownWord, None));
    }
    let moved = Act::With(307, "location: /v72/elsewhere\r\n", String::new());
    let (result, provider) = authorized(vec![moved]).await;
    assert_eq!(result, in_doubt(Doubt::UnknownWord, None));
    assert_eq!(provider.asked().len(), 1, "no redirect is followed");
}

#[tokio::test]
async fn an_error_says_whether_anything_was_done() {
    let error = |code: &str| json!({ "errorCode": code, "message": CANARY }).to_string();
    for (status, body, expected) in [
        (422, error("14_018"), rejected(DeclineClass::Token, Some("14_018".into()))),
        (422, error("704"), in_doubt(Doubt::Pending, None)),
        (409, error("1"), in_doubt(Doubt::Pending, None)),
        (401, error("000"), rejected(DeclineClass::Configuration, Some("000".into()))),
        (403, "<html>".into(), rejected(DeclineClass::Configuration, None)),
        (400, error("702"), rejected(DeclineClass::Configuration, Some("702".into()))),
        (400, "<html>".into(), in_doubt(Doubt::UnknownWord, None)),
        (429, String::new(), rejected(DeclineClass::RateLimited, None)),
        (418, error("1"), in_doubt(Doubt::UnknownWord, None)),
        (500, error("905"), in_doubt(Doubt::ServerError, None)),
    ] {
        let provider = Provider::start([Act::Answer(status, body)]).await;
        let psps = psps_at(&provider.url, 0);
        let result = psps.authorize(&order(kind()), &token(), within(7000)).await;
        assert_eq!(result, expected, "{status}");
    }
}

#[tokio::test]
async fn f112_what_is_lost_is_asked_again_under_the_same_key_while_there_is_time() {
    let transient = Act::With(422, "transient-error: true\r\n", "{}".into());
    for shaky in [Act::Reset, Act::Answer(500, "{}".into()), transient] {
        let (result, provider) = authorized(vec![shaky, ok(&payment("Authorised"))]).await;
        assert_eq!(result, approved("PSP1"));
        let asked = provider.asked();
        assert_eq!((asked[0].key(), &asked[0].body), (asked[1].key(), &asked[1].body));
    }
    for (act, doubt) in [(Act::Hang, Doubt::Timeout), (Act::Reset, Doubt::Broken)] {
        let until = act.until();
        let provider = Provider::start([act]).await;
        let psps = psps_at(&provider.url, 0);
        let result = psps.authorize(&order(kind()), &token(), until).await;
        assert_eq!(result, in_doubt(doubt, None));
    }
    let psps = psps_at(&nobody().await, 0);
    let result = psps.authorize(&order(kind()), &token(), within(7000)).await;
    assert_eq!(result, rejected(DeclineClass::Unreachable, None));
}

#[tokio::test]
async fn f112_a_doubt_ends_with_the_first_answer_told_again_under_its_key() {
    let nothing = || Resolution::Nothing(Fence::ReplayKey);
    let held = |result| Resolution::Held { result, fence: Fence::ReplayKey };
    let psp = || Some("PSP1".to_owned());
    for (acts, expected) in [
        (vec![ok(&payment("Authorised"))], held(approved("PSP1"))),
        (vec![ok(&payment("Refused"))], nothing()),
        // What may hold money is let go like what does, and that has to be told to have ended.
        (vec![ok(&payment("Pending"))], held(in_doubt(Doubt::Pending, psp()))),
        (vec![ok(&payment("PartiallyAuthorised"))], held(in_doubt(Doubt::Mismatch, psp()))),
        // What has no name is cancelled by ours, and that Adyen takes it proves little.
        (vec![ok(&nameless("Pending")), received()], Resolution::Absent),
        (vec![ok(&nameless("ChallengeShopper")), received()], Resolution::Absent),
        (vec![ok(&nameless("Pending")), refused()], Resolution::StillUnknown),
        (vec![ok(&nameless("RedirectShopper")), refused()], Resolution::StillUnknown),
        (vec![ok(&nameless("Authorised")), received()], Resolution::StillUnknown),
        (vec![ok(&nameless("AuthorisedPerhaps")), received()], Resolution::StillUnknown),
    ] {
        let provider = Provider::start(acts.clone()).await;
        let psps = psps_at(&provider.url, 60);
        assert_eq!(psps.resolve(&order(kind()), within(67_000)).await, expected, "{acts:?}");
        let asked = provider.asked();
        let cancelled = asked.iter().any(|asked| asked.line == "POST /v72/cancels");
        assert_eq!(cancelled, acts.len() > 1, "{acts:?}");
        assert_eq!(asked[0].key(), order(kind()).key);
        assert!(!asked[0].body.contains("applePayToken"), "it can pay nothing");
    }
}

#[tokio::test]
async fn what_may_still_arrive_is_cancelled_by_our_reference_in_every_round() {
    let unknown = || Act::Answer(422, json!({ "errorCode": "14_004" }).to_string());
    let mut keys = Vec::new();
    for age in [45, 120, 900] {
        let provider = Provider::start([unknown(), received()]).await;
        let psps = psps_at(&provider.url, age);
        let until = within((age + 7) * 1000);
        assert_eq!(psps.resolve(&order(kind()), until).await, Resolution::Absent, "{age}");
        let asked = provider.asked();
        assert_eq!(asked[1].line, "POST /v72/cancels");
        let body: Value = serde_json::from_str(&asked[1].body).unwrap();
        assert_eq!(body["paymentReference"], order(kind()).reference.as_str());
        keys.push(asked[1].key().to_owned());
    }
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2], "or what arrived between would stay");

    let provider = Provider::start([unknown(), Act::Answer(500, String::new())]).await;
    let psps = psps_at(&provider.url, 900);
    assert_eq!(psps.resolve(&order(kind()), within(907_000)).await, Resolution::StillUnknown);
}

#[tokio::test]
async fn a_payment_that_is_known_is_reversed_captured_and_refunded_by_its_name() {
    let provider = Provider::start([received()]).await;
    let psps = psps_at(&provider.url, 0);
    let until = within(7000);
    let taken = PspDone::Received { reference: "MOD1".into() };
    assert_eq!(psps.void(&known(), until).await, taken);
    assert_eq!(psps.capture(&known(), Minor::new(5000), until).await, taken);
    assert_eq!(psps.refund(&known(), Minor::new(100), "own", until).await, taken);
    assert_eq!(
        provider.lines(),
        [
            "POST /v72/payments/PSP1/reversals",
            "POST /v72/payments/PSP1/captures",
            "POST /v72/payments/PSP1/refunds"
        ]
    );
    let asked = provider.asked();
    assert_eq!(asked[2].key(), key_of("refund", "own"));
    let capture: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(capture["amount"], json!({ "currency": "USD", "value": 5000 }));
}

#[tokio::test]
async fn what_is_known_and_may_be_held_is_let_go_without_asking() {
    let provider = Provider::start([received()]).await;
    let resolved = psps_at(&provider.url, 60).resolve(&known(), within(67_000)).await;
    let result = in_doubt(Doubt::Pending, Some("PSP1".into()));
    assert_eq!(resolved, Resolution::Held { result, fence: Fence::ReplayKey });
    assert_eq!(provider.asked().len(), 0, "Adyen has nothing to tell of it");
}

#[tokio::test]
async fn a_void_and_a_capture_keep_their_keys_until_they_are_asked_for_anew() {
    let provider = Provider::start([received()]).await;
    let until = |age: i64| within((age + 7) * 1000);
    for age in [0, 900] {
        let psps = psps_at(&provider.url, age);
        for turn in [0, 1] {
            let order = PspOrder { turn, ..known() };
            psps.void(&order, until(age)).await;
            psps.capture(&order, Minor::new(5000), until(age)).await;
        }
    }
    let keys: Vec<_> = provider.asked().iter().map(|asked| asked.key().to_owned()).collect();
    assert_eq!(keys[..4], keys[4..], "the same in every round");
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), 4);
}

#[tokio::test]
async fn nothing_is_asked_under_a_key_that_adyen_may_have_forgotten() {
    let provider = Provider::start([received()]).await;
    let week = 7 * 24 * 60 * 60;
    let psps = psps_at(&provider.url, week);
    let until = within((week + 7) * 1000);
    assert_eq!(psps.capture(&known(), Minor::new(5000), until).await, PspDone::Unknown);
    assert_eq!(psps.refund(&known(), Minor::new(100), "own", until).await, PspDone::Unknown);
    assert_eq!(provider.asked().len(), 0);
    assert_eq!(psps.resolve(&order(kind()), until).await, Resolution::Absent);
    assert_eq!(provider.lines(), ["POST /v72/cancels"], "and nothing that could pay");
}

#[tokio::test]
async fn a_modification_that_is_refused_is_told_apart_from_one_nobody_knows_of() {
    for (act, expected) in [
        (
            Act::Answer(422, json!({ "errorCode": "167" }).to_string()),
            PspDone::Refused { code: Some("167".into()) },
        ),
        (Act::Answer(422, json!({ "errorCode": "704" }).to_string()), PspDone::Unknown),
        (Act::Answer(401, json!({ "errorCode": "000" }).to_string()), PspDone::Unknown),
        (Act::Answer(500, String::new()), PspDone::Unknown),
        (Act::Answer(201, json!({ "status": "perhaps" }).to_string()), PspDone::Unknown),
        (Act::Answer(201, json!({ "status": "received" }).to_string()), PspDone::Unknown),
        (
            Act::Answer(
                201,
                json!({ "status": "received", "pspReference": "MOD1",
                    "amount": { "currency": "USD", "value": 6398 } })
                .to_string(),
            ),
            PspDone::Unknown,
        ),
        (Act::Hang, PspDone::Unknown),
    ] {
        let provider = Provider::start([act.clone()]).await;
        let psps = psps_at(&provider.url, 0);
        let found = psps.capture(&known(), Minor::new(6399), act.until()).await;
        assert_eq!(found, expected, "{act:?}");
    }
}

fn item(event: &str, reference: &str, success: &str) -> Value {
    item_of("PSP1", event, reference, success)
}

fn item_of(original: &str, event: &str, reference: &str, success: &str) -> Value {
    let signed = format!("PSP2:{original}:ShopECOM:{reference}:6399:USD:{event}:{success}");
    let key = HEXLOWER.decode("ab".repeat(32).as_bytes()).unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    json!({ "NotificationRequestItem": {
        "additionalData": { "hmacSignature": BASE64.encode(tag.as_ref()) },
        "amount": { "currency": "USD", "value": 6399 },
        "eventCode": event, "eventDate": "2026-11-21T21:00:00+01:00",
        "merchantAccountCode": "ShopECOM", "merchantReference": reference,
        "originalReference": original, "pspReference": "PSP2", "reason": "", "success": success,
    } })
}

#[tokio::test]
async fn a_notice_is_adyens_own_item_by_item() {
    let psps = psps_at("http://127.0.0.1:9", 0);
    let order = order(kind());
    let notice = async |items: &[Value]| {
        let body = json!({ "live": "false", "notificationItems": items }).to_string();
        psps.notice(&order.tenant, &order.account, &[], body.as_bytes(), within(0)).await
    };
    let reference = order.reference.as_str();
    let ended = |change, code: Option<&str>| {
        NoticeKind::Ended(PspEnding {
            of: Some("PSP1".into()),
            amount: Some(Minor::new(6399)),
            currency: Currency::parse("USD").ok(),
            code: code.map(str::to_owned),
            ..PspEnding::new(change, "PSP2".into(), code.is_none())
        })
    };
    let expected = [
        ("AUTHORISATION", "true", NoticeKind::Authorised { attempt: 1, reference: "PSP2".into() }),
        ("AUTHORISATION", "false", NoticeKind::Changed),
        ("CAPTURE", "true", ended(PspChange::Capture, None)),
        ("CAPTURE", "false", ended(PspChange::Capture, Some("CAPTURE"))),
        ("CAPTURE_FAILED", "true", ended(PspChange::Capture, Some("CAPTURE_FAILED"))),
        ("REFUND", "true", ended(PspChange::Refund, None)),
        ("REFUND_FAILED", "true", ended(PspChange::Refund, Some("REFUND_FAILED"))),
        ("REFUNDED_REVERSED", "true", ended(PspChange::Refund, Some("REFUNDED_REVERSED"))),
        ("CANCEL_OR_REFUND", "true", ended(PspChange::Void, None)),
        ("CANCELLATION", "false", ended(PspChange::Void, Some("CANCELLATION"))),
        ("TECHNICAL_CANCEL", "true", ended(PspChange::Void, None)),
        ("TECHNICAL_CANCEL", "false", NoticeKind::Changed),
        ("EXPIRE", "true", ended(PspChange::Void, None)),
        (
            "CHARGEBACK",
            "true",
            NoticeKind::Chargeback { amount: Some((Minor::new(6399), order.currency)) },
        ),
    ];
    let mut items: Vec<_> =
        expected.iter().map(|(event, success, _)| item(event, reference, success)).collect();
    items.push(item("REPORT_AVAILABLE", "a report", "true"));
    let found = notice(&items).await.unwrap();
    assert_eq!(found.len(), expected.len(), "a report is about no payment");
    for (found, (event, _, kind)) in found.into_iter().zip(expected) {
        assert_eq!(found, Notice { payment: order.payment.clone(), kind }, "{event}");
    }
    let with = |member: &str, value: Value| {
        let mut item = item("CAPTURE", reference, "true");
        item["NotificationRequestItem"][member] = value;
        item
    };
    for forged in [
        vec![],
        vec![with("success", json!("false"))],
        vec![with("merchantReference", json!("pay_other-1"))],
        vec![with("amount", json!({ "currency": "USD", "value": 1 }))],
        vec![with("merchantAccountCode", json!("Other"))],
        vec![with("additionalData", json!({ "hmacSignature": "" }))],
        vec![item("CAPTURE", reference, "true"), with("eventCode", json!("REFUND"))],
        vec![json!({})],
    ] {
        assert!(matches!(notice(&forged).await, Err(NoticeFault::Forged)), "{forged:?}");
    }
}

#[tokio::test]
async fn a_void_says_what_it_was_of_and_whether_money_went_back() {
    let psps = psps_at("http://127.0.0.1:9", 0);
    let order = order(kind());
    let ending = async |item: Value| {
        let body = json!({ "live": "false", "notificationItems": [item] }).to_string();
        let body = body.as_bytes();
        let found = psps.notice(&order.tenant, &order.account, &[], body, within(0)).await;
        let kind = found.unwrap().remove(0).kind;
        let NoticeKind::Ended(ending) = kind else { panic!("{kind:?}") };
        ending
    };
    // By our own reference, where Adyen's is not told; whichever of ours stands there.
    let of_void = format!("{}-v", order.reference);
    for reference in [order.reference.as_str(), of_void.as_str()] {
        let named = ending(item("TECHNICAL_CANCEL", reference, "true")).await;
        assert_eq!(named.of.as_deref(), Some("PSP1"));
        let nameless = ending(item_of("", "TECHNICAL_CANCEL", reference, "true")).await;
        assert_eq!(nameless.of.as_deref(), Some(order.reference.as_str()));
    }
    // What ran out is one authorisation: told by its own name, or by that of the expiry beside it.
    for (original, of) in [("PSP1", "PSP1"), ("", "PSP2")] {
        let ran_out = ending(item_of(original, "EXPIRE", &order.reference, "true")).await;
        assert_eq!((ran_out.of.as_deref(), ran_out.is_done), (Some(of), true));
    }
    for (event, action, refunded) in [
        ("CANCEL_OR_REFUND", json!("refund"), true),
        ("CANCEL_OR_REFUND", json!("cancel"), false),
        ("CANCEL_OR_REFUND", json!(1), false),
        ("CANCELLATION", json!("refund"), false),
    ] {
        let mut item = item(event, &of_void, "true");
        item["NotificationRequestItem"]["additionalData"]["modification.action"] = action.clone();
        assert_eq!(ending(item).await.refunded, refunded, "{event} {action}");
    }
}

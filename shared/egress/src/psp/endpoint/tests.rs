//! A business's own server, with everything that may go wrong in it (F112, F117, P026).

use amb_service::{
    model::{PspChange, PspKind, PspResult},
    port::{Notice, NoticeFault, NoticeKind, Psp},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::Policy;
use crate::psp::{
    Psps,
    tests::{Act, At, BEGUN, CANARY, Keys, Provider, approved, nobody, order, token, within},
};

fn order_at(url: &str) -> PspOrder {
    order(PspKind::Endpoint { url: format!("{url}/amb") })
}

fn signing() -> SharedKey {
    SharedKey::new(CANARY.repeat(2)).unwrap()
}

fn psps() -> Psps<Keys, At> {
    let secret = json!({ "v": 1, "key": CANARY.repeat(2) });
    Psps::new(Keys(Some(secret.to_string())), At(0), Policy::with_loopback())
}

fn said(decision: &str) -> Value {
    json!({ "decision": decision, "reference": "R1", "amount": "63.99", "currency": "USD" })
}

fn ok(body: &Value) -> Act {
    Act::Answer(200, body.to_string())
}

async fn authorized(acts: Vec<Act>, until: Timestamp) -> (PspResult, Provider) {
    let provider = Provider::start(acts).await;
    let order = order_at(&provider.url);
    let result = psps().authorize(&order, &token(), until).await;
    (result, provider)
}

#[tokio::test]
async fn an_authorisation_is_signed_and_says_all_of_the_contract() {
    let (result, provider) = authorized(vec![ok(&said("approved"))], within(15_000)).await;
    assert_eq!(result, approved("R1"));
    let [asked] = provider.asked().try_into().unwrap();
    assert_eq!(asked.line, "POST /amb");
    let headers: Vec<(String, String)> = asked
        .head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert!(signing().verifies(&headers, asked.body.as_bytes(), within(0)));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let order = order_at(&provider.url);
    assert_eq!(asked.key(), order.key);
    assert_eq!(
        body,
        json!({
            "key": order.key, "payment": order.payment, "reference": order.reference, "attempt": 1,
            "merchant": "merchant.com.example.shop", "orderReference": "1001",
            "amount": "63.99", "currency": "USD",
            "billing": { "country": "GB", "locality": "London", "postalCode": "SW1A 1AA" },
            "token": {
                "paymentData": { "version": "EC_v1", "data": CANARY },
                "transactionIdentifier": "c0ffee",
            },
        })
    );
}

#[tokio::test]
async fn f112_f117_every_decision_is_read_and_an_unknown_one_is_a_doubt() {
    let r1 = || Some("R1".to_owned());
    let with = |member: &str, value: Value| {
        let mut body = said("approved");
        body[member] = value;
        body
    };
    let no = |reason: &str| json!({ "decision": "declined", "reason": reason, "code": "51", "message": CANARY });
    let declined = |class| PspResult::Declined { class, code: Some("51".into()), reference: None };
    let mismatch = || in_doubt(Doubt::Mismatch, r1());
    for (body, expected) in [
        (with("amount", json!("63.990")), approved("R1")),
        (with("amount", json!("63.98")), mismatch()),
        (with("amount", json!("63,99")), mismatch()),
        (with("amount", Value::Null), mismatch()),
        (with("currency", json!("EUR")), mismatch()),
        (with("currency", json!("usd")), mismatch()),
        (with("reference", Value::Null), in_doubt(Doubt::Mismatch, None)),
        (with("reference", json!("a text <b>")), in_doubt(Doubt::Mismatch, None)),
        (no("postal_code"), declined(DeclineClass::AvsPostal)),
        (no("address"), declined(DeclineClass::AvsAddress)),
        (no("fraud"), declined(DeclineClass::Fraud)),
        (no("whatever"), declined(DeclineClass::Generic)),
        (said("pending"), in_doubt(Doubt::Pending, r1())),
        (said("cancelled"), in_doubt(Doubt::UnknownWord, r1())),
        (said("yes"), in_doubt(Doubt::UnknownWord, r1())),
    ] {
        let (result, _) = authorized(vec![ok(&body)], within(15_000)).await;
        assert_eq!(result, expected, "{body}");
        assert!(!format!("{result:?}").contains(CANARY));
    }
}

#[tokio::test]
async fn p026_what_is_no_answer_of_the_contract_is_a_doubt_or_was_refused_at_the_door() {
    let approved = said("approved").to_string();
    for (act, expected) in [
        (Act::Answer(200, "<html>".into()), in_doubt(Doubt::UnknownWord, None)),
        (
            Act::Answer(200, approved.replacen('{', r#"{"decision":"declined","#, 1)),
            in_doubt(Doubt::UnknownWord, None),
        ),
        (
            Act::Answer(200, approved.replacen('{', &format!("{{{}", " ".repeat(70_000)), 1)),
            in_doubt(Doubt::UnknownWord, None),
        ),
        (Act::Answer(201, approved.clone()), in_doubt(Doubt::UnknownWord, None)),
        (Act::Answer(202, "{}".into()), in_doubt(Doubt::Pending, None)),
        (
            Act::With(302, "location: http://169.254.169.254/\r\n", approved),
            in_doubt(Doubt::UnknownWord, None),
        ),
        (Act::Answer(401, "{}".into()), rejected(DeclineClass::Configuration, None)),
        (Act::Answer(404, "<html>".into()), rejected(DeclineClass::Configuration, None)),
        (Act::Answer(422, "{}".into()), rejected(DeclineClass::Token, None)),
        (Act::Answer(429, String::new()), rejected(DeclineClass::RateLimited, None)),
        (Act::Answer(409, String::new()), in_doubt(Doubt::Pending, None)),
        (Act::Answer(418, String::new()), in_doubt(Doubt::UnknownWord, None)),
        (Act::Answer(503, String::new()), in_doubt(Doubt::ServerError, None)),
        (Act::Reset, in_doubt(Doubt::Broken, None)),
        (Act::Hang, in_doubt(Doubt::Timeout, None)),
    ] {
        let (result, provider) = authorized(vec![act.clone()], act.until()).await;
        assert_eq!(result, expected, "{act:?}");
        assert_eq!(provider.asked().len(), 1);
    }
    let order = order_at(&nobody().await);
    let result = psps().authorize(&order, &token(), within(7000)).await;
    assert_eq!(result, rejected(DeclineClass::Unreachable, None));
}

#[tokio::test]
async fn f112_what_is_lost_is_asked_again_under_the_same_key_while_there_is_time() {
    let acts = vec![Act::Reset, ok(&said("approved"))];
    let (result, provider) = authorized(acts, within(20_000)).await;
    assert_eq!(result, approved("R1"));
    let asked = provider.asked();
    assert_eq!((asked[0].key(), &asked[0].body), (asked[1].key(), &asked[1].body));
}

#[tokio::test]
async fn a_server_on_the_inside_is_never_asked() {
    for url in ["http://pay.example.com", "https://10.0.0.1/amb", "https://localhost/amb"] {
        let order = order(PspKind::Endpoint { url: url.into() });
        let result = psps().authorize(&order, &token(), within(7000)).await;
        assert_eq!(result, rejected(DeclineClass::Configuration, None), "{url}");
    }
}

#[tokio::test]
async fn a_cancelled_key_is_the_strong_fence() {
    for (act, resolved, voided) in [
        (
            ok(&said("cancelled")),
            Resolution::Nothing(Fence::Strong),
            PspDone::Done { reference: Some("R1".into()), fee: None },
        ),
        (
            ok(&said("captured")),
            Resolution::Held { result: approved("R1"), fence: Fence::Strong },
            PspDone::Refused { code: Some("captured".into()) },
        ),
        (ok(&said("approved")), Resolution::StillUnknown, PspDone::Unknown),
        (
            Act::Answer(202, "{}".into()),
            Resolution::StillUnknown,
            PspDone::Accepted { reference: None },
        ),
        (Act::Answer(404, "{}".into()), Resolution::StillUnknown, PspDone::Unknown),
        (Act::Reset, Resolution::StillUnknown, PspDone::Unknown),
    ] {
        let provider = Provider::start([act.clone()]).await;
        let order = order_at(&provider.url);
        assert_eq!(psps().resolve(&order, within(7000)).await, resolved, "{act:?}");
        assert_eq!(psps().void(&order, within(7000)).await, voided, "{act:?}");
        assert_eq!(provider.lines()[0], format!("POST /amb/{}/cancel", order.key));
        assert_eq!(provider.asked()[0].key(), provider.asked()[1].key());
    }
}

#[tokio::test]
async fn money_moves_once_under_a_key_and_only_as_much_as_was_said() {
    let captured = json!({ "decision": "captured", "reference": "C1", "amount": "50.00",
        "currency": "USD", "fee": "1.75" });
    let done = |reference: &str, fee| PspDone::Done { reference: Some(reference.into()), fee };
    let refunded = json!({ "decision": "refunded", "amount": "50.00", "currency": "USD" });
    let other = json!({ "decision": "captured", "amount": "49.99", "currency": "USD" });
    for (act, capture, refund) in [
        (ok(&captured), done("C1", Some(Minor::new(175))), PspDone::Unknown),
        (ok(&refunded), PspDone::Unknown, PspDone::Done { reference: None, fee: None }),
        (ok(&other), PspDone::Unknown, PspDone::Unknown),
        (
            Act::Answer(409, json!({ "decision": "declined", "code": "late" }).to_string()),
            PspDone::Refused { code: Some("late".into()) },
            PspDone::Refused { code: Some("late".into()) },
        ),
        (
            Act::Answer(202, json!({ "decision": "pending", "reference": "P1" }).to_string()),
            PspDone::Accepted { reference: Some("P1".into()) },
            PspDone::Accepted { reference: Some("P1".into()) },
        ),
        (Act::Answer(500, String::new()), PspDone::Unknown, PspDone::Unknown),
        (Act::Reset, PspDone::Unknown, PspDone::Unknown),
    ] {
        let provider = Provider::start([act.clone()]).await;
        let order = order_at(&provider.url);
        let amount = Minor::new(5000);
        assert_eq!(psps().capture(&order, amount, within(7000)).await, capture, "{act:?}");
        assert_eq!(psps().refund(&order, amount, "own", within(7000)).await, refund, "{act:?}");
        assert_eq!(
            provider.lines(),
            [
                format!("POST /amb/{}/capture", order.key),
                format!("POST /amb/{}/refunds", order.key)
            ]
        );
        assert_eq!(provider.asked()[1].key(), key_of("refund", "own"));
    }
}

#[tokio::test]
async fn a_notice_is_the_businesss_own() {
    let order = order(PspKind::Endpoint { url: "https://pay.example.com/amb".into() });
    let psps = psps();
    let notice = async |headers: Vec<(String, String)>, body: &str| {
        psps.notice(&order.tenant, &order.account, &headers, body.as_bytes(), within(0)).await
    };
    let signed = |at: i64, body: &str| {
        let at = Timestamp::from_second(BEGUN + at).unwrap();
        let pairs = signing().sign(at, body.as_bytes());
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    };
    let changed = json!({ "payment": order.payment, "kind": "changed" }).to_string();
    let found = notice(signed(0, &changed), &changed).await.unwrap();
    assert_eq!(found, [Notice { payment: order.payment.clone(), kind: NoticeKind::Changed }]);
    let back = json!({ "payment": order.payment, "kind": "chargeback", "amount": "1.50",
        "currency": "USD" })
    .to_string();
    let found = notice(signed(0, &back), &back).await.unwrap();
    let kind = NoticeKind::Chargeback { amount: Some((Minor::new(150), order.currency)) };
    assert_eq!(found, [Notice { payment: order.payment.clone(), kind }]);
    for (amount, currency) in [("1.50", "JPY"), ("1.50", "XXX"), ("1,50", "USD")] {
        let mut odd: Value = serde_json::from_str(&back).unwrap();
        (odd["amount"], odd["currency"]) = (amount.into(), currency.into());
        let found = notice(signed(0, &odd.to_string()), &odd.to_string()).await.unwrap();
        assert_eq!(found[0].kind, NoticeKind::Chargeback { amount: None }, "{odd}");
    }
    let ran_out = json!({ "payment": order.payment, "kind": "cancelled", "reference": "h-1" });
    let ran_out = ran_out.to_string();
    let found = notice(signed(0, &ran_out), &ran_out).await.unwrap().remove(0);
    let NoticeKind::Ended(ending) = found.kind else { panic!("{:?}", found.kind) };
    assert_eq!((ending.change, ending.is_done), (PspChange::Void, true));
    assert_eq!(ending.of.as_deref(), Some("h-1"));
    for forged in [vec![], signed(-301, &changed), signed(0, &back)] {
        assert!(matches!(notice(forged, &changed).await, Err(NoticeFault::Forged)));
    }
    let of_nothing = json!({ "payment": order.payment, "kind": "cancelled" }).to_string();
    for unreadable in ["", "{}", r#"{"payment":"pay_x","kind":"changed"}"#, &of_nothing] {
        let found = notice(signed(0, unreadable), unreadable).await;
        assert!(matches!(found, Err(NoticeFault::Unreadable)), "{unreadable}");
    }
}

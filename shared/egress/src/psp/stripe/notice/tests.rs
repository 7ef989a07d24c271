//! Notices that are Stripe's, and that are not.

use amb_protocol::money::{Currency, Minor};
use amb_service::{
    model::{PspChange, PspEnding, PspKind},
    port::{Notice, NoticeFault, NoticeKind, Psp},
};
use serde_json::{Value, json};

use crate::{
    Policy,
    psp::{
        Psps,
        tests::{Act, At, BEGUN, Keys, Provider, order, tenant, within},
    },
};

/// As Stripe signs: `printf '<t>.<body>' | openssl dgst -sha256 -hmac whsec_1`.
fn signed(at: i64, body: &str) -> Vec<(String, String)> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"whsec_1");
    let tag = aws_lc_rs::hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let tag = data_encoding::HEXLOWER.encode(tag.as_ref());
    vec![("Stripe-Signature".into(), format!("t={at},v0=00,v1=00,v1={tag}"))]
}

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

#[tokio::test]
async fn a_notice_is_stripes_own_and_names_the_payment() {
    let order = order(PspKind::Stripe { account: None });
    let intent = json!({
        "id": "pi_1", "status": "succeeded", "amount": 6399, "currency": "usd",
        "metadata": { "payment": order.payment },
    });
    let provider = Provider::start([Act::Answer(200, intent.to_string())]).await;
    let secret = json!({ "v": 1, "key": "sk_1", "webhookSecret": "whsec_1" });
    let psps: Psps<Keys, At> =
        Psps::new(Keys(Some(secret.to_string())), At(0), Policy::with_loopback())
            .elsewhere(Some(&provider.url), None)
            .unwrap();
    let named = json!({ "metadata": { "payment": order.payment }, "amount": 1, "currency": "usd" });
    let event = |kind: &str, object: &Value| {
        json!({ "type": kind, "data": { "object": object } }).to_string()
    };
    let notice = async |headers: Vec<(String, String)>, body: String| {
        psps.notice(&tenant(), &order.account, &headers, body.as_bytes(), within(0)).await
    };
    let body = event("payment_intent.amount_capturable_updated", &named);
    let found = notice(signed(BEGUN, &body), body.clone()).await.unwrap();
    assert_eq!(found, [Notice { payment: order.payment.clone(), kind: NoticeKind::Changed }]);

    let dispute = json!({ "payment_intent": "pi_1", "amount": 6399, "currency": "usd" });
    let body = event("charge.dispute.funds_withdrawn", &dispute);
    let found = notice(signed(BEGUN, &body), body.clone()).await.unwrap();
    let amount = Some((Minor::new(6399), order.currency));
    assert_eq!(
        found,
        [Notice { payment: order.payment.clone(), kind: NoticeKind::Chargeback { amount } }]
    );
    // It is told in the currency that it was taken in, whatever was paid.
    for (currency, amount) in [("eur", Some((Minor::new(6399), eur()))), ("xxx", None)] {
        let dispute = json!({ "payment_intent": "pi_1", "amount": 6399, "currency": currency });
        let body = event("charge.dispute.funds_withdrawn", &dispute);
        let found = notice(signed(BEGUN, &body), body.clone()).await.unwrap();
        assert_eq!(found[0].kind, NoticeKind::Chargeback { amount }, "{currency}");
    }
    let body = event("customer.created", &json!({}));
    assert_eq!(notice(signed(BEGUN, &body), body).await.unwrap(), []);

    // What it held ran out, or a person let it go there.
    let cancelled = json!({
        "object": "payment_intent", "id": "pi_1", "status": "canceled", "amount": 6399,
        "currency": "usd", "metadata": { "payment": order.payment },
    });
    let body = event("payment_intent.canceled", &cancelled);
    let ending = PspEnding::let_go("pi_1".into());
    let found = notice(signed(BEGUN, &body), body.clone()).await.unwrap();
    assert_eq!(found, [Notice { payment: order.payment.clone(), kind: NoticeKind::Ended(ending) }]);

    // A refund that comes back from the bank, days later.
    let failed = json!({
        "object": "refund", "id": "re_1", "status": "failed", "failure_reason": "lost_or_stolen_card",
        "amount": 100, "currency": "usd", "metadata": { "payment": order.payment },
    });
    let body = event("refund.failed", &failed);
    let ending = PspEnding {
        amount: Some(Minor::new(100)),
        currency: Currency::parse("USD").ok(),
        code: Some("lost_or_stolen_card".into()),
        ..PspEnding::new(PspChange::Refund, "re_1".into(), false)
    };
    let found = notice(signed(BEGUN, &body), body.clone()).await.unwrap();
    assert_eq!(found, [Notice { payment: order.payment.clone(), kind: NoticeKind::Ended(ending) }]);
    let body = event("payout.paid", &json!({ "metadata": null, "amount": 1, "currency": "usd" }));
    assert_eq!(notice(signed(BEGUN, &body), body).await.unwrap(), []);

    let body = event("charge.refunded", &named);
    for forged in [
        signed(BEGUN - 301, &body),
        signed(BEGUN + 301, &body),
        signed(BEGUN, "other"),
        vec![],
        [signed(BEGUN, &body), signed(BEGUN, &body)].concat(),
        vec![("stripe-signature".into(), format!("t={BEGUN}"))],
    ] {
        let found = notice(forged.clone(), body.clone()).await;
        assert!(matches!(found, Err(NoticeFault::Forged)), "{forged:?}");
    }
    let found = notice(signed(BEGUN, "[]"), "[]".into()).await;
    assert!(matches!(found, Err(NoticeFault::Unreadable)));
}

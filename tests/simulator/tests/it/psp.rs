//! The payment providers, each in its own words, over one set of books.

mod adyen;

use amb_simulator::model::{
    Chargeback, Dialect, Effect, FaultSpec, MoveKind, Pay, Place, PspAccount, PspFilter,
    PspPayment, PspState, Twist,
};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use crate::support::{Stage, WAIT, now};
use crate::till::{MESSAGE_ID, Till};

const SIGNING_KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// A merchant's server, with a token over 199.00 USD of one card.
struct Shop {
    stage: Stage,
    token: Value,
    till: Till,
}

impl Shop {
    async fn with(card: &str) -> Self {
        let (stage, till) = (Stage::new().await, Till::open().await);
        let ada = stage.open_conversation().await;
        till.ask(&stage, &ada, |_| ()).await;
        stage.client.pay(&ada.name, &Pay::message(MESSAGE_ID).card(card)).await.unwrap();
        let token = till.heard("gateway").remove(0).json()["payment"]["paymentToken"].clone();
        Self { stage, token, till }
    }

    /// An account of each provider, with notices to the till.
    async fn with_accounts(card: &str) -> Self {
        let shop = Self::with(card).await;
        for (dialect, key, secret) in [
            (Dialect::Stripe, "sk_test_1", Some("whsec_abc")),
            (Dialect::Adyen, "adyen-key-1", Some("00ff")),
            (Dialect::Endpoint, SIGNING_KEY, None),
        ] {
            let account = PspAccount {
                key: key.to_owned(),
                notice_secret: secret.map(str::to_owned),
                notice_url: Some(format!("{}/notice", shop.till.url)),
                ..PspAccount::default()
            };
            shop.stage.client.put_psp_account(dialect, "ours", &account).await.unwrap();
        }
        shop
    }

    async fn stripe(&self, path: &str, form: &[(&str, &str)], key: &str) -> (u16, Value) {
        let mut url = reqwest::Url::parse("http://form/").unwrap();
        url.query_pairs_mut().extend_pairs(form);
        let request = self
            .stage
            .http
            .post(format!("{}/v1/{path}", self.stage.simulator.pay.stripe_url))
            .header("authorization", "Bearer sk_test_1")
            .header("idempotency-key", key)
            .body(url.query().unwrap_or_default().to_owned());
        told(request).await.unwrap_or_default()
    }

    /// An intent with the card confirmed.
    async fn confirmed(&self, amount: &str) -> (String, (u16, Value)) {
        let form = [("amount", amount), ("currency", "usd"), ("capture_method", "manual")];
        let (_, intent) = self.stripe("payment_intents", &form, "create").await;
        let id = intent["id"].as_str().unwrap().to_owned();
        let text = self.token["paymentData"].to_string();
        let (_, token) = self.stripe("tokens", &[("pk_token", &text)], "token").await;
        let token = token["id"].as_str().unwrap_or("tok_none").to_owned();
        let path = format!("payment_intents/{id}/confirm");
        let form = [("payment_method_data[card][token]", token.as_str())];
        (id, self.stripe(&path, &form, "confirm").await)
    }

    async fn adyen(&self, path: &str, body: &Value, key: &str) -> Option<(u16, Value)> {
        let request = self
            .stage
            .http
            .post(format!("{}/v72/{path}", self.stage.simulator.pay.adyen_url))
            .header("x-api-key", "adyen-key-1")
            .header("idempotency-key", key)
            .body(body.to_string());
        told(request).await
    }

    fn payment(&self, reference: &str) -> Value {
        let token = BASE64.encode(self.token["paymentData"].to_string().as_bytes());
        json!({
            "merchantAccount": "ShopECOM", "reference": reference, "returnUrl": "https://x.example",
            "amount": {"currency": "USD", "value": 19_900},
            "paymentMethod": {"type": "applepay", "applePayToken": token},
        })
    }

    async fn endpoint(&self, path: &str, body: Option<&Value>, key: &str) -> Option<(u16, Value)> {
        let url = format!("{}/ours{path}", self.stage.simulator.pay.endpoint_url);
        let text = body.map(Value::to_string).unwrap_or_default();
        let at = now().to_string();
        let mac = hmac::Key::new(hmac::HMAC_SHA256, SIGNING_KEY.as_bytes());
        let mac = hmac::sign(&mac, format!("{at}.{text}").as_bytes());
        let http = &self.stage.http;
        let request = if body.is_some() { http.post(url) } else { http.get(url) };
        let request = request
            .header("idempotency-key", key)
            .header("amb-timestamp", at)
            .header("amb-signature", format!("v1={}", HEXLOWER.encode(mac.as_ref())))
            .body(text);
        told(request).await
    }

    fn order(&self) -> Value {
        json!({"amount": "199.00", "currency": "USD", "reference": "pay_a-1", "token": self.token})
    }

    async fn books(&self, dialect: Dialect) -> Vec<PspPayment> {
        let filter = PspFilter { dialect: Some(dialect), ..PspFilter::default() };
        self.stage.client.psp_payments(&filter).await.unwrap()
    }

    async fn fault(&self, spec: FaultSpec) {
        self.stage.client.add_fault(&spec.times(1)).await.unwrap();
    }
}

/// Status and JSON; `None` where the connection ended.
async fn told(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, serde_json::from_slice(&answer.bytes().await.ok()?).unwrap_or_default()))
}

#[tokio::test]
async fn stripe_holds_captures_and_gives_back() {
    let shop = Shop::with_accounts("visa").await;
    let (id, (status, intent)) = shop.confirmed("19900").await;
    assert_eq!((status, &intent["status"]), (200, &json!("requires_capture")), "{intent}");
    assert_eq!(intent["amount_capturable"], 19_900);
    let (_, captured) = shop.stripe(&format!("payment_intents/{id}/capture"), &[], "c").await;
    assert_eq!(
        (&captured["status"], &captured["amount_received"]),
        (&json!("succeeded"), &json!(19_900))
    );
    let refund = [("payment_intent", id.as_str()), ("amount", "900")];
    let (status, given) = shop.stripe("refunds", &refund, "r").await;
    assert_eq!((status, &given["status"]), (200, &json!("succeeded")));
    let (status, _) = shop.stripe(&format!("payment_intents/{id}/cancel"), &[], "x").await;
    assert_eq!(status, 400);

    let payment = shop.books(Dialect::Stripe).await.remove(0);
    assert_eq!(
        (payment.state, payment.captured, payment.refunded),
        (PspState::Captured, 19_900, 900)
    );
    assert_eq!(payment.last4.as_deref(), Some("1111"));
    let csv = shop.stage.client.psp_report(Dialect::Stripe, Some("ours")).await.unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

#[tokio::test]
async fn stripe_gives_the_same_answer_under_the_same_key_a_500_too() {
    let shop = Shop::with_accounts("visa").await;
    shop.fault(FaultSpec::money(Dialect::Stripe, "authorize", Twist::FailsAfter)).await;
    let (id, (status, _)) = shop.confirmed("19900").await;
    assert_eq!(status, 500);
    let path = format!("payment_intents/{id}/confirm");
    let (status, _) = shop.stripe(&path, &[("other", "1")], "confirm").await;
    assert_eq!(status, 400, "another request under the key");
    let payment = shop.books(Dialect::Stripe).await.remove(0);
    assert_eq!((payment.state, payment.holds(), payment.held), (PspState::Held, 1, 19_900));
    let (_, cancelled) = shop.stripe(&format!("payment_intents/{id}/cancel"), &[], "void").await;
    assert_eq!(cancelled["status"], "canceled");
    let filter = PspFilter { operation: Some("authorize".to_owned()), ..PspFilter::default() };
    let calls = shop.stage.client.psp_calls(&filter).await.unwrap();
    assert_eq!(calls.len(), 2);
    assert!(!calls.iter().any(|it| it.body.to_string().contains("ephemeralPublicKey")));
}

#[tokio::test]
async fn each_provider_declines_in_its_own_words() {
    let shop = Shop::with_accounts("declined").await;
    let (id, (status, refused)) = shop.confirmed("19900").await;
    assert_eq!(status, 402);
    assert_eq!(refused["error"]["decline_code"], "insufficient_funds");
    assert_eq!(refused["error"]["payment_intent"]["id"], id);
    let (status, refused) = shop.adyen("payments", &shop.payment("a-1"), "k").await.unwrap();
    assert_eq!((status, &refused["resultCode"]), (200, &json!("Refused")));
    assert_eq!(refused["refusalReasonCode"], "12");
    let (_, refused) = shop.endpoint("", Some(&shop.order()), "key1").await.unwrap();
    assert_eq!(refused["decision"], "declined");

    let shop = Shop::with_accounts("postcode").await;
    let (_, (_, refused)) = shop.confirmed("19900").await;
    assert_eq!(refused["error"]["code"], "incorrect_zip");
    let (_, refused) = shop.adyen("payments", &shop.payment("a-1"), "k").await.unwrap();
    assert_eq!(refused["refusalReason"], "AVS Declined");
    let (_, refused) = shop.endpoint("", Some(&shop.order()), "key1").await.unwrap();
    assert_eq!(refused["reason"], "postal_code");
}

#[tokio::test]
async fn a_token_over_another_amount_or_changed_is_none() {
    let mut shop = Shop::with_accounts("visa").await;
    let (_, (status, refused)) = shop.confirmed("19901").await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("invalid_token")));
    let mut more = shop.payment("a-1");
    more["amount"]["value"] = json!(1);
    assert_eq!(shop.adyen("payments", &more, "k").await.unwrap().0, 422);
    shop.token["paymentData"]["data"] = json!("AAAA");
    assert_eq!(shop.adyen("payments", &shop.payment("a-1"), "k2").await.unwrap().0, 422);
    assert!(shop.books(Dialect::Adyen).await.is_empty());
}

async fn notices(shop: &Shop, count: usize) -> Vec<Value> {
    for _ in 0..1000 {
        let told = shop.till.heard("notice");
        if told.len() >= count {
            return told.iter().map(crate::support::Heard::json).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no {count} notices");
}

#[tokio::test]
async fn a_lost_answer_and_one_that_comes_late_leave_money_behind() {
    let shop = Shop::with_accounts("visa").await;
    let at = Place::Psp(Dialect::Adyen);
    shop.fault(FaultSpec::new(at.clone(), Effect::AnswerLost)).await;
    assert_eq!(shop.adyen("payments", &shop.payment("a-1"), "k1").await, None);
    assert_eq!(shop.books(Dialect::Adyen).await[0].held, 19_900);
    let (_, again) = shop.adyen("payments", &shop.payment("a-1"), "k1").await.unwrap();
    assert_eq!(again["resultCode"], "Authorised");
    assert_eq!(shop.books(Dialect::Adyen).await.len(), 1);

    shop.fault(FaultSpec::new(at, Effect::Refuse)).await;
    assert_eq!(shop.adyen("payments", &shop.payment("a-2"), "k2").await, None);
    assert_eq!(shop.books(Dialect::Adyen).await.len(), 1);

    let late = Twist::LandsLate { after_ms: 3_000 };
    shop.fault(FaultSpec::money(Dialect::Adyen, "authorize", late)).await;
    assert_eq!(shop.adyen("payments", &shop.payment("a-3"), "k3").await, None);
    let (status, running) = shop.adyen("payments", &shop.payment("a-3"), "k3").await.unwrap();
    assert_eq!((status, &running["errorCode"]), (422, &json!("704")));
    let filter =
        PspFilter { reference: Some("a-3".to_owned()), wait: WAIT, ..PspFilter::default() };
    let landed = shop.stage.client.psp_payments(&filter).await.unwrap();
    assert_eq!(landed[0].held, 19_900);

    let cancel =
        json!({"merchantAccount": "ShopECOM", "paymentReference": "a-3", "reference": "v"});
    assert_eq!(shop.adyen("cancels", &cancel, "v").await.unwrap().0, 201);
    let voided = shop.stage.client.psp_payments(&filter).await.unwrap().remove(0);
    assert_eq!((voided.state, voided.held), (PspState::Voided, 0));
}

#[tokio::test]
async fn a_part_another_currency_and_a_doubt_are_said_as_they_are() {
    let shop = Shop::with_accounts("visa").await;
    let twists = [
        (Twist::Partial { amount: 500 }, "PartiallyAuthorised"),
        (Twist::OtherCurrency { currency: "EUR".to_owned() }, "Authorised"),
        (Twist::Pending, "Pending"),
        (Twist::Declined { code: "2".to_owned() }, "Refused"),
    ];
    for (index, (twist, result)) in twists.into_iter().enumerate() {
        shop.fault(FaultSpec::money(Dialect::Adyen, "authorize", twist)).await;
        let reference = format!("a-{index}");
        let (_, said) =
            shop.adyen("payments", &shop.payment(&reference), &reference).await.unwrap();
        assert_eq!(said["resultCode"], result);
        if index == 0 {
            assert_eq!(said["amount"]["value"], 500);
        }
        if index == 1 {
            assert_eq!(said["amount"]["currency"], "EUR");
        }
    }
}

#[tokio::test]
async fn the_businesss_own_server_fences_what_is_cancelled() {
    let shop = Shop::with_accounts("visa").await;
    assert_eq!(shop.endpoint("/key1", None, "").await.unwrap().0, 404);
    let (_, fenced) = shop.endpoint("/key1/cancel", Some(&json!({})), "").await.unwrap();
    assert_eq!(fenced["decision"], "cancelled");
    let (_, late) = shop.endpoint("", Some(&shop.order()), "key1").await.unwrap();
    assert_eq!((&late["decision"], &late["code"]), (&json!("declined"), &json!("cancelled")));

    let (_, paid) = shop.endpoint("", Some(&shop.order()), "key2").await.unwrap();
    assert_eq!((&paid["decision"], &paid["amount"]), (&json!("approved"), &json!("199.00")));
    let amount = json!({"key": "key2", "amount": "199.00", "currency": "USD"});
    for _ in 0..2 {
        let (status, taken) = shop.endpoint("/key2/capture", Some(&amount), "").await.unwrap();
        assert_eq!((status, &taken["decision"]), (200, &json!("captured")));
    }
    let (_, late) = shop.endpoint("/key2/cancel", Some(&json!({})), "").await.unwrap();
    assert_eq!(late["decision"], "captured");
    let (_, given) = shop.endpoint("/key2/refunds", Some(&amount), "r1").await.unwrap();
    assert_eq!(given["decision"], "refunded");
    assert_eq!(shop.endpoint("/key2/refunds", Some(&amount), "r2").await.unwrap().0, 409);

    // What is held is refused from its cancellation on, and so is what is on its way then.
    let order = shop.order();
    let (_, paid) = shop.endpoint("", Some(&order), "key3").await.unwrap();
    assert_eq!(paid["decision"], "approved");
    for key in ["key3", "key4", "key5"] {
        let cancel = format!("/{key}/cancel");
        let no = json!({});
        let held = shop.endpoint("", Some(&order), key);
        let (held, cancelled) = tokio::join!(held, shop.endpoint(&cancel, Some(&no), ""));
        assert!(held.is_some() && cancelled.unwrap().1["decision"] == "cancelled");
        let (_, told) = shop.endpoint(&format!("/{key}"), None, "").await.unwrap();
        assert_eq!(told["decision"], "cancelled", "{key}");
        let (_, late) = shop.endpoint("", Some(&order), key).await.unwrap();
        assert_eq!(late["decision"], "declined", "{key}");
    }

    // A part is captured once.
    shop.endpoint("", Some(&order), "key6").await.unwrap();
    let part = json!({"key": "key6", "amount": "99.00", "currency": "USD"});
    let rest = json!({"key": "key6", "amount": "100.00", "currency": "USD"});
    let (_, taken) = shop.endpoint("/key6/capture", Some(&part), "p1").await.unwrap();
    assert_eq!((&taken["decision"], &taken["amount"]), (&json!("captured"), &json!("99.00")));
    assert_eq!(shop.endpoint("/key6/capture", Some(&rest), "p2").await.unwrap().0, 409);
    assert_eq!(shop.endpoint("/key6/refunds", Some(&rest), "p3").await.unwrap().0, 409);
    let (status, _) = told(
        shop.stage
            .http
            .post(format!("{}/ours", shop.stage.simulator.pay.endpoint_url))
            .header("amb-timestamp", now().to_string())
            .header("amb-signature", "v1=00")
            .body("{}"),
    )
    .await
    .unwrap();
    assert_eq!(status, 401);
}

#[tokio::test]
async fn what_a_cards_owner_takes_back_is_told() {
    let shop = Shop::with_accounts("visa").await;
    let (id, _) = shop.confirmed("19900").await;
    let payment = shop.books(Dialect::Stripe).await.remove(0);
    let too_early = shop.stage.client.charge_back(&payment, &Chargeback::default()).await;
    assert!(too_early.is_err());
    shop.stripe(&format!("payment_intents/{id}/capture"), &[], "c").await;
    shop.stage.client.charge_back(&payment, &Chargeback::default()).await.unwrap();
    let told = notices(&shop, 3).await;
    let dispute = told.iter().find(|it| it["type"] == "charge.dispute.funds_withdrawn").unwrap();
    assert_eq!(dispute["data"]["object"]["amount"], 19_900);
    let heard = shop.till.heard("notice").remove(0);
    let signature = heard.header("stripe-signature").to_owned();
    let (at, mac) = signature.split_once(",v1=").unwrap();
    let signed =
        format!("{}.{}", at.trim_start_matches("t="), String::from_utf8_lossy(&heard.body));
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"whsec_abc");
    assert_eq!(mac, HEXLOWER.encode(hmac::sign(&key, signed.as_bytes()).as_ref()));
    let payment = shop.books(Dialect::Stripe).await.remove(0);
    assert!(payment.moves.iter().any(|it| it.kind == MoveKind::Chargeback));
}

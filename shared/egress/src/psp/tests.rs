//! What all providers keep, and the server that plays them.

use super::*;
use crate::testing::read_request;
use amb_protocol::{
    apple_pay::{MerchantIdentifier, Region},
    money::Currency,
};
use amb_service::{
    model::{Attempt, PaymentPointer, SecretName},
    port::PortError,
};
use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::{io::AsyncWriteExt, net::TcpListener};

mod alarm;

/// A secret that must never be seen anywhere but in a request.
pub(super) const CANARY: &str = "canary4242424242424242";

/// One request as the provider saw it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn key(&self) -> &str {
        self.header("idempotency-key").unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

/// What the provider does with a request.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Answer(u16, String),
    With(u16, &'static str, String),
    Reset,
    Hang,
}

impl Act {
    /// The time for a call that ends like this: too little for another try, enough for a busy machine
    /// to answer in, and no long wait for what never comes.
    pub(super) fn until(&self) -> Timestamp {
        within(if matches!(self, Self::Hang) { 1500 } else { 7000 })
    }
}

/// A provider that does one thing after the other; the last repeats.
pub(super) struct Provider {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends the task")]
    pub(super) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let acts: Arc<Mutex<VecDeque<Act>>> = Arc::new(Mutex::new(acts.into_iter().collect()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (acts, seen) = (Arc::clone(&acts), Arc::clone(&seen));
                tokio::spawn(async move {
                    loop {
                        let text = read_request(&mut stream).await;
                        let Some((head, body)) = text.split_once("\r\n\r\n") else { return };
                        let (line, head) = head.split_once("\r\n").unwrap();
                        let line = line.strip_suffix(" HTTP/1.1").unwrap().to_owned();
                        let asked = Asked { line, head: head.into(), body: body.into() };
                        let act = {
                            seen.lock().unwrap().push(asked);
                            let mut acts = acts.lock().unwrap();
                            let last = acts.len() == 1;
                            if last { acts[0].clone() } else { acts.pop_front().unwrap() }
                        };
                        let (status, extra, body) = match act {
                            Act::Answer(status, body) => (status, "", body),
                            Act::With(status, extra, body) => (status, extra, body),
                            Act::Reset => return,
                            Act::Hang => std::future::pending().await,
                        };
                        let length = body.len();
                        let answer = format!(
                            "HTTP/1.1 {status} x\r\n{extra}content-length: {length}\r\n\r\n{body}"
                        );
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// Stands still.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(BEGUN + self.0).unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

/// Every merchant has the same secret.
#[derive(Clone, Debug)]
pub(super) struct Keys(pub(super) Option<String>);

impl MerchantSecrets for Keys {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        Ok(self.0.clone().map(Secret::new))
    }
}

pub(super) const BEGUN: i64 = 1_795_000_000;

pub(super) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(super) fn tenant() -> TenantId {
    TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap()
}

pub(super) fn order(kind: PspKind) -> PspOrder {
    let payment = PaymentId::parse(&format!("pay_{}", "a".repeat(26))).unwrap();
    let pointer = PaymentPointer { tenant: tenant(), payment: payment.clone() };
    PspOrder {
        tenant: tenant(),
        account: PspAccount { kind, secret: SecretName::parse("psp").unwrap(), decrypts: false },
        merchant: MerchantIdentifier::parse("merchant.com.example.shop").unwrap(),
        payment,
        attempt: 1,
        reference: Attempt::reference(&pointer, 1),
        order_reference: Some("1001".into()),
        key: "ab".repeat(32),
        turn: 0,
        amount: Minor::new(6399),
        currency: usd(),
        intent: None,
        psp_reference: None,
        begun_at: Timestamp::from_second(BEGUN).unwrap(),
        billing: Region::whole(&serde_json::json!({
            "countryCode": "gb", "locality": "London", "postalCode": "SW1A 1AA",
        })),
    }
}

pub(super) fn token() -> PspToken {
    PspToken {
        payment_data: Secret::new(format!(r#"{{"version":"EC_v1","data":"{CANARY}"}}"#)),
        transaction_id: "c0ffee".into(),
        network: None,
        display_name: None,
    }
}

/// In so many milliseconds of the tests' standing clock.
pub(super) fn within(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(BEGUN * 1000 + millis).unwrap()
}

pub(super) fn approved(reference: &str) -> PspResult {
    PspResult::Approved {
        reference: reference.into(),
        amount: Minor::new(6399),
        currency: usd(),
        auth_code: None,
        network: None,
        last4: None,
    }
}

/// A port that nobody listens on.
pub(super) async fn nobody() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn psps(keys: Keys) -> Psps<Keys, At> {
    Psps::new(keys, At(0), Policy::with_loopback())
}

#[test]
fn a_stand_in_lies_on_this_machine_and_only_where_loopback_is_allowed() {
    let production = || Psps::new(Keys(None), At(0), Policy::production());
    for url in ["http://127.0.0.1:9000", "https://127.0.0.1:9000", "https://stripe.example.com"] {
        assert!(production().elsewhere(Some(url), None).is_err(), "{url}");
        assert!(production().elsewhere(None, Some(url)).is_err(), "{url}");
    }
    assert!(psps(Keys(None)).elsewhere(Some("http://127.0.0.1:9000"), None).is_ok());
    assert!(psps(Keys(None)).elsewhere(Some("https://stripe.example.com"), None).is_err());
}

#[test]
fn keys_are_the_same_from_everywhere_and_differ_by_verb() {
    let key = "ab".repeat(32);
    assert_eq!(key_of("capture", &key), key_of("capture", &key));
    assert_ne!(key_of("capture", &key), key_of("confirm", &key));
    assert_eq!(key_of("capture", &key).len(), 64, "Adyen takes no more");
}

#[test]
fn only_codes_leave_and_no_text() {
    assert_eq!(code("card_declined"), Some("card_declined".into()));
    for text in ["", "Your card was declined.", "<b>", &"x".repeat(65), "a\nb"] {
        assert_eq!(code(text), None, "{text}");
    }
    assert_eq!(last4("4242"), Some("4242".into()));
    assert_eq!(last4("4242424242424242"), None);
}

#[test]
fn a_reference_names_its_payment() {
    let order = order(PspKind::Stripe { account: None });
    assert_eq!(payment_of(&order.reference), Some(order.payment.clone()));
    assert_eq!(payment_of(&format!("{}-v", order.reference)), Some(order.payment));
    assert_eq!(payment_of("order-1001"), None);
    assert_eq!(payment_of(""), None);
}

#[tokio::test]
async fn a_secret_that_is_missing_or_none_of_the_providers_rejects_and_asks_nobody() {
    for kind in [
        PspKind::Stripe { account: None },
        PspKind::Adyen { merchant_account: "Shop".into(), prefix: "test".into() },
        PspKind::Endpoint { url: "https://pay.example.com/amb".into() },
    ] {
        for secret in [None, Some("{}".to_owned()), Some(r#"{"v":1}"#.to_owned())] {
            let psps = psps(Keys(secret));
            let order = order(kind.clone());
            let result = psps.authorize(&order, &token(), within(1000)).await;
            assert_eq!(result, rejected(DeclineClass::Configuration, None));
            assert_eq!(psps.resolve(&order, within(1000)).await, Resolution::StillUnknown);
            assert_eq!(psps.void(&order, within(1000)).await, PspDone::Unknown);
            let notice = psps.notice(&order.tenant, &order.account, &[], b"{}", within(0)).await;
            assert!(matches!(notice, Err(NoticeFault::Forged)));
        }
    }
}

#[tokio::test]
async fn an_adyen_prefix_names_adyens_host_and_no_other() {
    for (prefix, host) in [
        ("test", Some("checkout-test.adyen.com")),
        (
            "1797a841fbb37ca7-AdyenDemo",
            Some("1797a841fbb37ca7-adyendemo-checkout-live.adyenpayments.com"),
        ),
        ("", None),
        ("evil.example.com/", None),
        ("a@b", None),
        ("a.b", None),
        (&"a".repeat(64), None),
    ] {
        let url = adyen::base(None, prefix);
        assert_eq!(url.as_ref().and_then(Url::host_str), host, "{prefix}");
    }
}

#[test]
fn the_payment_that_a_notice_names_is_read_before_anybody_knows_who_wrote_it() {
    let psps = Psps::new(Keys(None), At(0), Policy::production());
    let payment = order(PspKind::Stripe { account: None }).payment;
    let adyen = |references: &[&str]| {
        let item = |reference: &&str| {
            serde_json::json!({ "NotificationRequestItem": {
                "additionalData": { "hmacSignature": "" }, "eventCode": "REPORT_AVAILABLE",
                "merchantAccountCode": "", "merchantReference": reference, "pspReference": "",
                "success": "true",
            } })
        };
        let items: Vec<_> = references.iter().map(item).collect();
        serde_json::json!({ "notificationItems": items }).to_string()
    };
    let stripe = |object: &str| format!(r#"{{"type":"x","data":{{"object":{object}}}}}"#);
    let attempt = format!("{payment}-2");
    let named = |psp: &str, body: &str| psps.named(psp, body.as_bytes());
    for (psp, body) in [
        ("stripe", stripe(&format!(r#"{{"metadata":{{"payment":"{payment}"}}}}"#))),
        ("adyen", adyen(&["a report", &attempt, "pay_other-1"])),
        ("endpoint", format!(r#"{{"payment":"{payment}","kind":"changed"}}"#)),
    ] {
        assert_eq!(named(psp, &body), Some(payment.clone()), "{psp}");
        assert_eq!(named("paypal", &body), None);
    }
    for body in ["", "{}", "[]", "\u{0}", &adyen(&[]), &adyen(&["pay_x-1"])] {
        for psp in ["stripe", "adyen", "endpoint"] {
            assert_eq!(named(psp, body), None, "{psp} {body}");
        }
    }
    assert_eq!(named("stripe", &stripe(r#"{"payment_intent":"pi_1"}"#)), None, "a dispute");
    assert_eq!(named("stripe", &stripe(r#"{"metadata":{"payment":"pay_x"}}"#)), None);
}

//! The word that an alarm waits for: whenever keys are refused, missing or unreadable, and only then.

use std::fmt::Write as _;

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

use super::*;

/// The errors that are logged in this thread.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Errors {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, event: &Event<'_>) {
        // Of other crates, messages alone are written.
        if !event.metadata().target().starts_with("amb_") {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        assert!(!line.0.contains(CANARY), "{}", line.0);
        if *event.metadata().level() == Level::ERROR {
            self.0.lock().unwrap().push(line.0);
        }
    }
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

impl Errors {
    fn heard() -> (Self, DefaultGuard) {
        let errors = Self::default();
        let guard = amb_support::logs::listen(errors.clone());
        (errors, guard)
    }

    /// Why it was rung since the last time.
    fn rung(&self) -> Vec<&'static str> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        let rings = lines.iter().filter(|line| line.contains("message=psp_misconfigured"));
        rings
            .map(|line| {
                assert!(line.contains("tenant=ten_a") && line.contains("psp="), "{line}");
                let whys = ["refused", "missing", "unreadable", "not_to_be_had", "nothing_here"];
                let found = whys.into_iter().find(|why| line.contains(&format!("why=\"{why}")));
                found.unwrap_or_else(|| panic!("{line}"))
            })
            .collect()
    }
}

const VERBS: [&str; 6] = ["prepare", "authorize", "resolve", "void", "capture", "refund"];

/// Does one thing with an order, and says whether anything came of it.
async fn operate<K: MerchantSecrets>(psps: &Psps<K, At>, verb: &str, order: &PspOrder) -> String {
    let held = PspOrder { psp_reference: Some("pi_1".into()), ..order.clone() };
    let until = within(5000);
    match verb {
        "prepare" => format!("{:?}", psps.prepare(order, until).await),
        "authorize" => format!("{:?}", psps.authorize(order, &token(), until).await),
        "resolve" => format!("{:?}", psps.resolve(order, until).await),
        "void" => format!("{:?}", psps.void(&held, until).await),
        "capture" => format!("{:?}", psps.capture(&held, Minor::new(6399), until).await),
        _ => format!("{:?}", psps.refund(&held, Minor::new(6399), "key", until).await),
    }
}

/// The three kinds of accounts, each with keys that can be read.
fn accounts(url: &str) -> [(PspKind, serde_json::Value); 3] {
    let adyen = PspKind::Adyen { merchant_account: "Shop".into(), prefix: "test".into() };
    [
        (
            PspKind::Stripe { account: None },
            serde_json::json!({ "v": 1, "key": CANARY, "webhookSecret": CANARY }),
        ),
        (adyen, serde_json::json!({ "v": 1, "apiKey": CANARY, "hmacKey": "00" })),
        (
            PspKind::Endpoint { url: format!("{url}/amb") },
            serde_json::json!({ "v": 1, "key": CANARY.repeat(2) }),
        ),
    ]
}

fn psps_at<K: MerchantSecrets>(url: &str, keys: K) -> Psps<K, At> {
    let psps = Psps::new(keys, At(0), Policy::with_loopback());
    psps.elsewhere(Some(url), Some(url)).unwrap()
}

#[tokio::test]
async fn refused_keys_ring_once_whatever_was_asked() {
    let (errors, _guard) = Errors::heard();
    for status in [401, 403] {
        let answer = Act::Answer(status, format!(r#"{{"message":"{CANARY}"}}"#));
        let provider = Provider::start([answer]).await;
        for (kind, secret) in accounts(&provider.url) {
            for verb in VERBS {
                // A business's server and Adyen prepare nothing.
                if verb == "prepare" && !matches!(kind, PspKind::Stripe { .. }) {
                    continue;
                }
                let psps = psps_at(&provider.url, Keys(Some(secret.to_string())));
                let came_to = operate(&psps, verb, &order(kind.clone())).await;
                assert_eq!(errors.rung(), ["refused"], "{verb} {kind:?} {came_to}");
            }
        }
    }
}

/// Cannot be had.
struct Locked;

impl MerchantSecrets for Locked {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        Err(PortError::unavailable("Locked", "the key of its key is disabled"))
    }
}

#[tokio::test]
async fn keys_that_are_missing_unreadable_or_not_to_be_had_ring_once_whatever_was_asked() {
    let (errors, _guard) = Errors::heard();
    let url = nobody().await;
    for (kind, _) in accounts(&url) {
        let order = order(kind);
        for verb in VERBS {
            for (secret, why) in [(None, "missing"), (Some(format!("\"{CANARY}")), "unreadable")] {
                operate(&psps_at(&url, Keys(secret)), verb, &order).await;
                assert_eq!(errors.rung(), [why], "{verb}");
            }
            operate(&psps_at(&url, Locked), verb, &order).await;
            assert_eq!(errors.rung(), ["not_to_be_had"], "{verb}");
        }
        let psps = psps_at(&url, Keys(None));
        let notice = psps.notice(&order.tenant, &order.account, &[], b"{}", within(0)).await;
        assert!(matches!(notice, Err(NoticeFault::Forged)));
        assert_eq!(errors.rung(), ["missing"]);
        let psps = psps_at(&url, Keys(Some("{}".into())));
        let notice = psps.notice(&order.tenant, &order.account, &[], b"{}", within(0)).await;
        assert!(matches!(notice, Err(NoticeFault::Forged)));
        assert_eq!(errors.rung(), ["unreadable"]);
        let psps = psps_at(&url, Locked);
        let notice = psps.notice(&order.tenant, &order.account, &[], b"{}", within(0)).await;
        assert!(matches!(notice, Err(NoticeFault::Port(_))));
        assert_eq!(errors.rung(), ["not_to_be_had"]);
    }
}

#[tokio::test]
async fn stripes_own_words_for_keys_ring_and_what_is_about_the_request_does_not() {
    let (errors, _guard) = Errors::heard();
    for (status, code, rings) in [
        (400, "livemode_mismatch", true),
        (400, "testmode_charges_only", true),
        (400, "amount_too_small", false),
        (402, "card_declined", false),
        (404, "resource_missing", false),
        (429, "rate_limit", false),
        (500, "api_error", false),
    ] {
        let body = format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}"}}}}"#);
        let provider = Provider::start([Act::Answer(status, body)]).await;
        let [(kind, secret), ..] = accounts(&provider.url);
        let psps = psps_at(&provider.url, Keys(Some(secret.to_string())));
        operate(&psps, "prepare", &order(kind)).await;
        assert_eq!(!errors.rung().is_empty(), rings, "{status} {code}");
    }
}

#[tokio::test]
async fn keys_that_nobody_refused_ring_nothing() {
    let (errors, _guard) = Errors::heard();
    let body = r#"{"id":"pi_1","status":"canceled","amount":6399,"currency":"usd"}"#;
    for status in [200, 429, 500] {
        let provider = Provider::start([Act::Answer(status, body.into())]).await;
        for (kind, secret) in accounts(&provider.url) {
            for verb in VERBS {
                let psps = psps_at(&provider.url, Keys(Some(secret.to_string())));
                operate(&psps, verb, &order(kind.clone())).await;
                assert_eq!(errors.rung(), [""; 0], "{verb} {kind:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_account_whose_tokens_nothing_here_opens_rings() {
    let (errors, _guard) = Errors::heard();
    let mut order = order(PspKind::Stripe { account: None });
    order.account.decrypts = true;
    operate(&psps_at(&nobody().await, Keys(None)), "authorize", &order).await;
    assert_eq!(errors.rung(), ["nothing_here"]);
}

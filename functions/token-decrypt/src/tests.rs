use std::sync::Mutex;

use amb_protocol::{
    apple_pay::{MerchantIdentifier, token::Environment},
    money::{Currency, Minor},
    secret::Secret,
};
use amb_service::{
    model::{PaymentId, PspAccount, PspKind, SecretName, TenantId},
    port::{PortError, PspToken},
};
use amb_simulator::apple_pay::{Card, Mint, TokenPki};
use serde_json::{Value, json};

use super::*;

mod providers;
mod rotation;

const NOW: i64 = 1_795_000_000;
const MERCHANT: &str = "merchant.com.example.shop";
const NUMBER: &str = "4111111111111111";

#[derive(Clone, Copy, Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW + 10).unwrap()
    }
    async fn sleep(&self, _duration: std::time::Duration) {}
}

/// One merchant's processing keys, by the name of the provider's secret.
struct Keys(Option<String>);

impl MerchantSecrets for Keys {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        let is_ours = name.as_str() == "stripe";
        Ok(self.0.clone().filter(|_| is_ours).map(Secret::new))
    }
}

/// Writes down what it was asked with.
#[derive(Default)]
struct Provider(Mutex<Vec<String>>);

impl TakesCards for &Provider {
    async fn authorize_card(&self, order: &PspOrder, card: &CardData, _: Timestamp) -> PspResult {
        let line = format!("{} {} {}", card.number(), card.expiry_month(), card.expiry_year());
        self.0.lock().unwrap().push(line);
        PspResult::Approved {
            reference: "pi_1".to_owned(),
            amount: order.amount,
            currency: order.currency,
            auth_code: None,
            network: None,
            last4: None,
        }
    }
}

fn order(amount: i64, currency: &str) -> PspOrder {
    PspOrder {
        tenant: TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap(),
        account: PspAccount {
            kind: PspKind::Stripe { account: None },
            secret: SecretName::parse("stripe").unwrap(),
            decrypts: true,
        },
        merchant: MerchantIdentifier::parse(MERCHANT).unwrap(),
        payment: PaymentId::parse(&format!("pay_{}", "a".repeat(26))).unwrap(),
        attempt: 1,
        reference: "pay_a-1".to_owned(),
        order_reference: None,
        key: "ab".repeat(32),
        turn: 0,
        amount: Minor::new(amount),
        currency: Currency::parse(currency).unwrap(),
        intent: Some("pi_1".to_owned()),
        psp_reference: None,
        begun_at: Timestamp::from_second(NOW).unwrap(),
        billing: None,
    }
}

fn token(pki: &TokenPki) -> PspToken {
    let card = Card { number: NUMBER, network: None, display_name: "", kind: "debit" };
    let mint = Mint {
        merchant: MERCHANT,
        amount: 6399,
        currency: "USD",
        card,
        now: Timestamp::from_second(NOW).unwrap(),
        transaction_id: None,
        application_data: None,
    };
    let json = pki.mint(&mint).unwrap();
    PspToken {
        payment_data: Secret::new(json["paymentData"].to_string()),
        transaction_id: json["transactionIdentifier"].as_str().unwrap().to_owned(),
        network: None,
        display_name: None,
    }
}

fn keys(pki: &TokenPki) -> String {
    let key = pki.processing_key_pem(MERCHANT).unwrap();
    json!({"v": 1, "keys": [{"key": key}]}).to_string()
}

/// What comes of an order, through the event's JSON and back, and what the provider was asked with.
async fn pay(order: &PspOrder, secret: Option<String>) -> (PspResult, Vec<String>) {
    let pki = TokenPki::new("a seed").unwrap();
    let until = Timestamp::from_second(NOW + 20).unwrap();
    let sealed = SealedPayment::new(order, &token(&pki), until).unwrap();
    let event: Value = serde_json::to_value(&sealed).unwrap();
    let sealed: SealedPayment = serde_json::from_str(&event.to_string()).unwrap();
    assert!(!format!("{sealed:?}").contains("paymentData"));
    let provider = Provider::default();
    let verifier = Verifier::new(Environment::Production, &[pki.root_pem()]).unwrap();
    let function = TokenDecrypt::new(verifier, Keys(secret), &provider, Still);
    let result = function.pay(sealed).await;
    assert!(!serde_json::to_string(&result).unwrap().contains(NUMBER));
    (result, provider.0.into_inner().unwrap())
}

fn refused(class: DeclineClass, code: &str) -> PspResult {
    PspResult::Rejected { class, code: Some(code.to_owned()) }
}

#[tokio::test]
async fn an_opened_token_pays_its_order() {
    let order = order(6399, "USD");
    let (result, asked) = pay(&order, Some(keys(&TokenPki::new("a seed").unwrap()))).await;
    assert_eq!(result.reference(), Some("pi_1"));
    assert_eq!(asked, [format!("{NUMBER} 12 2031")]);
}

#[tokio::test]
async fn what_the_customer_did_not_agree_to_is_not_asked_for() {
    let secret = Some(keys(&TokenPki::new("a seed").unwrap()));
    for (order, code) in
        [(order(6400, "USD"), "amount_mismatch"), (order(6399, "CAD"), "currency_mismatch")]
    {
        let (result, asked) = pay(&order, secret.clone()).await;
        assert_eq!((result, asked), (refused(DeclineClass::Token, code), Vec::new()));
    }
}

#[tokio::test]
async fn a_merchant_without_the_right_key_is_told_so() {
    let order = order(6399, "USD");
    for (secret, class, code) in [
        (None, DeclineClass::Configuration, "keys_missing"),
        (Some("{}".to_owned()), DeclineClass::Configuration, "keys_unreadable"),
        (Some(keys(&TokenPki::new("other").unwrap())), DeclineClass::Token, "key_not_found"),
    ] {
        let (result, asked) = pay(&order, secret).await;
        assert_eq!((result, asked), (refused(class, code), Vec::new()));
    }
}

/// An alarm waits for these words in the lines of the log.
#[test]
fn keys_that_are_missing_or_unreadable_are_words_in_a_line() {
    for (secret, word) in [(None, "keys_missing"), (Some("{}".to_owned()), "keys_unreadable")] {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let work = || runtime.block_on(pay(&order(6399, "USD"), secret));
        let (_, lines) = amb_support::logs::captured("token-decrypt", Still, work);
        let hits = lines.iter().filter(|line| line.contains(&format!("\"Outcome\":\"{word}\"")));
        assert_eq!(hits.count(), 1, "{word} in {lines:?}");
        assert!(lines.iter().all(|line| line.contains(order(1, "USD").tenant.as_str())));
    }
}

#[tokio::test]
async fn f123_a_token_that_is_not_apples_is_never_opened() {
    let pki = TokenPki::new("a seed").unwrap();
    let until = Timestamp::from_second(NOW + 20).unwrap();
    let order = order(6399, "USD");
    let sealed = SealedPayment::new(&order, &token(&pki), until).unwrap();
    let provider = Provider::default();
    let verifier = Verifier::apple(Environment::Production);
    let function = TokenDecrypt::new(verifier, Keys(Some(keys(&pki))), &provider, Still);
    let result = function.pay(sealed).await;
    assert_eq!(result, refused(DeclineClass::Token, "chain_untrusted"));
    assert!(provider.0.lock().unwrap().is_empty());
}

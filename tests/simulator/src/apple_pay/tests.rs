//! The product's own verifier reads what is made here, and believes it for our root only.

use amb_protocol::apple_pay::MerchantIdentifier;
use amb_protocol::apple_pay::token::{
    Environment, PaymentToken, ProcessingKeys, TokenFault, Verified, Verifier, decrypt,
};
use amb_protocol::money::{Currency, Minor};
use amb_protocol::secret::Secret;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Card, Mint, TokenPki};

const NOW: i64 = 1_795_000_000;
const MERCHANT: &str = "merchant.com.example.shop";

fn mint(pki: &TokenPki) -> Value {
    let card = Card {
        number: "4111111111111111",
        network: None,
        display_name: "Visa 1111",
        kind: "debit",
    };
    let now = Timestamp::from_second(NOW).unwrap();
    pki.mint(&Mint {
        merchant: MERCHANT,
        amount: 6399,
        currency: "AUD",
        card,
        now,
        transaction_id: None,
        application_data: Some([7; 32]),
    })
    .unwrap()
}

fn verify(
    root: &TokenPki,
    token: &Value,
    environment: Environment,
) -> Result<Verified, TokenFault> {
    let verifier = Verifier::new(environment, &[root.root_pem()]).unwrap();
    verifier.verify(&PaymentToken::read(&token.to_string()).unwrap(), NOW + 20)
}

#[test]
fn a_token_of_ours_is_verified_and_opened_by_the_product() {
    let pki = TokenPki::new("a seed").unwrap();
    let json = mint(&pki);
    let verified = verify(&pki, &json, Environment::Production).unwrap();
    let token = PaymentToken::read(&json.to_string()).unwrap();
    assert_eq!((verified.signing_time, verified.sandbox), (NOW, false));
    assert_eq!(verified.transaction_id, token.transaction_id());

    let key = pki.processing_key_pem(MERCHANT).unwrap();
    let keys = Secret::new(json!({"v": 1, "keys": [{"key": key}]}).to_string());
    let keys = ProcessingKeys::read(&keys).unwrap();
    let merchant = MerchantIdentifier::parse(MERCHANT).unwrap();
    let card = decrypt(&token, &keys, &merchant).unwrap();
    assert_eq!((card.number(), card.eci()), ("4111111111111111", Some("7")));
    assert_eq!(card.pays(Minor::new(6399), Currency::parse("AUD").unwrap()), Ok(()));
    let other = MerchantIdentifier::parse("merchant.com.example.other").unwrap();
    assert_eq!(decrypt(&token, &keys, &other).err(), Some(TokenFault::Decrypt));
}

#[test]
fn f123_a_token_of_ours_is_not_apples() {
    let pki = TokenPki::new("a seed").unwrap();
    let token = mint(&pki);
    let read = PaymentToken::read(&token.to_string()).unwrap();
    let apple = Verifier::apple(Environment::Sandbox);
    assert_eq!(apple.verify(&read, NOW).err(), Some(TokenFault::Chain));
    let stranger = TokenPki::new("another seed").unwrap();
    let fault = verify(&stranger, &token, Environment::Production).err();
    assert_eq!(fault, Some(TokenFault::Chain));
}

#[test]
fn the_same_seed_is_believed_after_a_restart() {
    let token = mint(&TokenPki::new("a seed").unwrap());
    let again = TokenPki::new("a seed").unwrap();
    assert!(verify(&again, &token, Environment::Production).is_ok());
}

#[test]
fn a_sandbox_token_is_for_a_sandbox() {
    let pki = TokenPki::sandbox("a seed").unwrap();
    let token = mint(&pki);
    let fault = verify(&pki, &token, Environment::Production).err();
    assert_eq!(fault, Some(TokenFault::Sandbox));
    assert!(verify(&pki, &token, Environment::Sandbox).unwrap().sandbox);
}

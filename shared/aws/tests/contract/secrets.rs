use amb_aws::{
    SecretsManagerApple, SecretsManagerMerchants, SecretsManagerOperatorKey,
    SecretsManagerServiceKey,
};
use amb_protocol::jwt::ApiSecret;
use amb_service::{
    model::{SecretName, TenantId},
    port::{AppleSecrets, MerchantSecrets, OperatorKeySource, PortError, ServiceKeySource},
};
use aws_sdk_secretsmanager::Client;
use jiff::Timestamp;

const KEYS: [&str; 3] = [
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
    "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=",
];

pub(crate) async fn have_stages(client: &Client) {
    made_by_the_template(client).await;
    apples_rotation(client).await;
    what_cannot_be_read(client).await;
    keys_of_our_own(client).await;
    of_merchants_are_below_their_tenants(client).await;
}

async fn made_by_the_template(client: &Client) {
    create(client, "unset", r#"{"v":1,"unset":"x7Kq"}"#).await;
    let set = SecretsManagerApple::new(client.clone(), "unset").apple_keys().await.expect("a set");
    assert!(set.current.is_none() && set.previous.is_none() && set.pending.is_none());
}

async fn apples_rotation(client: &Client) {
    create(client, "apple", &value(KEYS[0], "null")).await;
    let apple = SecretsManagerApple::new(client.clone(), "apple");
    let first = apple.apple_keys().await.expect("a set");
    let current = first.current.as_ref().expect("a current key").fingerprint();
    assert!(first.previous.is_none() && first.pending.is_none());

    put(client, "apple", &value(KEYS[1], "null"), "AWSPENDING").await;
    let pending = apple.apple_keys().await.expect("a set");
    assert_eq!(pending.current.as_ref().map(ApiSecret::fingerprint), Some(current.clone()));
    assert!(pending.pending.is_some());

    put(client, "apple", &value(KEYS[2], "1795262400"), "AWSCURRENT").await;
    let rotated = apple.apple_keys().await.expect("a set");
    assert_ne!(rotated.current.as_ref().map(ApiSecret::fingerprint), Some(current.clone()));
    assert_eq!(rotated.previous.as_ref().map(ApiSecret::fingerprint), Some(current));
    assert_eq!(rotated.previous_accept_until.map(Timestamp::as_second), Some(1_795_262_400));
}

async fn what_cannot_be_read(client: &Client) {
    create(client, "odd", &value(KEYS[0], "null")).await;
    put(client, "odd", "no JSON", "AWSPENDING").await;
    let odd = SecretsManagerApple::new(client.clone(), "odd");
    let set = odd.apple_keys().await.expect("what is pending does not matter");
    assert!(set.current.is_some() && set.pending.is_none());
    put(client, "odd", "no JSON", "AWSCURRENT").await;
    let unreadable = odd.apple_keys().await;
    assert!(matches!(unreadable, Err(PortError::Unreadable { .. })), "{unreadable:?}");
}

async fn keys_of_our_own(client: &Client) {
    let text = "k".repeat(64);
    create(client, "own", &format!(r#"{{"v":1,"key":"{text}"}}"#)).await;
    let master = SecretsManagerServiceKey::new(client.clone(), "own").service_key().await;
    assert_eq!(master.expect("a key").expose(), text.as_bytes());
    let operator = SecretsManagerOperatorKey::new(client.clone(), "own").operator_key().await;
    assert_eq!(operator.expect("a key").expose(), &text);
    let missing = SecretsManagerOperatorKey::new(client.clone(), "missing").operator_key().await;
    assert!(matches!(missing, Err(PortError::Unreadable { .. })), "{missing:?}");
}

async fn of_merchants_are_below_their_tenants(client: &Client) {
    let [ours, theirs] = ["a", "b"]
        .map(|digit| TenantId::parse(&format!("ten_{}", digit.repeat(26))).expect("a tenant id"));
    let name = SecretName::parse("stripe-live").expect("a name");
    create(client, &format!("shop/merchants/{ours}/stripe-live"), "first").await;
    let secrets = SecretsManagerMerchants::new(client.clone(), "shop/merchants");
    let found = secrets.merchant_secret(&ours, &name).await.expect("an answer");
    assert_eq!(found.expect("a secret").expose(), "first");
    assert!(secrets.merchant_secret(&theirs, &name).await.expect("an answer").is_none());

    // Nothing is remembered here.
    put(client, &format!("shop/merchants/{ours}/stripe-live"), "second", "AWSCURRENT").await;
    let found = secrets.merchant_secret(&ours, &name).await.expect("an answer");
    assert_eq!(found.expect("a secret").expose(), "second");
    create(client, &format!("shop/merchants/{theirs}/stripe-live"), "theirs").await;
    let found = secrets.merchant_secret(&theirs, &name).await.expect("an answer");
    assert_eq!(found.expect("a secret").expose(), "theirs");
}

fn value(key: &str, until: &str) -> String {
    format!(r#"{{"v":1,"kid":"a-2026-11","key":"{key}","previousAcceptUntil":{until}}}"#)
}

async fn create(client: &Client, name: &str, value: &str) {
    client.create_secret().name(name).secret_string(value).send().await.expect("a secret");
}

async fn put(client: &Client, name: &str, value: &str, stage: &str) {
    let request = client.put_secret_value().secret_id(name).secret_string(value);
    request.version_stages(stage).send().await.expect("a version");
}

//! The secrets that settings name: there, and in the form that whoever uses them reads.

use amb_protocol::secret::Secret;
use serde::{Deserialize, de::DeserializeOwned};

use super::request::Asked;
use crate::{
    model::{PspKind, SecretName, TenantId},
    port::MerchantSecrets,
    problem::{Fault, Faults, Problem},
};

/// The shortest key that signs.
const SHORTEST_KEY: usize = 32;

/// Whether what a text holds can be used.
type Form = fn(&Secret<String>) -> bool;

/// Checks every secret that is named.
pub(super) async fn check<K: MerchantSecrets>(
    secrets: &K,
    tenant: &TenantId,
    asked: &Asked,
) -> Result<(), Problem> {
    let psp: (Form, &str) = match &asked.psp.kind {
        PspKind::Stripe { .. } => (stripe, r#"{"v":1,"key":"sk_…","webhookSecret":"whsec_…"}"#),
        PspKind::Adyen { .. } => (adyen, r#"{"v":1,"apiKey":"…","hmacKey":"<hex>"}"#),
        PspKind::Endpoint { .. } => (signing, r#"{"v":1,"key":"<at least 32 characters>"}"#),
    };
    let identity: (Form, &str) =
        (identity, r#"{"v":1,"certificate":"<PEM chain>","key":"<PEM PKCS#8>"}"#);
    let mut faults = Faults::default();
    let mut named = vec![("/identity", &asked.identity, identity)];
    named.push(("/psp/secret", &asked.psp.secret, psp));
    if let Some(name) = &asked.signing {
        let form: (Form, &str) = (signing, r#"{"v":1,"key":"<at least 32 characters>"}"#);
        named.push(("/signing", name, form));
    }
    for (pointer, name, (form, example)) in named {
        match secrets.merchant_secret(tenant, name).await? {
            None => faults.push(missing(pointer, tenant, name)),
            Some(text) if !form(&text) => {
                let message = "the secret is not what is expected here";
                faults.push(Fault::new(pointer, "secret_form", message).fix(example));
            }
            Some(_) => {}
        }
    }
    faults.finish(Some(()))
}

fn missing(pointer: &str, tenant: &TenantId, name: &SecretName) -> Fault {
    let fix = format!("put it into Secrets Manager as …/{tenant}/{}", name.as_str());
    Fault::new(pointer, "secret_missing", "there is no secret of this name").fix(fix)
}

#[derive(Deserialize)]
struct Identity {
    v: u32,
    certificate: String,
    key: Secret<String>,
}

fn identity(text: &Secret<String>) -> bool {
    read(text, |Identity { v, certificate, key }| {
        v == 1
            && certificate.contains("-----BEGIN CERTIFICATE-----")
            && key.expose().contains("PRIVATE KEY-----")
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stripe {
    v: u32,
    key: Secret<String>,
    webhook_secret: Secret<String>,
}

fn stripe(text: &Secret<String>) -> bool {
    read(text, |Stripe { v, key, webhook_secret }| {
        let key = key.expose();
        let is_key = key.starts_with("sk_") || key.starts_with("rk_");
        v == 1 && is_key && webhook_secret.expose().starts_with("whsec_")
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Adyen {
    v: u32,
    api_key: Secret<String>,
    hmac_key: Secret<String>,
}

fn adyen(text: &Secret<String>) -> bool {
    read(text, |Adyen { v, api_key, hmac_key }| {
        let hmac = hmac_key.expose();
        let is_hex = !hmac.is_empty() && hmac.bytes().all(|b| b.is_ascii_hexdigit());
        v == 1 && !api_key.expose().is_empty() && is_hex
    })
}

#[derive(Deserialize)]
struct Signing {
    v: u32,
    key: Secret<String>,
}

fn signing(text: &Secret<String>) -> bool {
    read(text, |Signing { v, key }| v == 1 && key.expose().chars().count() >= SHORTEST_KEY)
}

/// The parser's own error would quote the text.
fn read<T: DeserializeOwned>(text: &Secret<String>, fits: impl FnOnce(T) -> bool) -> bool {
    serde_json::from_str(text.expose()).is_ok_and(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_in_its_form_alone() {
        let certificate = "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----";
        let key = "-----BEGIN PRIVATE KEY-----\\nMIIB\\n-----END PRIVATE KEY-----";
        let long = "k".repeat(SHORTEST_KEY);
        let cases: [(Form, String, bool); 11] = [
            (identity, format!(r#"{{"v":1,"certificate":"{certificate}","key":"{key}"}}"#), true),
            (identity, format!(r#"{{"v":1,"certificate":"{key}","key":"{certificate}"}}"#), false),
            (stripe, r#"{"v":1,"key":"sk_test_1","webhookSecret":"whsec_1"}"#.to_owned(), true),
            (stripe, r#"{"v":1,"key":"pk_test_1","webhookSecret":"whsec_1"}"#.to_owned(), false),
            (stripe, r#"{"v":2,"key":"sk_test_1","webhookSecret":"whsec_1"}"#.to_owned(), false),
            (adyen, r#"{"v":1,"apiKey":"AQE","hmacKey":"44AF"}"#.to_owned(), true),
            (adyen, r#"{"v":1,"apiKey":"AQE","hmacKey":"no hex"}"#.to_owned(), false),
            (signing, format!(r#"{{"v":1,"key":"{long}"}}"#), true),
            (signing, r#"{"v":1,"key":"short"}"#.to_owned(), false),
            (signing, long.clone(), false),
            (identity, format!(r#"{{"v":1,"key":"{long}"}}"#), false),
        ];
        for (form, text, fits) in cases {
            assert_eq!(form(&Secret::new(text.clone())), fits, "{text}");
        }
    }
}

//! A tenant that takes payments.

use amb_simulator::client::Client;
use amb_simulator::model::{Dialect, PspAccount};
use http::Method;
use serde_json::{Value, json};

use crate::api::{Api, ApiError};
use crate::secret::Secrets;
use crate::seed::{SeedError, Tenant};

/// How a tenant is paid.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// `merchant.…`
    pub identifier: String,
    /// Who moves the money.
    pub psp: Dialect,
    /// The account with them.
    pub account: String,
    /// Members of the settings besides what is usual: `capture`, `pricing`, …
    pub settings: serde_json::Map<String, Value>,
}

impl Merchant {
    /// A merchant of this tenant, paid through Stripe.
    pub fn of(tenant: &Tenant) -> Self {
        Self {
            identifier: format!("merchant.com.example.{}", tenant.name),
            psp: Dialect::Stripe,
            account: tenant.name.clone(),
            settings: serde_json::Map::new(),
        }
    }

    /// The same with another provider.
    #[must_use]
    pub fn paid_by(self, psp: Dialect) -> Self {
        Self { psp, ..self }
    }

    /// The same with another setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.settings.insert(name.to_owned(), value);
        self
    }
}

/// Keys of the account: what we show, and what notices are signed with.
struct Keys {
    key: String,
    notices: Option<String>,
    secret: Value,
}

impl Keys {
    fn of(merchant: &Merchant) -> Self {
        let account = &merchant.account;
        match merchant.psp {
            Dialect::Stripe => {
                let (key, whsec) = (format!("sk_test_{account}"), format!("whsec_{account}"));
                let secret = json!({"v": 1, "key": key, "webhookSecret": whsec});
                Self { key, notices: Some(whsec), secret }
            }
            Dialect::Adyen => {
                let (key, hmac) = (format!("AQE-{account}"), "5d".repeat(32));
                let secret = json!({"v": 1, "apiKey": key, "hmacKey": hmac});
                Self { key, notices: Some(hmac), secret }
            }
            Dialect::Endpoint => {
                let key = format!("{account:-<40}");
                Self { secret: json!({"v": 1, "key": key}), key, notices: None }
            }
        }
    }
}

pub(crate) async fn take_payments(
    secrets: &Secrets<'_>,
    api_url: &str,
    simulator: &Client,
    tenant: &Tenant,
    merchant: &Merchant,
) -> Result<(), SeedError> {
    let identity = simulator.create_merchant(&merchant.identifier).await?;
    let keys = Keys::of(merchant);
    let (business, account) = (&tenant.business_id, &merchant.account);
    let (word, psp) = match merchant.psp {
        Dialect::Stripe => ("stripe", json!({"kind": "stripe", "secret": "psp"})),
        Dialect::Adyen => (
            "adyen",
            json!({"kind": "adyen", "merchantAccount": account, "prefix": "test", "secret": "psp"}),
        ),
        Dialect::Endpoint => {
            let base = simulator.pay_setup().await?.endpoint_url;
            let url = format!("{}/{account}", base.trim_end_matches('/'));
            ("endpoint", json!({"kind": "endpoint", "url": url, "secret": "psp"}))
        }
    };
    let notices = PspAccount {
        key: keys.key,
        notice_secret: keys.notices,
        notice_url: Some(format!("{api_url}/psp/{business}/{word}")),
        ..PspAccount::default()
    };
    simulator.put_psp_account(merchant.psp, account, &notices).await?;
    let certificate = json!({"v": 1, "certificate": identity.certificate, "key": identity.key});
    secrets.put(&tenant.id, "apple-identity", &certificate.to_string()).await?;
    secrets.put(&tenant.id, "psp", &keys.secret.to_string()).await?;
    let signing = json!({"v": 1, "key": format!("{account:+<40}")});
    secrets.put(&tenant.id, "signing", &signing.to_string()).await?;

    let mut settings = json!({
        "merchantIdentifier": merchant.identifier,
        "displayName": "Example Shop",
        "countryCode": "US",
        "timeZone": "America/New_York",
        "identity": "apple-identity",
        "psp": psp,
        "signing": "signing",
        "supportedNetworks": ["visa", "masterCard", "amex"],
        "merchantCapabilities": ["supports3DS"],
    });
    if let Some(settings) = settings.as_object_mut() {
        settings.extend(merchant.settings.clone());
    }
    let api = Api::new(secrets.http.clone(), api_url, &tenant.api_key);
    let path = format!("/v1/businesses/{business}/apple-pay");
    let answer = api.call(Method::PUT, &path, &[], Some(&settings)).await?;
    match answer.status {
        200..=299 => Ok(()),
        status => {
            Err(ApiError::Refused { call: format!("PUT {path}"), status, body: answer.body }.into())
        }
    }
}

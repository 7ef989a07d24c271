use amb_service::model::{
    CapturePolicy, Channel, MerchantSettings, PspAccount, PspKind, SessionIdentifier,
};
use serde::Serialize;
use serde_json::Value;

use super::Instant;

/// The Apple Pay settings of a business. Certificates and keys are named, never shown.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ApplePaySettings))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplePayView {
    business_id: String,
    merchant_identifier: String,
    /// The trading name.
    display_name: String,
    country_code: String,
    supported_networks: Vec<String>,
    merchant_capabilities: Vec<String>,
    /// What a payment that says nothing of it is priced by.
    #[cfg_attr(test, schema(value_type = crate::openapi::ApplePayPricing))]
    pricing: Value,
    /// Where a customer pays whose device has no Apple Pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_url: Option<String>,
    /// Which of Apple's hosts makes merchant sessions.
    #[cfg_attr(test, schema(value_type = crate::openapi::PayChannelWord))]
    channel: Channel,
    /// How Apple is told the merchant when a session is asked for.
    #[cfg_attr(test, schema(value_type = crate::openapi::SessionIdentifierWord))]
    session_identifier: SessionIdentifier,
    /// The secret with the Merchant Identity Certificate and its key.
    identity: String,
    psp: PspView,
    capture: CaptureView,
    /// The IANA time zone of the books.
    time_zone: String,
    /// The secret that signs calls to the business's own servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing: Option<String>,
    /// What Apple wants to find on the gateway's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_association: Option<String>,
    updated_at: Instant,
}

/// Who moves the money.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentProvider))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PspView {
    #[cfg_attr(test, schema(value_type = crate::openapi::PspWord))]
    kind: &'static str,
    /// The secret with its keys.
    secret: String,
    /// `stripe`: a connected account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// `adyen`
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_account: Option<String>,
    /// `adyen`: the live endpoint's prefix, or `test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// `endpoint`: the business's own server.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Tokens are opened by us, and card data passed on.
    decrypts: bool,
}

/// When money that is held is captured.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = CapturePolicy))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaptureView {
    /// `acknowledged`: once the customer saw the right thing; `manual`: when it is asked for.
    #[cfg_attr(test, schema(value_type = crate::openapi::CaptureWord))]
    when: &'static str,
    /// `acknowledged`: after so many minutes, when nothing tells what the customer saw; fewer than 15 count as 15.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_minutes: Option<u16>,
}

impl From<MerchantSettings> for ApplePayView {
    fn from(settings: MerchantSettings) -> Self {
        Self {
            business_id: settings.business.to_string(),
            merchant_identifier: settings.merchant.to_string(),
            display_name: settings.display_name,
            country_code: settings.country,
            supported_networks: settings.networks,
            merchant_capabilities: settings.capabilities,
            pricing: serde_json::to_value(&settings.pricing).unwrap_or_default(),
            checkout_url: settings.checkout_url,
            channel: settings.channel,
            session_identifier: settings.session_identifier,
            identity: settings.identity.into(),
            psp: settings.psp.into(),
            capture: settings.capture.into(),
            time_zone: settings.time_zone,
            signing: settings.signing.map(String::from),
            domain_association: settings.domain_association.map(|association| association.0),
            updated_at: Instant(settings.updated_at),
        }
    }
}

impl From<PspAccount> for PspView {
    fn from(psp: PspAccount) -> Self {
        let view = Self {
            kind: psp.kind.as_str(),
            secret: psp.secret.into(),
            account: None,
            merchant_account: None,
            prefix: None,
            url: None,
            decrypts: psp.decrypts,
        };
        match psp.kind {
            PspKind::Stripe { account } => Self { account, ..view },
            PspKind::Adyen { merchant_account, prefix } => {
                Self { merchant_account: Some(merchant_account), prefix: Some(prefix), ..view }
            }
            PspKind::Endpoint { url } => Self { url: Some(url), ..view },
        }
    }
}

impl From<CapturePolicy> for CaptureView {
    fn from(policy: CapturePolicy) -> Self {
        match policy {
            CapturePolicy::Acknowledged { after_minutes } => {
                Self { when: "acknowledged", after_minutes: Some(after_minutes) }
            }
            CapturePolicy::Manual => Self { when: "manual", after_minutes: None },
        }
    }
}

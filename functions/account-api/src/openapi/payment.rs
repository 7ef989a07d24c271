//! Bodies of requests about payments.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use utoipa::ToSchema;

use super::word::{CaptureWord, PayChannelWord, PricingWord, PspWord, SessionIdentifierWord};

/// The Apple Pay settings of a business, whole. Secrets are named: put them into Secrets Manager first.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceApplePay {
    /// As Apple's developer account names it.
    #[schema(pattern = "^merchant\\.[A-Za-z0-9._-]+$", max_length = 255)]
    merchant_identifier: String,
    /// The trading name, not localised.
    #[schema(min_length = 1, max_length = 64)]
    display_name: String,
    /// Where the merchant's bank is: two capital letters.
    #[schema(pattern = "^[A-Z]{2}$")]
    country_code: String,
    /// Card networks, in Apple's words.
    #[schema(min_items = 1)]
    supported_networks: Vec<String>,
    /// `supports3DS`, which has to be among them, and more. By default it alone.
    merchant_capabilities: Option<Vec<String>>,
    /// What a payment that says nothing of it is priced by. Settings name no amounts: a surcharge is
    /// said with its payment.
    pricing: Option<ApplePayPricing>,
    /// Where a customer pays whose device has no Apple Pay, unless the payment says otherwise: https. The
    /// fallback page leads there while the payment can still be paid.
    #[schema(format = "uri", max_length = 2048)]
    checkout_url: Option<String>,
    /// Which of Apple's hosts makes merchant sessions.
    #[schema(value_type = Option<PayChannelWord>)]
    channel: Option<Value>,
    /// How Apple is told the merchant when a session is asked for: as it is, or as its SHA-256 in hex,
    /// should Apple know the merchant's certificate by that. By default `plain`.
    #[schema(value_type = Option<SessionIdentifierWord>)]
    session_identifier: Option<Value>,
    /// The secret with the Merchant Identity Certificate and its key.
    #[schema(pattern = "^[A-Za-z0-9-]{1,64}$")]
    identity: String,
    psp: ReplacePsp,
    capture: Option<ReplaceCapture>,
    /// The IANA time zone of the books: the journal's days are its days.
    time_zone: String,
    /// The secret that signs calls to the business's own servers. Prices by `callback` need it, unless the
    /// provider is an `endpoint`, whose secret signs then.
    #[schema(pattern = "^[A-Za-z0-9-]{1,64}$")]
    signing: Option<String>,
    /// The content of Apple's `apple-developer-merchantid-domain-association`.
    #[schema(max_length = 32_768)]
    domain_association: Option<String>,
}

/// Who moves the money.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplacePsp {
    #[schema(value_type = PspWord)]
    kind: Value,
    /// The secret with its keys.
    #[schema(pattern = "^[A-Za-z0-9-]{1,64}$")]
    secret: String,
    /// `stripe`: a connected account, if the key is a platform's.
    #[schema(max_length = 128)]
    account: Option<String>,
    /// `adyen`
    #[schema(max_length = 128)]
    merchant_account: Option<String>,
    /// `adyen`: the live endpoint's prefix, or `test`.
    #[schema(max_length = 64)]
    prefix: Option<String>,
    /// `endpoint`: https, as for a webhook endpoint.
    #[schema(format = "uri")]
    url: Option<String>,
    /// Tokens are opened by us, and card data passed on: for deployments that have that function; not with `supportsEMV`.
    #[schema(default = false)]
    decrypts: Option<bool>,
}

/// When money that is held is captured.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceCapture {
    #[schema(value_type = CaptureWord)]
    when: Value,
    /// `acknowledged`: after so many minutes, when nothing tells what the customer saw; fewer than 15 count as 15.
    #[schema(minimum = 1, maximum = 10_080, default = 15)]
    after_minutes: Option<u16>,
}

/// Who says what the customer's choices cost.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ApplePayPricing {
    #[schema(value_type = PricingWord)]
    by: Value,
    /// `callback`: where to ask.
    #[schema(format = "uri")]
    url: Option<String>,
    /// `callback`: `static`, `lastQuote` or `refuse` when it does not answer.
    fallback: Option<String>,
    /// `callback`: the rules that `static` goes by.
    #[schema(value_type = Option<Object>)]
    rules: Option<Value>,
    /// `static`: taxes by place; the most particular one that fits counts.
    #[schema(value_type = Option<Vec<Object>>)]
    taxes: Option<Value>,
    /// `static`: by kind of card. Not in settings.
    #[schema(value_type = Option<Vec<Object>>)]
    surcharges: Option<Value>,
    /// `static`: where is delivered to; none: everywhere.
    #[schema(value_type = Option<Vec<Object>>)]
    servable: Option<Value>,
    /// `static`: `halfUp` or `halfEven`.
    rounding: Option<String>,
}

/// How much to capture or to give back.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentAmount {
    /// A decimal in the payment's currency; all there is by default.
    #[schema(max_length = 20)]
    amount: Option<String>,
}

/// Nothing to say.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoidPayment {}

/// A receipt: a page of the business's.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct SendReceipt {
    /// Where a tap leads: https.
    #[schema(format = "uri")]
    url: String,
    /// The page's own by default.
    title: Option<String>,
    /// The page's own by default.
    #[schema(format = "uri")]
    image_url: Option<String>,
}

//! What a customer is asked to pay for.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Picture,
    interactive::{NamedPicture, ReceivedMessage, ReplyMessage},
};

/// The content of a `payment`. What it does not say is the business's own (its Apple Pay settings).
/// Amounts are decimals in strings with no more decimals than the currency has.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentContent {
    #[schema(min_length = 1, max_length = 64)]
    merchant_name: Option<String>,
    #[schema(pattern = "^[A-Z]{2}$")]
    country_code: Option<String>,
    #[schema(pattern = "^[A-Z]{3}$")]
    currency_code: String,
    /// The first shipping method may stand among them, or is added. Required without `total`.
    #[schema(min_items = 1, max_items = 100)]
    line_items: Option<Vec<PaymentLine>>,
    /// Has to be what lines, first shipping method and tax come to; more than zero, at most 100 million.
    total: Option<PaymentTotal>,
    /// The first is chosen unless the customer chooses another.
    #[schema(max_items = 100)]
    shipping_methods: Option<Vec<PaymentShipping>>,
    /// `email`, `name`, `phone`, `phoneticName`, `post`
    required_billing_contact_fields: Option<Vec<String>>,
    /// As for billing.
    required_shipping_contact_fields: Option<Vec<String>>,
    /// `amex`, `discover`, `jcb`, `masterCard`, `privateLabel`, `visa`, `chinaUnionPay`, `interac`
    #[schema(min_items = 1)]
    supported_networks: Option<Vec<String>>,
    /// `supports3DS`, which has to be among them, and more.
    merchant_capabilities: Option<Vec<String>>,
    /// Countries whose cards are taken; all, unless named.
    supported_countries: Option<Vec<String>>,
    pricing: Option<PaymentPricing>,
    /// Where the customer pays whose device has no Apple Pay: https. By default that of the settings.
    #[schema(format = "uri", max_length = 2048)]
    checkout_url: Option<String>,
    /// An order number, told on every event and in the journal.
    #[schema(min_length = 1, max_length = 128)]
    reference: Option<String>,
    #[schema(minimum = 5, maximum = 10_080, default = 1440)]
    expires_in_minutes: Option<i64>,
    /// For a gateway of the business's own: Apple's session, or its JSON in a string.
    merchant_session: Option<PaymentSession>,
    endpoints: Option<PaymentAddresses>,
    /// The bubble's title: the trading name unless named. Not with `receivedMessage`.
    title: Option<String>,
    /// Not with `receivedMessage`.
    subtitle: Option<String>,
    /// 789 × 450 pixels. Not with `receivedMessage`.
    image: Option<Picture>,
    #[schema(max_items = 200)]
    images: Option<Vec<NamedPicture>>,
    /// Of style `large`.
    received_message: Option<ReceivedMessage>,
    reply_message: Option<ReplyMessage>,
}

/// One line of the sheet.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentLine {
    #[schema(min_length = 1, max_length = 128)]
    label: String,
    /// A discount is less than zero.
    amount: String,
    /// `final`, or `pending` as long as it is not known.
    #[schema(rename = "type", default = "final")]
    kind: Option<String>,
}

/// What the customer sees to be paid first.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentTotal {
    /// The trading name unless named.
    #[schema(min_length = 1, max_length = 128)]
    label: Option<String>,
    amount: String,
    #[schema(rename = "type", default = "final")]
    kind: Option<String>,
}

/// A way of delivery.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentShipping {
    /// Unique among them.
    #[schema(min_length = 1, max_length = 128)]
    identifier: String,
    #[schema(min_length = 1, max_length = 128)]
    label: String,
    #[schema(max_length = 128)]
    detail: Option<String>,
    amount: String,
}

/// How the price follows the customer's choices: rules, or a signed call to the business's server.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum PaymentPricing {
    Static(PaymentStatic),
    Callback(PaymentCallback),
}

/// Prices by these rules.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentStatic {
    by: ByRules,
    #[schema(max_items = 100)]
    taxes: Option<Vec<PaymentTax>>,
    #[schema(max_items = 100)]
    surcharges: Option<Vec<PaymentSurcharge>>,
    /// Where is delivered to; everywhere, unless named.
    #[schema(max_items = 100)]
    servable: Option<Vec<PaymentPlace>>,
    /// `halfUp` or `halfEven`
    #[schema(default = "halfUp")]
    rounding: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ByRules {
    Static,
}

/// Prices that the business's server says.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentCallback {
    by: ByCallback,
    /// https
    #[schema(format = "uri")]
    url: String,
    /// When it does not answer within six seconds: `static`, `lastQuote` or `refuse`.
    #[schema(default = "static")]
    fallback: Option<String>,
    /// The rules that `static` goes by, as above without `by`.
    #[schema(value_type = Option<Object>)]
    rules: Option<Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ByCallback {
    Callback,
}

/// A tax on what goes to a place: the most particular rule counts.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentTax {
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    /// With `country`.
    region: Option<String>,
    /// With `country`.
    postal_prefix: Option<String>,
    #[schema(min_length = 1, max_length = 128)]
    label: String,
    /// A decimal in a string, 0 to 100.
    percent: String,
    #[schema(default = false)]
    on_shipping: Option<bool>,
}

/// What a kind of card costs on top.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentSurcharge {
    /// `credit`, `debit`, `prepaid`, `store`
    payment_type: String,
    #[schema(min_length = 1, max_length = 128)]
    label: String,
    amount: String,
}

/// A place, or an area.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentPlace {
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    /// With `country`.
    region: Option<String>,
    /// With `country`.
    postal_prefix: Option<String>,
}

/// Apple's merchant session, with whatever else Apple put there.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct PaymentSession {
    epoch_timestamp: i64,
    /// At least a minute ahead when the message leaves.
    expires_at: i64,
    merchant_session_identifier: String,
    merchant_identifier: String,
    #[schema(max_length = 64)]
    display_name: String,
    /// `messaging`
    initiative: String,
    /// `endpoints.paymentGatewayUrl`
    initiative_context: String,
}

/// Addresses that the business serves itself, https; the others are ours. With its own
/// `paymentGatewayUrl` the payment is none of ours, and only these are named to the device. Without it
/// the three updates are ours, too: prices are said with `pricing`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "Apple's names")]
pub(crate) struct PaymentAddresses {
    #[schema(format = "uri")]
    payment_gateway_url: Option<String>,
    #[schema(format = "uri")]
    payment_method_update_url: Option<String>,
    #[schema(format = "uri")]
    shipping_contact_update_url: Option<String>,
    #[schema(format = "uri")]
    shipping_method_update_url: Option<String>,
    #[schema(format = "uri")]
    order_tracking_url: Option<String>,
    #[schema(format = "uri")]
    fallback_url: Option<String>,
}

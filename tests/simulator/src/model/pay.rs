use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The customer pays: the sheet is opened, choices are made, and the payment is authorised, each step
/// with the calls that a device makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Pay {
    /// Whose message. Default: whoever sent it.
    pub business_id: Option<String>,
    /// Apple's id of the business's message.
    pub message_id: String,
    /// What is chosen before it is paid.
    pub choices: Choices,
    /// What the device does otherwise than devices do.
    pub tricks: Tricks,
}

impl Pay {
    /// Pays what a message asks for, with the first card.
    pub fn message(message_id: &str) -> Self {
        Self { message_id: message_id.to_owned(), ..Self::default() }
    }

    /// … with this card.
    #[must_use]
    pub fn card(mut self, name: &str) -> Self {
        self.choices.card = Some(name.to_owned());
        self
    }

    /// … to this contact.
    #[must_use]
    pub fn ship_to(mut self, contact: &str) -> Self {
        self.choices.shipping_contact = Some(contact.to_owned());
        self
    }

    /// … in this way.
    #[must_use]
    pub fn ship_by(mut self, method: &str) -> Self {
        self.choices.shipping_method = Some(method.to_owned());
        self
    }

    /// … with these tricks.
    #[must_use]
    pub fn tricks(mut self, tricks: Tricks) -> Self {
        self.tricks = tricks;
        self
    }
}

/// The sheet of a message is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OpenSheet {
    /// Whose message. Default: whoever sent it.
    pub business_id: Option<String>,
    /// Apple's id of the business's message.
    pub message_id: String,
}

/// What the customer chooses in the sheet; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Choices {
    /// A card's name: `visa`, `mastercard`, `amex`, `prepaid`, `declined`, `stolen`, `expired`,
    /// `postcode`, `challenge`.
    pub card: Option<String>,
    /// A contact's name: `home`, `work`, `berlin`, `london`, `antarctica`.
    pub shipping_contact: Option<String>,
    /// The same, for billing.
    pub billing_contact: Option<String>,
    /// A shipping method's identifier.
    pub shipping_method: Option<String>,
}

/// What a device does otherwise than devices do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Tricks {
    /// Identical calls of `paymentGateway` at the same moment. Default: 1.
    pub copies: Option<usize>,
    /// In place of `version`, which devices write as the number 1.
    pub version: Option<Value>,
    /// In place of `requestIdentifier`.
    pub request_identifier: Option<String>,
    /// More headers than the two that devices send.
    pub headers: BTreeMap<String, String>,
    /// Laid over `payment` of the call, member by member; `null` removes one.
    pub extra: Map<String, Value>,
    /// What the token says.
    pub token: TokenTricks,
    /// The device hangs up after so long, in milliseconds, and hears no answer.
    pub hangs_up_after_ms: Option<u64>,
    /// Order tracking is told after a success. Default: yes.
    pub tracks: Option<bool>,
    /// In place of the total that order tracking is told: a decimal string.
    pub tracked_total: Option<String>,
    /// `payment.state` of the reply; empty: there is none. Default: `paid` after a success, no reply
    /// after anything else.
    pub replies: Option<String>,
}

/// What a token says otherwise than the sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TokenTricks {
    /// In the smallest unit.
    pub amount: Option<i64>,
    /// ISO 4217, capital.
    pub currency: Option<String>,
    /// Signed so many seconds later than now; earlier if less than zero.
    pub signed_seconds: i64,
    /// For another merchant.
    pub merchant: Option<String>,
    /// The token of another sheet, by the sheet's id, once more.
    pub of_sheet: Option<String>,
}

/// A payment sheet on a phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sheet {
    /// For the calls about it.
    pub id: String,
    /// The customer's name.
    pub customer: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// Apple's id of the business's message.
    pub message_id: String,
    /// The message's.
    pub request_identifier: String,
    /// Where it stands.
    pub state: SheetState,
    /// Who is paid.
    pub merchant_name: String,
    /// ISO 4217.
    pub currency: String,
    /// As Apple's summary items: `label`, `amount`, `type`.
    pub lines: Vec<Value>,
    /// The last of them.
    pub total: Value,
    /// What may be chosen from.
    pub shipping_methods: Vec<Value>,
    /// The identifier of the one chosen.
    pub shipping_method: Option<String>,
    /// What the message wants to know of whom it ships to.
    pub required_shipping: Vec<String>,
    /// The same, for billing.
    pub required_billing: Vec<String>,
    /// The names of the cards that the merchant takes.
    pub cards: Vec<String>,
    /// The one chosen.
    pub card: Option<String>,
    /// The contact shipped to, by name.
    pub shipping_contact: Option<String>,
    /// The contact that pays, by name.
    pub billing_contact: Option<String>,
    /// What the customer has to correct: Apple's `ApplePayError`s.
    pub errors: Vec<Value>,
    /// Where to pay otherwise, when it cannot be paid here.
    pub fallback_url: Option<String>,
    /// Every call that the device made.
    pub calls: Vec<SheetCall>,
    /// Apple's id of the reply message.
    pub reply_id: Option<String>,
}

impl Sheet {
    /// The answers to one step, such as `paymentGateway`, oldest first.
    pub fn calls_of(&self, step: &str) -> Vec<&SheetCall> {
        self.calls.iter().filter(|it| it.step == step).collect()
    }
}

/// Where a sheet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SheetState {
    /// The customer may choose and pay.
    Open,
    /// The device waits for the gateway.
    Processing,
    /// The gateway said success.
    Paid,
    /// It said failure, and nothing to correct: the sheet is gone, and may be opened again.
    Declined,
    /// The device could not make sense of an answer: the sheet is gone, and may be opened again.
    Unavailable,
    /// The customer closed it.
    Cancelled,
    /// The session has ended.
    Expired,
    /// The session is not what Apple signed, or calls elsewhere than the message says.
    Invalid,
    /// None of the customer's cards is taken.
    Setup,
}

/// One call of a device to the business's MSP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetCall {
    /// `paymentMethodUpdate`, `shippingContactUpdate`, `shippingMethodUpdate`, `paymentGateway`,
    /// `orderTracking`.
    pub step: String,
    /// Where to.
    pub url: String,
    /// When.
    pub at: u64,
    /// Milliseconds to the whole answer.
    pub took_ms: u64,
    /// The body.
    pub request: Value,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// The answer, as JSON where it is some.
    pub answer: Value,
    /// `x-amb-overhead-ms` of the answer: what the MSP says that it took without its provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead_ms: Option<u64>,
    /// Why there was no answer, or none that the device could use.
    pub error: Option<String>,
}

/// The latest call of `paymentGateway` is made again, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Repeat {
    /// At the same moment. Default: 1.
    pub copies: Option<usize>,
    /// To another address, such as another payment's.
    pub url: Option<String>,
    /// With another `requestIdentifier`.
    pub request_identifier: Option<String>,
    /// Another step than `paymentGateway`.
    pub step: Option<String>,
}

/// A merchant at Apple: what its servers show to be given sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantIdentity {
    /// `merchant.…`
    pub merchant_identifier: String,
    /// The Merchant Identity Certificate, PEM.
    pub certificate: String,
    /// Its key, PKCS#8, PEM.
    pub key: String,
    /// Its payment processing key, PKCS#8, PEM: what whoever opens tokens needs.
    #[serde(default)]
    pub processing_key: String,
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
}

/// A merchant to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMerchant {
    /// `merchant.…`
    pub merchant_identifier: String,
}

/// What the product needs to take payments here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaySetup {
    /// The session server, in the place of `https://apple-pay-gateway.apple.com`.
    pub session_url: String,
    /// In the place of `https://api.stripe.com`.
    pub stripe_url: String,
    /// In the place of Adyen's host: what comes before `/v72`.
    pub adyen_url: String,
    /// What an account of the `endpoint` is appended to.
    pub endpoint_url: String,
    /// Who signed the session server's certificate, PEM.
    pub ca: String,
    /// Who signs tokens in the place of Apple's root, PEM.
    pub token_root: String,
}

/// One call of the session server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionCall {
    /// Counts the calls from 1.
    pub seq: u64,
    /// When it was answered.
    pub at: u64,
    /// What was asked.
    pub body: Value,
    /// The answer's status; 0 when the connection was cut instead.
    pub status: u16,
}

/// Which [`SessionCall`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionFilter {
    /// For whom.
    pub merchant_identifier: Option<String>,
    /// Only calls with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

//! Adyen's standard webhooks (Adyen, Verify HMAC signatures; Webhook types). Adyen wants to read
//! `[accepted]`, within ten seconds.

use amb_protocol::{money::Currency, secret::Secret};
use amb_service::port::{Notice, NoticeFault, NoticeKind};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::Deserialize;

use super::{AdyenSecret, Amount};
use crate::psp::{amount::ADYEN, payment_of};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    notification_items: Vec<Wrapped>,
}

#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "NotificationRequestItem")]
    item: Item,
}

/// `NotificationRequestItem`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    additional_data: Additional,
    #[serde(default)]
    amount: Option<Amount>,
    event_code: String,
    merchant_account_code: String,
    #[serde(default)]
    merchant_reference: String,
    #[serde(default)]
    original_reference: String,
    psp_reference: String,
    success: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Additional {
    hmac_signature: String,
}

/// What a webhook says, if Adyen signed each of its items.
pub(in crate::psp) fn notices(
    secret: &Secret<String>,
    merchant_account: &str,
    body: &[u8],
) -> Result<Vec<Notice>, NoticeFault> {
    let secret: AdyenSecret =
        serde_json::from_str(secret.expose()).map_err(|_fault| NoticeFault::Forged)?;
    // What cannot be read has no signature either.
    let body: Body = serde_json::from_slice(body).map_err(|_fault| NoticeFault::Forged)?;
    let key = HEXLOWER_PERMISSIVE.decode(secret.hmac_key.expose().as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.map_err(|_fault| NoticeFault::Forged)?);
    let items: Vec<Item> =
        body.notification_items.into_iter().map(|wrapped| wrapped.item).collect();
    let is_ours =
        |item: &Item| item.merchant_account_code == merchant_account && item.is_signed(&key);
    if items.is_empty() || !items.iter().all(is_ours) {
        return Err(NoticeFault::Forged);
    }
    Ok(items.iter().filter_map(Item::notice).collect())
}

impl Item {
    /// The members that are signed, joined with colons.
    fn is_signed(&self, key: &hmac::Key) -> bool {
        let (value, currency) = match &self.amount {
            Some(amount) => (amount.value.to_string(), amount.currency.as_str()),
            None => (String::new(), ""),
        };
        let signed = [
            &self.psp_reference,
            &self.original_reference,
            &self.merchant_account_code,
            &self.merchant_reference,
            value.as_str(),
            currency,
            &self.event_code,
            &self.success,
        ]
        .join(":");
        let tag = BASE64.decode(self.additional_data.hmac_signature.as_bytes());
        tag.is_ok_and(|tag| hmac::verify(key, signed.as_bytes(), &tag).is_ok())
    }

    /// What it says of a payment of ours; none: it is about something else.
    fn notice(&self) -> Option<Notice> {
        let payment = payment_of(&self.merchant_reference)?;
        if self.tells_a_failure() {
            tracing::error!(payment = %payment, event = %self.event_code, "psp_modification_failed");
        }
        let kind = match self.event_code.as_str() {
            "CHARGEBACK" | "SECOND_CHARGEBACK" => NoticeKind::Chargeback { amount: self.amount() },
            _ => NoticeKind::Changed,
        };
        Some(Notice { payment, kind })
    }

    /// A capture, a refund or a cancellation that was taken and came to nothing. A technical cancel of
    /// what never arrived fails as well, and is what was hoped for.
    fn tells_a_failure(&self) -> bool {
        match self.event_code.as_str() {
            "CAPTURE_FAILED" | "REFUND_FAILED" | "REFUNDED_REVERSED" => true,
            "CAPTURE" | "REFUND" | "CANCELLATION" | "CANCEL_OR_REFUND" => self.success != "true",
            _ => false,
        }
    }

    fn amount(&self) -> Option<amb_protocol::money::Minor> {
        let amount = self.amount.as_ref()?;
        ADYEN.read(amount.value, Currency::parse(&amount.currency).ok()?)
    }
}

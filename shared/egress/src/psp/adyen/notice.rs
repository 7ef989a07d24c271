//! Adyen's standard webhooks (Adyen, Verify HMAC signatures; Webhook types). Adyen wants to read
//! `[accepted]`, within ten seconds.

use amb_protocol::{money::Currency, secret::Secret};
use amb_service::{
    model::{PaymentId, PspChange, PspEnding},
    port::{Notice, NoticeFault, NoticeKind},
};
use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::Deserialize;

use super::{AdyenSecret, Amount};
use crate::psp::{amount::ADYEN, code, payment_of};

/// Adyen, Webhook types: the remaining uncaptured amount expired.
const EXPIRE: &str = "EXPIRE";

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
    /// What a reversal was, `cancel` or `refund`. It is not signed.
    #[serde(default, rename = "modification.action")]
    action: serde_json::Value,
}

/// The payment that a webhook names, whoever sent it: the first, since all items are one account's.
pub(in crate::psp) fn named(body: &[u8]) -> Option<PaymentId> {
    let body: Body = serde_json::from_slice(body).ok()?;
    body.notification_items.iter().find_map(|it| payment_of(&it.item.merchant_reference))
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
        let kind = match self.event_code.as_str() {
            "CHARGEBACK" | "SECOND_CHARGEBACK" => {
                NoticeKind::Chargeback { amount: self.amount().zip(self.currency()) }
            }
            "AUTHORISATION" => self.authorised().unwrap_or(NoticeKind::Changed),
            _ => self.ending().map_or(NoticeKind::Changed, NoticeKind::Ended),
        };
        Some(Notice { payment, kind })
    }

    /// Which attempt was authorised, under which name: ours is `pay_…-2`.
    fn authorised(&self) -> Option<NoticeKind> {
        let attempt = self.merchant_reference.split('-').nth(1)?.parse().ok()?;
        let reference = code(&self.psp_reference)?;
        self.is_done().then_some(NoticeKind::Authorised { attempt, reference })
    }

    fn is_done(&self) -> bool {
        self.success == "true"
    }

    /// What a modification was of: Adyen's name of it, or else ours, before what names the modification.
    fn of(&self) -> Option<String> {
        let mut parts = self.merchant_reference.split('-');
        let own = parts.next().zip(parts.next()).map(|(payment, no)| format!("{payment}-{no}"));
        code(&self.original_reference).or(own.as_deref().and_then(code))
    }

    /// How a modification ended. (A technical cancel of what never arrived fails, which is what was hoped
    /// for: it is not waited for.)
    fn ending(&self) -> Option<PspEnding> {
        let is_done = self.is_done();
        let (change, is_done) = match self.event_code.as_str() {
            "CAPTURE" => (PspChange::Capture, is_done),
            "CAPTURE_FAILED" => (PspChange::Capture, false),
            "REFUND" => (PspChange::Refund, is_done),
            "REFUND_FAILED" | "REFUNDED_REVERSED" => (PspChange::Refund, false),
            "CANCELLATION" | "CANCEL_OR_REFUND" => (PspChange::Void, is_done),
            // What is held and was not captured ran out. Neither is known to fail.
            "TECHNICAL_CANCEL" | EXPIRE if is_done => (PspChange::Void, true),
            _ => return None,
        };
        Some(PspEnding {
            of: match self.event_code.as_str() {
                // It is about one authorisation, and not about whatever has our name.
                EXPIRE => code(&self.original_reference).or_else(|| code(&self.psp_reference)),
                _ => self.of(),
            },
            amount: self.amount(),
            currency: self.currency(),
            code: code(&self.event_code).filter(|_| !is_done),
            refunded: self.event_code == "CANCEL_OR_REFUND"
                && self.additional_data.action == "refund",
            ..PspEnding::new(change, code(&self.psp_reference)?, is_done)
        })
    }

    fn amount(&self) -> Option<amb_protocol::money::Minor> {
        ADYEN.read(self.amount.as_ref()?.value, self.currency()?)
    }

    fn currency(&self) -> Option<Currency> {
        Currency::parse(&self.amount.as_ref()?.currency).ok()
    }
}

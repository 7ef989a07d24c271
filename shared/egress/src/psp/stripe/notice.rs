//! Stripe's webhooks (Stripe, Verify webhook signatures; Types of events).

use std::collections::BTreeMap;

use amb_protocol::money::{Currency, Minor};
use amb_service::{
    model::{PaymentId, PspChange, PspEnding},
    port::{Notice, NoticeFault, NoticeKind, PortError},
};
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::{Stripe, call::Answer, objects::Intent};
use crate::{
    psp::{amount::STRIPE, code},
    signed::{TOLERANCE_SECONDS, header},
};

/// `Event`
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

/// Whatever the event is about.
#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, rename = "object")]
    kind: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    #[serde(default)]
    payment_intent: Option<String>,
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
}

/// The payment that an event names, whoever sent it. A dispute names none.
pub(in crate::psp) fn named(body: &[u8]) -> Option<PaymentId> {
    let event: Event = serde_json::from_slice(body).ok()?;
    event.data.object.payment()
}

impl Stripe<'_> {
    pub(in crate::psp) async fn notices(
        &self,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<Notice>, NoticeFault> {
        if !self.is_signed(headers, body) {
            return Err(NoticeFault::Forged);
        }
        let event: Event =
            serde_json::from_slice(body).map_err(|_fault| NoticeFault::Unreadable)?;
        let object = event.data.object;
        let Some(payment) = self.payment(&object).await? else { return Ok(Vec::new()) };
        let kind = match event.kind.as_str() {
            // The money leaves with this one; the dispute's other events only say how it goes on.
            "charge.dispute.funds_withdrawn" => {
                NoticeKind::Chargeback { amount: object.amount().zip(object.currency()) }
            }
            "payment_intent.canceled" => {
                object.let_go().map_or(NoticeKind::Changed, NoticeKind::Ended)
            }
            _ => object.failed_refund().map_or(NoticeKind::Changed, NoticeKind::Ended),
        };
        Ok(vec![Notice { payment, kind }])
    }

    /// `t=…,v1=…`: HMAC-SHA256 over time, full stop and body, keyed with the whole secret; one of the
    /// signatures has to fit, there are two while a secret is rolled.
    fn is_signed(&self, headers: &[(String, String)], body: &[u8]) -> bool {
        let Some(signature) = header(headers, "stripe-signature") else { return false };
        let parts = || signature.split(',').filter_map(|part| part.trim().split_once('='));
        let Some((_, at)) = parts().find(|(name, _)| *name == "t") else { return false };
        let Ok(second) = at.parse::<i64>() else { return false };
        if second.abs_diff(self.budget.now.as_second()) > TOLERANCE_SECONDS {
            return false;
        }
        let secret = self.secret.webhook_secret.expose();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signed = [at.as_bytes(), b".", body].concat();
        parts().filter(|(name, _)| *name == "v1").any(|(_, tag)| {
            let tag = HEXLOWER.decode(tag.as_bytes());
            tag.is_ok_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
        })
    }

    /// Which payment it is about; none: none of ours. A dispute does not say, its intent does.
    async fn payment(&self, object: &Object) -> Result<Option<PaymentId>, NoticeFault> {
        if let Some(payment) = object.payment() {
            return Ok(Some(payment));
        }
        let Some(intent) = &object.payment_intent else { return Ok(None) };
        match self.get::<Intent>(&["payment_intents", intent], &[]).await {
            Answer::Yes(intent) => Ok(payment_in(&intent.metadata)),
            Answer::No(no) if no.is_about_the_request() => Ok(None),
            _ => Err(PortError::unavailable("Psp::notice", "Stripe did not answer").into()),
        }
    }
}

impl Object {
    /// An intent that was cancelled: by us, by a person at Stripe, or by Stripe when what it held ran out.
    fn let_go(&self) -> Option<PspEnding> {
        self.id.as_deref().and_then(code).map(PspEnding::let_go)
    }

    /// A refund may fail days after it succeeded: the bank did not take it.
    fn failed_refund(&self) -> Option<PspEnding> {
        let is_refund = self.kind.as_deref() == Some("refund");
        let word = self.status.as_deref().filter(|_| is_refund)?;
        if !matches!(word, "failed" | "canceled") {
            return None;
        }
        Some(PspEnding {
            of: self.payment_intent.clone(),
            amount: self.amount(),
            currency: self.currency(),
            code: self.failure_reason.as_deref().and_then(code).or_else(|| code(word)),
            ..PspEnding::new(PspChange::Refund, self.id.clone()?, false)
        })
    }

    /// The payment that its own metadata name.
    fn payment(&self) -> Option<PaymentId> {
        payment_in(self.metadata.as_ref()?)
    }

    fn amount(&self) -> Option<Minor> {
        STRIPE.read(self.amount?, self.currency()?)
    }

    fn currency(&self) -> Option<Currency> {
        Currency::parse(&self.currency.as_ref()?.to_ascii_uppercase()).ok()
    }
}

fn payment_in(metadata: &BTreeMap<String, String>) -> Option<PaymentId> {
    PaymentId::parse(metadata.get("payment")?).ok()
}

#[cfg(test)]
mod tests;

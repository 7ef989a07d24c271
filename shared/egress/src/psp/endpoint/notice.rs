//! Notices of a business's own server.

use amb_protocol::{
    money::{Currency, Minor},
    secret::Secret,
};
use amb_service::{
    model::{PaymentId, PspEnding},
    port::{Notice, NoticeFault, NoticeKind},
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{psp::code, signed::SharedKey};

#[derive(Deserialize)]
struct Body {
    payment: PaymentId,
    kind: Kind,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    currency: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Changed,
    Cancelled,
    Chargeback,
}

/// The payment that a notice names, whoever sent it.
pub(in crate::psp) fn named(body: &[u8]) -> Option<PaymentId> {
    let body: Body = serde_json::from_slice(body).ok()?;
    Some(body.payment)
}

/// What a notice says, if the business signed it.
pub(in crate::psp) fn notices(
    secret: &Secret<String>,
    headers: &[(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<Vec<Notice>, NoticeFault> {
    let key = SharedKey::of_secret(secret.expose()).ok_or(NoticeFault::Forged)?;
    if !key.verifies(headers, body, now) {
        return Err(NoticeFault::Forged);
    }
    let body: Body = serde_json::from_slice(body).map_err(|_fault| NoticeFault::Unreadable)?;
    let kind = match body.kind {
        Kind::Changed => NoticeKind::Changed,
        Kind::Cancelled => NoticeKind::Ended(body.let_go().ok_or(NoticeFault::Unreadable)?),
        Kind::Chargeback => NoticeKind::Chargeback { amount: body.amount() },
    };
    Ok(vec![Notice { payment: body.payment, kind }])
}

impl Body {
    /// What was held is held no longer. None: it does not say what was.
    fn let_go(&self) -> Option<PspEnding> {
        self.reference.as_deref().and_then(code).map(PspEnding::let_go)
    }

    fn amount(&self) -> Option<(Minor, Currency)> {
        let currency = Currency::parse(self.currency.as_deref()?).ok()?;
        Some((Minor::parse_padded(self.amount.as_deref()?, currency).ok()?, currency))
    }
}

//! A payment as it begins: asked for, and not sent yet.

use amb_protocol::{
    apple_pay::{Inputs, price},
    compose::{MerchantDefaults, PendingPayment},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{
        MerchantSettings, OutboundMessage, Payment, PaymentId, PaymentPointer, PaymentState,
        QuoteMark,
    },
    port::AskedPayment,
};

impl From<&MerchantSettings> for MerchantDefaults {
    fn from(settings: &MerchantSettings) -> Self {
        Self {
            merchant: settings.merchant.clone(),
            name: settings.display_name.clone(),
            country: settings.country.clone(),
            networks: settings.networks.clone(),
            capabilities: settings.capabilities.clone(),
            pricing: settings.pricing.clone(),
            checkout_url: settings.checkout_url.clone(),
            signs: settings.signing_secret().is_some(),
            decrypts: settings.psp.decrypts,
        }
    }
}

/// The payment that a message asks for, with the first quote; none: the offer has no price, which
/// composing does not let pass.
pub fn asked(
    pending: &PendingPayment,
    settings: &MerchantSettings,
    payment: &PaymentId,
    message: &OutboundMessage,
    now: Timestamp,
) -> Option<AskedPayment> {
    let offer = pending.offer.clone();
    let quote = price(&offer, &Inputs::default(), 0).ok()?;
    let minutes = pending.minutes.map(|minutes| SignedDuration::from_mins(i64::from(minutes)));
    let expires_at = now + minutes.unwrap_or(Payment::LIFE);
    let tenant = message.pointer.tenant.clone();
    let payment = Payment {
        pointer: PaymentPointer { tenant, payment: payment.clone() },
        business: message.business.clone(),
        opaque: message.opaque.clone(),
        message: message.pointer.message,
        reference: pending.reference.clone(),
        merchant: offer.merchant.clone(),
        psp: settings.psp.clone(),
        capture: settings.capture,
        time_zone: settings.time_zone.clone(),
        currency: offer.currency,
        offered: quote.total.amount,
        state: PaymentState::Open,
        since: None,
        attempts: Vec::new(),
        quotes: vec![QuoteMark {
            seq: 0,
            inputs: quote.inputs,
            total: quote.total.amount,
            tax: quote.tax,
            shipping: quote.shipping,
            source: quote.source,
            first_method: None,
        }],
        chosen: Inputs::default(),
        shown: None,
        updates: 0,
        intent: None,
        sent_at: None,
        tracking: None,
        tracking_weighed: false,
        reply: None,
        weighed_reply: None,
        charged_back_at: None,
        held: amb_protocol::money::Minor::ZERO,
        captured: amb_protocol::money::Minor::ZERO,
        capture_asked: None,
        captures: 0,
        taken: None,
        endings: Vec::new(),
        overdue: false,
        void_asked: false,
        refunds: Vec::new(),
        untold: Vec::new(),
        news: 0,
        rounds: 0,
        lease_until: None,
        created_at: now,
        expires_at,
        due_at: Some(expires_at),
        revision: 1,
    };
    Some(AskedPayment { payment, offer })
}

//! Where devices call: one address per payment and step, which is at once the right to call it.
//!
//! Nothing else tells a device from anybody: Apple signs no callback that we know of (spec/payments §7).
//! The address is `{base}/pay/{payment}/{kid}.{exp}.{tenant}.{mac}/{step}`: in the path, because queries
//! end up in more logs; per step, because the fallback page's address is to be seen in a browser.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use crate::{
    model::{PaymentId, PaymentPointer, TenantId},
    service_key::ServiceKey,
};

/// How long an address outlives its payment: order tracking and the fallback page come late.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Characters that name the key.
const KID: usize = 4;

/// Characters of the code: 132 bits.
const MAC: usize = 22;

/// What a device asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `paymentGatewayUrl`: to pay.
    Gateway,
    /// `paymentMethodUpdateUrl`: the customer chose a card.
    PaymentMethod,
    /// `shippingContactUpdateUrl`: the customer chose an address.
    ShippingContact,
    /// `shippingMethodUpdateUrl`: the customer chose a way of delivery.
    ShippingMethod,
    /// `orderTrackingUrl`: it is over, and this is what the customer saw.
    OrderTracking,
    /// `fallbackUrl`: the device cannot pay, and opens a browser.
    Fallback,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 6] = [
        Self::Gateway,
        Self::PaymentMethod,
        Self::ShippingContact,
        Self::ShippingMethod,
        Self::OrderTracking,
        Self::Fallback,
    ];

    /// The last part of the path, and the journal's `endpoint`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::PaymentMethod => "payment-method",
            Self::ShippingContact => "shipping-contact",
            Self::ShippingMethod => "shipping-method",
            Self::OrderTracking => "order-tracking",
            Self::Fallback => "fallback",
        }
    }

    /// The step of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }
}

/// The right to call one step of one payment.
#[derive(Clone, Copy, Debug)]
pub struct Capability;

/// A payment that a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where it would lie. Always there, so that whoever calls is kept as long by a forged path as by a
    /// good one.
    pub pointer: PaymentPointer,
    /// Whether we issued the path, for this step, and it has not run out.
    pub holds: bool,
}

impl Capability {
    /// The address of a step: `base` is where this service is called, such as
    /// `https://pay.example.com`. It holds for a day longer than the payment can be paid.
    pub fn issue(
        key: &ServiceKey,
        base: &str,
        pointer: &PaymentPointer,
        step: Step,
        expires_at: Timestamp,
    ) -> String {
        let base = base.trim_end_matches('/');
        let until = expires_at.as_second().saturating_add(GRACE.as_secs()).to_string();
        let PaymentPointer { tenant, payment } = pointer;
        let tenant = bare(tenant);
        let signed =
            Signed { payment: payment.as_str(), tenant, step: step.as_str(), until: &until };
        let (kid, mac) = (kid(key), signed.mac(key));
        format!("{base}/pay/{payment}/{kid}.{until}.{tenant}.{mac}/{step}", step = step.as_str())
    }

    /// Reads the parts of a path, whatever they are.
    pub fn open(
        key: &ServiceKey,
        payment: &str,
        capability: &str,
        step: Step,
        now: Timestamp,
    ) -> Opened {
        let mut parts = capability.splitn(4, '.');
        let mut part = || parts.next().unwrap_or_default();
        let (given_kid, until, tenant, given_mac) = (part(), part(), part(), part());
        let signed = Signed { payment, tenant, step: step.as_str(), until };
        // A length that differs is told at once; it is no secret.
        let is_ours = signed.mac(key).as_bytes().ct_eq(given_mac.as_bytes())
            & kid(key).as_bytes().ct_eq(given_kid.as_bytes());
        let is_in_time = until.parse::<i64>().is_ok_and(|until| now.as_second() < until);
        let pointer = place(payment, tenant);
        let holds = bool::from(is_ours) && is_in_time && pointer.is_some();
        Opened { pointer: pointer.unwrap_or_else(nowhere), holds }
    }
}

/// What the code is made over. None of the parts can hold a `|`: where one does, nothing was issued.
struct Signed<'a> {
    payment: &'a str,
    tenant: &'a str,
    step: &'a str,
    until: &'a str,
}

impl Signed<'_> {
    fn mac(&self, key: &ServiceKey) -> String {
        head(key, &self.to_string(), MAC)
    }
}

impl fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { payment, tenant, step, until } = self;
        write!(f, "v1|{payment}|{tenant}|{step}|{until}")
    }
}

/// Which key it was: after a rotation, the other's addresses are told from forged ones.
fn kid(key: &ServiceKey) -> String {
    head(key, "kid", KID)
}

fn head(key: &ServiceKey, text: &str, length: usize) -> String {
    let mut code = BASE64URL_NOPAD.encode(hmac::sign(key.pay(), text.as_bytes()).as_ref());
    code.truncate(length);
    code
}

fn bare(tenant: &TenantId) -> &str {
    tenant.as_str().strip_prefix(TenantId::PREFIX).unwrap_or(tenant.as_str())
}

fn place(payment: &str, tenant: &str) -> Option<PaymentPointer> {
    let payment = PaymentId::parse(payment).ok()?;
    let tenant = TenantId::parse(&format!("{}{tenant}", TenantId::PREFIX)).ok()?;
    Some(PaymentPointer { tenant, payment })
}

/// A place where no payment lies.
#[expect(clippy::expect_used, reason = "26 letters are an id of any kind")]
fn nowhere() -> PaymentPointer {
    let zeros = "a".repeat(26);
    place(&format!("{}{zeros}", PaymentId::PREFIX), &zeros).expect("26 letters are an id")
}

#[cfg(test)]
mod tests;

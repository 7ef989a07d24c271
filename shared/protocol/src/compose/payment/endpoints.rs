//! Addresses and sessions that a business brings along (spec/peers LC-03, LC-04).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{check::Check, object::Object, private, wire};
use crate::rules::Fault;

/// The longest session that is passed on.
const MOST_SESSION_BYTES: usize = 64 * 1024;

/// Where the device calls. What is absent is not called.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentEndpoints {
    /// To pay. The device calls what the session names instead, so both have to be equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_gateway_url: Option<String>,
    /// The customer chose a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_update_url: Option<String>,
    /// The customer chose an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_contact_update_url: Option<String>,
    /// The customer chose a way of delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method_update_url: Option<String>,
    /// It is over, and this is what the customer saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_tracking_url: Option<String>,
    /// The device cannot pay, and opens a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_url: Option<String>,
}

private!(PaymentEndpoints);

impl PaymentEndpoints {
    /// These where they are named, and others for the rest.
    #[must_use]
    pub fn or(&self, others: Self) -> Self {
        let or = |own: &Option<String>, other| own.clone().or(other);
        Self {
            payment_gateway_url: or(&self.payment_gateway_url, others.payment_gateway_url),
            payment_method_update_url: or(
                &self.payment_method_update_url,
                others.payment_method_update_url,
            ),
            shipping_contact_update_url: or(
                &self.shipping_contact_update_url,
                others.shipping_contact_update_url,
            ),
            shipping_method_update_url: or(
                &self.shipping_method_update_url,
                others.shipping_method_update_url,
            ),
            order_tracking_url: or(&self.order_tracking_url, others.order_tracking_url),
            fallback_url: or(&self.fallback_url, others.fallback_url),
        }
    }
}

/// Reads `endpoints` and `merchantSession`, which belong together: a session is made for one gateway,
/// and ours has an address of its own for every payment.
pub(super) fn read(
    content: &mut Object<'_>,
    check: &mut Check<'_>,
) -> Option<(PaymentEndpoints, Option<String>)> {
    let endpoints = match content.optional_object("endpoints", check) {
        Some(mut object) => {
            let endpoints = addresses(&mut object, check);
            who_is_paid_says_the_price(&endpoints, &object, check);
            object.finish(check);
            endpoints
        }
        None if content.has("endpoints") => return None,
        None => PaymentEndpoints::default(),
    };
    let session = content.optional("merchantSession");
    let pointer = content.pointer("merchantSession");
    let gateway = endpoints.payment_gateway_url.as_deref();
    match (session, gateway) {
        (None, None) => return Some((endpoints, None)),
        (None, Some(_)) => {
            let message = "a gateway of your own takes a session that was made for it";
            let fault = Fault::new(pointer, "payment_session", message);
            check.fault(fault.fix("bring it along, or leave `paymentGatewayUrl` out"));
            return None;
        }
        (Some(_), None) => {
            let message = "a session is made for one gateway, and yours is not named";
            let fault = Fault::new(pointer, "payment_session", message);
            check.fault(fault.fix("name `endpoints.paymentGatewayUrl`, or leave the session out"));
            return None;
        }
        (Some(_), Some(_)) => {}
    }
    let session = session?;
    // One peer sends the session as JSON in a string.
    let text = session.as_str().map_or_else(|| session.to_string(), str::to_owned);
    let parsed: Option<Value> = serde_json::from_str(&text).ok();
    let parsed = parsed.filter(|_| text.len() <= MOST_SESSION_BYTES);
    let Some(parsed) = parsed.filter(Value::is_object) else {
        let message = "Apple's session is expected: an object, or its JSON in a string";
        check.fault(Fault::new(pointer, "payment_session", message));
        return None;
    };
    let mut object = Object::read(&parsed, pointer, check)?;
    wire::payment_session(&mut object, gateway, check);
    Some((endpoints, Some(text)))
}

/// A price that the customer saw and we did not could not be what we have the card pay (spec/payments
/// §5, rule 2).
fn who_is_paid_says_the_price(
    endpoints: &PaymentEndpoints,
    object: &Object<'_>,
    check: &mut Check<'_>,
) {
    if endpoints.payment_gateway_url.is_some() {
        return;
    }
    for (name, url) in [
        ("paymentMethodUpdateUrl", &endpoints.payment_method_update_url),
        ("shippingContactUpdateUrl", &endpoints.shipping_contact_update_url),
        ("shippingMethodUpdateUrl", &endpoints.shipping_method_update_url),
    ] {
        if url.is_some() {
            let message = "what a choice costs is told by whoever takes the payment";
            let fault = Fault::new(object.pointer(name), "payment_pricing", message);
            check.fault(fault.fix(
                "say prices with `pricing`, or name `paymentGatewayUrl` and bring the session along",
            ));
        }
    }
}

fn addresses(object: &mut Object<'_>, check: &mut Check<'_>) -> PaymentEndpoints {
    let mut address = |name: &'static str| {
        let url = object.optional_string(name, check)?;
        wire::payment_url(name, url, object, check);
        Some(url.to_owned())
    };
    PaymentEndpoints {
        payment_gateway_url: address("paymentGatewayUrl"),
        payment_method_update_url: address("paymentMethodUpdateUrl"),
        shipping_contact_update_url: address("shippingContactUpdateUrl"),
        shipping_method_update_url: address("shippingMethodUpdateUrl"),
        order_tracking_url: address("orderTrackingUrl"),
        fallback_url: address("fallbackUrl"),
    }
}

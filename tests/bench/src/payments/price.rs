//! A quote by static rules.

use std::hint::black_box;

use amb_protocol::apple_pay::{Inputs, Offer, price};
use serde_json::{Value, json};

use super::Fallible;
use crate::{clock::cpu_us, report::Report};

const LINES: usize = 5;
const METHODS: usize = 3;
const RULES: usize = 200;
/// Runs between two looks at the clock.
const ITERATIONS: u32 = 200;

/// Measures a quote for the place that the last rule is about.
pub(super) fn measure(report: &mut Report) -> Fallible<()> {
    let offer: Offer = serde_json::from_value(offer())?;
    let inputs: Inputs = serde_json::from_value(inputs())?;
    let quote = price(&offer, &inputs, 1).map_err(|refusal| format!("no price: {refusal:?}"))?;
    if quote.tax.get() == 0 {
        return Err("no rule fits".into());
    }
    let taken = cpu_us(ITERATIONS, || drop(black_box(price(black_box(&offer), &inputs, 1))));
    let note = format!("{LINES} lines, {METHODS} methods, {RULES} rules of tax by postal code");
    report.figure("payments.quote_ns", taken * 1000.0, "ns", note);
    Ok(())
}

fn offer() -> Value {
    let amount = |number: usize| 1_299 + 100 * number;
    let lines: Vec<_> = (0..LINES)
        .map(|number| json!({"label": format!("Armchair {number}"), "amount": amount(number)}))
        .collect();
    let total: usize = (0..LINES).map(amount).sum();
    let methods: Vec<_> = (0..METHODS)
        .map(|number| {
            let label = format!("In {} days", number + 1);
            json!({"identifier": number.to_string(), "label": label, "detail": "By van",
                "amount": 500 * number})
        })
        .collect();
    let taxes: Vec<_> = (0..RULES)
        .map(|number| {
            json!({"country": "US", "region": "CA", "postalPrefix": format!("{}", 94_000 + number),
                "label": "Sales tax", "percent": "8.625", "onShipping": true})
        })
        .collect();
    json!({
        "merchant": "merchant.com.example.shop",
        "merchantName": "Example Shop",
        "country": "US",
        "currency": "USD",
        "lines": lines,
        "total": {"label": "Example Shop", "amount": total},
        "shippingMethods": methods,
        "networks": ["visa"],
        "capabilities": ["supports3DS"],
        "pricing": {"by": "static", "taxes": taxes},
    })
}

fn inputs() -> Value {
    let code = (94_000 + RULES - 1).to_string();
    json!({
        "shippingMethod": "2",
        "region": {"country": "US", "region": "CA", "locality": "Cupertino", "postalCode": code},
        "paymentType": "credit",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_is_the_one_that_fits() {
        let offer: Offer = serde_json::from_value(offer()).unwrap();
        let inputs: Inputs = serde_json::from_value(inputs()).unwrap();
        let quote = price(&offer, &inputs, 1).unwrap();
        assert_eq!(quote.lines.len(), LINES + 2);
        assert!(quote.tax.get() > 0);
    }
}

//! What the customer's choices cost: a pure function (spec/payments §5).

use super::{
    Inputs, Line, LineType, Offer, PayError, PayErrorCode, Pricing, Quote, QuoteSource,
    ShippingMethod, StaticPricing, TaxRule, place,
    share::{percent_of, spread},
};
use crate::money::Minor;

/// Prices an offer for a customer's choices, by the static rules. Nothing but these choices counts:
/// whatever amounts and labels the device sends are not among them. The same choices cost the same,
/// and the final lines sum up to the total. Number 0 is the offer as it is sent.
///
/// The lines are: the goods, the way of delivery, the tax, the surcharge. A tax is reckoned line by
/// line on what is left of each after the discounts, which are spread over the goods; surcharges are
/// not taxed.
pub fn price(offer: &Offer, inputs: &Inputs, seq: u32) -> Result<Quote, Vec<PayError>> {
    let (rules, source) = match &offer.pricing {
        Pricing::Static(rules) => (rules, QuoteSource::Static),
        Pricing::Callback { rules, .. } => (rules, QuoteSource::FallbackStatic),
    };
    let method = chosen(offer, inputs, rules)?;
    let goods: Vec<Line> = offer.lines.clone();
    let shipping = method.map(|method| line(&method.label, method.amount));
    let tax = place::tax(&rules.taxes, inputs.region.as_ref())
        .filter(|rule| !rule.percent.is_zero())
        .map(|rule| tax(rule, rules, &goods, shipping.as_ref()).map(|tax| line(&rule.label, tax)))
        .map_or(Ok(None), |tax| tax.map(Some).ok_or_else(beyond))?;
    let surcharges =
        rules.surcharges.iter().filter(|s| Some(s.payment_type) == inputs.payment_type);
    let surcharges = surcharges.map(|surcharge| line(&surcharge.label, surcharge.amount));
    let amount = |line: &Option<Line>| line.as_ref().map_or(Minor::ZERO, |line| line.amount);
    let (shipping_amount, tax_amount) = (amount(&shipping), amount(&tax));
    let lines: Vec<Line> = goods.into_iter().chain(shipping).chain(tax).chain(surcharges).collect();
    let total = sum(&lines).filter(|total| Offer::is_payable(*total, offer.currency));
    let total = Line { amount: total.ok_or_else(beyond)?, ..offer.total.clone() };
    Ok(Quote {
        seq,
        inputs: inputs.clone(),
        lines,
        total,
        shipping_methods: None,
        source: if seq == 0 { QuoteSource::Offer } else { source },
        tax: tax_amount,
        shipping: shipping_amount,
    })
}

/// The sum of what is known: pending lines count for nothing.
pub(super) fn sum(lines: &[Line]) -> Option<Minor> {
    let known = lines.iter().filter(|line| line.kind == LineType::Final);
    Minor::sum(known.map(|line| line.amount))
}

/// The way of delivery, if the customer may choose it and lives where it goes.
fn chosen<'o>(
    offer: &'o Offer,
    inputs: &Inputs,
    rules: &StaticPricing,
) -> Result<Option<&'o ShippingMethod>, Vec<PayError>> {
    let mut errors = Vec::new();
    let method = match &inputs.shipping_method {
        None => offer.first_shipping(),
        Some(identifier) => {
            let known = offer.shipping_methods.iter().find(|m| m.identifier == *identifier);
            if known.is_none() {
                let message = "This way of delivery is not offered.";
                errors.push(PayError::new(PayErrorCode::ShippingContactInvalid, message));
            }
            known
        }
    };
    let region = inputs.region.as_ref();
    let is_served = |region| rules.servable.iter().any(|area| area.holds(Some(region)));
    if region.is_some_and(|region| !rules.servable.is_empty() && !is_served(region)) {
        let message = "This address cannot be delivered to.";
        errors.push(PayError::new(PayErrorCode::AddressUnserviceable, message));
    }
    if errors.is_empty() { Ok(method) } else { Err(errors) }
}

/// The tax on goods and, by its rule, on shipping.
fn tax(
    rule: &TaxRule,
    rules: &StaticPricing,
    goods: &[Line],
    shipping: Option<&Line>,
) -> Option<Minor> {
    let known: Vec<_> = goods.iter().filter(|line| line.kind == LineType::Final).collect();
    let split = |is_good: bool| {
        let of = known.iter().map(|line| line.amount);
        of.filter(|amount| (*amount >= Minor::ZERO) == is_good).collect::<Vec<_>>()
    };
    let (goods, discounts) = (split(true), split(false));
    let discount = Minor::sum(discounts)?;
    // Without goods there is nothing that a discount could lessen the tax of.
    let spread = spread(discount, &goods).unwrap_or_else(|| vec![Minor::ZERO; goods.len()]);
    let nets = goods.into_iter().zip(spread);
    let nets = nets.map(|(amount, less)| amount.checked_add(less));
    let shipping = shipping.filter(|_| rule.on_shipping).map(|line| Some(line.amount));
    nets.chain(shipping).try_fold(Minor::ZERO, |tax, net| {
        let taxed = net?.max(Minor::ZERO);
        tax.checked_add(percent_of(taxed, rule.percent, rules.rounding)?)
    })
}

fn line(label: &str, amount: Minor) -> Line {
    Line { label: label.to_owned(), amount, kind: LineType::Final }
}

/// Nothing to pay, or more than can be paid.
fn beyond() -> Vec<PayError> {
    vec![PayError::new(PayErrorCode::Unknown, "This order cannot be paid here.")]
}

#[cfg(test)]
mod tests;

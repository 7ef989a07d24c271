//! What the customer's choices cost, by whoever says it (spec/payments §5).

use std::borrow::Cow;

use amb_protocol::apple_pay::{
    Inputs, Offer, PayError, PayErrorCode, PriceFault, Pricing, PricingFallback, Quote,
    QuoteSource, ShippingMethod, price, read_price_answer,
};
use jiff::{SignedDuration, Timestamp};

use super::Callbacks;
use crate::{
    model::{MerchantSettings, Payment, QuoteMark},
    port::{Clock, Merchants, Payments, PortError, PriceAsk, PriceError, PriceSource},
};

/// How long a business's server has, with a second try within.
const ASK_WITHIN: SignedDuration = SignedDuration::from_secs(6);

/// The business's server says nothing, and its fallback is to refuse.
const NOT_SERVED: &str = "This address cannot be delivered to.";

/// What choices came to.
pub(super) struct Priced {
    /// From what.
    pub(super) inputs: Inputs,
    /// The price, or what the customer has to correct.
    pub(super) came_to: Result<Quote, Vec<PayError>>,
    /// It was issued before, for the same choices.
    pub(super) is_issued: bool,
    /// Why it is a fallback.
    pub(super) why: Option<&'static str>,
}

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    W: PriceSource,
    C: Clock,
{
    /// The price of these choices: the quote that was issued for the same ones, or a new one.
    pub(super) async fn priced(
        &self,
        payment: &Payment,
        offer: &Offer,
        inputs: &Inputs,
        until: Timestamp,
    ) -> Result<Priced, PortError> {
        let mut priced = Priced {
            inputs: inputs.clone(),
            came_to: Err(Vec::new()),
            is_issued: false,
            why: None,
        };
        let same = payment.quotes.iter().rev().find(|mark| mark.is_for(inputs, offer));
        if let Some(same) = same {
            priced.came_to = Ok(self.issued(payment, offer, same.seq).await?);
            priced.is_issued = true;
            return Ok(priced);
        }
        let seq = payment.next_quote();
        let Pricing::Callback { url, fallback, .. } = &offer.pricing else {
            priced.came_to = price(offer, inputs, seq);
            return Ok(priced);
        };
        let methods = self.own_methods(payment, offer, inputs).await?;
        let asked_for = match &methods {
            Some(methods) => {
                Cow::Owned(Offer { shipping_methods: methods.clone(), ..offer.clone() })
            }
            None => Cow::Borrowed(offer),
        };
        let asked = self.ask(payment, &asked_for, inputs, (url, seq), until).await?;
        let fault = match asked {
            Ok(quote) => {
                let shipping_methods = quote.shipping_methods.or(methods);
                priced.came_to = Ok(Quote { shipping_methods, ..quote });
                return Ok(priced);
            }
            Err(Unpriced::Refused(errors)) => {
                priced.came_to = Err(errors);
                return Ok(priced);
            }
            Err(Unpriced::Fault(fault)) => fault,
        };
        priced.why = Some(fault);
        priced.came_to = match fallback {
            PricingFallback::Static => price(offer, inputs, seq),
            PricingFallback::LastQuote => {
                let last = self.last_quote(payment, offer).await?;
                let source = QuoteSource::FallbackLast;
                Ok(Quote { seq, inputs: inputs.clone(), source, ..last })
            }
            PricingFallback::Refuse => {
                Err(vec![PayError::new(PayErrorCode::AddressUnserviceable, NOT_SERVED)])
            }
        };
        Ok(priced)
    }

    async fn ask(
        &self,
        payment: &Payment,
        offer: &Offer,
        inputs: &Inputs,
        (url, seq): (&str, u32),
        until: Timestamp,
    ) -> Result<Result<Quote, Unpriced>, PortError> {
        let tenant = &payment.pointer.tenant;
        let settings = self.store.merchant(tenant, &payment.business).await?;
        let Some(signing) = settings.as_ref().and_then(MerchantSettings::signing_secret) else {
            return Ok(Err(Unpriced::Fault("price_unsigned")));
        };
        let until = (self.clock.now() + ASK_WITHIN).min(until);
        let ask = PriceAsk {
            tenant,
            business: &payment.business,
            signing,
            url,
            payment: &payment.pointer.payment,
            reference: payment.reference.as_deref(),
            offer,
            inputs,
        };
        Ok(match self.prices.price(&ask, until).await {
            Ok(answer) => read_price_answer(offer, inputs, seq, &answer.0).map_err(Unpriced::from),
            Err(error) => Err(Unpriced::Fault(match error {
                PriceError::Timeout => "price_timeout",
                PriceError::Refused => "price_no_answer",
                PriceError::NotAskable => "price_not_askable",
            })),
        })
    }

    /// The ways of delivery that the customer chooses from, where the business told others than the
    /// offer's: those told last, for the same place.
    async fn own_methods(
        &self,
        payment: &Payment,
        offer: &Offer,
        inputs: &Inputs,
    ) -> Result<Option<Vec<ShippingMethod>>, PortError> {
        if !payment.has_told_methods() {
            return Ok(None);
        }
        let shown = payment.on_sheet(offer).map_or(0, |mark| mark.seq);
        let shown = self.issued(payment, offer, shown).await?;
        Ok(shown.shipping_methods.filter(|_| shown.inputs.region == inputs.region))
    }

    /// The price of what is chosen so far, as the customer was told it.
    pub(super) async fn last_quote(
        &self,
        payment: &Payment,
        offer: &Offer,
    ) -> Result<Quote, PortError> {
        let told = payment.of_choice(offer).or_else(|| payment.on_sheet(offer));
        self.issued(payment, offer, told.map_or(0, |mark| mark.seq)).await
    }

    /// A quote of this number. Number 0 is the offer, and has no row.
    pub(super) async fn issued(
        &self,
        payment: &Payment,
        offer: &Offer,
        seq: u32,
    ) -> Result<Quote, PortError> {
        if seq > 0 {
            let found = self.store.quote(&payment.pointer, seq).await?;
            return found.ok_or_else(|| PortError::unreadable("Payments::quote", "it is gone"));
        }
        let made = price(offer, &Inputs::default(), 0).ok();
        let made = made.filter(|quote| quote.total.amount == offer.total.amount);
        Ok(made.unwrap_or_else(|| Quote {
            seq: 0,
            inputs: Inputs::default(),
            lines: offer.lines.clone(),
            total: offer.total.clone(),
            shipping_methods: None,
            source: QuoteSource::Offer,
            tax: amb_protocol::money::Minor::ZERO,
            shipping: amb_protocol::money::Minor::ZERO,
        }))
    }

    /// What was offered.
    pub(super) async fn offered(&self, payment: &Payment) -> Result<Offer, PortError> {
        let found = self.store.offer(&payment.pointer).await?;
        found.ok_or_else(|| PortError::unreadable("Payments::offer", "the offer is gone"))
    }
}

/// Why the business's server gave no price.
enum Unpriced {
    /// The customer has something to correct.
    Refused(Vec<PayError>),
    /// No answer, or none that is a price.
    Fault(&'static str),
}

impl From<PriceFault> for Unpriced {
    fn from(fault: PriceFault) -> Self {
        match fault {
            PriceFault::Refused(errors) => Self::Refused(errors),
            fault => Self::Fault(fault.as_str()),
        }
    }
}

impl Payment {
    /// The number of the next quote.
    fn next_quote(&self) -> u32 {
        self.quotes.iter().map(|mark| mark.seq).max().map_or(1, |last| last + 1)
    }

    /// The quote whose total the sheet shows: that of the answer given last. A sheet that has had no
    /// answer shows what was chosen before this was kept, and else the offer.
    pub(super) fn on_sheet(&self, offer: &Offer) -> Option<&QuoteMark> {
        let shown = self.quotes.iter().find(|mark| Some(mark.seq) == self.shown);
        shown.or_else(|| self.of_choice(offer)).or(self.quotes.last())
    }

    fn of_choice(&self, offer: &Offer) -> Option<&QuoteMark> {
        self.quotes.iter().rev().find(|mark| mark.is_for(&self.chosen, offer))
    }

    /// The quote that is paid, if this price is what the sheet shows: another total that was told some
    /// time is not enough (stricter than spec/payments §5, rule 2, since a sheet may have been closed and
    /// opened again with other choices). Of several quotes to that total, the one with the same tax and
    /// shipping, best for the same choices; none of those: the one that is shown, so that the books have
    /// the parts that the customer read, which are those of its row.
    pub(super) fn told_as(&self, quote: &Quote, offer: &Offer) -> Option<&QuoteMark> {
        let shown = self.on_sheet(offer).filter(|mark| mark.total == quote.total.amount)?;
        let same = |mark: &&QuoteMark| {
            (mark.total, mark.tax, mark.shipping) == (quote.total.amount, quote.tax, quote.shipping)
        };
        let mut latest = self.quotes.iter().rev().filter(same);
        let of_choice = latest.clone().find(|mark| mark.is_for(&quote.inputs, offer));
        Some(of_choice.or_else(|| latest.next()).unwrap_or(shown))
    }

    /// A failure without anything to correct was told: the sheet is gone with its choices, and the next
    /// one begins with the offer.
    pub(super) fn close_sheet(&mut self) {
        self.chosen = Inputs::default();
    }

    /// Whether a device was ever told other ways of delivery than the offer's: it keeps them until it is
    /// told again.
    pub(super) fn has_told_methods(&self) -> bool {
        self.quotes.iter().any(|mark| mark.first_method.is_some())
    }
}

impl QuoteMark {
    /// Whether it is the price of these choices. The first way of delivery is chosen unless another is:
    /// naming it, as a device does once it is paid, is no other choice.
    fn is_for(&self, inputs: &Inputs, offer: &Offer) -> bool {
        let offers = offer.first_shipping().map(|method| method.identifier.as_str());
        let first = self.first_method.as_deref().or(offers);
        let [own, other] = [&self.inputs, inputs].map(|of| of.shipping_method.as_deref().or(first));
        own == other
            && self.inputs.region == inputs.region
            && self.inputs.payment_type == inputs.payment_type
    }
}

/// A quote as the payment remembers it.
pub(super) fn mark_of(quote: &Quote) -> QuoteMark {
    QuoteMark {
        seq: quote.seq,
        inputs: quote.inputs.clone(),
        total: quote.total.amount,
        tax: quote.tax,
        shipping: quote.shipping,
        source: quote.source,
        first_method: quote.shipping_methods.as_ref().map(|methods| {
            methods.first().map(|method| method.identifier.clone()).unwrap_or_default()
        }),
    }
}

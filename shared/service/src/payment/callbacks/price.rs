//! What the customer's choices cost, by whoever says it (spec/payments §5).

use amb_protocol::apple_pay::{
    Inputs, Offer, PayError, PayErrorCode, PriceFault, Pricing, PricingFallback, Quote,
    QuoteSource, price, read_price_answer,
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
        let same = payment.quotes.iter().rev().find(|mark| mark.inputs == *inputs);
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
        let asked = self.ask(payment, offer, inputs, (url, seq), until).await?;
        let fault = match asked {
            Ok(quote) => {
                priced.came_to = Ok(quote);
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
                Ok(Quote { seq, inputs: inputs.clone(), source, shipping_methods: None, ..last })
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

    /// What the customer was told last.
    pub(super) async fn last_quote(
        &self,
        payment: &Payment,
        offer: &Offer,
    ) -> Result<Quote, PortError> {
        let of_choice = payment.quotes.iter().rev().find(|mark| mark.inputs == payment.chosen);
        let seq = of_choice.or(payment.quotes.last()).map_or(0, |mark| mark.seq);
        self.issued(payment, offer, seq).await
    }

    /// A quote of this number. Number 0 is the offer, and has no row.
    async fn issued(&self, payment: &Payment, offer: &Offer, seq: u32) -> Result<Quote, PortError> {
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

    /// The quote that the customer was told, if this price is one that they were told: for the same
    /// choices, or to the same amounts (spec/payments §5, rule 2).
    pub(super) fn told_as(&self, quote: &Quote) -> Option<&QuoteMark> {
        let same = |mark: &&QuoteMark| {
            (mark.total, mark.tax, mark.shipping) == (quote.total.amount, quote.tax, quote.shipping)
        };
        let mut latest = self.quotes.iter().rev().filter(same);
        let of_choice = latest.clone().find(|mark| mark.inputs == quote.inputs);
        of_choice.or_else(|| latest.next())
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
    }
}

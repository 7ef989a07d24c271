//! The three endpoints that tell what a choice costs: kind of card, address, way of delivery.

use amb_protocol::apple_pay::{
    Inputs, Offer, PayError, PayErrorCode, PaymentType, Quote, SheetMethod, UpdateAnswer,
};
use jiff::Timestamp;

use super::{
    Call, CallbackError, Callbacks, PSP_WITHIN, Reply, Said, TRIES,
    body::Body,
    price::{Priced, mark_of},
    rows::{codes, with_inputs, with_quote},
};
use crate::{
    model::{JournalEvent, JournalRow, Payment},
    payment::{
        capability::Step,
        commit::{Committed, Plan},
    },
    port::{Clock, Entropy, Merchants, Payments, PriceSource},
};

/// It was paid, or is being paid, or nobody did in time.
const CLOSED: &str = "This request can no longer be paid.";

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    W: PriceSource,
    C: Clock + Entropy,
{
    /// Tells what the customer's choice costs: always a total and its lines, and 200 whatever is wrong
    /// with the choice.
    pub(super) async fn update(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
    ) -> Result<Reply, CallbackError> {
        let body = match Body::read(call.body, &payment.pointer.payment) {
            Ok(body) => body,
            Err(fault) => {
                let event = event_of(call.step);
                return Ok(self.unreadable(call, payment, event, fault).await);
            }
        };
        let offer = self.offered(&payment).await?;
        let mut known: Option<Priced> = None;
        for tried in 0..TRIES {
            if payment.updates >= Payment::MOST_UPDATES {
                return Ok(Reply::gone().code("exhausted"));
            }
            let inputs = chosen(call.step, &body, &payment);
            let priced = if payment.is_payable(self.clock.now()) {
                match known.take().filter(|known| known.fits(&payment, &inputs)) {
                    Some(known) => known,
                    None => self.priced(&payment, &offer, &inputs, call.by(PSP_WITHIN)).await?,
                }
            } else {
                Priced::closed(inputs)
            };
            let now = self.clock.now();
            let (plan, reply) = match &priced.came_to {
                Ok(quote) => quoted(call, payment, &offer, (&priced, quote), now),
                Err(errors) => {
                    let last = self.last_quote(&payment, &offer).await?;
                    refused(call, payment, &offer, (&priced, errors, &last), now)
                }
            };
            let unmoved = plan.payment.clone();
            match self.write(call, plan).await? {
                Committed::Done(_) => return Ok(Reply { unknown: body.unknown, ..reply }),
                Committed::Moved | Committed::Claimed(_) => {
                    self.goes_on(call, tried).await?;
                    payment = self.again(&unmoved).await?;
                    known = Some(priced);
                }
            }
        }
        Err(CallbackError::Busy)
    }
}

impl Priced {
    /// Nothing has a price any more.
    fn closed(inputs: Inputs) -> Self {
        let came_to = Err(vec![PayError::new(PayErrorCode::Unknown, CLOSED)]);
        Self { inputs, came_to, is_issued: false, why: Some("closed") }
    }

    /// Whether it still holds after others changed the payment: the same choices, a number that is free.
    fn fits(&self, payment: &Payment, inputs: &Inputs) -> bool {
        let is_taken = |quote: &Quote| payment.quotes.iter().any(|mark| mark.seq == quote.seq);
        self.inputs == *inputs
            && self.came_to.as_ref().is_ok_and(|quote| self.is_issued || !is_taken(quote))
    }
}

/// What a step tells.
const fn event_of(step: Step) -> JournalEvent {
    match step {
        Step::PaymentMethod => JournalEvent::PaymentMethodUpdate,
        Step::ShippingMethod => JournalEvent::MethodUpdate,
        _ => JournalEvent::ContactUpdate,
    }
}

fn row_of(call: &Call<'_>, payment: &Payment, inputs: &Inputs, now: Timestamp) -> JournalRow {
    with_inputs(call.row(event_of(call.step), payment, now), inputs)
}

/// What becomes of the payment when there is a price, and what the device is told.
fn quoted(
    call: &Call<'_>,
    mut payment: Payment,
    offer: &Offer,
    (priced, quote): (&Priced, &Quote),
    now: Timestamp,
) -> (Plan, Reply) {
    payment.updates += 1;
    payment.chosen = priced.inputs.clone();
    payment.shown = Some(quote.seq);
    let row = with_quote(row_of(call, &payment, &priced.inputs, now), quote);
    let mut rows = vec![JournalRow { decision: Some("quoted".to_owned()), ..row }];
    let mut quotes = Vec::new();
    if !priced.is_issued {
        payment.quotes.push(mark_of(quote));
        quotes.push(quote.clone());
        let issued = call.row(JournalEvent::QuoteIssued, &payment, now);
        let issued = with_quote(with_inputs(issued, &priced.inputs), quote);
        rows.push(JournalRow { error_class: priced.why.map(str::to_owned), ..issued });
    }
    let answer = UpdateAnswer::of(quote, payment.currency);
    let reply = Reply::new(Said::Priced(shown(answer, &payment, offer)), "quoted");
    (Plan { quotes, ..Plan::of(payment, rows) }, reply)
}

/// The same when there is none.
fn refused(
    call: &Call<'_>,
    mut payment: Payment,
    offer: &Offer,
    (priced, errors, last): (&Priced, &[PayError], &Quote),
    now: Timestamp,
) -> (Plan, Reply) {
    payment.updates += 1;
    payment.shown = Some(last.seq);
    let why = priced.why.unwrap_or("choice");
    let row = JournalRow {
        decision: Some("refused".to_owned()),
        error_class: Some(why.to_owned()),
        apple_errors: codes(errors),
        ..with_quote(row_of(call, &payment, &priced.inputs, now), last)
    };
    let answer = UpdateAnswer::refusing(errors.to_vec(), last, payment.currency);
    let answer = shown(answer, &payment, offer);
    let reply = Reply::new(Said::Priced(answer), "refused").code(why);
    (Plan::of(payment, vec![row]), reply)
}

/// The customer's choices with the one that they made now. Amounts and labels are not among them.
fn chosen(step: Step, body: &Body, payment: &Payment) -> Inputs {
    let mut inputs = payment.chosen.clone();
    match step {
        Step::PaymentMethod => {
            inputs.payment_type = body.payment_type().and_then(PaymentType::parse);
        }
        Step::ShippingMethod => {
            // What is no identifier is one that nobody offered.
            let identifier = body.shipping_method().unwrap_or_default();
            inputs.shipping_method = Some(identifier.chars().take(128).collect());
        }
        _ => inputs.region = body.region("shippingContact"),
    }
    inputs
}

/// A list that is there has to have a line: a total alone is its own. Ways of delivery that were told
/// stay until others are: the offer's have to be told again.
fn shown(mut answer: UpdateAnswer, payment: &Payment, offer: &Offer) -> UpdateAnswer {
    if answer.new_line_items.is_empty() {
        answer.new_line_items.push(answer.new_total.clone());
    }
    if answer.new_shipping_methods.is_none() && payment.has_told_methods() {
        let methods = offer.shipping_methods.iter();
        let methods = methods.map(|method| SheetMethod::of(method, payment.currency));
        answer.new_shipping_methods = Some(methods.collect());
    }
    answer
}

impl Payment {
    /// Whether an attempt may begin now, as far as the payment itself says.
    pub(super) fn is_payable(&self, now: Timestamp) -> bool {
        self.may_begin() && now < self.expires_at && self.attempts.len() < Self::MOST_ATTEMPTS
    }
}

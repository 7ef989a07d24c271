//! Whether a payment stands so that something can be asked of it, and how it stands then. `None`: it
//! was asked before, and there is nothing to change.

use amb_protocol::money::Minor;
use jiff::Timestamp;

use crate::{
    model::{
        JournalEvent, JournalRow, Payment, PaymentState, Refund, RefundId, RefundStatus, Told,
    },
    problem::{Fault, Problem},
};

/// Refunds of one payment: its row has to hold them all.
const MOST_REFUNDS: usize = 100;

type Begun = Result<Option<JournalRow>, Problem>;

pub(super) fn begin_capture(payment: &mut Payment, amount: Option<&str>, now: Timestamp) -> Begun {
    let from = payment.state;
    let attempt = payment.live().filter(|attempt| attempt.told == Some(Told::Success));
    let authorized = attempt.ok_or_else(|| not_so(payment, "Nothing is held."))?.amount;
    let amount = wanted(payment, amount, authorized, "more than was authorised")?;
    match from {
        // Somebody else may have to see first what the customer saw.
        PaymentState::Authorized if payment.denied().is_some() => {
            let advice = "The customer saw something else than was authorised; ask again once \
                          `payment.mismatch` is told.";
            return Err(not_so(payment, advice));
        }
        PaymentState::Authorized | PaymentState::AckMismatch => {}
        PaymentState::Capturing if payment.capture_asked == Some(amount) => return Ok(None),
        PaymentState::Captured | PaymentState::Refunded if payment.captured == amount => {
            return Ok(None);
        }
        _ => return Err(not_so(payment, "It can be captured once, while money is held.")),
    }
    payment.capture_asked = Some(amount);
    payment.captures += 1;
    payment.enter(PaymentState::Capturing, now);
    let row = JournalRow::about(JournalEvent::CaptureRequested, payment).of_amount(amount);
    Ok(Some(row.moved(from, PaymentState::Capturing)))
}

pub(super) fn begin_void(payment: &mut Payment, now: Timestamp) -> Begun {
    let from = payment.state;
    match from {
        PaymentState::Authorized | PaymentState::AckMismatch => {
            payment.void_asked = true;
            payment.enter(PaymentState::Voiding, now);
            let row = JournalRow::about(JournalEvent::VoidRequested, payment);
            Ok(Some(row.moved(from, PaymentState::Voiding)))
        }
        // Nothing is held: the request is taken back.
        _ if payment.may_begin() => {
            payment.enter(PaymentState::Expired, now);
            let row = JournalRow::about(JournalEvent::Expired, payment);
            Ok(Some(row.moved(from, PaymentState::Expired)))
        }
        // What is let go of an attempt that failed could be paid again afterwards.
        PaymentState::Voiding | PaymentState::VoidStuck
            if payment.has_failed() && !payment.void_asked =>
        {
            payment.void_asked = true;
            Ok(Some(JournalRow::about(JournalEvent::VoidRequested, payment)))
        }
        PaymentState::Open
        | PaymentState::Declined
        | PaymentState::Failed
        | PaymentState::Voiding
        | PaymentState::Voided
        | PaymentState::VoidStuck
        | PaymentState::Expired => Ok(None),
        PaymentState::Authorizing | PaymentState::Unknown => {
            Err(not_so(payment, "An attempt to pay it is under way; ask again in a minute."))
        }
        PaymentState::Capturing | PaymentState::Captured | PaymentState::Refunded => {
            Err(not_so(payment, "It is captured: it can be given back."))
        }
    }
}

pub(super) fn begin_refund(
    payment: &mut Payment,
    id: &RefundId,
    amount: Option<&str>,
    now: Timestamp,
) -> Begun {
    if let Some(earlier) = payment.refunds.iter().find(|refund| refund.id == *id) {
        let same = match amount {
            Some(text) => Minor::parse(text, payment.currency) == Ok(earlier.amount),
            None => true,
        };
        return if same { Ok(None) } else { Err(Problem::idempotency_key_reused()) };
    }
    if payment.state != PaymentState::Captured {
        return Err(not_so(payment, "Only what is captured can be given back."));
    }
    if payment.refunds.len() >= MOST_REFUNDS {
        return Err(not_so(payment, "A payment is given back in at most 100 parts."));
    }
    let left = payment.refunded().and_then(|refunded| payment.captured.checked_sub(refunded));
    let left = left.filter(|left| *left > Minor::ZERO);
    let left =
        left.ok_or_else(|| not_so(payment, "All of it was given back, or is on its way."))?;
    let amount = wanted(payment, amount, left, "more than is left of what was captured")?;
    payment.refunds.push(Refund {
        id: id.clone(),
        amount,
        status: RefundStatus::Requested,
        reference: None,
        taken: None,
        overdue: false,
        rounds: 0,
        created_at: now,
    });
    payment.rounds = 0;
    let row = JournalRow::about(JournalEvent::RefundRequested, payment).of_amount(amount);
    Ok(Some(JournalRow { psp_merchant_reference: Some(id.to_string()), ..row }))
}

/// The amount that is asked for: above zero, and no more than there is.
fn wanted(
    payment: &Payment,
    amount: Option<&str>,
    most: Minor,
    too_much: &str,
) -> Result<Minor, Problem> {
    let Some(text) = amount else { return Ok(most) };
    let refuse = |message: String| {
        let limit = most.to_decimal(payment.currency);
        let fault = Fault::new("/amount", "payment_amount", message).limit(limit, text);
        Problem::faulty(vec![fault])
    };
    let wanted = Minor::parse(text, payment.currency).map_err(|fault| refuse(fault.to_string()))?;
    if wanted <= Minor::ZERO {
        return Err(refuse("an amount above zero is expected".to_owned()));
    }
    if wanted > most {
        return Err(refuse(format!("the amount is {too_much}")));
    }
    Ok(wanted)
}

fn not_so(payment: &Payment, advice: &str) -> Problem {
    Problem::payment_state().detail(format!("The payment is {}. {advice}", payment.state.as_str()))
}

//! Every file of `events/payment-settle` through the function.

use amb_service::{
    contract::Sample,
    memory::Memory,
    model::{Payment, PaymentPointer},
    payment::settle::Settle,
    port::Clock as _,
};
use amb_support::{account, logs::captured};
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::LambdaEvent;

use crate::events::{assert_complete, invocation, log, quietly};

/// A world with a payment that the sample points at, if it points at any: one that nobody paid.
fn world_of(case: &str) -> Memory {
    let world = account::seeded();
    if case == "due" {
        let now = world.now();
        let payment = Payment {
            pointer: pointer(case),
            expires_at: now,
            due_at: Some(now),
            ..Sample::new(now, world.clone()).payment()
        };
        world.world().book.payments.insert(payment.pointer.clone(), payment);
    }
    world
}

fn pointer(case: &str) -> PaymentPointer {
    let event: LambdaEvent<SqsEvent> = invocation("payment-settle", case);
    serde_json::from_str(event.payload.records[0].body.as_deref().unwrap()).unwrap()
}

#[test]
fn payment_settle() {
    // The case, how many messages come again, how the payment stands.
    let table = [("due", 0, Some("expired")), ("nothing-there", 0, None), ("unreadable", 1, None)];
    let log = log();
    assert_complete("payment-settle", table.iter().map(|(case, ..)| *case));
    for (case, again, stands) in table {
        let world = world_of(case);
        let w = || world.clone();
        let settle = Settle::new(w(), w(), w(), w());
        let event: LambdaEvent<SqsEvent> = invocation("payment-settle", case);
        let work = payment_settle::settle_batch(&settle, &log, &world, event);
        let response = quietly("payment-settle", &world, work);
        assert_eq!(response.batch_item_failures.len(), again, "{case}");
        let state = world.world().book.payments.values().next().map(|found| found.state.as_str());
        assert_eq!(state, stands, "{case}");
    }
}

#[test]
fn a_payment_that_is_a_persons_writes_the_line_that_alarms_are_set_on() {
    use amb_service::model::{PaymentState, Seen};

    let world = world_of("due");
    {
        let mut inner = world.world();
        let pointer = pointer("due");
        let payment = inner.book.payments.get_mut(&pointer).unwrap();
        payment.state = PaymentState::Authorized;
        payment.attempts.push(amb_service::model::Attempt {
            no: 1,
            token: amb_service::model::TokenHash::of("1"),
            key: "0".repeat(64),
            quote: 0,
            amount: payment.offered,
            begun_at: payment.created_at,
            reply_before: None,
            lease_until: payment.created_at,
            told: Some(amb_service::model::Told::Success),
            errors: Vec::new(),
            result: None,
            authorised: None,
            another: None,
            absent_since: None,
            fence: None,
        });
        let seen = Seen { at: payment.created_at, state: Some("paymentNotCompleted".to_owned()) };
        inner.book.replies.insert(pointer, seen);
    }
    let w = || world.clone();
    let (settle, log) = (Settle::new(w(), w(), w(), w()), log());
    let event: LambdaEvent<SqsEvent> = invocation("payment-settle", "due");
    let work = payment_settle::settle_batch(&settle, &log, &world, event);
    let (_, lines) =
        captured("payment-settle", world.clone(), || amb_service::memory::drive(work).unwrap());
    let outcomes: Vec<_> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| (line["Stage"].clone(), line["Outcome"].clone()))
        .collect();
    assert!(outcomes.contains(&("settle".into(), "ack_mismatch".into())), "{lines:?}");
}

//! The process ends, or a port fails, anywhere.

use amb_protocol::apple_pay::PayStatus;
use jiff::SignedDuration;

use super::world::{World, paid, paying};
use crate::{
    memory::{FaultMode, PspFate, drive},
    model::{DeclineClass, PaymentState, Told},
    payment::capability::Step,
};

#[test]
fn f111_wherever_a_callback_ends_there_is_one_hold_at_most_and_one_answer() {
    let fates = [
        None,
        Some(PspFate::Decline(DeclineClass::Generic)),
        Some(PspFate::LoseAnswer),
        Some(PspFate::LandLate),
    ];
    for fate in fates {
        for mode in FaultMode::ALL {
            let mut at = 0;
            while crashed(at, mode, fate.as_ref()) {
                at += 1;
            }
            assert!(at >= 10, "{at} calls");
        }
    }
}

/// One callback with one fault, and the same again a minute later; whether there was such a call.
fn crashed(at: usize, mode: FaultMode, fate: Option<&PspFate>) -> bool {
    let world = World::new();
    world.memory.world().psp.fates.extend(fate.cloned());
    world.memory.world().faults.at = Some((at, mode));
    let body = world.body(&paying("AA01"));
    let first = drive(world.serve(Step::Gateway, body.clone()));
    let happened = world.memory.world().faults.calls.len() > at;
    world.memory.world().faults.at = None;
    world.memory.world().now += SignedDuration::from_secs(60);
    let place = format!("{mode:?} at {at}, {fate:?}");

    let again = drive(world.serve(Step::Gateway, body.clone())).expect("it lives");
    let again = paid(&again.unwrap_or_else(|error| panic!("{place}: {error}")));
    if let Some(Ok(first)) = first {
        assert_eq!(paid(&first), again, "{place}: told once");
    }
    let third = drive(world.serve(Step::Gateway, body)).unwrap().unwrap();
    assert_eq!(paid(&third), again, "{place}: and for ever");

    let payment = world.payment();
    let (told, state) = (payment.live().and_then(|attempt| attempt.told), payment.state);
    let is_success = again.status == PayStatus::Success;
    assert_eq!(told == Some(Told::Success), is_success, "{place}");
    assert!(world.asked() <= 1, "{place}: asked {} times", world.asked());
    if is_success {
        assert_eq!((state, world.held()), (PaymentState::Authorized, 6399), "{place}");
    } else if world.held() > 0 || world.memory.world().psp.orders.values().any(|o| o.in_flight) {
        assert_eq!(state, PaymentState::Unknown, "{place}");
    }
    let now = world.memory.world().now;
    assert!(payment.due_at.is_some_and(|due_at| due_at <= now + SignedDuration::from_hours(24)));
    happened
}

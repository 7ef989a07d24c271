//! A worker that dies, is refused, or never hears an answer, at each of its calls.

use super::*;
use crate::{
    memory::{FaultMode, FaultPlan},
    model::{Refund, RefundId, RefundStatus},
    port::DuePayments,
};

type Arranged = fn(u64) -> Desk;

fn lost(seed: u64) -> Desk {
    let desk = Desk::attempted(seed, PspFate::LoseAnswer);
    desk.pass(SignedDuration::from_secs(45));
    desk
}

fn acknowledged(seed: u64) -> Desk {
    let desk = Desk::authorized(seed);
    desk.tracked(AMOUNT.get());
    desk
}

fn denied(seed: u64) -> Desk {
    let desk = Desk::authorized(seed);
    desk.replied("paymentNotCompleted");
    desk
}

fn goes_back(seed: u64) -> Desk {
    let desk = acknowledged(seed);
    desk.rest(SignedDuration::from_secs(1));
    let mut payment = desk.payment();
    payment.refunds.push(Refund {
        id: RefundId::of(&desk.pointer.payment, "k"),
        amount: Minor::new(399),
        status: RefundStatus::Requested,
        reference: None,
        taken: None,
        overdue: false,
        rounds: 0,
        created_at: desk.now(),
    });
    payment.rounds = 0;
    payment.reschedule(desk.now());
    desk.put(payment);
    desk
}

/// Works until nothing is due, as the queue and the sweep bring it; the sweep comes once a minute.
fn heal(desk: &Desk) {
    let end = desk.now() + SignedDuration::from_hours(30);
    while desk.now() < end {
        let due = drive(desk.world.due_payments(desk.now(), 10)).unwrap().unwrap();
        if due.is_empty() && !desk.payment().has_evidence() {
            desk.pass(SignedDuration::from_mins(1));
        } else if desk.look() == Settled::Nothing {
            desk.pass(SignedDuration::from_secs(10));
        }
    }
}

#[test]
fn whatever_breaks_off_the_end_is_the_same() {
    let arranged: [(&str, Arranged); 4] =
        [("lost", lost), ("acknowledged", acknowledged), ("denied", denied), ("back", goes_back)];
    for (name, arrange) in arranged {
        let whole = arrange(1);
        heal(&whole);
        let (state, kinds, events) = (whole.payment().state, whole.kinds(), whole.events());
        let mut runs = 0;
        for mode in FaultMode::ALL {
            for call in 0.. {
                let desk = arrange(1);
                let begun = desk.world.world().faults.calls.len();
                desk.world.world().faults.at = Some((begun + call, mode));
                desk.try_look();
                let is_over = desk.world.world().faults.calls.len() <= begun + call;
                desk.world.world().faults = FaultPlan::default();
                heal(&desk);
                assert_eq!(desk.payment().state, state, "{name} {mode:?} at {call}");
                assert_eq!(desk.kinds(), kinds, "{name} {mode:?} at {call}");
                assert_eq!(desk.events(), events, "{name} {mode:?} at {call}");
                desk.agrees();
                runs += 1;
                if is_over {
                    break;
                }
            }
        }
        assert!(runs > 20, "{name}: {runs}");
    }
}

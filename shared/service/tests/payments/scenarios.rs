//! Lives that are played at every crash point.

use amb_protocol::money::Minor;
use amb_service::{
    memory::{PspFate, PspWay},
    model::{CapturePolicy, DeclineClass, PaymentState},
    port::PspDone,
};
use jiff::SignedDuration;

use super::shop::Shop;

/// A life, and how it ends when nothing fails.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) script: fn(&mut Shop),
    pub(crate) ends: PaymentState,
}

const ACKNOWLEDGED: CapturePolicy = CapturePolicy::Acknowledged { after_minutes: 15 };

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "paid and shown", script: paid_and_shown, ends: PaymentState::Captured },
    Scenario { name: "paid without a sign", script: paid, ends: PaymentState::Captured },
    Scenario { name: "choices first", script: choices_first, ends: PaymentState::Captured },
    Scenario {
        name: "closed, opened again, paid",
        script: closed_and_opened_again,
        ends: PaymentState::Captured,
    },
    Scenario {
        name: "declined, then paid",
        script: declined_then_paid,
        ends: PaymentState::Captured,
    },
    Scenario { name: "declined", script: declined, ends: PaymentState::Expired },
    Scenario {
        name: "an answer is lost",
        script: |shop| fate(shop, PspFate::LoseAnswer),
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "a request is lost",
        script: |shop| fate(shop, PspFate::LoseRequest),
        ends: PaymentState::Expired,
    },
    Scenario {
        name: "a request lands late",
        script: |shop| fate(shop, PspFate::LandLate),
        ends: PaymentState::Expired,
    },
    Scenario {
        name: "a part is held",
        script: |shop| fate(shop, PspFate::Partly(Minor::new(9))),
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "pending",
        script: |shop| fate(shop, PspFate::Pending),
        ends: PaymentState::Voided,
    },
    Scenario { name: "another total was shown", script: another_total, ends: PaymentState::Voided },
    Scenario { name: "the customer saw no payment", script: denied, ends: PaymentState::Voided },
    Scenario { name: "two replies differ", script: two_replies, ends: PaymentState::Voided },
    Scenario { name: "two totals differ", script: two_totals, ends: PaymentState::Voided },
    Scenario { name: "a wrong clock", script: wrong_clock, ends: PaymentState::Captured },
    Scenario {
        name: "a denial under wrong clocks",
        script: |shop| denied_under_wrong_clocks(shop, false),
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "another total under wrong clocks",
        script: |shop| denied_under_wrong_clocks(shop, true),
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "captured in part, refunded",
        script: part_and_refund,
        ends: PaymentState::Refunded,
    },
    Scenario {
        name: "a void comes to nothing, twice",
        script: failing_void,
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "one of two refunds takes its time",
        script: two_refunds,
        ends: PaymentState::Captured,
    },
    Scenario { name: "let go by the business", script: let_go, ends: PaymentState::Voided },
    Scenario { name: "a weak provider loses an answer", script: weak, ends: PaymentState::Voided },
    Scenario {
        name: "the provider takes its time",
        script: slow_capture,
        ends: PaymentState::Captured,
    },
    Scenario {
        name: "the provider takes a capture, and nobody tells how it ended",
        script: taken_capture,
        ends: PaymentState::Captured,
    },
    Scenario {
        name: "the provider takes a void, and nobody tells how it ended",
        script: taken_void,
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "a hold runs out at the provider",
        script: held_for_too_long,
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "an answer and the money are lost, and a notice names it late",
        script: told_late,
        ends: PaymentState::Voided,
    },
    Scenario {
        name: "paid again, and a notice names the first attempt",
        script: told_late_and_paid,
        ends: PaymentState::Captured,
    },
    Scenario { name: "a token for two", script: replayed, ends: PaymentState::Captured },
];

/// The device sends a callback, and again until it hears something; a person would press once more.
fn pay(shop: &mut Shop, number: usize) -> bool {
    let token = shop.token();
    for _ in 0..3 {
        if let Some(success) = shop.pay(number, &token) {
            // Once more, as a gateway in between may: the same is heard.
            shop.pay(number, &token);
            return success;
        }
        shop.wait(SignedDuration::from_secs(30));
        shop.settle();
    }
    false
}

fn paid(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    pay(shop, number);
    shop.settle();
}

fn paid_and_shown(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    if pay(shop, number) {
        shop.track(number, 0);
        shop.reply(number, "paid");
    }
    shop.settle();
}

fn choices_first(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.move_to(number, "OR");
    shop.choose(number, "exp");
    shop.choose(number, "exp");
    if pay(shop, number) {
        shop.track(number, 0);
    }
    shop.settle();
}

/// The second sheet begins with the first way of delivery, and we believe the choice of the one before.
fn closed_and_opened_again(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.choose(number, "exp");
    shop.close_sheet(number);
    for _ in 0..3 {
        if pay(shop, number) {
            shop.track(number, 0);
            break;
        }
        shop.choose(number, "std");
    }
    shop.settle();
}

fn declined_then_paid(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.world.world().psp.fates.push_back(PspFate::Decline(DeclineClass::Generic));
    if !pay(shop, number) {
        shop.settle();
        pay(shop, number);
    }
    shop.track(number, 0);
    shop.settle();
}

fn declined(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    let declines = [PspFate::Decline(DeclineClass::Generic), PspFate::Decline(DeclineClass::Fraud)];
    shop.world.world().psp.fates.extend(declines);
    pay(shop, number);
    pay(shop, number);
    shop.settle();
}

fn fate(shop: &mut Shop, fate: PspFate) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.world.world().psp.fates.push_back(fate);
    pay(shop, number);
    shop.settle();
    shop.wait(SignedDuration::from_secs(50));
    shop.settle();
    shop.world.world().psp.land();
    shop.settle();
}

fn another_total(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    if pay(shop, number) {
        shop.track(number, -100);
    }
    shop.settle();
}

fn denied(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    if pay(shop, number) {
        shop.reply(number, "paymentNotCompleted");
    }
    shop.settle();
}

fn two_replies(shop: &mut Shop) {
    let number = shop.ask(CapturePolicy::Manual);
    if pay(shop, number) {
        shop.reply(number, "paid");
        shop.settle();
        shop.reply(number, "paymentNotCompleted");
        shop.reply(number, "paid");
    }
    shop.settle();
}

fn two_totals(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    if pay(shop, number) {
        shop.track(number, 0);
        shop.track(number, 1);
        shop.track(number, 0);
    }
    shop.settle();
}

/// The callback's process is five minutes late; the worker takes its lease for long over.
fn wrong_clock(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.skew = SignedDuration::from_mins(-5);
    pay(shop, number);
    shop.skew = SignedDuration::ZERO;
    shop.settle();
}

/// The callback's process is five minutes early, whoever keeps what the customer saw five minutes late;
/// what was seen of the attempt before lies between the two.
fn denied_under_wrong_clocks(shop: &mut Shop, is_tracked: bool) {
    let number = shop.ask(ACKNOWLEDGED);
    shop.world.world().psp.fates.push_back(PspFate::Decline(DeclineClass::Generic));
    if !pay(shop, number) {
        shop.reply(number, "paymentNotCompleted");
        shop.settle();
        shop.skew = SignedDuration::from_mins(5);
        if pay(shop, number) {
            shop.skew = SignedDuration::from_mins(-5);
            if is_tracked {
                shop.track(number, 100);
            } else {
                shop.reply(number, "paymentNotCompleted");
            }
        }
        shop.skew = SignedDuration::ZERO;
    }
    shop.settle();
}

fn part_and_refund(shop: &mut Shop) {
    let number = shop.ask(CapturePolicy::Manual);
    pay(shop, number);
    shop.settle();
    shop.capture(number, Some(5000));
    shop.settle();
    shop.refund(number, Some(1000), "first");
    shop.settle();
    shop.refund(number, None, "rest");
    shop.settle();
}

fn failing_void(shop: &mut Shop) {
    {
        let psp = &mut shop.world.world().psp;
        psp.tells_by_notice = true;
        psp.ways.extend([PspWay::Fails; 2]);
    }
    fate(shop, PspFate::LoseAnswer);
    for _ in 0..4 {
        shop.hear();
        shop.settle();
        shop.wait(SignedDuration::from_mins(5));
        shop.sweep();
        shop.settle();
    }
}

fn two_refunds(shop: &mut Shop) {
    let number = shop.ask(CapturePolicy::Manual);
    pay(shop, number);
    shop.settle();
    shop.capture(number, None);
    shop.settle();
    shop.world.world().psp.ways.push_back(PspWay::Lingers(5));
    shop.refund(number, Some(1000), "first");
    shop.refund(number, Some(2000), "second");
    shop.settle();
    shop.wait(SignedDuration::from_mins(1));
    shop.settle();
}

fn let_go(shop: &mut Shop) {
    let number = shop.ask(CapturePolicy::Manual);
    pay(shop, number);
    shop.settle();
    shop.void(number);
    shop.settle();
}

fn held_for_too_long(shop: &mut Shop) {
    let number = shop.ask(CapturePolicy::Manual);
    pay(shop, number);
    shop.settle();
    shop.wait(SignedDuration::from_hours(7 * 24));
    shop.run_out(number);
    shop.sweep();
    shop.settle();
}

fn weak(shop: &mut Shop) {
    shop.world.world().psp.is_weak = true;
    fate(shop, PspFate::LoseAnswer);
}

fn slow_capture(shop: &mut Shop) {
    let number = shop.ask(ACKNOWLEDGED);
    let slow = [PspDone::Unknown, PspDone::Accepted { reference: None }];
    shop.world.world().psp.outcomes.extend(slow);
    if pay(shop, number) {
        shop.track(number, 0);
    }
    shop.settle();
}

fn taken_capture(shop: &mut Shop) {
    shop.world.world().psp.tells_by_notice = true;
    paid_and_shown(shop);
    shop.wait(SignedDuration::from_hours(2));
    shop.sweep();
    shop.settle();
    shop.refund(0, Some(1000), "part");
    shop.settle();
}

fn taken_void(shop: &mut Shop) {
    shop.world.world().psp.tells_by_notice = true;
    fate(shop, PspFate::LoseAnswer);
}

/// Whoever is asked knows nothing of it until everybody has given it up; then it arrives.
fn given_up(shop: &mut Shop) -> usize {
    shop.world.world().psp.is_weak = true;
    let number = shop.ask(ACKNOWLEDGED);
    shop.world.world().psp.fates.push_back(PspFate::LandLate);
    pay(shop, number);
    for _ in 0..6 {
        shop.settle();
        shop.wait(SignedDuration::from_mins(15));
        shop.sweep();
    }
    shop.settle();
    number
}

fn told_late(shop: &mut Shop) {
    let number = given_up(shop);
    shop.world.world().psp.land();
    shop.authorised(number, 1);
    shop.settle();
}

fn told_late_and_paid(shop: &mut Shop) {
    let number = given_up(shop);
    if pay(shop, number) {
        shop.track(number, 0);
    }
    shop.settle();
    shop.world.world().psp.land();
    shop.authorised(number, 1);
    shop.settle();
}

fn replayed(shop: &mut Shop) {
    let (first, second) = (shop.ask(ACKNOWLEDGED), shop.ask(ACKNOWLEDGED));
    let token = shop.token();
    shop.pay(first, &token);
    shop.pay(second, &token);
    shop.pay(first, &token);
    shop.track(first, 0);
    shop.settle();
}

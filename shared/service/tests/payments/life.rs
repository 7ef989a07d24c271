//! The life of a payment, drawn: what the customer, the device, the provider and the business do, and
//! what fails.

use amb_protocol::money::Minor;
use amb_service::{
    memory::{PspFate, PspWay},
    model::{CapturePolicy, DeclineClass, PaymentState},
    port::PspDone,
};
use jiff::{SignedDuration, Timestamp};

use super::{dice::Dice, shop::Shop};

/// So many calls in a hundred fail.
const FAULTS: usize = 5;

/// One payment, and how far its life has come.
pub(crate) struct Life {
    number: usize,
    next: Next,
    /// The token that is being paid with.
    token: Option<(String, Timestamp)>,
    paid: Option<bool>,
}

/// What happens next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Choose,
    Pay,
    Again,
    Show,
    Reply,
    Business,
    Nothing,
}

impl Life {
    pub(crate) fn drawn(shop: &mut Shop, dice: &mut Dice) -> Self {
        let capture = if dice.percent(70) {
            let after_minutes = u16::try_from(1 + dice.below(60)).unwrap();
            CapturePolicy::Acknowledged { after_minutes }
        } else {
            CapturePolicy::Manual
        };
        Self { number: shop.ask(capture), next: Next::Choose, token: None, paid: None }
    }

    /// Lives pass side by side, a step at a time, in any order; workers and the sweep come between.
    pub(crate) fn live_all(mut lives: Vec<Self>, shop: &mut Shop, dice: &mut Dice) {
        while !lives.is_empty() {
            let chosen = dice.below(lives.len());
            shop.skew = skew(dice);
            arrange_faults(shop, dice);
            lives[chosen].step(shop, dice);
            note_faults(shop);
            if lives[chosen].next == Next::Nothing {
                lives.swap_remove(chosen);
            }
            if dice.percent(3) {
                shop.world.world().psp.ways.push_back(way(dice));
            }
            if dice.percent(40) {
                arrange_faults(shop, dice);
                shop.worker_skew = skew(dice);
                shop.settle();
                note_faults(shop);
            }
            if dice.percent(30) {
                lose_notices(shop, dice);
                arrange_faults(shop, dice);
                shop.hear();
                note_faults(shop);
            }
            if dice.percent(5) {
                shop.world.world().psp.land();
            }
            if dice.percent(3) {
                shop.world.world().settlement_queue.duplicate_last();
            }
            let pause = if dice.percent(5) { 120 } else { 3 };
            shop.wait(SignedDuration::from_secs(i64::try_from(dice.below(pause)).unwrap()));
            if dice.percent(5) {
                shop.sweep();
            }
        }
    }

    fn step(&mut self, shop: &mut Shop, dice: &mut Dice) {
        let number = self.number;
        self.next = match self.next {
            Next::Choose => {
                match dice.below(5) {
                    0 => {
                        shop.choose(number, "exp");
                    }
                    1 => {
                        shop.move_to(number, "CA");
                    }
                    2 => {
                        shop.move_to(number, "OR");
                    }
                    3 => shop.close_sheet(number),
                    _ => {}
                }
                if dice.percent(40) { Next::Choose } else { Next::Pay }
            }
            Next::Pay => {
                let token = shop.token();
                shop.world.world().psp.fates.clear();
                let fate = fate(dice);
                shop.world.world().psp.fates.extend(fate);
                self.paid = shop.pay(number, &token);
                self.token = Some(token);
                Next::Again
            }
            Next::Again => {
                if let Some(token) = self.token.clone() {
                    // The same callback once more, or to another payment.
                    if dice.percent(20) {
                        self.paid = shop.pay(number, &token).or(self.paid);
                    }
                    if dice.percent(5) {
                        let other = dice.below(shop.payments.len());
                        shop.pay(other, &token);
                    }
                }
                match self.paid {
                    Some(true) => Next::Show,
                    _ if dice.percent(40) => Next::Pay,
                    _ if dice.percent(50) => Next::Choose,
                    _ => Next::Reply,
                }
            }
            Next::Show => {
                if dice.percent(90) {
                    let more = if dice.percent(2) { 100 } else { 0 };
                    shop.track(number, more);
                    // Once more, as it was or otherwise.
                    if dice.percent(10) {
                        shop.track(number, if dice.percent(20) { 100 } else { 0 });
                    }
                }
                Next::Reply
            }
            Next::Reply => {
                if dice.percent(90) {
                    let says_paid = self.paid == Some(true) && !dice.percent(2);
                    let state = if says_paid { "paid" } else { "paymentNotCompleted" };
                    if dice.percent(5) {
                        shop.reply(number, ["paid", "unheardOf", "declined"][dice.below(3)]);
                    }
                    shop.reply(number, state);
                }
                Next::Business
            }
            Next::Business => {
                business(number, shop, dice);
                if dice.percent(50) { Next::Business } else { Next::Nothing }
            }
            Next::Nothing => Next::Nothing,
        };
    }
}

/// Now and then a process has a clock that is wrong by up to five minutes.
fn skew(dice: &mut Dice) -> SignedDuration {
    let seconds = if dice.percent(20) { dice.below(601) } else { 300 };
    SignedDuration::from_secs(i64::try_from(seconds).unwrap() - 300)
}

/// What the business does, if it may.
fn business(number: usize, shop: &mut Shop, dice: &mut Dice) {
    if dice.percent(FAULTS) {
        let outcome =
            if dice.percent(50) { PspDone::Unknown } else { PspDone::Accepted { reference: None } };
        shop.world.world().psp.outcomes.push_back(outcome);
    }
    let amount = shop.payment(number).live().map_or(0, |attempt| attempt.amount.get());
    match (shop.state(number), dice.below(4)) {
        (PaymentState::Authorized | PaymentState::AckMismatch, 0) => shop.void(number),
        (PaymentState::Authorized | PaymentState::AckMismatch, 1) => shop.capture(number, None),
        (PaymentState::Authorized, 2) => shop.capture(number, Some(amount / 2)),
        (PaymentState::Captured, 0) => {
            shop.refund(number, Some(amount / 4), "first");
            if dice.percent(50) {
                shop.refund(number, Some(amount / 4), "second");
            }
        }
        (PaymentState::Captured, 1) => shop.refund(number, None, "all"),
        _ => {}
    }
}

/// How the provider deals with a change of held or captured money.
fn way(dice: &mut Dice) -> PspWay {
    match dice.below(3) {
        0 => PspWay::Lingers(1 + u32::try_from(dice.below(8)).unwrap()),
        1 => PspWay::Lingers(1),
        _ => PspWay::Fails,
    }
}

/// A notice that something was done may never come: then time says so.
fn lose_notices(shop: &mut Shop, dice: &mut Dice) {
    let notices = &mut shop.world.world().psp.notices;
    notices.retain(|notice| notice.starts_with("failed") || dice.percent(80));
}

fn fate(dice: &mut Dice) -> Option<PspFate> {
    if dice.percent(10) {
        return Some(PspFate::Decline(DeclineClass::Generic));
    }
    if !dice.percent(FAULTS * 4) {
        return None;
    }
    Some(match dice.below(7) {
        0 => PspFate::LoseAnswer,
        1 => PspFate::LoseRequest,
        2 => PspFate::LandLate,
        3 => PspFate::Partly(Minor::new(1)),
        4 => PspFate::Pending,
        5 => PspFate::Reject(DeclineClass::RateLimited),
        _ => PspFate::Decline(DeclineClass::AvsPostal),
    })
}

/// In some steps, one of the calls that follow fails.
fn arrange_faults(shop: &mut Shop, dice: &mut Dice) {
    let plan = &mut shop.world.world().faults;
    plan.calls.clear();
    (plan.at, plan.then) = (None, None);
    // Some fifteen calls a step: five in a hundred of them.
    if dice.percent(FAULTS * 10) {
        plan.at = Some((dice.below(15), dice.fault_mode()));
    }
    if dice.percent(FAULTS * 3) {
        plan.then = Some((dice.below(30), dice.fault_mode()));
    }
}

fn note_faults(shop: &mut Shop) {
    let mut world = shop.world.world();
    let calls = world.faults.calls.len();
    let met = [world.faults.at, world.faults.then].into_iter().flatten();
    let met = met.filter(|(at, _)| *at < calls).count();
    (world.faults.at, world.faults.then) = (None, None);
    drop(world);
    shop.faults_met += met;
}

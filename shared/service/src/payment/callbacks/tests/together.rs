//! Many callbacks at once.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use amb_protocol::apple_pay::{GatewayAnswer, Inputs};
use serde_json::{Value, json};

use super::world::{World, paid, paying, priced};
use crate::{
    memory::begin,
    model::{JournalEvent, Payment, PaymentState, Told},
    payment::{
        callbacks::{CallbackError, Reply},
        capability::Step,
    },
};

type Running<'w> = Pin<Box<dyn Future<Output = Result<Reply, CallbackError>> + 'w>>;

fn started<'w>(world: &'w World, token: &str) -> Running<'w> {
    Box::pin(world.serve(Step::Gateway, world.body(&paying(token))))
}

/// Lets a future go on for so many calls of ports; what it came to, if it is over.
fn step(world: &World, running: &mut Running<'_>, calls: usize) -> Option<GatewayAnswer> {
    {
        let faults = &mut world.memory.world().faults;
        faults.frozen_at = Some(faults.calls.len() + calls);
    }
    begin(running).map(|came_to| paid(&came_to.expect("it is answered")))
}

#[test]
fn f115_who_comes_while_the_first_is_at_it_gets_the_firsts_answer() {
    let world = World::new();
    let mut first = started(&world, "AA01");
    // As far as the provider.
    while !world.memory.world().faults.calls.contains(&"SettlementQueue::enqueue_settlement") {
        assert!(step(&world, &mut first, 1).is_none());
    }
    assert_eq!(world.payment().state, PaymentState::Authorizing);
    let mut second = started(&world, "AA01");
    for _ in 0..6 {
        assert!(step(&world, &mut second, 1).is_none(), "it waits");
    }
    let told = step(&world, &mut first, 100).unwrap();
    assert_eq!(told, GatewayAnswer::success());
    assert_eq!(step(&world, &mut second, 100), Some(told));
    assert_eq!(world.asked(), 1);
    assert_eq!(world.events().last(), Some(&JournalEvent::Duplicate));
}

#[test]
fn p030_fifty_callbacks_at_once_are_one_authorisation_and_one_answer() {
    // How the fifty are dealt out, by a small generator: each seed another interleaving.
    for seed in 1..40_u64 {
        let world = World::new();
        let mut running: Vec<_> = (0..50).map(|_| Some(started(&world, "AA01"))).collect();
        let mut told = BTreeSet::new();
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut left = running.len();
        let mut draw = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
        };
        while left > 0 {
            // The first of them come first more often, so that now and then one is fast enough.
            let most = 1 + draw(50);
            let (at, calls) = (draw(most), 1 + draw(8));
            let Some(one) = running[at].as_mut() else { continue };
            if let Some(answer) = step(&world, one, calls) {
                told.insert(serde_json::to_string(&answer).unwrap());
                running[at] = None;
                left -= 1;
            }
        }
        drop(running);
        assert_eq!(told.len(), 1, "{seed}: {told:?}");
        assert!(world.asked() <= 1, "{seed}");
        let payment = world.payment();
        assert_eq!(payment.attempts.len(), 1, "{seed}");
        match payment.live().unwrap().told {
            Some(Told::Success) => assert_eq!(payment.state, PaymentState::Authorized, "{seed}"),
            // Overtaken by one that followed, or so slow that the provider was not asked at all.
            Some(Told::Failure) => {
                let asked = world.asked();
                let expected = usize::from(payment.state != PaymentState::Failed);
                assert!(asked <= expected, "{seed}: {:?}", payment.state);
            }
            None => panic!("{seed}: nothing was told"),
        }
        let claims = world.events().into_iter().filter(|it| *it == JournalEvent::Claimed).count();
        assert_eq!(claims, 1, "{seed}");
    }
}

#[test]
fn p030_fifty_that_come_while_one_is_at_it_all_hear_of_its_success() {
    let world = World::new();
    let mut first = started(&world, "AA01");
    while !world.memory.world().faults.calls.contains(&"SettlementQueue::enqueue_settlement") {
        assert!(step(&world, &mut first, 1).is_none());
    }
    let mut others: Vec<_> = (0..49).map(|_| started(&world, "AA01")).collect();
    for other in &mut others {
        assert!(step(&world, other, 2).is_none());
    }
    assert_eq!(step(&world, &mut first, 100), Some(GatewayAnswer::success()));
    for other in &mut others {
        assert_eq!(step(&world, other, 500), Some(GatewayAnswer::success()));
    }
    assert_eq!((world.asked(), world.held()), (1, 6399));
}

#[test]
fn f115_a_leader_that_is_overtaken_tells_what_was_told_and_keeps_its_approval() {
    let world = World::new();
    let mut first = started(&world, "AA01");
    while !world.memory.world().faults.calls.contains(&"Psp::authorize") {
        assert!(step(&world, &mut first, 1).is_none());
    }
    let chosen = Inputs { shipping_method: Some("exp".to_owned()), ..Inputs::default() };
    let left = Payment { chosen, ..world.payment() };
    world.memory.world().book.payments.insert(world.pointer.clone(), left);
    // The follower's time runs out while the leader stands still.
    let mut second = started(&world, "AA01");
    let told = step(&world, &mut second, 500).unwrap();
    assert_eq!(told, GatewayAnswer::failure(Vec::new()));
    assert_eq!(step(&world, &mut first, 500), Some(told));
    let payment = world.payment();
    assert_eq!(payment.state, PaymentState::Unknown);
    assert_eq!(payment.chosen, Inputs::default(), "the sheet is gone");
    let result = payment.live().unwrap().result.as_ref().unwrap();
    assert_eq!(result.reference(), Some(format!("psp-{}-1", world.pointer.payment).as_str()));
    assert_eq!(world.rows().last().unwrap().decision.as_deref(), Some("approved_late"));
    assert_eq!((world.asked(), world.held()), (1, 6399));
}

#[test]
fn of_two_updates_at_once_the_later_answer_is_what_is_shown_and_has_both_choices() {
    let card = json!({"paymentMethod": {"type": "credit"}});
    let contact = json!({"shippingContact":
        {"countryCode": "us", "administrativeArea": "CA", "postalCode": "95014"}});
    let both: [(Step, &Value); 2] =
        [(Step::PaymentMethod, &card), (Step::ShippingContact, &contact)];
    for calls in 1..30 {
        let world = World::new();
        let [mut first, mut second] =
            both.map(|(step, said)| Box::pin(world.serve(step, world.body(said))) as Running<'_>);
        let go = |running: &mut Running<'_>, calls: usize| {
            {
                let faults = &mut world.memory.world().faults;
                faults.frozen_at = Some(faults.calls.len() + calls);
            }
            begin(running)
        };
        let early = go(&mut first, calls);
        let other = go(&mut second, 200).expect("it is answered").unwrap();
        let last = match early {
            Some(_) => other,
            None => go(&mut first, 200).expect("it is answered").unwrap(),
        };
        drop((first, second));
        assert_eq!(priced(&last).new_total.amount, "70.89", "{calls}");
        let mut paying = paying("AA01");
        paying["shippingContact"]["administrativeArea"] = json!("CA");
        paying["shippingContact"]["postalCode"] = json!("95014");
        world.memory.world().faults.frozen_at = None;
        assert_eq!(paid(&world.call(Step::Gateway, &paying)), GatewayAnswer::success(), "{calls}");
        assert_eq!(world.held(), 7089);
    }
}

//! The same again, and what looks like it (spec/payments §4.5).

use amb_protocol::apple_pay::{GatewayAnswer, PayStatus};
use jiff::SignedDuration;
use serde_json::json;

use super::world::{World, paid, paying};
use crate::{
    memory::PspFate,
    model::{DeclineClass, EventType, JournalEvent, Payment, PaymentState, Told},
    payment::{callbacks::Said, capability::Step},
};

#[test]
fn a_customer_pays_once_and_everything_about_it_is_written_down() {
    let world = World::new();
    let reply = world.call(Step::Gateway, &paying("AA01"));
    assert_eq!(paid(&reply), GatewayAnswer::success());
    assert_eq!((reply.outcome, reply.psp.as_secs()), ("success", 1));
    let payment = world.payment();
    assert_eq!(payment.state, PaymentState::Authorized);
    assert_eq!(payment.live().unwrap().told, Some(Told::Success));
    assert_eq!((payment.untold.len(), payment.untold[0].kind), (1, EventType::PaymentAuthorized));
    assert_eq!((world.asked(), world.held()), (1, 6399));
    assert_eq!(
        world.events(),
        [
            JournalEvent::TokenReceived,
            JournalEvent::Claimed,
            JournalEvent::PspRequest,
            JournalEvent::PspResult,
            JournalEvent::Told,
        ]
    );
    let rows = world.rows();
    assert_eq!(rows[0].verify_result.as_deref(), Some("valid"));
    assert!(rows[0].token_signing_time.is_some() && rows[0].apple_txid_hash.is_some());
    assert_eq!(rows[1].state_to.as_deref(), Some("authorizing"));
    assert_eq!(rows[3].psp_latency_ms, Some(1_000));
    assert_eq!(rows[4].told.as_deref(), Some("success"));
    assert_eq!((rows[4].latency_ms, rows[4].deadline_margin_ms), (Some(1_000), Some(22_000)));
    assert!(rows.iter().all(|row| row.callback_id.as_deref() == Some("req-1")));
    // The dead man's switch, and then the news.
    let queue = &mut world.memory.world().settlement_queue;
    assert!(queue.next_visible_at().is_some());
    assert!(!format!("{rows:?} {payment:?}").contains("c4n4ry"));
}

#[test]
fn f113_the_same_callback_again_gets_the_same_answer_even_when_it_is_stale() {
    let world = World::new();
    let mut body = paying("AA01");
    body["paymentToken"]["paymentData"]["signedAt"] = json!(1_795_262_400);
    let first = world.call(Step::Gateway, &body);
    world.memory.world().now += SignedDuration::from_hours(3);
    let again = world.call(Step::Gateway, &body);
    assert_eq!(paid(&first), paid(&again));
    assert_eq!((world.asked(), world.held()), (1, 6399));
    let row = world.rows().pop().unwrap();
    assert_eq!(row.event_type, JournalEvent::Duplicate);
    assert!(row.duplicate_of.unwrap().ends_with("-1"));
}

#[test]
fn p014_a_token_again_however_it_is_written_is_the_same_token() {
    let world = World::new();
    let first = world.pay("AA01");
    let mut other = paying("aa01");
    other["paymentToken"]["paymentData"]["data"] = json!("written otherwise");
    assert_eq!(paid(&world.call(Step::Gateway, &other)), first);
    assert_eq!(world.asked(), 1);
}

#[test]
fn f114_a_token_of_another_payment_is_refused_and_told_of() {
    let world = World::new();
    world.pay("AA01");
    let other = world.another(super::world::TENANT);
    let reply = other.call(Step::Gateway, &paying("AA01"));
    assert_eq!(paid(&reply), GatewayAnswer::failure(Vec::new()));
    assert_eq!(reply.code, Some("replay"));
    assert_eq!(other.events(), [JournalEvent::TokenRejected]);
    assert_eq!(other.rows()[0].error_class.as_deref(), Some("replay"));
    assert_eq!((other.payment().state, world.asked()), (PaymentState::Open, 1));
}

#[test]
fn p038_after_a_success_another_card_is_refused() {
    let world = World::new();
    world.pay("AA01");
    let second = world.call(Step::Gateway, &paying("AA02"));
    assert_eq!((paid(&second).status, second.code), (PayStatus::Failure, Some("already_paid")));
    assert_eq!((world.asked(), world.held()), (1, 6399));
    assert_eq!(world.pay("AA01"), GatewayAnswer::success());
}

#[test]
fn p038_while_nobody_knows_another_card_has_to_wait() {
    let world = World::new();
    world.memory.world().psp.fates.push_back(PspFate::LoseAnswer);
    assert_eq!(world.pay("AA01").status, PayStatus::Failure);
    let second = world.call(Step::Gateway, &paying("AA02"));
    assert_eq!(
        (paid(&second), second.code),
        (GatewayAnswer::failure(Vec::new()), Some("try_later"))
    );
    assert_eq!(world.asked(), 1);
}

#[test]
fn after_a_decline_another_card_may_pay_five_times_in_all() {
    let world = World::new();
    let fates = [PspFate::Decline(DeclineClass::Generic), PspFate::Reject(DeclineClass::Token)];
    world.memory.world().psp.fates.extend(fates.iter().cloned().cycle().take(5));
    for token in ["01", "02", "03", "04", "05"] {
        assert_eq!(world.pay(token).status, PayStatus::Failure);
    }
    assert_eq!(world.payment().attempts.len(), Payment::MOST_ATTEMPTS);
    assert_eq!(world.payment().untold.len(), 5);
    assert_eq!(world.call(Step::Gateway, &paying("06")).said, Said::Gone);
    // Those that were answered get their answer.
    assert_eq!(world.pay("03").status, PayStatus::Failure);
    assert_eq!(world.asked(), 5);
}

#[test]
fn the_customer_is_told_what_to_correct_in_our_words() {
    for (class, field) in [
        (DeclineClass::AvsPostal, Some("postalCode")),
        (DeclineClass::AvsAddress, Some("addressLines")),
        (DeclineClass::Generic, None),
        (DeclineClass::Fraud, None),
        (DeclineClass::Configuration, None),
    ] {
        let world = World::new();
        world.memory.world().psp.fates.push_back(PspFate::Decline(class));
        let reply = world.call(Step::Gateway, &paying("AA01"));
        let answer = serde_json::to_value(paid(&reply)).unwrap();
        assert_eq!(answer["status"], "STATUS_FAILURE");
        match field {
            Some(field) => {
                assert_eq!(answer["errors"][0]["code"], "billingContactInvalid");
                assert_eq!(answer["errors"][0]["contactField"], field);
                let codes = world.rows().last().unwrap().apple_errors.clone();
                assert_eq!(codes.as_deref(), Some("billingContactInvalid"));
            }
            None => assert_eq!(answer["errors"], json!([])),
        }
        assert_eq!(reply.code, Some(class.as_str()));
        // The same again is the same to the byte, errors and all.
        assert_eq!(serde_json::to_value(world.pay("AA01")).unwrap(), answer);
    }
}

#[test]
fn what_does_not_hold_or_comes_late_is_no_attempt() {
    let world = World::new();
    let mut bad = paying("AA01");
    bad["paymentToken"]["paymentData"]["signature"] = json!("bad");
    let reply = world.call(Step::Gateway, &bad);
    assert_eq!((paid(&reply).status, reply.code), (PayStatus::Failure, Some("signature_invalid")));
    let row = world.rows().pop().unwrap();
    assert_eq!(row.verify_result.as_deref(), Some("signature_invalid"));
    assert!(row.attempt_no.is_none() && row.amount_minor.is_none());
    world.memory.world().now += Payment::LIFE;
    let late = world.call(Step::Gateway, &paying("AA02"));
    assert_eq!((paid(&late).status, late.code), (PayStatus::Failure, Some("expired")));
    assert_eq!((world.asked(), world.payment().attempts.len()), (0, 0));
}

#[test]
fn what_was_refused_is_refused_for_ever_whatever_the_clock_and_the_journal_say_later() {
    // Signed in the future, as this process sees it: the next one may see it otherwise.
    let world = World::new();
    let mut early = paying("AA01");
    let signed_at = world.memory.world().now + SignedDuration::from_secs(90);
    early["paymentToken"]["paymentData"]["signedAt"] = json!(signed_at.as_second());
    let reply = world.call(Step::Gateway, &early);
    assert_eq!((paid(&reply).status, reply.code), (PayStatus::Failure, Some("future")));
    world.memory.world().now += SignedDuration::from_secs(90);
    assert_eq!(paid(&world.call(Step::Gateway, &early)), GatewayAnswer::failure(Vec::new()));
    assert_eq!(world.asked(), 0);

    // The journal has no room for more, and the doubt that was in the way ends.
    let world = World::new();
    world.memory.world().psp.fates.push_back(PspFate::LoseRequest);
    world.pay("AA01");
    let full = Payment { updates: Payment::MOST_UPDATES, ..world.payment() };
    world.memory.world().book.payments.insert(world.pointer.clone(), full);
    let rows = world.rows().len();
    assert_eq!(world.call(Step::Gateway, &paying("AA02")).code, Some("try_later"));
    assert_eq!(world.rows().len(), rows);
    let open = Payment { state: PaymentState::Failed, ..world.payment() };
    world.memory.world().book.payments.insert(world.pointer.clone(), open);
    assert_eq!(world.pay("AA02"), GatewayAnswer::failure(Vec::new()));
    assert_eq!(world.asked(), 1);
}

#[test]
fn somebody_hears_of_a_token_for_two_payments_and_of_a_customer_who_pays_again() {
    let world = World::new();
    world.pay("AA01");
    let again = world.call(Step::Gateway, &paying("AA02"));
    assert_eq!((again.outcome, again.code), ("paid_again", Some("already_paid")));
    let stolen = world.another(super::world::TENANT).call(Step::Gateway, &paying("AA01"));
    assert_eq!((stolen.outcome, stolen.code), ("replayed", Some("replay")));
}

#[test]
fn the_journal_of_one_payment_is_not_made_longer_for_ever() {
    let world = World::new();
    let mut bad = paying("AA01");
    bad["paymentToken"]["paymentData"]["signature"] = json!("bad");
    for _ in 0..100 {
        assert_eq!(paid(&world.call(Step::Gateway, &bad)).status, PayStatus::Failure);
    }
    assert_eq!(world.rows().len(), 60);
    assert_eq!(world.pay("AA02"), GatewayAnswer::success());
    for _ in 0..100 {
        assert_eq!(world.pay("AA02"), GatewayAnswer::success());
    }
    assert_eq!(world.rows().len(), 65);
}

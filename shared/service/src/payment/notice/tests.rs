mod authorised;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    memory::{PspFate, drive},
    model::{
        Business, BusinessStatus, CapturePolicy, Channel, EventType, MerchantSettings, Mode,
        PspAccount, PspKind, SecretName,
    },
    payment::settle::{Settled, tests::Desk},
};

impl Desk {
    fn merchant(&self) {
        let payment = self.payment();
        let (tenant, business) = (self.pointer.tenant.clone(), payment.business.clone());
        let settings = MerchantSettings {
            tenant: tenant.clone(),
            business: business.clone(),
            merchant: payment.merchant.clone(),
            display_name: "Shop".to_owned(),
            country: "US".to_owned(),
            channel: Channel::World,
            session_identifier: crate::model::SessionIdentifier::Plain,
            identity: payment.psp.secret.clone(),
            psp: PspAccount { ..payment.psp },
            capture: CapturePolicy::Manual,
            networks: Vec::new(),
            capabilities: Vec::new(),
            pricing: amb_protocol::apple_pay::Pricing::default(),
            checkout_url: None,
            time_zone: "UTC".to_owned(),
            signing: None,
            domain_association: None,
            updated_at: Timestamp::UNIX_EPOCH,
            revision: 1,
        };
        let mut world = self.world.world();
        world.book.merchants.insert((tenant, business), settings);
    }

    /// The business has another account by now.
    fn settings(&self, kind: PspKind, name: &str) {
        let mut world = self.world.world();
        let settings = world.book.merchants.values_mut().next().unwrap();
        settings.psp = PspAccount { kind, secret: secret(name), decrypts: false };
    }

    fn notice(&self, psp: &str, signature: &str, body: &str) -> Result<usize, NoticeRefusal> {
        let w = || self.world.clone();
        let notices = Notices::new(w(), w(), w(), w());
        let headers = [("signature".to_owned(), signature.to_owned())];
        let business = self.payment().business;
        drive(notices.notice(&business, psp, &headers, body.as_bytes())).unwrap()
    }
}

fn known(desk: &Desk) {
    desk.merchant();
    let (tenant, id) = (desk.pointer.tenant.clone(), desk.payment().business);
    let business = Business {
        id: id.clone(),
        tenant,
        name: "Shop".to_owned(),
        mode: Mode::Live,
        status: BusinessStatus::Active,
        created_at: Timestamp::UNIX_EPOCH,
    };
    desk.world.world().businesses.insert(id, business);
}

#[test]
fn a_notice_has_a_payment_looked_at_and_changes_nothing_itself() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    known(&desk);
    let id = desk.pointer.payment.to_string();
    // The callback is at it.
    let before = desk.payment();
    assert_eq!(desk.notice("stripe", "good", &id).unwrap(), 1);
    assert_eq!(desk.payment(), before);
    desk.world.world().psp.outcomes.push_back(crate::port::PspDone::Accepted { reference: None });
    desk.rest(SignedDuration::from_secs(50));
    let before = desk.payment();
    assert!(before.due_at.unwrap() > desk.now());
    assert_eq!(desk.notice("stripe", "good", &id).unwrap(), 1);
    let after = desk.payment();
    assert_eq!((after.state, after.due_at), (before.state, Some(desk.now())));
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Voided);
}

#[test]
fn f116_a_notice_of_somebody_else_or_about_somebody_else_changes_nothing() {
    let desk = Desk::authorized(1);
    known(&desk);
    let before = desk.payment();
    let id = desk.pointer.payment.to_string();
    let forged = desk.notice("stripe", "bad", &id);
    assert!(matches!(forged, Err(NoticeRefusal::Fault(NoticeFault::Forged))));
    let other = desk.notice("adyen", "good", &id);
    assert!(matches!(other, Err(NoticeRefusal::NotFound)));
    let unknown = format!("pay_{}", "b".repeat(26));
    assert_eq!(desk.notice("stripe", "good", &unknown).unwrap(), 0);
    assert_eq!(desk.payment(), before);
}

#[test]
fn a_chargeback_is_in_the_journal_once() {
    let desk = Desk::authorized(1);
    known(&desk);
    desk.rest(SignedDuration::from_mins(20));
    let body = format!("chargeback 12.50 USD {}", desk.pointer.payment);
    assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
    assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
    let rows = desk.rows();
    let rows: Vec<_> =
        rows.iter().filter(|row| row.event_type == JournalEvent::Chargeback).collect();
    assert_eq!((rows.len(), rows[0].amount.as_deref()), (1, Some("12.50")));
    assert_eq!(crate::finance::ledger::entries(rows[0]).len(), 2);
    assert!(desk.payment().untold.is_empty(), "it is what it is: nobody has to look");
}

#[test]
fn what_was_taken_back_in_another_currency_or_nobody_knows_how_much_is_a_persons_and_in_no_books() {
    for (words, class, amount, currency) in [
        ("chargeback 10000 JPY", "currency_diff", "10000", "JPY"),
        ("chargeback", "amount_unknown", "63.99", "USD"),
    ] {
        let desk = Desk::authorized(1);
        known(&desk);
        desk.tracked(crate::payment::settle::tests::AMOUNT.get());
        desk.rest(SignedDuration::from_mins(20));
        assert_eq!(desk.payment().state, PaymentState::Captured);
        let body = format!("{words} {}", desk.pointer.payment);
        assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
        assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
        let row = desk.row(JournalEvent::Chargeback);
        assert_eq!((row.amount_minor, row.amount.as_deref()), (None, None), "{words}");
        assert_eq!(row.currency, Some(desk.payment().currency));
        assert_eq!(row.error_class.as_deref(), Some(class));
        assert!(crate::finance::ledger::entries(&row).is_empty());
        // Somebody is told, and called, once.
        let Settled::Looked { concern, .. } = desk.look() else { panic!("it is due") };
        assert_eq!(concern, Some(Concern::ChangeFailed));
        desk.rest(SignedDuration::from_mins(20));
        let told = desk.told();
        let told: Vec<_> =
            told.iter().filter(|(kind, _)| *kind == EventType::PaymentMismatch).collect();
        assert_eq!(told.len(), 1, "{words}");
        let data = &told[0].1;
        assert_eq!(
            (&data["reason"], &data["amount"], &data["currency"]),
            (&"chargeback_unbooked".into(), &amount.into(), &currency.into())
        );
    }
}

#[test]
fn a_payment_in_a_workers_hands_is_not_due_before_it_is_given_back() {
    let desk = Desk::authorized(1);
    known(&desk);
    let lease = desk.now() + SignedDuration::from_secs(30);
    desk.put(Payment { lease_until: Some(lease), due_at: Some(lease), ..desk.payment() });
    let body = format!("chargeback 1 JPY {}", desk.pointer.payment);
    assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
    let payment = desk.payment();
    assert_eq!((payment.due_at, payment.untold.len()), (Some(lease), 2));
}

fn adyen() -> PspKind {
    PspKind::Adyen { merchant_account: "ShopECOM".to_owned(), prefix: "test".to_owned() }
}

fn secret(name: &str) -> SecretName {
    SecretName::parse(name).unwrap()
}

#[test]
fn a_notice_is_checked_with_the_account_that_its_payment_was_made_with() {
    let stripe = PspKind::Stripe { account: None };
    let elsewhere = PspKind::Stripe { account: Some("acct_1".to_owned()) };
    for (kind, name) in [(adyen(), "adyen"), (stripe, "stripe-2"), (elsewhere, "stripe-2")] {
        let desk = Desk::attempted(1, PspFate::LoseAnswer);
        known(&desk);
        let is_stripe = kind.as_str() == "stripe";
        desk.settings(kind, name);
        let id = desk.pointer.payment.to_string();
        assert_eq!(desk.notice("stripe", "by stripe", &id).unwrap(), 1);
        let body = format!("chargeback 1 USD {id}");
        assert_eq!(desk.notice("stripe", "by stripe", &body).unwrap(), 1);
        assert!(desk.payment().charged_back_at.is_some());
        // The settings' key is none of the payment's, and whoever has neither learns nothing of it.
        let before = desk.payment();
        let unknown = format!("pay_{}", "b".repeat(26));
        for signature in ["bad", &format!("by {name}")] {
            let forged = desk.notice("stripe", signature, &id);
            let stranger = desk.notice("stripe", "bad", &unknown);
            for answer in [forged, stranger] {
                match answer {
                    Err(NoticeRefusal::Fault(NoticeFault::Forged)) => assert!(is_stripe),
                    Err(NoticeRefusal::NotFound) => assert!(!is_stripe),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(desk.payment(), before);
        // What names no payment of ours is the settings'.
        let word = if is_stripe { "stripe" } else { "adyen" };
        assert_eq!(desk.notice(word, &format!("by {name}"), &unknown).unwrap(), 0);
    }
}

#[test]
fn a_forged_notice_costs_one_look_at_the_payment_that_it_names_and_no_more() {
    let desk = Desk::authorized(1);
    known(&desk);
    let id = desk.pointer.payment.to_string();
    let unknown = format!("pay_{}", "b".repeat(26));
    for (body, look) in [(id, true), (unknown, true), ("customer created".to_owned(), false)] {
        desk.world.world().faults.calls.clear();
        assert!(desk.notice("stripe", "bad", &body).is_err());
        // The first look is the desk's own.
        let calls = desk.world.world().faults.calls.split_off(1);
        let mut expected = vec!["Businesses::business", "Merchants::merchant"];
        expected.extend(look.then_some("Payments::find_payment"));
        assert_eq!(calls, expected, "{body}");
    }
}

#[test]
fn an_account_that_was_given_up_has_nothing_to_say_of_later_payments() {
    let desk = Desk::authorized(1);
    let payment = desk.payment();
    let teller = |kind: PspKind, name: &str, is_settings| Teller {
        account: PspAccount { kind, secret: secret(name), decrypts: false },
        is_settings,
    };
    let stripe = || payment.psp.kind.clone();
    assert!(teller(stripe(), "stripe", false).knows(&payment));
    assert!(!teller(stripe(), "given-up", false).knows(&payment));
    // A dispute names no payment: it is found by asking the account, under whatever name its key is now.
    assert!(teller(stripe(), "stripe-2", true).knows(&payment));
    assert!(!teller(adyen(), "stripe", false).knows(&payment));
    assert!(!teller(adyen(), "stripe", true).knows(&payment));
}

#[test]
fn how_a_change_ended_is_kept_once_and_weighed_by_whoever_settles() {
    let desk = Desk::authorized(1);
    known(&desk);
    desk.world.world().psp.tells_by_notice = true;
    desk.tracked(crate::payment::settle::tests::AMOUNT.get());
    desk.rest(SignedDuration::from_secs(1));
    let before = desk.payment();
    assert_eq!(before.state, PaymentState::Capturing);
    let reference = before.taken.unwrap().reference;
    let body = format!("done capture {reference} {}", desk.pointer.payment);
    for _ in 0..2 {
        assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
        let payment = desk.payment();
        assert_eq!((payment.state, payment.endings.len()), (PaymentState::Capturing, 1));
    }
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    // The same again, and what came to nothing after all.
    let revision = desk.payment().revision;
    desk.notice("stripe", "good", &body).unwrap();
    assert_eq!(desk.payment().revision, revision);
    let body = format!("failed capture {reference} {}", desk.pointer.payment);
    desk.notice("stripe", "good", &body).unwrap();
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
}

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    memory::{PspFate, drive},
    model::{Business, BusinessStatus, CapturePolicy, Channel, MerchantSettings, Mode, PspAccount},
    payment::settle::tests::Desk,
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
    let body = format!("chargeback {}", desk.pointer.payment);
    assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
    assert_eq!(desk.notice("stripe", "good", &body).unwrap(), 1);
    let rows = desk.rows();
    let rows: Vec<_> =
        rows.iter().filter(|row| row.event_type == JournalEvent::Chargeback).collect();
    assert_eq!((rows.len(), rows[0].amount.as_deref()), (1, Some("63.99")));
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

//! Money that was let go by another way than the one that was asked for last.

use super::*;
use crate::{
    model::{Attempt, PspChange, PspEnding},
    port::PspDone,
};

impl Desk {
    /// Money to be let go, of which the provider has taken two voids, the second by its own name.
    fn letting_go(seed: u64) -> Self {
        let desk = Self::attempted(seed, PspFate::LoseAnswer);
        let taken = PspDone::Received { reference: "MOD1".to_owned() };
        desk.world.world().psp.outcomes.extend(vec![taken; 40]);
        desk.rest(SignedDuration::from_secs(50));
        assert_eq!(desk.payment().state, PaymentState::Voiding);
        desk
    }

    fn held(&self) -> String {
        let payment = self.payment();
        payment.live().unwrap().result.as_ref().unwrap().reference().unwrap().to_owned()
    }

    fn void_ends(&self, reference: &str, of: &str, is_done: bool, refunded: bool) {
        let (now, mut payment) = (self.now(), self.payment());
        payment.endings.push(PspEnding {
            of: Some(of.to_owned()),
            code: (!is_done).then(|| "CANCEL_OR_REFUND".to_owned()),
            refunded,
            ..PspEnding::new(PspChange::Void, reference.to_owned(), is_done)
        });
        payment.due_at = Some(now);
        self.put(payment);
    }
}

#[test]
fn a_void_that_finds_nothing_left_to_let_go_calls_nobody() {
    for is_named in [true, false] {
        for is_late in [true, false] {
            let desk = Desk::letting_go(1);
            let own = Attempt::reference(&desk.pointer, 1);
            let of = if is_named { desk.held() } else { own };
            desk.void_ends("TC", &of, true, false);
            if is_late {
                desk.rest(SignedDuration::from_secs(1));
                assert_eq!(desk.payment().state, PaymentState::Voided);
            }
            desk.void_ends("MOD1", &desk.held(), false, false);
            desk.rest(SignedDuration::from_mins(10));
            assert_eq!(desk.payment().state, PaymentState::Voided, "{is_named} {is_late}");
            assert_eq!(desk.row(JournalEvent::Voided).psp_reference.as_deref(), Some("TC"));
            let events = desk.events();
            assert!(!events.contains(&JournalEvent::VoidStuck), "{events:?}");
            assert!(!events.contains(&JournalEvent::ChangeFailed), "{events:?}");
            assert_eq!(desk.kinds(), [EventType::PaymentVoided]);
        }
    }
}

#[test]
fn a_void_of_another_attempt_lets_nothing_go() {
    let desk = Desk::letting_go(1);
    desk.void_ends("TC", &Attempt::reference(&desk.pointer, 2), true, false);
    desk.void_ends("MOD1", &desk.held(), false, false);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::VoidStuck);
}

#[test]
fn a_void_that_gave_money_back_is_called_so_in_the_journal() {
    for (refunded, decision) in [(true, "refunded"), (false, "voided")] {
        let desk = Desk::letting_go(1);
        desk.void_ends("MOD1", &desk.held(), true, refunded);
        desk.rest(SignedDuration::from_secs(1));
        assert_eq!(desk.row(JournalEvent::Voided).decision.as_deref(), Some(decision));
    }
}

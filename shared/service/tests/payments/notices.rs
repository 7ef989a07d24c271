//! A provider tells by itself what it did.

use amb_protocol::id::BusinessId;
use amb_service::{
    memory::{Memory, drive},
    model::{Attempt, Business, BusinessStatus, Mode, TenantId},
    payment::notice::Notices,
};
use jiff::Timestamp;

use super::shop::{BUSINESS, Shop};

/// Whom notices are sent to.
pub(super) fn business(world: &Memory, tenant: &TenantId) {
    let id = BusinessId::parse(BUSINESS).unwrap();
    let business = Business {
        id: id.clone(),
        tenant: tenant.clone(),
        name: "Shop".to_owned(),
        mode: Mode::Live,
        status: BusinessStatus::Active,
        created_at: Timestamp::UNIX_EPOCH,
    };
    world.world().businesses.insert(id, business);
}

impl Shop {
    /// That it authorised an attempt: until somebody takes it.
    pub(crate) fn authorised(&mut self, number: usize, attempt: u32) {
        let pointer = &self.payments[number];
        let name = Attempt::reference(pointer, attempt);
        let body = format!("authorised {attempt} psp-{name} {}", pointer.payment);
        for _ in 0..4 {
            if self.send(&body) {
                return;
            }
        }
    }

    /// How changes ended that it had taken; what nobody takes is sent again the next time. Whether there
    /// was anything to tell.
    pub(crate) fn hear(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.world.world().psp.notices);
        let is_any = !waiting.is_empty();
        for notice in waiting {
            if !self.send(&notice) {
                self.world.world().psp.notices.push_back(notice);
            }
        }
        is_any
    }

    /// The same, where nobody is told of what was done.
    pub(crate) fn hear_of_failures(&mut self) -> bool {
        self.world.world().psp.notices.retain(|notice| notice.starts_with("failed"));
        self.hear()
    }

    /// Whether somebody took it.
    fn send(&self, body: &str) -> bool {
        let w = || self.world.clone();
        let headers = [("signature".to_owned(), "good".to_owned())];
        let business = BusinessId::parse(BUSINESS).unwrap();
        let notices = Notices::new(w(), w(), w(), w());
        let taken = drive(notices.notice(&business, "stripe", &headers, body.as_bytes()));
        matches!(taken, Some(Ok(_)))
    }
}

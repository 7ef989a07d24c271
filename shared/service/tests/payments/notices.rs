//! A provider tells by itself what it did.

use amb_service::{
    memory::drive,
    model::{Attempt, Business, BusinessStatus, Mode},
    payment::notice::Notices,
};
use jiff::Timestamp;

use super::shop::Shop;

impl Shop {
    /// That it authorised an attempt: until somebody takes it.
    pub(crate) fn authorised(&mut self, number: usize, attempt: u32) {
        let (pointer, id) = (self.payments[number].clone(), self.payment(number).business);
        let business = Business {
            id: id.clone(),
            tenant: self.tenant.clone(),
            name: "Shop".to_owned(),
            mode: Mode::Live,
            status: BusinessStatus::Active,
            created_at: Timestamp::UNIX_EPOCH,
        };
        self.world.world().businesses.insert(id.clone(), business);
        let name = Attempt::reference(&pointer, attempt);
        let body = format!("authorised {attempt} psp-{name} {}", pointer.payment);
        let headers = [("signature".to_owned(), "good".to_owned())];
        for _ in 0..4 {
            let w = || self.world.clone();
            let notices = Notices::new(w(), w(), w(), w());
            let taken = drive(notices.notice(&id, "stripe", &headers, body.as_bytes()));
            if let Some(Ok(_)) = taken {
                return;
            }
        }
    }
}

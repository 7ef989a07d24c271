//! Days of a shop in Tokyo, exported and held against reports.

mod adyen;
mod days;
mod files;
pub(super) mod reports;

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    money::{Currency, Minor},
};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{
    Exported, Finance,
    control::Control,
    csv::JournalRows,
    export::Scope,
    verify::{Finding, Verifier},
};
use crate::{
    memory::{Memory, drive},
    model::{Chain, ExportKey, JournalEvent, JournalRow, PaymentId, TenantId},
    payment::journal,
    port::{ChainRows, Changed, PaymentChange, Payments},
};

pub(super) const ZONE: &str = "Asia/Tokyo";

/// A shop and its books.
pub(super) struct Shop {
    pub(super) world: Memory,
    pub(super) tenant: TenantId,
    pub(super) merchant: MerchantIdentifier,
}

impl Shop {
    /// At nine in the morning of 2026-11-18, Tokyo.
    pub(super) fn new(seed: u64) -> Self {
        let world = Memory::new(seed);
        world.world().now = "2026-11-18T00:00:00Z".parse().unwrap();
        let tenant = TenantId::draw(&world);
        let merchant = MerchantIdentifier::parse("merchant.com.example.shop").unwrap();
        Self { world, tenant, merchant }
    }

    pub(super) fn finance(&self) -> Finance<Memory, Memory, Memory> {
        Finance::new(self.world.clone(), self.world.clone(), self.world.clone())
    }

    pub(super) fn payment(&self) -> PaymentId {
        PaymentId::draw(&self.world)
    }

    pub(super) fn pass(&self, time: SignedDuration) {
        self.world.world().now += time;
    }

    pub(super) fn pass_days(&self, days: i64) {
        self.pass(SignedDuration::from_hours(24 * days));
    }

    /// A row about a payment, with an amount of US cents.
    pub(super) fn row(&self, event: JournalEvent, payment: &PaymentId, cents: i64) -> JournalRow {
        let currency = Currency::parse("USD").unwrap();
        let row = JournalRow {
            payment_id: Some(payment.clone()),
            request_identifier: Some(payment.request_identifier().as_str().to_owned()),
            reference: Some("order 17".to_owned()),
            psp: Some("stripe".to_owned()),
            psp_account: Some("default".to_owned()),
            psp_reference: Some(format!("pi_{payment}")),
            currency: Some(currency),
            exponent: Some(2),
            ..JournalRow::draft(event, &self.tenant, &self.merchant)
        };
        row.of_amount(Minor::new(cents))
    }

    /// Writes rows of one payment into its chain, now.
    pub(super) fn write(&self, rows: Vec<JournalRow>) {
        let now = self.world.world().now;
        self.write_at(now, rows);
    }

    pub(super) fn write_at(&self, at: Timestamp, rows: Vec<JournalRow>) {
        self.write_by(ZONE, at, rows);
    }

    /// By another clock than the shop's.
    pub(super) fn write_by(&self, zone: &str, at: Timestamp, rows: Vec<JournalRow>) {
        let payment = rows[0].payment_id.clone().unwrap();
        let chain = Chain::of(&self.tenant, &self.merchant, &payment);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            // As many as are written together.
            let rows = rows.by_ref().take(90).collect();
            let head = self.world.world().book.head(&chain);
            let rows = journal::chain(&chain, &head, zone, at, rows);
            let change = PaymentChange::from(ChainRows { chain: chain.clone(), head, rows });
            assert_eq!(drive(self.world.change(&change)).unwrap().unwrap(), Changed::Done);
        }
    }

    /// A payment from claim to capture.
    pub(super) fn sale(&self, cents: i64) -> PaymentId {
        let payment = self.payment();
        let told = JournalRow {
            told: Some("success".to_owned()),
            decision: Some("approved".to_owned()),
            held_minor: Some(Minor::new(cents)),
            ..self.row(JournalEvent::Told, &payment, cents)
        };
        let made = self.row(JournalEvent::SessionCreated, &payment, cents);
        self.write(vec![made, told]);
        self.pass(SignedDuration::from_mins(1));
        self.write(vec![self.captured(&payment, cents)]);
        payment
    }

    /// What a payment's capture leaves in the journal.
    pub(super) fn captured(&self, payment: &PaymentId, cents: i64) -> JournalRow {
        JournalRow {
            held_minor: Some(Minor::new(-cents)),
            ..self.row(JournalEvent::Captured, payment, cents)
        }
    }

    /// Exports whatever is over.
    pub(super) fn export(&self) -> super::Ran {
        drive(self.finance().run(&Scope::default(), Timestamp::MAX, |_, error| panic!("{error:?}")))
            .unwrap()
            .unwrap()
    }

    pub(super) fn file(&self, day: Date, name: &str) -> Option<Vec<u8>> {
        let key = ExportKey::day(&self.tenant, &self.merchant, day, name);
        self.world.world().exports.files.get(&key).cloned()
    }

    pub(super) fn control(&self, day: Date) -> Control {
        Control::read(&self.file(day, Control::NAME).unwrap()).unwrap()
    }

    pub(super) fn exported_rows(&self, day: Date) -> Vec<JournalRow> {
        let file = self.file(day, "journal.csv").unwrap();
        JournalRows::open(file.as_slice()).unwrap().map(Result::unwrap).collect()
    }

    /// Everything that the verifier has to say about these days.
    pub(super) fn verify(&self, days: &[Date]) -> Vec<Finding> {
        let mut verifier = Verifier::new();
        let mut findings = Vec::new();
        for day in days {
            let control = self.file(*day, Control::NAME).unwrap();
            let journal = self.file(*day, "journal.csv").unwrap();
            findings.extend(verifier.day(&control, journal.as_slice()));
            for name in ["journal.parquet", "ledger.csv"] {
                findings.extend(verifier.file(name, self.file(*day, name).unwrap().as_slice()));
            }
        }
        findings
    }
}

pub(super) const fn november(day: i8) -> Date {
    Date::constant(2026, 11, day)
}

#[test]
fn an_export_is_said_to_be_new_or_old() {
    // The type is what callers of one day get.
    let shop = Shop::new(1);
    shop.sale(100);
    shop.pass_days(1);
    assert_eq!(shop.export().days, 1);
    let control = shop.control(november(18));
    let exported = Exported { control, kept: crate::port::Kept::Now };
    assert_eq!(exported.control.rows, 3);
}

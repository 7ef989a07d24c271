//! A merchant's exported days, as they lie in the bucket: made up, on disk for one test.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    money::{Currency, Minor},
};
use amb_service::{
    finance::{
        control::{Control, PreviousControl},
        day::{DayBasis, DayWriter},
    },
    model::{Chain, ChainHead, JournalEvent, JournalRow, PaymentId, TenantId},
    payment::journal,
};
use jiff::{Timestamp, civil::Date};

const MERCHANT: &str = "merchant.com.example";

/// The last of the days.
pub(crate) const LAST: &str = "2026-11-20";

/// Three days with three sales each.
pub(crate) struct Exported {
    pub(crate) folder: PathBuf,
    tenant: TenantId,
    merchant: MerchantIdentifier,
    /// Every sale's payment, and its cents.
    pub(crate) sales: Vec<(PaymentId, i64)>,
    /// Rows by day and chain.
    rows: BTreeMap<Date, BTreeMap<u8, Vec<JournalRow>>>,
}

impl Exported {
    /// With a folder of this name, of sales with this provider.
    pub(crate) fn new(name: &str, psp: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("amb-{name}-{}", std::process::id()));
        let mut exported = Self {
            folder,
            tenant: TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap(),
            merchant: MerchantIdentifier::parse(MERCHANT).unwrap(),
            sales: Vec::new(),
            rows: BTreeMap::new(),
        };
        let mut heads = BTreeMap::<u8, ChainHead>::new();
        for day in 18..=20 {
            let at: Timestamp = format!("2026-11-{day}T09:00:00Z").parse().unwrap();
            for _ in 0..3 {
                exported.sell(psp, at, &mut heads);
            }
        }
        exported.write(exported.rows.keys().copied().collect::<Vec<_>>().as_slice());
        exported
    }

    fn sell(&mut self, psp: &str, at: Timestamp, heads: &mut BTreeMap<u8, ChainHead>) {
        let place = self.sales.len();
        let letter = char::from(b'b' + u8::try_from(place).unwrap());
        // Ids of 128 bits, which a request identifier holds: the last letter has three of them.
        let payment = format!("pay_{}a", letter.to_string().repeat(25));
        let payment = PaymentId::parse(&payment).unwrap();
        let cents = 1_000 + i64::try_from(place).unwrap();
        let chain = Chain::of(&self.tenant, &self.merchant, &payment);
        let row = |event| JournalRow {
            payment_id: Some(payment.clone()),
            request_identifier: Some(payment.request_identifier().as_str().to_owned()),
            reference: Some(format!("=order {place}")),
            psp: Some(psp.to_owned()),
            psp_account: Some("default".to_owned()),
            currency: Some(Currency::parse("USD").unwrap()),
            exponent: Some(2),
            ..JournalRow::draft(event, &self.tenant, &self.merchant)
        };
        let told = JournalRow {
            told: Some("success".to_owned()),
            held_minor: Some(Minor::new(cents)),
            ..row(JournalEvent::Told)
        };
        let captured =
            JournalRow { held_minor: Some(Minor::new(-cents)), ..row(JournalEvent::Captured) };
        let rows = [row(JournalEvent::SessionCreated), told, captured];
        let rows = rows.map(|row| row.of_amount(Minor::new(cents))).into();
        let head = heads.entry(chain.shard).or_default();
        let rows = journal::chain(&chain, head, "UTC", at, rows);
        *head = rows.last().unwrap().head();
        let of_day = self.rows.entry(rows[0].day).or_default();
        of_day.entry(chain.shard).or_default().extend(rows);
        self.sales.push((payment, cents));
    }

    /// Writes these days anew, from their rows: each after the one before, as it lies there.
    pub(crate) fn write(&self, days: &[Date]) {
        for day in days {
            let previous = day.yesterday().ok().and_then(|before| self.control(before));
            let (tenant, merchant) = (self.tenant.clone(), self.merchant.clone());
            let basis = DayBasis { tenant, merchant, day: *day, previous };
            let mut writer = DayWriter::new(basis, 1 << 20).unwrap();
            for row in self.rows[day].values().flatten() {
                writer.row(row).unwrap();
            }
            let (parts, control) = writer.end().unwrap();
            for part in parts {
                put(&self.file(*day, part.file), &part.bytes);
            }
            put(&self.file(*day, Control::NAME), &control.to_bytes());
        }
    }

    /// Takes rows away, as if they had never been.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(&JournalRow) -> bool) {
        for rows in self.rows.values_mut().flat_map(BTreeMap::values_mut) {
            rows.retain(|row| !is_gone(row));
        }
    }

    /// The last row of a day in a chain that goes on after it.
    pub(crate) fn last_row(&self, day: Date) -> JournalRow {
        let goes_on = |shard: &u8| {
            let mut later = self.rows.iter().filter(|(it, _)| **it > day);
            later.any(|(_, chains)| chains.contains_key(shard))
        };
        let mut chains = self.rows[&day].iter().filter(|(shard, _)| goes_on(shard));
        chains.next().unwrap().1.last().unwrap().clone()
    }

    /// A day's control file, and how the next one names it.
    pub(crate) fn control(&self, day: Date) -> Option<(Control, PreviousControl)> {
        let bytes = fs::read(self.file(day, Control::NAME)).ok()?;
        let control = Control::read(&bytes).unwrap();
        let named = control.as_previous(&bytes);
        Some((control, named))
    }

    /// Where a day lies.
    pub(crate) fn day(&self, day: Date) -> PathBuf {
        self.folder.join(format!("journal/merchant={MERCHANT}/day={day}"))
    }

    /// Where a file lies.
    pub(crate) fn file(&self, day: Date, name: &str) -> PathBuf {
        if name == "journal.parquet" {
            let parquet = format!("journal-parquet/merchant={MERCHANT}/day={day}");
            return self.folder.join(parquet).join(name);
        }
        self.day(day).join(name)
    }

    /// Puts a file beside the days.
    pub(crate) fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        put(&path, text.as_bytes());
        path
    }
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

impl Drop for Exported {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

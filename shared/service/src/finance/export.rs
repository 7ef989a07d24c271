//! Days become files: closed, written, and named by their control files, one after the other.

use amb_protocol::apple_pay::MerchantIdentifier;
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    close::{Books, books, chains, close, last_over},
    control::{ChainVerdict, Control, ExportedFile, PreviousControl},
    day::{DayBasis, DayFault, DayWriter, FILES, Part},
};
use crate::{
    model::{ExportKey, TenantId},
    port::{
        Bytes, Chunks, Clock, Entropy, ExportPart, Exports, FileRead, Journal, JournalQuery, Kept,
        Payments, PortError,
    },
};

/// Rows read at once.
const PAGE: usize = 500;
/// The largest control file.
const MOST_CONTROL: u64 = 4 * 1024 * 1024;

/// Exports days and matches reports.
#[derive(Debug)]
pub struct Finance<S, X, C> {
    pub(super) store: S,
    pub(super) exports: X,
    pub(super) clock: C,
}

/// A day that was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its control file.
    pub control: Control,
    /// Whether it was exported now.
    pub kept: Kept,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Days exported now.
    pub days: u64,
    /// Their rows.
    pub rows: u64,
    /// Those of them whose chains are broken.
    pub broken: u64,
    /// Merchants that were not come to, or not to the end.
    pub left: u64,
    /// Merchants whose days could not be exported.
    pub failed: u64,
}

/// Why a day is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A port did not do what it was asked.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The files cannot be written.
    #[error(transparent)]
    Day(#[from] DayFault),
    /// The day has not ended by the merchant's clock, or only just.
    #[error("the day is not over")]
    NotOver,
    /// The merchant has no journal on that day or before.
    #[error("the merchant has no journal of that day")]
    NoJournal,
    /// A file is there from an earlier run that came to other bytes: two versions of this software, or
    /// somebody else's hand. It cannot be overwritten, and is not what the control file would say.
    #[error("`{0}` is there already, with other bytes")]
    Differs(String),
    /// A control file cannot be read.
    #[error("the control file of {day} cannot be read")]
    Control {
        /// Its day.
        day: Date,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Which journals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// One tenant's, or everybody's.
    pub tenant: Option<TenantId>,
    /// One merchant's, or everybody's.
    pub merchant: Option<MerchantIdentifier>,
    /// Up to this day; else up to the last that is over by each merchant's clock.
    pub day: Option<Date>,
}

impl<S, X, C> Finance<S, X, C>
where
    S: Payments + Journal,
    X: Exports,
    C: Clock + Entropy,
{
    /// Works with these ports.
    pub fn new(store: S, exports: X, clock: C) -> Self {
        Self { store, exports, clock }
    }

    /// Exports every day that is over and not exported, merchant by merchant, until `until`. Whoever
    /// calls again goes on where it stopped, with the merchants in another order: one that takes all the
    /// time there is comes before the others only by chance. `failed` hears of each failure.
    pub async fn run(
        &self,
        scope: &Scope,
        until: Timestamp,
        mut failed: impl FnMut(&TenantId, &ExportError),
    ) -> Result<Ran, ExportError> {
        let chains = self.store.chains(scope.tenant.as_ref()).await?;
        let merchants = chains.into_iter().map(|chain| (chain.tenant, chain.merchant));
        let merchants: BTreeSet<_> = merchants
            .filter(|(_, merchant)| scope.merchant.as_ref().is_none_or(|it| it == merchant))
            .collect();
        let mut merchants: Vec<_> = merchants.into_iter().collect();
        merchants.sort_by_cached_key(|_| {
            let mut place = [0; 8];
            self.clock.fill(&mut place);
            place
        });
        let mut ran = Ran::default();
        for (tenant, merchant) in merchants {
            if self.clock.now() >= until {
                ran.left += 1;
                continue;
            }
            match self.catch_up(&tenant, &merchant, scope.day, until, &mut ran).await {
                Ok(true) => {}
                Ok(false) => ran.left += 1,
                // Nothing of theirs is asked for.
                Err(ExportError::NoJournal | ExportError::NotOver) if scope.merchant.is_none() => {}
                Err(error) => {
                    ran.failed += 1;
                    failed(&tenant, &error);
                }
            }
        }
        Ok(ran)
    }

    /// Exports the days of one merchant that are missing; whether it came to the last of them.
    async fn catch_up(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        day: Option<Date>,
        until: Timestamp,
        ran: &mut Ran,
    ) -> Result<bool, ExportError> {
        let books = books(&self.store, tenant, merchant).await?.ok_or(ExportError::NoJournal)?;
        let over = last_over(self.clock.now(), &books.time_zone).ok_or(ExportError::NotOver)?;
        let last = day.unwrap_or(over);
        if last > over {
            return Err(ExportError::NotOver);
        }
        if last < books.first_day {
            return Err(ExportError::NoJournal);
        }
        let (mut missing, mut at) = (Vec::new(), last);
        let mut before;
        loop {
            before = self.control(tenant, merchant, at).await?;
            if before.is_some() {
                break;
            }
            missing.push(at);
            match at.yesterday() {
                Ok(day) if day >= books.first_day => at = day,
                _ => break,
            }
        }
        for day in missing.into_iter().rev() {
            if self.clock.now() >= until {
                return Ok(false);
            }
            let written = self.write(tenant, merchant, day, &books, before, until).await?;
            let Some(exported) = written else { return Ok(false) };
            ran.days += 1;
            ran.rows += exported.0.rows;
            ran.broken += u64::from(exported.0.chain == ChainVerdict::Broken);
            before = Some(exported);
        }
        Ok(true)
    }

    /// The control file of a day, and how the next one names it.
    pub async fn control(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        day: Date,
    ) -> Result<Option<(Control, PreviousControl)>, ExportError> {
        let key = ExportKey::day(tenant, merchant, day, Control::NAME);
        let bytes = match self.exports.export(&key, MOST_CONTROL).await? {
            FileRead::Missing => return Ok(None),
            FileRead::Whole(bytes) => bytes,
            FileRead::TooLarge(_) => {
                return Err(ExportError::Control { day, source: "it is too large".into() });
            }
        };
        let control = Control::read(&bytes)
            .map_err(|source| ExportError::Control { day, source: source.into() })?;
        let previous = control.as_previous(&bytes);
        Ok(Some((control, previous)))
    }

    /// Closes a day, writes its files, and last its control file; `None` where the time is up before all
    /// rows are read. Nothing of the day counts then.
    async fn write(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        day: Date,
        books: &Books,
        previous: Option<(Control, PreviousControl)>,
        until: Timestamp,
    ) -> Result<Option<(Control, PreviousControl)>, ExportError> {
        close(&self.store, &self.clock, (tenant, merchant), day, &books.time_zone).await?;
        let mut uploads = Uploads { finance: self, tenant, merchant, day, begun: BTreeMap::new() };
        let after = previous.as_ref().map(|(control, _)| control.clone());
        let basis = DayBasis { tenant: tenant.clone(), merchant: merchant.clone(), day, previous };
        let mut writer = DayWriter::new(basis, self.exports.part_bytes())?;
        for chain in chains(tenant, merchant) {
            let mut query = JournalQuery {
                after: after.as_ref().map_or(0, |control| control.head(chain.shard).seq),
                chain,
                from: Some(day),
                to: Some(day),
                limit: PAGE,
            };
            loop {
                if self.clock.now() >= until {
                    return Ok(None);
                }
                let rows = self.store.journal(&query).await?;
                for row in &rows {
                    writer.row(row)?;
                }
                for part in writer.parts()? {
                    uploads.put(part).await?;
                }
                match rows.last() {
                    Some(last) if rows.len() == query.limit => query.after = last.seq,
                    _ => break,
                }
            }
        }
        let (last, control) = writer.end()?;
        for (part, file) in last.into_iter().zip(&control.files) {
            uploads.end(part, file).await?;
        }
        let bytes = control.to_bytes();
        let key = ExportKey::day(tenant, merchant, day, Control::NAME);
        let kept = self.exports.put_export(&key, "application/json", bytes.clone()).await?;
        if kept == Kept::Before {
            // Somebody else exported the day meanwhile, or an answer was lost.
            let there = self.control(tenant, merchant, day).await?;
            return match there {
                Some(there) => Ok(Some(there)),
                None => Err(ExportError::Differs(key.as_str().to_owned())),
            };
        }
        let previous = control.as_previous(&bytes);
        Ok(Some((control, previous)))
    }
}

/// The files of a day on their way to the bucket.
struct Uploads<'a, S, X, C> {
    finance: &'a Finance<S, X, C>,
    tenant: &'a TenantId,
    merchant: &'a MerchantIdentifier,
    day: Date,
    begun: BTreeMap<&'static str, (String, Vec<ExportPart>)>,
}

impl<S, X: Exports, C> Uploads<'_, S, X, C> {
    fn key(&self, file: &str) -> ExportKey {
        ExportKey::day(self.tenant, self.merchant, self.day, file)
    }

    async fn put(&mut self, part: Part) -> Result<(), ExportError> {
        let (key, exports) = (self.key(part.file), &self.finance.exports);
        let (upload, mut parts) = match self.begun.remove(part.file) {
            Some(begun) => begun,
            None => (exports.begin_export(&key, content_type(part.file)).await?, Vec::new()),
        };
        let number = u32::try_from(parts.len() + 1).unwrap_or(u32::MAX);
        let bytes = Bytes::from(part.bytes);
        parts.push(exports.put_export_part(&key, &upload, number, bytes).await?);
        self.begun.insert(part.file, (upload, parts));
        Ok(())
    }

    /// The last part. A file that is there already has to be the same one.
    async fn end(&mut self, part: Part, file: &ExportedFile) -> Result<(), ExportError> {
        let (key, exports) = (self.key(part.file), &self.finance.exports);
        let name = part.file;
        let kept = if self.begun.contains_key(name) {
            if !part.bytes.is_empty() {
                self.put(part).await?;
            }
            let (upload, parts) = self.begun.remove(name).unwrap_or_default();
            exports.end_export(&key, &upload, &parts).await?
        } else {
            exports.put_export(&key, content_type(name), part.bytes).await?
        };
        if kept == Kept::Before && self.sha256(&key).await? != Some(file.sha256.clone()) {
            return Err(ExportError::Differs(key.as_str().to_owned()));
        }
        Ok(())
    }

    async fn sha256(&self, key: &ExportKey) -> Result<Option<String>, PortError> {
        let Some(file) = self.finance.exports.open_export(key).await? else { return Ok(None) };
        let (mut body, mut digest) = (file.body, digest::Context::new(&digest::SHA256));
        while let Some(piece) = body.chunk().await? {
            digest.update(&piece);
        }
        Ok(Some(HEXLOWER.encode(digest.finish().as_ref())))
    }
}

fn content_type(file: &str) -> &'static str {
    let found = FILES.iter().find(|(name, _)| *name == file);
    found.map_or("application/octet-stream", |(_, content_type)| content_type)
}

//! A report's rows on their way into the journal: each once, whoever else matches the same report at
//! the same time.

use std::collections::{BTreeMap, BTreeSet};

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::MatchError;
use crate::{
    dispatch::stand_back,
    finance::{
        append::{TRIES, append_at, moving},
        book::Book,
        close::chains,
        report::Report,
    },
    model::{Chain, JournalRow, TenantId},
    port::{Clock, Entropy, Journal, JournalQuery, Payments, PortError},
};

/// How far before a report's first line the journal is read, but for the payments that it names.
const BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Rows of one transaction.
const TOGETHER: usize = 40;
/// Rows read at once.
const PAGE: usize = 500;

/// The journal, as far as it was read for a report.
#[derive(Debug)]
pub(super) struct Reading {
    /// What it says.
    pub(super) book: Book,
    time_zone: String,
    /// The last row of each chain that was read.
    ends: BTreeMap<Chain, u64>,
    from: Option<Date>,
}

impl Reading {
    /// Reads the journal from some time before the report on, and whatever is older of the payments
    /// that it names: a card's owner has months to take money back.
    pub(super) async fn of<S: Journal>(
        store: &S,
        (tenant, merchant): (&TenantId, &MerchantIdentifier),
        report: &Report,
        time_zone: String,
    ) -> Result<Self, PortError> {
        let zone = TimeZone::get(&time_zone).unwrap_or(TimeZone::UTC);
        let first = report.lines.iter().map(|line| line.at).min();
        let from = first.map(|at| (at - BEFORE).to_zoned(zone).date());
        let book = Book::without(report);
        let mut reading = Self { book, time_zone, ends: BTreeMap::new(), from };
        for chain in chains(tenant, merchant) {
            reading.read_on(store, &chain).await?;
        }
        let named: BTreeSet<_> = report.lines.iter().filter_map(|it| it.payment.as_ref()).collect();
        for payment in named {
            if reading.book.is_whole(payment) {
                continue;
            }
            reading.book.forget(payment);
            for row in store.journal_of(tenant, merchant, payment).await? {
                reading.book.add(&row);
            }
        }
        Ok(reading)
    }

    /// Writes rows of the report behind the chains' ends, but for those that are there.
    pub(super) async fn write_down<S: Payments + Journal, C: Clock + Entropy>(
        &mut self,
        store: &S,
        clock: &C,
        rows: Vec<JournalRow>,
    ) -> Result<(), MatchError> {
        let mut chained = BTreeMap::<Chain, Vec<JournalRow>>::new();
        for row in rows {
            let chain = match &row.payment_id {
                Some(payment) => Chain::of(&row.tenant_id, &row.merchant_id, payment),
                None => Chain::first(&row.tenant_id, &row.merchant_id),
            };
            chained.entry(chain).or_default().push(row);
        }
        for (chain, rows) in chained {
            for together in rows.chunks(TOGETHER) {
                self.append(store, clock, &chain, together).await?;
            }
        }
        Ok(())
    }

    /// Nobody writes between the look at what is there and the rows: the chain would not end where it
    /// did.
    async fn append<S: Payments + Journal, C: Clock + Entropy>(
        &mut self,
        store: &S,
        clock: &C,
        chain: &Chain,
        rows: &[JournalRow],
    ) -> Result<(), MatchError> {
        for tried in 0..TRIES {
            let (head, settled) = (store.chain_head(chain).await?, self.book.settled_by_others());
            self.read_on(store, chain).await?;
            if self.book.settled_by_others() != settled {
                return Err(MatchError::Contended);
            }
            let mut missing = rows.to_vec();
            missing.retain(|row| !self.book.has_row(row));
            if missing.is_empty() {
                return Ok(());
            }
            if append_at(store, chain, head, &self.time_zone, clock.now(), missing).await? {
                return Ok(());
            }
            stand_back(clock, tried).await;
        }
        Err(moving().into())
    }

    /// Reads on in a chain to its end.
    async fn read_on<S: Journal>(&mut self, store: &S, chain: &Chain) -> Result<(), PortError> {
        let after = self.ends.get(chain).copied().unwrap_or_default();
        let chain = chain.clone();
        let mut query = JournalQuery { chain, after, from: self.from, to: None, limit: PAGE };
        loop {
            let rows = store.journal(&query).await?;
            for row in &rows {
                self.book.add(row);
            }
            query.after = rows.last().map_or(query.after, |row| row.seq);
            if rows.len() < query.limit {
                break;
            }
        }
        self.ends.insert(query.chain, query.after);
        Ok(())
    }
}

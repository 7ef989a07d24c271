//! The journal, read as it is written: every row of a merchant, long before a day is exported.

use std::collections::{BTreeMap, BTreeSet};

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::civil::Date;

use super::{Account, List, list::ListName, query::Query};
use crate::{
    access::Principal,
    finance::close::chains,
    model::{JournalEvent, JournalRow, PaymentId, Scope, TenantId},
    port::{Businesses, Journal, JournalQuery, PortError},
    problem::Problem,
};

/// Rows read at once.
const CHUNK: usize = 200;
/// Rows that one request looks at, at most; the cursor goes on from there.
const MOST_READ: usize = 2_000;

/// A row's place: its chain's number, and its own.
type Place = (u8, u64);

/// Which rows.
#[derive(Debug)]
struct Wanted {
    from: Option<Date>,
    to: Option<Date>,
    payment: Option<PaymentId>,
    events: BTreeSet<JournalEvent>,
}

impl<S: Journal + Businesses, Q, C> Account<S, Q, C> {
    /// Rows of a merchant's journal, chain by chain, each in its order: `merchant`, `from` and `to`
    /// (days of the books), `payment`, `event` (one, or several with commas). Rows of businesses of
    /// another mode than the key's are left out.
    pub async fn list_journal(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<JournalRow>, Problem> {
        principal.require(Scope::Finance)?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let day = |text: &str| text.parse::<Date>().map_err(|_odd| "a day is expected, 2026-11-21");
        let wanted = Wanted {
            from: query.parsed("from", day),
            to: query.parsed("to", day),
            payment: query.parsed("payment", PaymentId::parse),
            events: query.parsed("event", events).unwrap_or_default(),
        };
        let merchant = query.required("merchant", MerchantIdentifier::parse);
        let merchant = query.finish(merchant)?;
        let tenant = &principal.tenant;
        let known = self.store.chains(Some(tenant)).await?;
        if !known.iter().any(|chain| chain.merchant == merchant) {
            return Err(Problem::not_found());
        }
        let name = format!("journal/{merchant}/{wanted:?}");
        let list = ListName { tenant, name: &name };
        let begin = self.place(list, cursor)?.and_then(|text| place(&text)).unwrap_or((0, 0));
        let (items, next) = match &wanted.payment {
            Some(payment) => {
                let rows = self.store.journal_of(tenant, &merchant, payment).await?;
                page(rows, &wanted, begin, limit)
            }
            None => self.rows_of((tenant, &merchant), &wanted, begin, limit).await?,
        };
        let items = self.of_mode(principal, items).await?;
        let next_cursor = next.map(|(shard, seq)| self.cursor(list, &format!("{shard}:{seq}")));
        Ok(List { items, next_cursor })
    }

    /// What a key for tests must not see of what is live, and the other way round.
    async fn of_mode(
        &self,
        principal: &Principal,
        mut rows: Vec<JournalRow>,
    ) -> Result<Vec<JournalRow>, PortError> {
        let Some(mode) = principal.mode else { return Ok(rows) };
        let mut modes = BTreeMap::new();
        for row in &rows {
            let Some(id) = row.business_id.as_ref().filter(|id| !modes.contains_key(*id)) else {
                continue;
            };
            modes.insert(id.clone(), self.store.business(id).await?.map(|it| it.mode));
        }
        rows.retain(|row| {
            let of_row = row.business_id.as_ref().and_then(|id| *modes.get(id)?);
            of_row.is_none_or(|of_row| of_row == mode)
        });
        Ok(rows)
    }

    /// The wanted rows after a place, and the place to go on from if there may be more.
    async fn rows_of(
        &self,
        (tenant, merchant): (&TenantId, &MerchantIdentifier),
        wanted: &Wanted,
        begin: Place,
        limit: usize,
    ) -> Result<(Vec<JournalRow>, Option<Place>), PortError> {
        let (mut found, mut read, mut at) = (Vec::new(), 0, begin);
        for chain in chains(tenant, merchant).filter(|chain| chain.shard >= begin.0) {
            if chain.shard > at.0 {
                at = (chain.shard, 0);
            }
            loop {
                let query = JournalQuery {
                    chain: chain.clone(),
                    after: at.1,
                    from: wanted.from,
                    to: wanted.to,
                    limit: CHUNK,
                };
                let rows = self.store.journal(&query).await?;
                let is_last = rows.len() < CHUNK;
                read += rows.len();
                for row in rows {
                    if found.len() == limit {
                        return Ok((found, Some(at)));
                    }
                    at.1 = row.seq;
                    if wanted.holds(&row) {
                        found.push(row);
                    }
                }
                if is_last {
                    break;
                }
                if read >= MOST_READ {
                    return Ok((found, Some(at)));
                }
            }
        }
        Ok((found, None))
    }
}

impl Wanted {
    fn holds(&self, row: &JournalRow) -> bool {
        self.from.is_none_or(|from| from <= row.day)
            && self.to.is_none_or(|to| row.day <= to)
            && (self.events.is_empty() || self.events.contains(&row.event_type))
    }
}

/// A page of rows that are all there.
fn page(
    rows: Vec<JournalRow>,
    wanted: &Wanted,
    begin: Place,
    limit: usize,
) -> (Vec<JournalRow>, Option<Place>) {
    let place = |row: &JournalRow| (row.shard, row.seq);
    let mut rows: Vec<_> =
        rows.into_iter().filter(|row| place(row) > begin && wanted.holds(row)).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(place).filter(|_| more);
    (rows, next)
}

fn place(text: &str) -> Option<Place> {
    let (shard, seq) = text.split_once(':')?;
    Some((shard.parse().ok()?, seq.parse().ok()?))
}

fn events(text: &str) -> Result<BTreeSet<JournalEvent>, &'static str> {
    let events: Option<_> = text.split(',').map(JournalEvent::parse).collect();
    events.ok_or("an event of the journal is expected, or several with commas between them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::{Memory, drive},
        model::{Business, BusinessStatus, Chain, Mode},
        payment::journal,
        port::{ChainRows, PaymentChange, Payments},
        service_key::ServiceKey,
    };
    use amb_protocol::{id::BusinessId, secret::Secret};

    struct Office {
        world: Memory,
        account: Account<Memory, Memory, Memory>,
        principal: Principal,
        merchant: MerchantIdentifier,
    }

    fn office() -> Office {
        let world = Memory::new(31);
        let key = ServiceKey::derive(&Secret::new(vec![7; 32])).unwrap();
        let account = Account::new(world.clone(), world.clone(), world.clone(), key);
        let principal = Principal {
            tenant: TenantId::draw(&world),
            mode: None,
            scopes: BTreeSet::from([Scope::Finance]),
        };
        let merchant = MerchantIdentifier::parse("merchant.com.example").unwrap();
        Office { world, account, principal, merchant }
    }

    impl Office {
        fn write(&self, event: JournalEvent, payment: &PaymentId) {
            self.write_of(event, payment, None);
        }

        fn write_of(&self, event: JournalEvent, payment: &PaymentId, of: Option<BusinessId>) {
            let tenant = &self.principal.tenant;
            let chain = Chain::of(tenant, &self.merchant, payment);
            let head = self.world.world().book.head(&chain);
            let draft = JournalRow::draft(event, tenant, &self.merchant);
            let payment_id = Some(payment.clone());
            let row = JournalRow { payment_id, business_id: of, ..draft };
            let now = self.world.world().now;
            let rows = journal::chain(&chain, &head, "UTC", now, vec![row]);
            let change = PaymentChange::from(ChainRows { chain, head, rows });
            drive(self.world.change(&change)).unwrap().unwrap();
        }

        fn list(&self, query: &[(&str, &str)]) -> Result<List<JournalRow>, Problem> {
            let pairs = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let pairs: Vec<_> = pairs.collect();
            drive(self.account.list_journal(&self.principal, &pairs)).unwrap()
        }
    }

    const MERCHANT: (&str, &str) = ("merchant", "merchant.com.example");

    #[test]
    fn every_row_comes_once_page_by_page() {
        let office = office();
        for _ in 0..17 {
            let payment = PaymentId::draw(&office.world);
            office.write(JournalEvent::Claimed, &payment);
            office.write(JournalEvent::Captured, &payment);
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let list = office.list(&[MERCHANT, ("limit", "5"), ("cursor", &cursor)]).unwrap();
            seen.extend(list.items.iter().map(|row| (row.shard, row.seq)));
            match list.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(seen.len(), 34);
        assert!(seen.is_sorted());
        let captured = office.list(&[MERCHANT, ("event", "CAPTURED"), ("limit", "100")]).unwrap();
        assert_eq!(captured.items.len(), 17);
        let payment = captured.items[0].payment_id.clone().unwrap();
        let story = office.list(&[MERCHANT, ("payment", payment.as_str())]).unwrap();
        assert_eq!(story.items.len(), 2);
        assert!(office.list(&[MERCHANT, ("from", "2027-01-01")]).unwrap().items.is_empty());
        assert!(office.list(&[MERCHANT, ("event", "PAID")]).is_err());
    }

    #[test]
    fn a_key_for_tests_reads_no_row_of_a_live_business() {
        let mut office = office();
        let payment = PaymentId::draw(&office.world);
        for mode in [Mode::Live, Mode::Test] {
            let id = format!("6f1c0a52-3b7e-4d59-9c1e-{:012}", mode as u8);
            let business = Business {
                id: BusinessId::parse(&id).unwrap(),
                tenant: office.principal.tenant.clone(),
                name: "Shop".to_owned(),
                mode,
                status: BusinessStatus::Active,
                created_at: office.world.world().now,
            };
            let id = business.id.clone();
            office.world.world().businesses.insert(id.clone(), business);
            office.write_of(JournalEvent::Captured, &payment, Some(id));
        }
        office.write(JournalEvent::DayClosed, &payment);
        for (mode, seen) in [(None, 3), (Some(Mode::Live), 2), (Some(Mode::Test), 2)] {
            office.principal.mode = mode;
            assert_eq!(office.list(&[MERCHANT]).unwrap().items.len(), seen, "{mode:?}");
        }
    }

    #[test]
    fn rows_that_come_while_pages_are_read_are_neither_missed_nor_told_twice_within_a_chain() {
        let office = office();
        let payment = PaymentId::draw(&office.world);
        for _ in 0..4 {
            office.write(JournalEvent::Claimed, &payment);
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let list = office.list(&[MERCHANT, ("limit", "2"), ("cursor", &cursor)]).unwrap();
            seen.extend(list.items.iter().map(|row| row.seq));
            if seen.len() < 6 {
                office.write(JournalEvent::Captured, &payment);
            }
            match list.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        let all: Vec<u64> = (1..=seen.len() as u64).collect();
        assert!(seen.len() >= 6 && seen == all, "{seen:?}");
    }

    #[test]
    fn a_cursor_of_another_question_is_refused() {
        let office = office();
        let payment = PaymentId::draw(&office.world);
        for _ in 0..3 {
            office.write(JournalEvent::Claimed, &payment);
        }
        let cursor = office.list(&[MERCHANT, ("limit", "1")]).unwrap().next_cursor.unwrap();
        let of = [MERCHANT, ("limit", "1"), ("cursor", &cursor)];
        assert_eq!(office.list(&of).unwrap().items[0].seq, 2);
        for more in [("event", "CLAIMED"), ("from", "2026-01-01"), ("payment", payment.as_str())] {
            let asked = [&of[..], &[more]].concat();
            assert_eq!(office.list(&asked).unwrap_err().status, 400, "{more:?}");
        }
        let garbled = format!("A{cursor}");
        assert_eq!(office.list(&[MERCHANT, ("cursor", &garbled)]).unwrap_err().status, 400);
    }

    #[test]
    fn p029_another_tenants_journal_is_not_there() {
        let mut office = office();
        office.write(JournalEvent::Claimed, &PaymentId::draw(&office.world));
        assert_eq!(office.list(&[MERCHANT]).unwrap().items.len(), 1);
        office.principal.tenant = TenantId::draw(&office.world);
        assert_eq!(office.list(&[MERCHANT]).unwrap_err().status, 404);
        office.principal.scopes = BTreeSet::from([Scope::Admin, Scope::Read]);
        assert_eq!(office.list(&[MERCHANT]).unwrap_err().status, 403);
    }
}

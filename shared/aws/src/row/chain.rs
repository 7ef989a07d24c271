//! A chain of the journal: where it ends, `J#<tenant>#<merchant>#<shard>` / `HEAD`; every day that it has
//! rows of, and the first of them, `…` / `DAY#<day>`; and the chain among all chains, `CHAINS` /
//! `<tenant>#<merchant>#<shard>`. Kept for ever.

use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::model::{Chain, ChainHead, JournalRow, TenantId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Item, Key, RowFault, fits, text, write};

/// The partition of the chains' list.
pub(crate) const CHAINS: &str = "CHAINS";

/// A day that a chain has rows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// The day.
    pub(crate) day: Date,
    /// The number of its first row.
    pub(crate) first: u64,
}

pub(crate) fn pk(chain: &Chain) -> String {
    format!("J#{}", place(chain))
}

pub(crate) fn head_key(chain: &Chain) -> Key {
    Key::new(pk(chain), "HEAD")
}

pub(crate) fn head(chain: &Chain, head: &ChainHead) -> Result<Item, RowFault> {
    write(head_key(chain), head)
}

pub(crate) fn day_sk(day: Date) -> String {
    format!("DAY#{day}")
}

pub(crate) fn day(chain: &Chain, row: &JournalRow) -> Result<Item, RowFault> {
    let key = Key::new(pk(chain), day_sk(row.day));
    write(key, &Day { day: row.day, first: row.seq })
}

pub(crate) fn registered(chain: &Chain) -> Result<Item, RowFault> {
    #[derive(Serialize)]
    struct Registered {}
    write(Key::new(CHAINS, place(chain)), &Registered {})
}

pub(crate) fn tenant_prefix(tenant: &TenantId) -> String {
    format!("{tenant}#")
}

pub(crate) fn chain(item: &Item) -> Result<Chain, RowFault> {
    let mut parts = text(item, "sk")?.split('#');
    let mut part = || parts.next().ok_or(RowFault::Attribute { attribute: "sk" });
    Ok(Chain {
        tenant: fits("sk", TenantId::parse(part()?))?,
        merchant: fits("sk", MerchantIdentifier::parse(part()?))?,
        shard: fits("sk", part()?.parse())?,
    })
}

/// Neither ids nor merchant identifiers hold a `#`.
fn place(chain: &Chain) -> String {
    format!("{}#{}#{}", chain.tenant, chain.merchant, chain.shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_back_from_its_place_among_all() {
        let chain_of = |shard| Chain {
            tenant: TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
            merchant: MerchantIdentifier::parse("merchant.com.example.shop-1").unwrap(),
            shard,
        };
        for shard in [0, 3] {
            let row = registered(&chain_of(shard)).unwrap();
            assert_eq!(chain(&row).unwrap(), chain_of(shard));
        }
        assert!(chain(&head(&chain_of(0), &ChainHead::default()).unwrap()).is_err());
    }
}

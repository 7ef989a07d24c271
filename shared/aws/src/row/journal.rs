//! A row of the journal: `J#<tenant>#<merchant>#<shard>#<day>` / `<number, 12 digits>`, so that a day of
//! a chain is one partition. A column is an attribute; what has no value is left out. Rows of a payment
//! are in the index `list`, in order of their numbers. Kept for ever: without `ttl`.

use amb_service::model::{Chain, JournalRow, PaymentPointer};
use jiff::civil::Date;

use super::{Item, Key, RowFault, chain, payment, s, write};

pub(crate) fn pk(chain: &Chain, day: Date) -> String {
    format!("{}#{day}", chain::pk(chain))
}

pub(crate) fn sk(seq: u64) -> String {
    format!("{seq:012}")
}

/// The partition of the index `list` that holds a payment's rows.
pub(crate) fn list_pk(pointer: &PaymentPointer) -> String {
    payment::pk(pointer)
}

pub(crate) fn item(chain: &Chain, row: &JournalRow) -> Result<Item, RowFault> {
    let mut item = write(Key::new(pk(chain, row.day), sk(row.seq)), row)?;
    if let Some(payment) = row.payment_id.clone() {
        let pointer = PaymentPointer { tenant: row.tenant_id.clone(), payment };
        item.insert("lpk".to_owned(), s(list_pk(&pointer)));
        item.insert("lsk".to_owned(), s(sk(row.seq)));
    }
    Ok(item)
}

/// The key of a row that an index names.
pub(crate) fn key(item: &Item) -> Result<Key, RowFault> {
    Ok(Key::new(super::text(item, "pk")?, super::text(item, "sk")?))
}

#[cfg(test)]
mod tests {
    use amb_service::{contract::Sample, memory::Memory, model::JournalEvent};
    use jiff::Timestamp;

    use super::*;
    use crate::row::{read, text};

    /// The hash is made over the columns: a row that read back otherwise would break the chain.
    #[test]
    fn a_row_reads_back_with_every_column_and_its_hash() {
        let sample = Sample::new(Timestamp::from_second(1_795_262_400).unwrap(), Memory::new(3));
        let payment = sample.payment();
        let pointer = &payment.pointer;
        let chain = Chain::of(&pointer.tenant, &payment.merchant, &pointer.payment);
        let mut row = JournalRow::about(JournalEvent::Captured, &payment)
            .of_amount(amb_protocol::money::Minor::new(i64::MAX));
        row.weak_flag = Some(true);
        row.token_signing_time =
            Some(Timestamp::from_nanosecond(1_795_262_400_123_456_789).unwrap());
        row.latency_ms = Some(u64::MAX);
        row.seq = 12;
        row.prev_hash = "0".repeat(64);
        row.hash = row.hash_of();
        let written = item(&chain, &row).unwrap();
        assert!(!written.contains_key("ttl") && !written.contains_key("fee_minor"));
        assert_eq!(text(&written, "lsk").unwrap(), "000000000012");
        let back: JournalRow = read(written).unwrap();
        assert_eq!(back, row);
        assert_eq!(back.hash_of(), row.hash);
    }
}

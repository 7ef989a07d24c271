//! What DynamoDB charges for: sizes of items, units of writes and reads ("DynamoDB item sizes and
//! formats" and "Read and write operations", Amazon DynamoDB Developer Guide).

use data_encoding::BASE64;
use serde_json::{Map, Value};

/// A row in DynamoDB's JSON: `{"name": {"S": …}, …}`.
pub(crate) type Item = Map<String, Value>;

/// Bytes that one write unit pays for.
const WRITE_UNIT: usize = 1024;
/// Bytes that one read unit pays for when the read is consistent.
const READ_UNIT: usize = 4096;

/// The indexes of the template's tables, by the attributes of their keys; all project keys only, so
/// an entry is far below one unit.
const INDEXES: [(&str, &[[&str; 2]]); 3] = [
    ("inbox", &[["mb", "rx"]]),
    ("conversations", &[["due", "due_at"], ["lpk", "lsk"]]),
    ("accounts", &[]),
];

/// Write units of putting `new` in place of `old`, in the table and its indexes. In a transaction the
/// row is written twice, its index entries once.
pub(crate) fn write_units(table: &str, old: Option<&Item>, new: &Item, transaction: bool) -> usize {
    let bytes = size(new).max(old.map_or(0, size));
    let row = bytes.div_ceil(WRITE_UNIT) * if transaction { 2 } else { 1 };
    let indexes = INDEXES.into_iter().find(|(name, _)| table == *name);
    let entries = indexes.map_or(&[][..], |(_, keys)| keys).iter().map(|keys| {
        let entry = |item: &Item| keys.map(|key| item.get(key).cloned());
        let listed = |item: &Item| Some(entry(item)).filter(|it| it.iter().all(Option::is_some));
        match (old.and_then(listed), listed(new)) {
            (None, None) => 0,
            (Some(old), Some(new)) if old == new => 0,
            (Some(_), Some(_)) => 2, // out of its place and into another
            (Some(_), None) | (None, Some(_)) => 1,
        }
    });
    row + entries.sum::<usize>()
}

/// Read units of these items, read together and consistently.
pub(crate) fn read_units<'i>(items: impl Iterator<Item = &'i Item>) -> usize {
    items.map(size).sum::<usize>().div_ceil(READ_UNIT).max(1)
}

/// Bytes of an item: names and values.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(typed: &Value) -> usize {
    let Some((kind, value)) = typed.as_object().and_then(|typed| typed.iter().next()) else {
        return 0;
    };
    let text = value.as_str().unwrap_or_default();
    match kind.as_str() {
        "S" => text.len(),
        "N" => text.len().div_ceil(2) + 1,
        "B" => BASE64.decode_len(text.len()).unwrap_or_default() - padding(text),
        "L" => 3 + value.as_array().into_iter().flatten().map(|v| 1 + value_size(v)).sum::<usize>(),
        "M" => {
            let members = value.as_object().into_iter().flatten();
            3 + members.map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        "SS" => {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::len).sum()
        }
        _ => 1, // BOOL, NULL
    }
}

fn padding(base64: &str) -> usize {
    base64.bytes().rev().take_while(|byte| *byte == b'=').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(json: &Value) -> Item {
        json.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let item = item(&serde_json::json!({
            "pk": {"S": "abc"}, "n": {"N": "1234"}, "b": {"B": "AAECAw=="}, "x": {"BOOL": true},
            "l": {"L": [{"S": "ab"}]}, "m": {"M": {"k": {"S": "v"}}},
        }));
        assert_eq!(size(&item), (2 + 3) + (1 + 3) + (1 + 4) + (1 + 1) + (1 + 6) + (1 + 6));
    }

    #[test]
    fn a_transaction_doubles_the_row_and_not_its_index_entries() {
        let row = item(&serde_json::json!({
            "pk": {"S": "a"}, "due": {"S": "D#1"}, "due_at": {"N": "5"}, "b": {"S": "x".repeat(1200)},
        }));
        assert_eq!(write_units("conversations", None, &row, true), 4 + 1);
        assert_eq!(write_units("conversations", None, &row, false), 2 + 1);
        assert_eq!(write_units("conversations", Some(&row), &row, false), 2);
        let mut moved = row.clone();
        moved.insert("due_at".to_owned(), serde_json::json!({"N": "6"}));
        assert_eq!(write_units("conversations", Some(&row), &moved, false), 2 + 2);
        moved.remove("due");
        assert_eq!(write_units("conversations", Some(&row), &moved, false), 2 + 1);
    }
}

//! Whose lease it is. When the answer to a lease is lost, the SDK asks again and is refused by its own
//! lease: the name of the call in the row tells that it has what it asked for.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::row::{self, Item};

/// The attribute with the name of the call that took the lease.
pub(crate) const HOLDER: &str = "holder";

/// A name for one call, which no other call of any process has.
pub(crate) fn draw_holder() -> String {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static CALLS: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", SEED.hash_one(CALLS.fetch_add(1, Ordering::Relaxed)))
}

/// Whether the lease in this row was taken by the call of this name.
pub(crate) fn is_held_by(item: &Item, holder: &str) -> bool {
    row::text(item, HOLDER).is_ok_and(|found| found == holder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_calls_have_the_same_name() {
        let names: std::collections::BTreeSet<_> = (0..1_000).map(|_| draw_holder()).collect();
        assert_eq!(names.len(), 1_000);
    }
}

//! Leases of rows, and whose they are. When the answer to a lease is lost, the SDK asks again and is
//! refused by its own lease: the name of the call in the row tells that it has what it asked for.

use amb_service::port::PortError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    fault::RefusedWrite,
    row::{self, Item, Key, n, s, time::nanos},
    store::Store,
};

/// What asking for the lease of a row came to.
pub(crate) enum Leased {
    /// It is ours; this is the row with the attempt counted.
    Taken(Item),
    /// It is not; this is the row as it stands.
    Refused(Item),
    /// There is no such row.
    Missing,
}

impl Store {
    /// Leases a row of `conversations` until `until`, if its status is `waiting`, its time has come
    /// and nobody holds it, and counts the attempt.
    pub(crate) async fn take_lease(
        &self,
        operation: &'static str,
        key: Key,
        waiting: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Leased, PortError> {
        let holder = draw_holder();
        let update = self
            .client
            .update_item()
            .table_name(self.conversations_table(operation)?)
            .set_key(Some(key.into_item()))
            // The right-hand sides read the row as it was: `lease_before` keeps a lease that ran out.
            .update_expression(
                "SET lease_before = if_not_exists(lease, if_not_exists(lease_before, :none)), \
                 lease = :until, holder = :holder, attempts = attempts + :one",
            )
            .condition_expression(
                "#status = :waiting AND next_at <= :now \
                 AND (attribute_not_exists(lease) OR lease <= :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":waiting", s(waiting))
            .expression_attribute_values(":now", n(nanos(now)))
            .expression_attribute_values(":until", n(nanos(until)))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":holder", s(holder.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(done) => Ok(Leased::Taken(done.attributes.unwrap_or_default())),
            Err(error) => {
                let old = error.old_item(operation)?;
                Ok(match (old.is_empty(), is_held_by(&old, &holder)) {
                    (true, _) => Leased::Missing,
                    (false, true) => Leased::Taken(old),
                    (false, false) => Leased::Refused(old),
                })
            }
        }
    }
}

/// The attribute with the name of the call that took the lease, or put the row.
pub(crate) const HOLDER: &str = "holder";

/// A name for one call, which no other call of any process has.
pub(crate) fn draw_holder() -> String {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static CALLS: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", SEED.hash_one(CALLS.fetch_add(1, Ordering::Relaxed)))
}

/// Whether the lease in this row was taken, or the row put, by the call of this name.
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

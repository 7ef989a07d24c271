//! Instants in rows: nanoseconds since the epoch where an instant is compared or must come back
//! exactly, RFC 3339 with milliseconds where it sorts as text, seconds for expiry.

use jiff::{SignedDuration, Timestamp, fmt::temporal::DateTimePrinter};
use serde::{Deserialize, Deserializer, Serializer, de, ser};

/// How long a timeline, its outbound messages and their claims are kept: a quarter, for the history
/// that agents read.
pub(crate) const HISTORY_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long a delivery is kept: sixteen attempts take up to seven days, then it can be replayed for
/// thirty (spec/reliability §1.1).
pub(crate) const DELIVERY_LIFE: SignedDuration = SignedDuration::from_hours(37 * 24);

/// How long an inbox row is kept: Apple holds undelivered messages up to thirty days, so a resend may
/// come that late (spec/reliability G4).
pub(crate) const INBOX_LIFE: SignedDuration = SignedDuration::from_hours(35 * 24);

/// How long a typing event is kept: worthless after seconds, but a delayed stream must still find it.
pub(crate) const TYPING_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// The `ttl` of a row. Nothing relies on the deletion, which may come days later.
pub(crate) fn ttl(from: Timestamp, life: SignedDuration) -> i64 {
    (from + life).as_second()
}

/// Nanoseconds since the epoch; `i64` lasts until 2262.
pub(crate) fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at < Timestamp::UNIX_EPOCH {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// Seconds since the epoch, rounded up: what is due then is due for every reader of whole seconds.
pub(crate) fn ceil_seconds(at: Timestamp) -> i64 {
    at.as_second() + i64::from(at.subsec_nanosecond() > 0)
}

/// `2026-11-21T12:00:00.000Z`: sorts as text.
pub(crate) fn millis_text(at: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&at)
}

/// An instant as a number of nanoseconds, for `#[serde(with)]`.
pub(crate) mod as_nanos {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, de, ser};

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(i64::try_from(at.as_nanosecond()).map_err(ser::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let nanos = i64::deserialize(from)?;
        Timestamp::from_nanosecond(nanos.into()).map_err(de::Error::custom)
    }
}

/// An instant that may be missing; use with `default` and `skip_serializing_if`.
pub(crate) mod as_nanos_if_any {
    use super::{Deserializer, Serializer, Timestamp, as_nanos};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => as_nanos::serialize(at, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        as_nanos::deserialize(from).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_instants_sorts_like_the_instants() {
        let second = Timestamp::from_second(1_795_262_400).unwrap();
        let later = second + SignedDuration::from_millis(5);
        assert_eq!(millis_text(second), "2026-11-21T12:00:00.000Z");
        assert!(millis_text(second) < millis_text(later));
    }

    #[test]
    fn a_row_is_never_due_before_its_instant() {
        let at = Timestamp::from_nanosecond(1_500_000_000).unwrap();
        assert_eq!(ceil_seconds(at), 2);
        assert_eq!(ceil_seconds(Timestamp::from_second(2).unwrap()), 2);
    }
}

//! How long an invocation may still work.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;

/// For an HTTP answer: serialising it and handing it over.
pub const HTTP_RESERVE: Duration = Duration::from_millis(300);
/// For a batch: noting what became of the records that were begun.
pub const BATCH_RESERVE: Duration = Duration::from_secs(2);

/// For a file on its way: the parts in flight, and the row that says where to go on.
pub const TRANSFER_RESERVE: Duration = Duration::from_secs(30);

/// The moment by which work ends so that the answer still gets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// The end of the invocation, less a reserve.
    pub fn of(context: &Context, reserve: Duration) -> Self {
        let end = i64::try_from(context.deadline)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .unwrap_or(Timestamp::MAX);
        let reserve = SignedDuration::try_from(reserve).unwrap_or(SignedDuration::MAX);
        Self(end.saturating_sub(reserve).unwrap_or(Timestamp::MIN))
    }

    /// A deadline at a moment.
    pub const fn at(moment: Timestamp) -> Self {
        Self(moment)
    }

    /// The moment itself.
    pub const fn moment(self) -> Timestamp {
        self.0
    }

    /// What is left; zero when it has passed.
    pub fn remaining(self, now: Timestamp) -> Duration {
        self.0.duration_since(now).try_into().unwrap_or(Duration::ZERO)
    }

    /// A step's own limit, cut to what is left.
    pub fn cut(self, limit: Duration, now: Timestamp) -> Duration {
        limit.min(self.remaining(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn context(deadline: u64) -> Context {
        let mut context = Context::default();
        context.deadline = deadline;
        context
    }

    #[test]
    fn the_reserve_is_kept_and_the_rest_counts_down_to_zero() {
        let deadline = Deadline::of(&context(1_000_000), BATCH_RESERVE);
        assert_eq!(deadline, Deadline::at(ms(998_000)));
        assert_eq!(deadline.remaining(ms(990_000)), Duration::from_secs(8));
        assert_eq!(deadline.remaining(ms(998_000)), Duration::ZERO);
        assert_eq!(deadline.remaining(ms(2_000_000)), Duration::ZERO);
        assert_eq!(deadline.cut(Duration::from_secs(3), ms(990_000)), Duration::from_secs(3));
        assert_eq!(deadline.cut(Duration::from_secs(15), ms(990_000)), Duration::from_secs(8));
    }

    #[test]
    fn no_deadline_however_odd_panics() {
        for odd in [0, 1, u64::MAX, i64::MAX as u64] {
            let deadline = Deadline::of(&context(odd), Duration::MAX);
            let _ = deadline.remaining(ms(0));
        }
        assert!(Deadline::of(&context(u64::MAX), HTTP_RESERVE).remaining(ms(0)) > Duration::ZERO);
    }
}

//! When a failed webhook is tried again, and what an answer means (spec/reliability §1.1).

use std::time::Duration;

use crate::port::{Entropy, WebhookAnswer, WebhookError};

/// The pauses before each attempt: sixteen attempts over about 6.2 days.
const PAUSES_SECONDS: [u64; 16] = [
    0, 5, 30, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 86_400, 86_400,
    172_800,
];

/// Attempts before a delivery is parked.
pub const MAX_ATTEMPTS: u32 = 16;

/// An endpoint that is busy gets at least this pause.
const BUSY_FLOOR: Duration = Duration::from_secs(60);

/// The longest `Retry-After` that is honoured.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 2xx.
    Delivered,
    /// 410: the owner wants no more.
    Unsubscribed,
    /// Anything else: try again.
    Failed {
        /// At least this pause.
        floor: Duration,
    },
}

/// Reads an attempt's outcome.
pub fn verdict(outcome: &Result<WebhookAnswer, WebhookError>) -> Verdict {
    match outcome {
        Ok(answer) => match answer.status {
            200..=299 => Verdict::Delivered,
            410 => Verdict::Unsubscribed,
            429 | 502 | 503 | 504 => Verdict::Failed { floor: asked(answer).max(BUSY_FLOOR) },
            _ => Verdict::Failed { floor: asked(answer) },
        },
        Err(WebhookError::Timeout) => Verdict::Failed { floor: BUSY_FLOOR },
        Err(_) => Verdict::Failed { floor: Duration::ZERO },
    }
}

fn asked(answer: &WebhookAnswer) -> Duration {
    answer.retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER)
}

/// The pause before the next attempt when `attempts` were made: the step ± 20 %, not less than
/// `floor`. `None` when the attempts are used up.
pub fn pause(attempts: u32, floor: Duration, entropy: &impl Entropy) -> Option<Duration> {
    let step = Duration::from_secs(*PAUSES_SECONDS.get(usize::try_from(attempts).ok()?)?);
    Some(jittered(step, entropy).max(floor))
}

/// A duration ± 20 %, evenly.
pub fn jittered(step: Duration, entropy: &impl Entropy) -> Duration {
    let mut bytes = [0; 2];
    entropy.fill(&mut bytes);
    // 0.8 + 0.4 · x/65535, in exact thousandths of the step.
    let per_mille = 800 + u32::from(u16::from_be_bytes(bytes)) * 400 / 65_535;
    step * per_mille / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what a call gives")]
    fn answer(status: u16, retry_after: Option<u64>) -> Result<WebhookAnswer, WebhookError> {
        Ok(WebhookAnswer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            elapsed: Duration::ZERO,
        })
    }

    #[test]
    fn g5_sixteen_attempts_span_about_six_days() {
        let total: u64 = PAUSES_SECONDS.iter().sum();
        assert_eq!(PAUSES_SECONDS.len(), MAX_ATTEMPTS as usize);
        assert!((6 * 86_400..7 * 86_400).contains(&total), "{total}");
        assert_eq!(pause(MAX_ATTEMPTS, Duration::ZERO, &Fixed(0)), None);
    }

    #[test]
    fn p3_a_pause_stays_within_a_fifth_of_its_step() {
        for attempts in 0..MAX_ATTEMPTS {
            let step = Duration::from_secs(PAUSES_SECONDS[attempts as usize]);
            for byte in [0, 100, 255] {
                let got = pause(attempts, Duration::ZERO, &Fixed(byte)).unwrap();
                assert!((step * 4 / 5..=step * 6 / 5).contains(&got), "{step:?} {got:?}");
            }
        }
    }

    #[test]
    fn the_answer_table() {
        let zero = Verdict::Failed { floor: Duration::ZERO };
        let minute = Verdict::Failed { floor: Duration::from_secs(60) };
        for status in [200, 201, 204, 299] {
            assert_eq!(verdict(&answer(status, None)), Verdict::Delivered);
        }
        for status in [301, 302, 400, 401, 404, 500, 501, 100] {
            assert_eq!(verdict(&answer(status, None)), zero, "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert_eq!(verdict(&answer(status, None)), minute, "{status}");
        }
        assert_eq!(verdict(&answer(410, None)), Verdict::Unsubscribed);
        assert_eq!(verdict(&Err(WebhookError::Timeout)), minute);
        assert_eq!(verdict(&Err(WebhookError::Connect)), zero);
    }

    #[test]
    fn f061_retry_after_is_honoured_up_to_a_day() {
        let floor = |seconds| verdict(&answer(503, Some(seconds)));
        assert_eq!(floor(300), Verdict::Failed { floor: Duration::from_secs(300) });
        assert_eq!(floor(5), Verdict::Failed { floor: Duration::from_secs(60) });
        assert_eq!(floor(1_000_000), Verdict::Failed { floor: Duration::from_secs(86_400) });
    }
}

//! Time: of the wall, and of this thread on the processor.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Runs of one thing, each long enough to time, of which the middle one counts.
const BATCHES: usize = 41;

/// Runs of something that takes a tenth of a second.
const FEW: usize = 7;

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// From this one's start to the other's.
    pub(crate) fn until(self, later: Self) -> Duration {
        later.0.saturating_duration_since(self.0)
    }
}

/// Processor time of this thread so far, in nanoseconds: other processes on the machine do not count.
pub(crate) fn thread_nanos() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanos = time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec);
    u64::try_from(nanos).unwrap_or_default()
}

/// Processor time of one `run`, in microseconds: the median over batches of `iterations`.
pub(crate) fn cpu_us(iterations: u32, run: impl FnMut()) -> f64 {
    cpu_us_over(BATCHES, iterations, run)
}

/// Processor time of one `run` that takes its time, in milliseconds: the median of a few.
pub(crate) fn cpu_ms(run: impl FnMut()) -> f64 {
    cpu_us_over(FEW, 1, run) / 1000.0
}

fn cpu_us_over(count: usize, iterations: u32, mut run: impl FnMut()) -> f64 {
    let mut batches = Vec::with_capacity(count);
    for _ in 0..count {
        let began = thread_nanos();
        for _ in 0..iterations {
            run();
        }
        batches.push(micros(thread_nanos() - began) / f64::from(iterations));
    }
    median(&mut batches)
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a benchmark are far below 2^53")]
pub(crate) fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    percentile(values, 50)
}

/// The value that `percent` of the values do not exceed; 0 of none.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((values.len() * percent / 100).min(last)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_set() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert!((percentile(&mut values, 50) - 51.0).abs() < f64::EPSILON);
        assert!((percentile(&mut values, 99) - 100.0).abs() < f64::EPSILON);
        assert!(median(&mut []).abs() < f64::EPSILON);
    }

    #[test]
    fn work_costs_processor_time() {
        let before = thread_nanos();
        let mut sum = 0_u64;
        while thread_nanos() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(thread_nanos() > before);
    }
}

//! How slowly a file may come or go.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use amb_service::port::Bytes;
use reqwest::Response;
use tokio::time;

/// The pace at which the other side sends a file. Only the time that is spent waiting for it counts:
/// what a reader does between two pieces is not the other side's fault.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    bytes: u64,
    waited: Duration,
}

/// Why no more pieces come, although the file is not at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Under [`SLOWEST`], or nothing at all for [`IDLE`].
    TooSlow,
    /// The connection broke, or the file ended before its announced length.
    BrokenOff,
}

impl Pace {
    /// The next piece of an answer's body.
    pub(crate) async fn next(&mut self, response: &mut Response) -> Result<Option<Bytes>, Stop> {
        let left = WINDOW.saturating_sub(self.waited);
        let asked = time::Instant::now();
        let piece = time::timeout(left.min(IDLE), response.chunk())
            .await
            .map_err(|_elapsed| Stop::TooSlow)?
            .map_err(|error| {
                tracing::debug!(code = crate::fault::classify(&error).code(), "a body broke off");
                Stop::BrokenOff
            })?;
        self.waited += asked.elapsed();
        if let Some(piece) = &piece {
            self.bytes = self.bytes.saturating_add(length(piece));
        }
        if self.bytes >= LEAST {
            *self = Self::default();
        }
        Ok(piece)
    }
}

/// How much of a file has been handed to a connection.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU64);

impl Progress {
    pub(crate) fn add(&self, piece: &Bytes) {
        self.0.fetch_add(length(piece), Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until a file of this size is handed over, or goes too slowly.
    pub(crate) async fn through(&self, size: u64) -> Result<(), Stop> {
        while self.bytes() < size {
            let begun = self.bytes();
            for _ in 0..WINDOW.as_secs() / IDLE.as_secs() {
                let before = self.bytes();
                time::sleep(IDLE).await;
                if self.bytes() >= size {
                    return Ok(());
                }
                if self.bytes() == before {
                    return Err(Stop::TooSlow);
                }
            }
            if self.bytes() - begun < LEAST {
                return Err(Stop::TooSlow);
            }
        }
        Ok(())
    }
}

fn length(piece: &Bytes) -> u64 {
    u64::try_from(piece.len()).unwrap_or(u64::MAX)
}

/// Bytes a second, on the average of a [`WINDOW`] (reliability F099).
const SLOWEST: u64 = 64 * 1024;
/// reliability F099.
const WINDOW: Duration = Duration::from_secs(20);
/// What a window brings at least.
const LEAST: u64 = SLOWEST * WINDOW.as_secs();
/// Nothing at all for so long is a connection that died; a live one of F099's pace brings a segment
/// every 25 ms.
const IDLE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;

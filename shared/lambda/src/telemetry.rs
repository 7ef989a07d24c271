//! Logs and metrics, on stdout, one JSON object a line.
//!
//! A *stage* of the work (receive, dispatch, deliver, send, relay, sweep) writes one line when it is
//! over, and that line is at once its metrics, in CloudWatch's embedded metric format. Identifiers
//! of people and their messages are written as [`LogId`]s only, which [`LogHash`] makes; there is no
//! way to put a body, a token or an opaque id into a stage.
//!
//! ```
//! use amb_lambda::telemetry::{LogHash, stage};
//! use std::time::Duration;
//!
//! let hash = LogHash::for_deployment("prod");
//! stage("deliver")
//!     .outcome("retrying")
//!     .id("conversation", &hash.of("ten_x", "cnv_y"))
//!     .code("timeout_headers")
//!     .count("attempt", 3)
//!     .took(Duration::from_millis(5210))
//!     .emit();
//! ```

mod hash;
mod line;
mod stage;
mod subscriber;

pub use hash::{LogHash, LogId};
pub use line::Sink;
pub use stage::{Stage, Unit, stage};
pub use subscriber::JsonLines;

use std::panic;

use tracing::subscriber::set_global_default;
use tracing_subscriber::{Layer as _, Registry, layer::SubscriberExt as _};

use self::line::Stdout;
use crate::{adapter::System, config::Config};

/// Sends the events of this process to stdout from now on, under the name of the function, and makes
/// panics one line too. A second call changes nothing.
pub fn init(function: &'static str, config: &Config) {
    let lines = JsonLines::new(function, System, Stdout).counting_in(config.metrics());
    let subscriber = Registry::default().with(lines.with_filter(config.log_level()));
    if set_global_default(subscriber).is_ok() {
        panic::set_hook(Box::new(|panic| {
            // Never the message: it may quote what was being worked on.
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "a bug: the code panicked");
        }));
    }
}

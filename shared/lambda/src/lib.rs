//! What every function shares at the edge.
//!
//! - [`config`]: the environment, read once, typed; the only place that reads it.
//! - [`telemetry`]: one JSON line per stage, metrics in the same line, ids only as hashes.
//! - [`deadline`]: how long an invocation may still work.
//! - [`http_event`] and [`answer`]: API Gateway's events as requests, and what is answered.
//! - [`batch`]: records of queues and streams, each with its own outcome.
//! - [`adapter`]: the clock and the entropy of the operating system.

pub mod adapter;
pub mod answer;
pub mod batch;
pub mod config;
pub mod deadline;
pub mod http_event;
pub mod telemetry;
pub mod token;

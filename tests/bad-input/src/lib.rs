//! What bad input gets: the runner.
//!
//! The plan numbers its rows: `M…` for Apple's webhook, `A…` for files, `S…` for the business API's
//! send, `W…` for the addresses of endpoints, `P…` for what devices that pay call. A [`Row`] runs the cases of one row. A case is an input (an event of API
//! Gateway), the exact status and code, and the port calls that it may cause ([`Expected`]). After
//! every case the runner also asserts that
//!
//! - nothing was stored when the request was refused, but a row of the journal where a device's body
//!   cannot be read;
//! - no canary, token, key or customer's id reached a log line, the answer or a queue;
//! - each log line is one short line of JSON;
//! - nothing panicked.
//!
//! What is decided otherwise than the plan says stands in [`DECIDED_OTHERWISE`], what is not run in
//! [`WAIVED`]. The rows themselves are in `tests/it`; later work adds its rows there.

mod decided;
mod device;
mod expected;
mod file;
mod function;
mod outcome;
mod row;
mod waived;

pub use decided::{DECIDED_OTHERWISE, Decision};
pub use device::ApplePay;
pub use expected::{Expected, device, problem, refused, sent, taken, unread};
pub use file::{Ending, Fetched};
pub use function::{InboundWebhook, OutboundSend};
pub use outcome::Outcome;
pub use row::Row;
pub use waived::{WAIVED, Waiver};

//! What every implementation of a port promises, written once: the twin in [`memory`](crate::memory)
//! and the adapter in `amb-aws` both pass these suites.
//!
//! A suite takes the implementation and a [`Sample`], works on ids of its own, and panics where a
//! promise is broken. Tables may hold anything else meanwhile. A refusal is part of the promise as much
//! as a success: what was refused must have left no trace.

mod accounts;
mod awaited;
mod conversations;
mod data_refs;
mod deliveries;
mod exports;
mod files;
mod inbox;
mod journal;
mod large_files;
mod merchants;
mod outbox;
mod payloads;
mod payments;
mod queues;
mod sample;
mod templates;
mod timeline;

pub use accounts::{api_keys, businesses, endpoints, tenants};
pub use awaited::awaited;
pub use conversations::{refusals, steps};
pub use data_refs::data_refs;
pub use deliveries::{delivery_log, leases, ordered_lines};
pub use exports::exports;
pub use files::files;
pub use inbox::{decoded, inbox, inbox_sweep};
pub use journal::journal;
pub use large_files::large_files;
pub use merchants::{merchants, settlement_queue};
pub use outbox::{idempotency, outbox};
pub use payloads::{known_files, payloads};
pub use payments::{payment_lists, payments};
pub use queues::{DELIVERIES, payload_queue, queues};
pub use sample::{Sample, both};
pub use templates::templates;
pub use timeline::timeline;

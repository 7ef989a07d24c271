//! *Finance*: the journal as files, day by day, the ledger that follows from it, and what providers'
//! reports say to it (spec/payments §6).
//!
//! A day is exported once, after it was [closed](close), and never changes again: the same bytes come
//! out whenever it is written ([`day::DayWriter`]). Each day's [`control`] file names the one before, so
//! that nothing can be missing in between.

mod append;
pub mod close;
pub mod control;
pub mod csv;
pub mod day;
pub mod export;
pub mod ledger;
pub mod links;
mod output;
pub mod parquet;

pub use export::{ExportError, Exported, Finance, Ran};

//! *Finance*: the journal as files, day by day, the ledger that follows from it, and what providers'
//! reports say to it (spec/payments §6).
//!
//! A day is exported once, after it was [closed](close), and never changes again: the same bytes come
//! out whenever it is written ([`day::DayWriter`]). Each day's [`control`] file names the one before, so
//! that nothing can be missing in between; [`verify`] proves it from the files alone. Everything here
//! but [`export`], [`close`] and [`settle`] is pure.

pub(crate) mod append;
mod book;
pub mod close;
pub mod control;
pub mod csv;
pub mod day;
pub mod export;
pub mod ledger;
pub mod links;
pub mod matching;
mod output;
pub mod parquet;
pub mod report;
pub mod settle;
pub mod verify;

#[cfg(test)]
mod tests;

pub use book::{Book, Known};
pub use export::{ExportError, Exported, Finance, Ran};

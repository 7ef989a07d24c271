//! *Payments*: exactly one charge, and a journal of everything (spec/payments).
//!
//! A payment changes in one way only: [`commit`](commit::commit) writes the row, the token's claim, new
//! quotes and the journal's rows in one transaction, conditioned on the payment's revision and on the
//! end of the journal's chain.

pub mod ask;
pub mod callbacks;
pub mod capability;
pub mod commit;
mod contacts;
mod due;
pub mod evidence;
pub mod journal;
mod news;
pub mod notice;
pub mod offering;
pub mod opening;
pub mod order;
pub mod settle;

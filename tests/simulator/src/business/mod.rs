//! A sample business: a webhook that checks signatures and takes each event once, and a bot that
//! answers through the product's API.

mod bot;
mod calls;
mod choice;
mod demo;
mod received;
pub(crate) mod webhook;

pub(crate) use self::calls::sent_at;

//! A sample business: a webhook that checks signatures and takes each event once, and a bot that
//! answers through the product's API.

pub(crate) mod echo;
pub(crate) mod webhook;

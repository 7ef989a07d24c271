//! The use cases of the Messaging Service Provider, over narrow ports.
//!
//! A *use case* is a struct of the ports it needs and one verb: [`receive`], [`dispatch`],
//! [`deliver`], [`send`], [`relay`], [`payload`], [`payment`], [`finance`], [`sweep`], and the [`account`] administration. A *port* is a
//! trait in [`port`], named for the capability; the ports of a use case are its IAM policy in Rust.
//! Every port has one twin in [`memory`], with the semantics of the AWS service that matter, and one
//! suite in [`contract`] that the twin and the real adapter both pass.
//!
//! There is no AWS, no HTTP server, no environment variable, no clock and no randomness here: they
//! arrive as arguments.

pub mod access;
pub mod account;
pub mod contract;
pub mod cursor;
pub mod deliver;
pub mod dispatch;
pub mod finance;
mod json_size;
pub mod keyring;
pub mod media_type;
pub mod memory;
pub mod model;
pub mod payload;
pub mod payment;
pub mod port;
pub mod prepare;
pub mod preview;
pub mod problem;
pub mod receive;
pub mod relay;
pub mod render;
pub mod schedule;
pub mod seal;
pub mod send;
pub mod service_key;
pub mod signature;
pub mod sweep;
pub mod template;
pub mod ttl_cache;

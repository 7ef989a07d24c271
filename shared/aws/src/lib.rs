//! The ports on DynamoDB, SQS, S3 and Secrets Manager.
//!
//! [`Store`] is every table behind the ports of `amb-service`; [`Queues`] is the queues; [`Bucket`] is
//! the files; the secrets are in [`secrets`]. [`Clients`] makes the SDK's clients with explicit timeouts
//! and retries. What a row looks like, keys included, is in `row`, one file per row.

mod accounts;
mod client;
mod conversations;
mod deliveries;
mod due;
mod exports;
mod fault;
mod files;
mod inbox;
mod large_files;
mod lease;
mod line;
mod links;
mod log;
mod outbox;
mod payloads;
mod payments;
mod queues;
mod row;
pub mod secrets;
mod step;
mod store;
pub mod stream;
mod timeline;

pub use client::{Clients, Patience, Profile};
pub use fault::{CallFailed, NotConfigured, Refused};
pub use files::Bucket;
pub use large_files::FileBody;
pub use queues::{QueueUrls, Queues};
pub use row::RowFault;
pub use secrets::{
    SecretsManagerApple, SecretsManagerMerchants, SecretsManagerOperatorKey,
    SecretsManagerServiceKey,
};
pub use store::{Store, Tables};

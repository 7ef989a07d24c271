//! The table `accounts`: tenants and what they own, what idempotency keys were used for,
//! and Apple's references to large content.

mod businesses;
mod data_refs;
mod endpoints;
mod keys;
mod templates;
mod tenants;

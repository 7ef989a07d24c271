//! The table `accounts`: tenants and what they own, what idempotency keys were used for,
//! Apple's references to large content, and files that are known already.

mod businesses;
mod data_refs;
mod endpoints;
mod files;
mod keys;
mod merchants;
mod templates;
mod tenants;

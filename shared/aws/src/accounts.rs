//! The table `accounts`: tenants and what they own, and what idempotency keys were used for.

mod businesses;
mod endpoints;
mod keys;
mod tenants;

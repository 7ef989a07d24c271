//! Apple's side: tokens, the gateway, the webhooks.

pub(crate) mod gateway;
mod token;
pub(crate) mod webhook;

pub use self::token::SecretError;
pub(crate) use self::token::Secrets;

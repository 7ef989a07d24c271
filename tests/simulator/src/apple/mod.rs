//! Apple's side: tokens, the gateway, the webhooks.

mod app_clip;
pub(crate) mod content;
pub(crate) mod gateway;
pub(crate) mod pay;
mod token;
pub(crate) mod webhook;

pub use self::pay::PkiError;
pub use self::token::SecretError;
pub(crate) use self::token::Secrets;

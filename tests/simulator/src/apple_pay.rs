//! Apple Pay's tokens, made with keys of our own: a root like Apple Root CA - G3, an intermediate and a
//! leaf with Apple's markers, processing keys of merchants. The product believes them where it is built
//! with `test-root` and told our root.

mod der;
mod pki;
#[cfg(test)]
mod tests;
mod token;

pub use self::pki::TokenPki;
pub use self::token::{Card, Mint};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// A key or a certificate cannot be made.
    #[error("a key or a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// Agreement or encryption failed.
    #[error("a token cannot be sealed: {0}")]
    Seal(&'static str),
    /// ISO 4217 has no such currency.
    #[error("there is no currency {0}")]
    Currency(String),
}

//! Is it Apple's, is it fresh?

use std::fmt;

use super::certificate::Pair;
use super::chain::Chains;
use super::cms::Envelope;
use super::ephemeral::ephemeral_key;
use super::root::Root;
use super::{PaymentToken, TokenFault, signer};

/// A customer looks at the sheet for seconds; Apple says "a few minutes".
const OLDEST: i64 = 300;
/// Clocks differ.
const LATEST: i64 = 60;

/// Whose tokens are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Those that are worth money.
    Production,
    /// Those of Apple's sandbox, too.
    Sandbox,
}

/// Checks that tokens are Apple's. Made once per process: it remembers the chains that it found good.
pub struct Verifier {
    environment: Environment,
    roots: Vec<Root>,
    chains: Chains,
}

/// What a verified token says.
#[derive(Clone, PartialEq, Eq)]
pub struct Verified {
    /// The signed transaction id, lower hex.
    pub transaction_id: String,
    /// When Apple's servers signed it, in Unix seconds.
    pub signing_time: i64,
    /// It comes from Apple's sandbox.
    pub sandbox: bool,
}

impl Verifier {
    /// Believes Apple Root CA - G3 and nobody else.
    pub fn apple(environment: Environment) -> Self {
        Self { environment, roots: vec![Root::apple()], chains: Chains::default() }
    }

    /// Believes these roots, in PEM, and not Apple's.
    #[cfg(any(test, feature = "test-root"))]
    pub fn new(environment: Environment, roots: &[&str]) -> Result<Self, super::RootFault> {
        let roots = roots.iter().map(|pem| Root::read_pem(pem)).collect::<Result<_, _>>()?;
        Ok(Self { environment, roots, chains: Chains::default() })
    }

    /// Checks a token; `now` in Unix seconds. It costs three signatures for the first token under a
    /// leaf, one for those that follow.
    pub fn verify(&self, token: &PaymentToken, now: i64) -> Result<Verified, TokenFault> {
        let envelope = Envelope::read(&token.signature)?;
        let is_root = |der: &[u8]| self.roots.iter().any(|root| root.is(der));
        let pair = Pair::of(&envelope.certificates, is_root)?;
        let chain = self.chains.find(&pair, &self.roots)?;
        if !chain.holds_at(now) {
            return Err(TokenFault::Expired);
        }
        let signing_time = signer::signed_at(&envelope, &chain, &token.content())?;
        match now.saturating_sub(signing_time) {
            age if age > OLDEST => return Err(TokenFault::Stale),
            age if age < -LATEST => return Err(TokenFault::Future),
            _ => {}
        }
        if chain.sandbox && self.environment == Environment::Production {
            return Err(TokenFault::Sandbox);
        }
        ephemeral_key(&token.ephemeral_key)?;
        Ok(Verified {
            transaction_id: token.transaction_id().to_owned(),
            signing_time,
            sandbox: chain.sandbox,
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// The transaction id is hashed wherever it is written down (spec/payments §6.6).
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("signing_time", &self.signing_time)
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

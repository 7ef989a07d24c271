//! `token-decrypt`: opens a token with the merchant's own key and asks the provider with what is
//! inside. Nothing else in the service sees card data, and nothing leaves here but the provider's
//! request: what is answered is the provider's word, what is logged are codes (spec/payments §6.6).
//!
//! It is deployed on request only. Its event is a [`SealedPayment`], its answer a [`PspResult`]; the
//! merchant's keys are in a secret that is named like the provider's and lies elsewhere, where no other
//! function may read: `{"v":1,"keys":[{"key":"<PEM>"}]}`, the key in use, the next one, and the last.

use std::future::Future;

use amb_egress::{MerchantKeys, psp::Psps};
use amb_lambda::telemetry::stage;
use amb_protocol::apple_pay::token::{
    CardData, PaymentToken, ProcessingKeys, TokenFault, Verifier, decrypt,
};
use amb_service::{
    model::{DeclineClass, PspResult},
    port::{Clock, MerchantSecrets, PspOrder, SealedPayment},
};
use jiff::Timestamp;

/// Whoever takes card data: the providers, behind a name that a test can stand in for.
pub trait TakesCards: Send + Sync {
    /// Asks for the money to be held; it always answers by `until`.
    fn authorize_card(
        &self,
        order: &PspOrder,
        card: &CardData,
        until: Timestamp,
    ) -> impl Future<Output = PspResult> + Send;
}

impl<K: MerchantSecrets, C: Clock> TakesCards for Psps<K, C> {
    async fn authorize_card(
        &self,
        order: &PspOrder,
        card: &CardData,
        until: Timestamp,
    ) -> PspResult {
        self.authorize_card(order, card, until).await
    }
}

/// The function.
#[derive(Debug)]
pub struct TokenDecrypt<K, P, C> {
    verifier: Verifier,
    keys: MerchantKeys<K>,
    psp: P,
    clock: C,
}

/// Why nobody was asked for money.
enum NotAsked {
    Token(TokenFault),
    Keys(&'static str),
    Secrets,
}

impl From<TokenFault> for NotAsked {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl<K: MerchantSecrets, P: TakesCards, C: Clock> TokenDecrypt<K, P, C> {
    /// Wires it. `keys` are merchants' processing keys.
    pub fn new(verifier: Verifier, keys: K, psp: P, clock: C) -> Self {
        Self { verifier, keys: MerchantKeys::new(keys), psp, clock }
    }

    /// Verifies, opens, compares with the order, and asks. The card data are wiped before it answers.
    pub async fn pay(&self, sealed: SealedPayment) -> PspResult {
        let SealedPayment { order, token, until } = sealed;
        let began = self.clock.now();
        let opened = self.open(&order, token.get(), began).await;
        let (word, result) = match opened {
            Ok(card) => ("asked", self.psp.authorize_card(&order, &card, until).await),
            Err(NotAsked::Token(fault)) => {
                (fault.code(), rejected(DeclineClass::Token, Some(fault.code())))
            }
            Err(NotAsked::Keys(why)) => (why, rejected(DeclineClass::Configuration, Some(why))),
            Err(NotAsked::Secrets) => {
                ("secrets_unavailable", rejected(DeclineClass::Unreachable, None))
            }
        };
        let took = began.duration_until(self.clock.now()).unsigned_abs();
        stage("token").tenant(&order.tenant).outcome(word).took(took).emit();
        result
    }

    async fn open(
        &self,
        order: &PspOrder,
        token: &str,
        now: Timestamp,
    ) -> Result<CardData, NotAsked> {
        let token = PaymentToken::read(token)?;
        self.verifier.verify(&token, now.as_second())?;
        let keys = self.keys(order, now).await?;
        let card = decrypt(&token, &keys, &order.merchant)?;
        card.pays(order.amount, order.currency)?;
        Ok(card)
    }

    async fn keys(&self, order: &PspOrder, now: Timestamp) -> Result<ProcessingKeys, NotAsked> {
        let (tenant, name) = (&order.tenant, &order.account.secret);
        let text = match self.keys.get(tenant, name, now).await {
            Ok(Some(text)) => text,
            Ok(None) => return Err(NotAsked::Keys("keys_missing")),
            Err(error) => {
                tracing::error!(%tenant, %error, "psp_misconfigured: processing keys were not to be had");
                return Err(NotAsked::Secrets);
            }
        };
        ProcessingKeys::read(&text).map_err(|_no_keys| {
            self.keys.forget(tenant, name);
            NotAsked::Keys("keys_unreadable")
        })
    }
}

fn rejected(class: DeclineClass, code: Option<&str>) -> PspResult {
    PspResult::Rejected { class, code: code.map(str::to_owned) }
}

#[cfg(test)]
mod tests;

//! Authorisations with card data from an opened token. Only `token-decrypt` is built with this.

use amb_protocol::apple_pay::token::CardData;
use amb_service::{
    model::PspResult,
    port::{Clock, MerchantSecrets, PspOrder},
};
use jiff::Timestamp;

use super::{Paid, Psps};

impl<K: MerchantSecrets, C: Clock> Psps<K, C> {
    /// Asks for the money to be held, as [`Psp::authorize`](amb_service::port::Psp::authorize) does, with
    /// what was in the token in place of the token. Whoever calls this has compared the card data's own
    /// amount and currency with the order's.
    pub async fn authorize_card(
        &self,
        order: &PspOrder,
        card: &CardData,
        until: Timestamp,
    ) -> PspResult {
        self.ask(order, Paid::Card(card), until).await
    }
}

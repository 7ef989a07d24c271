//! The table `payments`: payments and the journal.
//!
//! Rows are put, each under a condition; none is updated or deleted, and no role may. Beside `pk` and
//! `sk`, both text, a row may have:
//!
//! | attribute | type | on which rows | what for |
//! |---|---|---|---|
//! | `due`, `due_at` | S, N | a payment that owes something | index `due`: partition `PAY#<shard>`, keys only |
//! | `lpk`, `lsk` | S, S | payments; journal rows of a payment | index `list`: partition `T#<tenant>#B#<business>`, ordered by creation, or the payment's own, ordered by number; keys only |
//! | `ttl` | N | all but the journal and its chains | expiry, 400 days after the end at the earliest; of contacts 90 days after they were told |
//!
//! | row | `pk` | `sk` |
//! |---|---|---|
//! | payment | `T#<tenant>#PAY#<payment>` | `META` |
//! | offer | `T#<tenant>#PAY#<payment>` | `OFFER` |
//! | quote | `T#<tenant>#PAY#<payment>` | `Q#<number>` |
//! | whom it is for, sealed | `T#<tenant>#PAY#<payment>` | `CONTACTS` |
//! | customer's reply that weighs most | `T#<tenant>#PAY#<payment>` | `REPLY` |
//! | token's claim | `TK#<merchant>#<hash>` | `CLAIM` |
//! | journal row | `J#<tenant>#<merchant>#<shard>#<day>` | `<number>` |
//! | chain's end | `J#<tenant>#<merchant>#<shard>` | `HEAD` |
//! | chain's days | `J#<tenant>#<merchant>#<shard>` | `DAY#<day>` |
//! | chain among all | `CHAINS` | `<tenant>#<merchant>#<shard>` |

pub(crate) mod change;
mod journal;
mod lists;

use amb_protocol::apple_pay::{MerchantIdentifier, Offer, Quote};
use amb_service::{
    model::{
        Chain, ChainHead, Payment, PaymentPointer, PaymentReply, SealedContacts, Seen, TokenClaim,
        TokenHash,
    },
    port::{Changed, PaymentChange, Payments, PortError},
};
use serde::de::DeserializeOwned;

use crate::{
    fault::{RefusedWrite, unreadable},
    row::{self, Item, Key},
    store::Store,
};

impl Payments for Store {
    async fn find_payment(&self, pointer: &PaymentPointer) -> Result<Option<Payment>, PortError> {
        const OPERATION: &str = "Payments::find_payment";
        let (payment, reply) = tokio::try_join!(
            self.said::<Payment>(OPERATION, row::payment::key(pointer)),
            self.said::<Seen>(OPERATION, row::payment_reply::key(pointer)),
        )?;
        Ok(payment.map(|payment| Payment { reply, ..payment }))
    }

    async fn offer(&self, pointer: &PaymentPointer) -> Result<Option<Offer>, PortError> {
        self.said("Payments::offer", row::offer::key(pointer)).await
    }

    async fn quote(&self, pointer: &PaymentPointer, seq: u32) -> Result<Option<Quote>, PortError> {
        self.said("Payments::quote", row::quote::key(pointer, seq)).await
    }

    async fn contacts(
        &self,
        pointer: &PaymentPointer,
    ) -> Result<Option<SealedContacts>, PortError> {
        self.said("Payments::contacts", row::payment_contacts::key(pointer)).await
    }

    async fn token_claim(
        &self,
        merchant: &MerchantIdentifier,
        token: &TokenHash,
    ) -> Result<Option<TokenClaim>, PortError> {
        const OPERATION: &str = "Payments::token_claim";
        let found = self.payment_row(OPERATION, row::token_claim::key(merchant, token)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn chain_head(&self, chain: &Chain) -> Result<ChainHead, PortError> {
        const OPERATION: &str = "Payments::chain_head";
        let found = self.payment_row(OPERATION, row::chain::head_key(chain)).await?;
        let head = found.map(row::read).transpose().map_err(unreadable(OPERATION))?;
        Ok(head.unwrap_or_default())
    }

    async fn change(&self, change: &PaymentChange) -> Result<Changed, PortError> {
        self.change_payment(change).await
    }

    async fn keep_reply(
        &self,
        reply: &PaymentReply,
        instead_of: Option<&Seen>,
    ) -> Result<bool, PortError> {
        const OPERATION: &str = "Payments::keep_reply";
        let item = row::payment_reply::item(reply).map_err(unreadable(OPERATION))?;
        let table = self.payments_table(OPERATION)?;
        let put = self.client.put_item().table_name(table).set_item(Some(item));
        let put = match instead_of {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(kept) => put
                .condition_expression("#said = :kept")
                .expression_attribute_names("#said", row::SAID)
                .expression_attribute_values(
                    ":kept",
                    row::said(kept).map_err(unreadable(OPERATION))?,
                ),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => error.old_item(OPERATION).map(|_| false),
        }
    }
}

impl Store {
    async fn payment_row(
        &self,
        operation: &'static str,
        key: Key,
    ) -> Result<Option<Item>, PortError> {
        self.row(operation, self.payments_table(operation)?, key).await
    }

    /// What the row at this key holds as JSON text.
    async fn said<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        key: Key,
    ) -> Result<Option<T>, PortError> {
        let found = self.payment_row(operation, key).await?;
        found.as_ref().map(row::read_json).transpose().map_err(unreadable(operation))
    }
}

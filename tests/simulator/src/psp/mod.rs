//! Payment service providers: one set of books, three ways to speak (Stripe, API reference; Adyen,
//! Checkout v72; the product's contract for a business's own server). They know a token by what the
//! phone put into it, as card networks do: a token that was changed, or is over another amount than is
//! asked for, is none.

mod adyen;
mod books;
mod call;
mod endpoint;
mod notice;
mod report;
mod stripe;

use axum::Router;

pub(crate) use self::books::Books;
pub(crate) use self::notice::{charge_back, expire};
pub(crate) use self::report::report;
use crate::phone::pay::wallet::{Card, card_named};
use crate::world::{State, World};

/// Routes under `/stripe`, `/adyen` and `/endpoint`.
pub(crate) fn routes() -> Router<State> {
    Router::new().merge(stripe::routes()).merge(adyen::routes()).merge(endpoint::routes())
}

/// What a provider reads out of a token.
#[derive(Debug, Clone)]
struct Opened {
    card: &'static Card,
    customer: String,
    transaction_id: String,
    /// In the smallest unit.
    amount: i64,
    /// ISO 4217, capital.
    currency: String,
}

impl Opened {
    /// A token that stands for so much, and for nothing else. Where providers count in other units
    /// than ISO 4217, the currency alone is compared.
    fn is_for(&self, amount: i64, currency: &str) -> bool {
        const ODD: [&str; 6] = ["CLP", "CVE", "IDR", "ISK", "MGA", "UGX"];
        let odd = ODD.iter().any(|it| it.eq_ignore_ascii_case(currency));
        self.currency.eq_ignore_ascii_case(currency) && (odd || self.amount == amount)
    }
}

/// Opens `paymentData`; `None` for what no phone made.
fn open(world: &World, payment_data: &serde_json::Value) -> Option<Opened> {
    let transaction_id = payment_data.pointer("/header/transactionId")?.as_str()?.to_lowercase();
    let minted = world.minted.get(&transaction_id)?;
    if minted.payment_data != *payment_data {
        return None;
    }
    Some(Opened {
        card: card_named(&minted.card)?,
        customer: minted.customer.clone(),
        amount: minted.amount,
        currency: minted.currency.clone(),
        transaction_id,
    })
}

/// Writes into the books whose card it was.
fn paid_with(world: &mut World, seq: u64, opened: &Opened) {
    if let Some(payment) = world.psp.payment(seq) {
        payment.transaction_id = Some(opened.transaction_id.clone());
        payment.customer = Some(opened.customer.clone());
        payment.last4 = Some(opened.card.last4());
    }
}

//! The page that a customer sees whose device cannot pay: what was offered, to be read.

use std::sync::LazyLock;

use amb_protocol::apple_pay::{Line, LineType, Offer, Quote};
use aws_lc_rs::digest;
use data_encoding::BASE64;
use minijinja::{AutoEscape, Environment, context};

use super::{CallbackError, Callbacks, Reply, Said};
use crate::{
    model::Payment,
    port::{Clock, Merchants, Payments, PortError, PriceSource},
};

const STYLE: &str = include_str!("fallback/page.css");
const PAGE: &str = include_str!("fallback/page.html");

/// What the page may do: show itself, in its own style (spec/payments §7).
pub static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    W: PriceSource,
    C: Clock,
{
    /// The page. Nothing of the request is in it.
    pub(super) async fn fallback(&self, payment: &Payment) -> Result<Reply, CallbackError> {
        let offer = self.offered(payment).await?;
        let quote = self.issued(payment, &offer, 0).await?;
        let is_payable = payment.is_payable(self.clock.now());
        let page = page(&offer, &quote, is_payable)
            .map_err(|fault| PortError::unreadable("the page", fault))?;
        Ok(Reply::new(Said::Page(page), "shown"))
    }
}

/// What was offered, line by line, and where else it can be paid: nobody is sent there to pay a second time.
fn page(offer: &Offer, quote: &Quote, is_payable: bool) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    environment.add_template("page", PAGE)?;
    let amount = |line: &Line| line.amount.to_decimal(offer.currency);
    // What is not known yet counts for nothing in the total.
    let shown = |line: &Line| match line.kind {
        LineType::Final => amount(line),
        LineType::Pending => "pending".to_owned(),
    };
    let lines: Vec<_> = quote.lines.iter().map(|line| (line.label.clone(), shown(line))).collect();
    environment.get_template("page")?.render(context! {
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        merchant => offer.merchant_name.as_str(),
        currency => offer.currency.as_str(),
        total => amount(&quote.total),
        lines,
        is_payable,
        checkout => offer.checkout_url.as_deref().filter(|_| is_payable),
    })
}

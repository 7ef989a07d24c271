//! Customers of the local stack.

use std::error::Error;

use amb_local::Stack;
use amb_simulator::model::{Customer, NewConversation, NewCustomer, Send, TranscriptFilter};

/// A customer who has written, and whom the business has heard, so that it may answer. Each step may
/// take so many milliseconds.
pub(crate) async fn who_has_written(
    stack: &Stack,
    name: &str,
    business: &str,
    patience_ms: u64,
) -> Result<Customer, Box<dyn Error>> {
    let simulator = stack.simulator();
    let customer = NewCustomer { name: Some(name.to_owned()), ..NewCustomer::default() };
    let customer = simulator.create_customer(&customer).await?;
    let opened = NewConversation {
        customer: customer.name.clone(),
        business_id: business.to_owned(),
        ..NewConversation::default()
    };
    simulator.open_conversation(&opened).await?;
    let text = Send::text("Are you there?").to(business).wait(patience_ms);
    let text = Send { typing_first: Some(false), ..text };
    let sent = simulator.send(&customer.name, &text).await?;
    let heard = TranscriptFilter {
        id: Some(sent.id),
        received: Some(true),
        wait: patience_ms,
        ..TranscriptFilter::default()
    };
    simulator.transcript(&heard).await?.pop().ok_or("the business did not hear a customer")?;
    Ok(customer)
}

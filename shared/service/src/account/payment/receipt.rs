//! A receipt: a rich link that the business has, shown to the customer who paid.

use amb_protocol::compose::ContentType;
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

use crate::{
    access::Principal,
    account::Account,
    model::{Payment, PaymentState, Scope, body_hash},
    port::{Businesses, Clock, Payments},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// Longest member that is looked at, in characters; what a rich link takes of each is less.
const LONGEST: usize = 4_096;

/// A message to be sent, as a request to send it: its idempotency key, and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptOrder {
    /// The same for the same receipt of the same payment, so that it is sent once.
    pub key: String,
    /// `POST /v1/messages`
    pub body: Vec<u8>,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Payments,
    C: Clock,
{
    /// Orders a receipt: `{"url", "title"?, "imageUrl"?}`. Only for what is paid, or given back.
    pub async fn receipt(
        &self,
        principal: &Principal,
        id: &str,
        body: &[u8],
    ) -> Result<ReceiptOrder, Problem> {
        principal.require(Scope::Send)?;
        let payment = self.own_payment(principal, id).await?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let content = content(&map)?;
        match payment.state {
            PaymentState::Authorized
            | PaymentState::Capturing
            | PaymentState::Captured
            | PaymentState::Refunded => Ok(order(&payment, &content)),
            _ => Err(Problem::payment_state().detail("There is a receipt of what is paid only.")),
        }
    }
}

impl ReceiptOrder {
    /// A refusal of the message as one of the receipt: what is wrong is where the caller wrote it.
    #[must_use]
    pub fn refused(mut problem: Problem) -> Problem {
        for Fault { pointer, .. } in &mut problem.errors {
            let inside = pointer.strip_prefix("/content").unwrap_or(pointer).to_owned();
            *pointer = if inside.starts_with("/image") { "/imageUrl".to_owned() } else { inside };
        }
        problem
    }
}

/// The content of a rich link. What is in its members is checked when it is sent.
fn content(map: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut faults = Faults::default();
    let mut reader = Reader::new(map);
    let mut content = Map::new();
    if let Some(url) = reader.text("url", LONGEST, &mut faults) {
        content.insert("url".to_owned(), json!(url));
    }
    if let Some(title) = reader.optional_text("title", LONGEST, &mut faults) {
        content.insert("title".to_owned(), json!(title));
    }
    if let Some(url) = reader.optional_text("imageUrl", LONGEST, &mut faults) {
        content.insert("image".to_owned(), json!({ "url": url }));
    }
    reader.finish(&mut faults);
    faults.finish(Some(content))
}

fn order(payment: &Payment, content: &Map<String, Value>) -> ReceiptOrder {
    let id = &payment.pointer.payment;
    let message = json!({
        "from": payment.business,
        "to": payment.opaque,
        "type": ContentType::RichLink.as_str(),
        "content": content,
        "callbackData": payment.reference,
    });
    let body = message.to_string().into_bytes();
    let mut hash = HEXLOWER.encode(&body_hash(&body));
    hash.truncate(16);
    ReceiptOrder { key: format!("receipt-{id}-{hash}"), body }
}

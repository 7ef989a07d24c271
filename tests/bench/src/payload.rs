//! What lies in Apple's content store: a hundred megabytes in and out through the deployed template on
//! the local stack, and answers that come by reference. The walls of the clock are the emulator's
//! ceiling; processor time and memory are of the function alone, whoever answers it.

mod answers;
mod files;

use std::{error::Error, path::PathBuf};

use amb_local::{NewTenant, Options, Stack, Tenant};
use amb_simulator::model::{
    BusinessEvent, Customer, EventFilter, NewConversation, NewCustomer, Send, Verdict,
};
use serde_json::Value;

use crate::report::Report;

/// A business whose sample does not answer.
const BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000004";
const NAME: &str = "payload";
/// How long anything may take, in milliseconds.
const PATIENCE_MS: u64 = 180_000;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Starts a stack, measures, ends it.
pub(crate) fn measure(report: &mut Report) -> Fallible<()> {
    let raw = files::raw()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = Options { folder: PathBuf::from("bench/payload"), ..Options::default() };
        let stack = Stack::start(options).await?;
        let measured = async {
            let scene = Scene::new(&stack).await?;
            files::measure(&scene, &raw, report).await?;
            answers::measure(&scene, report).await
        };
        let outcome = measured.await;
        stack.shutdown().await;
        outcome
    })
}

/// A business, and a customer who has written to it.
#[derive(Debug)]
struct Scene<'s> {
    stack: &'s Stack,
    tenant: Tenant,
    customer: Customer,
}

impl<'s> Scene<'s> {
    async fn new(stack: &'s Stack) -> Fallible<Self> {
        let quiet = NewTenant { echo: false, ..NewTenant::new(NAME, BUSINESS) };
        let tenant = stack.add_tenant(&quiet).await?;
        let simulator = stack.simulator();
        let customer = NewCustomer { name: Some(NAME.to_owned()), ..NewCustomer::default() };
        let customer = simulator.create_customer(&customer).await?;
        let opened = NewConversation {
            customer: customer.name.clone(),
            business_id: BUSINESS.to_owned(),
            ..NewConversation::default()
        };
        simulator.open_conversation(&opened).await?;
        let text = Send::text("What is there?").to(BUSINESS).wait(PATIENCE_MS);
        let text = Send { typing_first: Some(false), ..text };
        let sent = simulator.send(&customer.name, &text).await?;
        let scene = Self { stack, tenant, customer };
        scene.heard("message.received", &sent.id).await?;
        Ok(scene)
    }

    /// The event of this type about this message, when the business has it.
    async fn heard(&self, event_type: &str, message: &str) -> Fallible<BusinessEvent> {
        let filter = EventFilter {
            event_type: Some(event_type.to_owned()),
            verdict: Some(Verdict::Taken),
            contains: Some(message.to_owned()),
            wait: PATIENCE_MS,
            ..EventFilter::default()
        };
        let heard = self.stack.simulator().events(&self.tenant.name, &filter).await?;
        heard.into_iter().next().ok_or_else(|| format!("no {event_type} came").into())
    }

    /// The business posts a message; gives its id.
    async fn post(&self, key: &str, kind: &str, content: Value) -> Fallible<String> {
        let message = serde_json::json!({
            "from": BUSINESS,
            "to": self.customer.opaque_id,
            "type": kind,
            "content": content,
        });
        let api = self.stack.api(&self.tenant.api_key);
        let headers = [("idempotency-key", key)];
        let answer = api.call(http::Method::POST, "/v1/messages", &headers, Some(&message)).await?;
        match text_at(&answer.body, "/id") {
            id if answer.status == 202 && !id.is_empty() => Ok(id),
            _ => {
                Err(format!("a message was answered with {}: {}", answer.status, answer.body)
                    .into())
            }
        }
    }
}

/// The text at a JSON Pointer; empty where there is none.
fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Bytes that no compression and no accident makes equal to others.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // Knuth's multiplier; the high bytes are the better ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend((state >> 24).to_le_bytes().into_iter().take(5));
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_films_are_alike() {
        let (one, other) = (noise(1_000, 1), noise(1_000, 2));
        assert_eq!((one.len(), other.len()), (1_000, 1_000));
        assert_ne!(one, other);
    }
}

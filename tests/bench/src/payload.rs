//! What lies in Apple's content store: a hundred megabytes in and out through the deployed template on
//! the local stack, and answers that come by reference. The walls of the clock are the emulator's
//! ceiling; processor time and memory are of the function alone, whoever answers it.

mod answers;
mod files;

use std::{error::Error, path::PathBuf};

use amb_local::{NewTenant, Options, Stack, Tenant};
use amb_simulator::model::{BusinessEvent, Customer, EventFilter, Verdict};
use serde_json::Value;

use crate::{customer, report::Report};

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
        let customer = customer::who_has_written(stack, NAME, BUSINESS, PATIENCE_MS).await?;
        Ok(Self { stack, tenant, customer })
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

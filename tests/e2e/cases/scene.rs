//! A tenant with a business, and a customer who writes to it.

use amb_local::api::{Answer, Api, ApiError};
use amb_local::{NewTenant, Stack, Tenant};
use amb_simulator::client::Client;
use amb_simulator::model::{
    BusinessEvent, CallFilter, Customer, Direction, Entry, EntryState, EventFilter, FaultSpec,
    GatewayCall, NewConversation, NewCustomer, Send, TranscriptFilter, Verdict,
};
use http::Method;
use serde_json::{Value, json};

use crate::harness::Ground;

/// How long something may take that is certain to happen, in milliseconds.
pub(crate) const PATIENCE_MS: u64 = 90_000;

type Fallible<T> = Result<T, Box<dyn std::error::Error + std::marker::Send + Sync>>;

/// Everybody in one case.
#[derive(Debug)]
pub(crate) struct Scene<'s> {
    pub(crate) stack: &'s Stack,
    pub(crate) simulator: Client,
    pub(crate) tenant: Tenant,
    pub(crate) customer: Customer,
    /// The API as the tenant calls it.
    pub(crate) api: Api,
}

impl<'s> Scene<'s> {
    /// A business that does not answer by itself. `name` must be the case's own.
    pub(crate) async fn new(ground: &Ground<'s>, name: &str) -> Fallible<Self> {
        Self::with(ground, NewTenant { echo: false, ..NewTenant::new(name, &business_id(name)) })
            .await
    }

    /// A business whose endpoint has these members besides its URL.
    pub(crate) async fn with_endpoint(
        ground: &Ground<'s>,
        name: &str,
        endpoint: Value,
    ) -> Fallible<Self> {
        let endpoint = endpoint.as_object().cloned().unwrap_or_default();
        let new = NewTenant::new(name, &business_id(name));
        Self::with(ground, NewTenant { echo: false, endpoint, ..new }).await
    }

    async fn with(ground: &Ground<'s>, new: NewTenant) -> Fallible<Self> {
        let stack = ground.stack;
        let simulator = stack.simulator();
        let tenant = stack.add_tenant(&new).await?;
        let customer = NewCustomer {
            name: Some(format!("customer-of-{}", new.name)),
            ..NewCustomer::default()
        };
        let customer = simulator.create_customer(&customer).await?;
        let opened = NewConversation {
            customer: customer.name.clone(),
            business_id: new.business_id,
            ..NewConversation::default()
        };
        simulator.open_conversation(&opened).await?;
        let api = stack.api(&tenant.api_key);
        Ok(Self { stack, simulator, tenant, customer, api })
    }

    /// The customer sends a text, and the product takes it.
    pub(crate) async fn customer_writes(&self, text: &str) -> Fallible<Entry> {
        let send = Send { typing_first: Some(false), ..Send::text(text) };
        let send = send.to(&self.tenant.business_id).wait(PATIENCE_MS);
        let entry = self.simulator.send(&self.customer.name, &send).await?;
        assert_eq!(entry.state, EntryState::Delivered, "{text:?} was not taken");
        Ok(entry)
    }

    /// The customer sends a text, and the business has taken the event.
    pub(crate) async fn customer_is_heard(&self, text: &str) -> Fallible<BusinessEvent> {
        self.customer_writes(text).await?;
        self.taken("message.received", text).await
    }

    /// The first event of this type that holds this text and that the business took.
    pub(crate) async fn taken(&self, event_type: &str, text: &str) -> Fallible<BusinessEvent> {
        let filter = EventFilter {
            event_type: Some(event_type.to_owned()),
            verdict: Some(Verdict::Taken),
            contains: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let mut events = self.calls(filter, 1).await?;
        Ok(events.remove(0))
    }

    /// At least so many calls to the business's webhook.
    pub(crate) async fn calls(
        &self,
        filter: EventFilter,
        at_least: usize,
    ) -> Fallible<Vec<BusinessEvent>> {
        let filter = EventFilter { wait: PATIENCE_MS, at_least: Some(at_least), ..filter };
        let calls = self.simulator.events(&self.tenant.name, &filter).await?;
        if calls.len() < at_least {
            return Err(format!(
                "the business has {} of {at_least} events: {filter:?}",
                calls.len()
            )
            .into());
        }
        Ok(calls)
    }

    /// A message as the business posts it.
    pub(crate) fn message(&self, text: &str) -> Value {
        json!({
            "from": self.tenant.business_id,
            "to": self.customer.opaque_id,
            "type": "text",
            "content": {"text": text},
        })
    }

    /// The business sends a text under an idempotency key.
    pub(crate) async fn post(&self, key: &str, text: &str) -> Result<Answer, ApiError> {
        self.post_with(&[("idempotency-key", key)], &self.message(text)).await
    }

    /// The business posts a message with these headers.
    pub(crate) async fn post_with(
        &self,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, ApiError> {
        self.api.call(Method::POST, "/v1/messages", headers, Some(body)).await
    }

    /// The business sends a text, which is committed; gives its id.
    pub(crate) async fn send(&self, key: &str, text: &str) -> Fallible<String> {
        let answer = self.post(key, text).await?;
        assert_eq!(answer.status, 202, "{}", answer.body);
        Ok(text_at(&answer.body, "/id"))
    }

    /// What the phone shows with exactly this text, at least so many.
    pub(crate) async fn shown(&self, text: &str, at_least: usize) -> Fallible<Vec<Entry>> {
        let filter = TranscriptFilter {
            customer: Some(self.customer.name.clone()),
            direction: Some(Direction::FromBusiness),
            state: Some(EntryState::Shown),
            text: Some(text.to_owned()),
            wait: PATIENCE_MS,
            at_least: Some(at_least),
            ..TranscriptFilter::default()
        };
        let shown = self.simulator.transcript(&filter).await?;
        if shown.len() < at_least {
            return Err(format!("the phone shows {text:?} {} times", shown.len()).into());
        }
        Ok(shown)
    }

    /// Calls of the product to Apple about one message, at least so many.
    pub(crate) async fn gateway(&self, id: &str, at_least: usize) -> Fallible<Vec<GatewayCall>> {
        let filter = CallFilter {
            id: Some(id.to_owned()),
            wait: PATIENCE_MS,
            at_least: Some(at_least),
            ..CallFilter::default()
        };
        let calls = self.simulator.gateway_calls(&filter).await?;
        if calls.len() < at_least {
            return Err(format!("Apple got {} of {at_least} calls", calls.len()).into());
        }
        Ok(calls)
    }

    /// Arms a fault that hits this customer's calls alone.
    pub(crate) async fn fault(&self, spec: FaultSpec) -> Fallible<()> {
        self.simulator.add_fault(&spec.customer(&self.customer.name)).await?;
        Ok(())
    }

    /// The business's server in the simulator's terms.
    pub(crate) fn place(&self) -> amb_simulator::model::Place {
        amb_simulator::model::Place::Business(self.tenant.name.clone())
    }
}

/// The text at a JSON Pointer; empty where there is none.
pub(crate) fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The items of a list.
pub(crate) fn items(value: &Value) -> Vec<Value> {
    value.pointer("/items").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn business_id(name: &str) -> String {
    format!("business-of-{name}")
}

//! The `account-api` function: every `/v1` route but `POST /v1/messages`.
//!
//! One request takes one way: route, size, key, content type, use case, answer. The order is part of
//! the contract. The routes are one table ([`ROUTES`]), and a test holds it against the template and
//! the OpenAPI document.

mod routes;
mod serve;
mod view;

#[cfg(test)]
mod openapi;
#[cfg(test)]
mod tests;

pub use routes::{Opens, Operation, ROUTES, Route};

use amb_egress::{EndpointUrl, Policy};
use amb_lambda::{
    answer::{self, Answer},
    http_event::{self, Request},
    telemetry::stage,
};
use amb_service::{
    account::{Account, Callers, OperatorKeySource, UrlRefusal, VettedUrl},
    port::{
        ApiKeys, Businesses, Clock, Conversations, DeliveryLog, DeliveryQueue, Endpoints, Entropy,
        InboxReader, Outbox, Tenants, Timeline,
    },
    problem::Problem,
    service_key::ServiceKey,
};
use http::{HeaderValue, header::ALLOW};
use jiff::Timestamp;

use routes::Found;

/// The largest body taken: names, URLs and filters need far less.
pub const MAX_BODY: usize = 1024 * 1024;

/// Every table port that this function uses.
pub trait Tables:
    Tenants
    + Businesses
    + ApiKeys
    + Endpoints
    + Conversations
    + Timeline
    + InboxReader
    + Outbox
    + DeliveryLog
    + Clone
{
}

impl<T> Tables for T where
    T: Tenants
        + Businesses
        + ApiKeys
        + Endpoints
        + Conversations
        + Timeline
        + InboxReader
        + Outbox
        + DeliveryLog
        + Clone
{
}

/// The function.
#[derive(Debug)]
pub struct AccountApi<S, Q, C, K> {
    account: Account<S, Q, C>,
    callers: Callers<S, C, K>,
    clock: C,
    policy: Policy,
}

impl<S, Q, C, K> AccountApi<S, Q, C, K>
where
    S: Tables,
    Q: DeliveryQueue,
    C: Clock + Entropy + Clone,
    K: OperatorKeySource,
{
    /// Serves with these ports. `policy` decides which URLs an endpoint may have.
    pub fn new(store: S, queue: Q, clock: C, operator: K, key: ServiceKey, policy: Policy) -> Self {
        let callers = Callers::new(store.clone(), clock.clone(), operator);
        let account = Account::new(store, queue, clock.clone(), key);
        Self { account, callers, clock, policy }
    }

    /// Answers one request.
    pub async fn serve(&self, request: Request) -> Answer {
        let began = self.clock.now();
        let (operation, answer) = match routes::find(request.method(), request.path()) {
            Found::Route(route, id) => {
                let answer = self.within_deadline(route.operation, id, &request, began).await;
                (route.operation.id(), answer)
            }
            Found::OtherMethods(allowed) => {
                let problem = Problem::method_not_allowed();
                let mut answer = answer::problem(&problem, request.request_id());
                if let Ok(value) = HeaderValue::from_str(&allowed.join(", ")) {
                    answer.headers_mut().insert(ALLOW, value);
                }
                ("none", answer)
            }
            Found::Nothing => {
                ("none", answer::problem(&Problem::not_found(), request.request_id()))
            }
        };
        let took = self.clock.now().duration_since(began).unsigned_abs();
        let line = stage("account").outcome(outcome(answer.status().as_u16()));
        line.word("operation", operation)
            .count("status", answer.status().as_u16().into())
            .took(took)
            .emit();
        answer
    }

    /// A store that does not answer must not leave the caller with the gateway's own words.
    async fn within_deadline(
        &self,
        operation: Operation,
        id: &str,
        request: &Request,
        now: Timestamp,
    ) -> Answer {
        let left = request.deadline().remaining(now);
        let served = match tokio::time::timeout(left, self.admit(operation, id, request)).await {
            Ok(served) => served,
            Err(_elapsed) => Err(Problem::unavailable().retry_after(1)),
        };
        served.unwrap_or_else(|problem| answer::problem(&problem, request.request_id()))
    }

    async fn admit(
        &self,
        operation: Operation,
        id: &str,
        request: &Request,
    ) -> Result<Answer, Problem> {
        if request.body().len() > MAX_BODY {
            let detail = format!("At most {MAX_BODY} bytes are taken.");
            return Err(Problem::too_large().detail(detail));
        }
        if shows_key(request.raw_query()) {
            tracing::warn!("a key was sent in a query string, where logs keep it");
            return Err(Problem::unauthenticated().detail("Send the key in Authorization only."));
        }
        if let Some(problem) = http_event::refuse_hop(request) {
            return Err(problem);
        }
        let (authorization, tenant) =
            (request.header("authorization"), request.header("amb-tenant"));
        let caller = self.callers.identify(authorization, tenant).await?;
        if !request.body().is_empty() {
            http_event::require_json(request)?;
        }
        self.perform(operation, id, &caller, request).await
    }

    /// The wall's rules for the URL of an endpoint. The host that this very request came to is ours,
    /// whatever it is called.
    fn vet(&self, request: &Request, url: &str) -> Result<VettedUrl, UrlRefusal> {
        let own = request.header("host").map(|host| format!("https://{host}"));
        let policy = match &own {
            Some(own) => &self.policy.clone().with_own_url(own),
            None => &self.policy,
        };
        match EndpointUrl::parse(url, policy) {
            Ok(vetted) => Ok(VettedUrl::new(vetted.as_str())),
            Err(fault) => Err(UrlRefusal { rule: fault.code(), message: fault.to_string() }),
        }
    }
}

fn outcome(status: u16) -> &'static str {
    match status {
        200..=299 => "ok",
        401 => "auth_failure",
        500..=599 => "unavailable",
        _ => "refused",
    }
}

/// Whether a query holds a key of ours, whatever the parameter is called (spec/reliability S006).
fn shows_key(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    ["amb_live_", "amb_test_", "authorization=", "api_key=", "apikey=", "access_token="]
        .iter()
        .any(|sign| query.contains(sign))
}

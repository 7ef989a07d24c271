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
    account::{Account, Callers, UrlRefusal, VettedUrl},
    model::TenantId,
    port::{
        ApiKeys, Businesses, Clock, Conversations, DeliveryLog, DeliveryQueue, Endpoints, Entropy,
        FileLinks, Files, IdempotencyRecords, InboxReader, Journal, MerchantSecrets, Merchants,
        OperatorKeySource, OutboundQueue, Outbox, PayloadQueue, Payloads, PaymentLists, Payments,
        SettlementQueue, TemplateLibrary, Tenants, Timeline, UploadSlots,
    },
    problem::Problem,
    send::Send as Sender,
    service_key::ServiceKey,
};
use http::{HeaderValue, header::ALLOW};
use jiff::Timestamp;
use std::{future::Future, sync::OnceLock};

use routes::Found;

/// The largest body taken: names, URLs and filters need far less.
pub const MAX_BODY: usize = 1024 * 1024;

/// The largest body of a template, 4.5 MiB: what Lambda hands over as an event of 6 MB at most.
pub const MAX_TEMPLATE_BODY: usize = 4_718_592;

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
    + TemplateLibrary
    + Files
    + FileLinks
    + IdempotencyRecords
    + Payloads
    + Payments
    + PaymentLists
    + Journal
    + Merchants
    + UploadSlots
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
        + TemplateLibrary
        + Files
        + FileLinks
        + IdempotencyRecords
        + Payloads
        + Payments
        + PaymentLists
        + Journal
        + Merchants
        + UploadSlots
        + Clone
{
}

/// Every queue that this function sends to.
pub trait Sends: DeliveryQueue + OutboundQueue + PayloadQueue + SettlementQueue + Clone {}

impl<T: DeliveryQueue + OutboundQueue + PayloadQueue + SettlementQueue + Clone> Sends for T {}

/// The function.
#[derive(Debug)]
pub struct AccountApi<S, Q, C, K, M> {
    account: Account<S, Q, C>,
    callers: Callers<S, C, K>,
    sender: Sender<S, Q, S, C>,
    merchants: M,
    clock: C,
    policy: Policy,
    api_url: Option<String>,
}

impl<S, Q, C, K, M> AccountApi<S, Q, C, K, M>
where
    S: Tables,
    Q: Sends,
    C: Clock + Entropy + Clone,
    K: OperatorKeySource,
    M: MerchantSecrets,
{
    /// Serves with these ports: `operator` and `merchants` are secrets. `policy` decides which URLs an
    /// endpoint may have.
    pub fn new(
        store: S,
        queue: Q,
        clock: C,
        operator: K,
        merchants: M,
        key: ServiceKey,
        policy: Policy,
    ) -> Self {
        let callers = Callers::new(store.clone(), clock.clone(), operator);
        let sender = Sender::new(store.clone(), queue.clone(), store.clone(), clock.clone());
        let account = Account::new(store, queue, clock.clone(), key);
        Self { account, callers, sender, merchants, clock, policy, api_url: None }
    }

    /// Links lead to the API at this URL; without one, to the host that was called.
    #[must_use]
    pub fn linking_to(mut self, api_url: Option<String>) -> Self {
        self.api_url = api_url;
        self
    }

    /// Answers one request.
    pub async fn serve(&self, request: Request) -> Answer {
        let began = self.clock.now();
        let who = OnceLock::new();
        let (operation, served) = match routes::find(request.method(), request.path()) {
            Found::Route(route, id) => {
                let admitted = self.admit(route, id, &request, &who);
                (route.operation.id(), self.within_deadline(&request, began, admitted).await)
            }
            Found::OtherMethods(allowed) => ("none", Err(Refused::Method(allowed))),
            Found::Nothing => ("none", Err(Refused::For(Problem::not_found()))),
        };
        let took = self.clock.now().duration_since(began).unsigned_abs();
        let mut line = stage("account").word("operation", operation).took(took);
        // Who changed what: the line of the operation, with its tenant.
        if let Some(tenant) = who.get() {
            line = line.tenant(tenant);
        }
        let answer = match served {
            Ok(answer) => answer,
            Err(refused) => {
                let problem = refused.problem();
                line = line.outcome(outcome(&problem)).code(problem.code);
                refused.answer(&problem, request.request_id())
            }
        };
        line.count("status", answer.status().as_u16().into()).emit();
        answer
    }

    /// A store that does not answer must not leave the caller with the gateway's own words.
    async fn within_deadline(
        &self,
        request: &Request,
        now: Timestamp,
        admitted: impl Future<Output = Result<Answer, Problem>>,
    ) -> Result<Answer, Refused> {
        let left = request.deadline().remaining(now);
        match tokio::time::timeout(left, admitted).await {
            Ok(served) => served.map_err(Refused::For),
            Err(_elapsed) => Err(Refused::For(Problem::unavailable().retry_after(1))),
        }
    }

    async fn admit(
        &self,
        route: &Route,
        id: &str,
        request: &Request,
        who: &OnceLock<TenantId>,
    ) -> Result<Answer, Problem> {
        let operation = route.operation;
        let largest = operation.largest_body();
        if request.body().len() > largest {
            let detail = format!("At most {largest} bytes are taken.");
            return Err(Problem::too_large().detail(detail));
        }
        if shows_key(request.raw_query()) {
            tracing::warn!("a key was sent in a query string, where logs keep it");
            return Err(Problem::unauthenticated().detail("Send the key in Authorization only."));
        }
        if let Some(problem) = http_event::refuse_hop(request) {
            return Err(problem);
        }
        if route.opens == Opens::Link {
            return self.follow(id, request).await;
        }
        let (authorization, tenant) =
            (request.header("authorization"), request.header("amb-tenant"));
        let caller = self.callers.identify(authorization, tenant).await?;
        if let Ok(principal) = caller.principal() {
            who.get_or_init(|| principal.tenant.clone());
        }
        if !request.body().is_empty() {
            http_event::require_json(request)?;
        }
        self.perform(operation, id, &caller, request).await
    }

    /// Where this API is called: API Gateway hands requests of its own hosts over and of no other.
    fn api_url(&self, request: &Request) -> String {
        let called = || format!("https://{}", request.header("host").unwrap_or_default());
        self.api_url.clone().unwrap_or_else(called)
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

/// Why a request gets no answer of its use case.
#[derive(Debug)]
enum Refused {
    /// The path serves these methods.
    Method(Vec<&'static str>),
    /// Everything else.
    For(Problem),
}

impl Refused {
    fn problem(&self) -> Problem {
        match self {
            Self::Method(_) => Problem::method_not_allowed(),
            Self::For(problem) => problem.clone(),
        }
    }

    fn answer(&self, problem: &Problem, request_id: &str) -> Answer {
        let mut answer = answer::problem(problem, request_id);
        if let Self::Method(allowed) = self
            && let Ok(value) = HeaderValue::from_str(&allowed.join(", "))
        {
            answer.headers_mut().insert(ALLOW, value);
        }
        answer
    }
}

impl Operation {
    fn largest_body(self) -> usize {
        match self {
            Self::CreateTemplate | Self::ReplaceTemplate | Self::ValidateTemplate => {
                MAX_TEMPLATE_BODY
            }
            _ => MAX_BODY,
        }
    }
}

fn outcome(problem: &Problem) -> &'static str {
    match problem.status {
        401 => "auth_failure",
        500.. => "unavailable",
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

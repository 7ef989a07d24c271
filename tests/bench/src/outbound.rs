//! Messages out through the deployed template: quick replies to many customers at once, from the
//! business's first request to the last phone that shows one.

use std::error::Error;

use amb_local::{NewTenant, Stack, Tenant, api::Api};
use amb_simulator::model::{Customer, Direction, EntryState, TranscriptFilter};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::json;

use crate::{clock::Stopwatch, customer, report::Report, stack::CEILING};

/// A business whose sample does not answer.
const BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000003";
/// Conversations: messages of one go one after the other.
const CUSTOMERS: usize = 24;
/// Requests in flight.
const AT_ONCE: usize = 8;
/// Messages of each conversation while the clock runs; one more finds functions cold.
const MESSAGES: usize = 10;
/// How long anything may take, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Measures how many messages a second reach the phones.
pub(crate) async fn relay(stack: &Stack, report: &mut Report) -> Fallible<()> {
    let quiet = NewTenant { echo: false, ..NewTenant::new("outbound", BUSINESS) };
    let tenant = stack.add_tenant(&quiet).await?;
    let customers: Vec<Customer> = stream::iter((0..CUSTOMERS).map(|n| writes(stack, n)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    round(stack, &tenant, &customers, 1, 0).await?;
    let began = Stopwatch::start();
    round(stack, &tenant, &customers, MESSAGES, 1).await?;
    let took = began.elapsed().as_secs_f64();
    let count = u32::try_from(CUSTOMERS * MESSAGES).unwrap_or(u32::MAX);
    let note = format!(
        "{count} quick replies to {CUSTOMERS} customers, {AT_ONCE} requests at once, from the first \
         POST /v1/messages to the last phone; {CEILING}"
    );
    report.figure("stack.relay_rps", f64::from(count) / took, "1/s", note);
    Ok(())
}

async fn writes(stack: &Stack, number: usize) -> Fallible<Customer> {
    let name = format!("outbound-{number}");
    customer::who_has_written(stack, &name, BUSINESS, PATIENCE_MS).await
}

/// So many messages to each customer, and all of them on the phones.
async fn round(
    stack: &Stack,
    tenant: &Tenant,
    customers: &[Customer],
    messages: usize,
    before: usize,
) -> Fallible<()> {
    let api = stack.api(&tenant.api_key);
    let numbers = before..before + messages;
    let sends = numbers.flat_map(|number| customers.iter().map(move |to| (number, to)));
    stream::iter(sends.map(|(number, customer)| post(&api, customer, number)))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let wanted = customers.len() * (before + messages);
    let shown = TranscriptFilter {
        business_id: Some(BUSINESS.to_owned()),
        direction: Some(Direction::FromBusiness),
        state: Some(EntryState::Shown),
        wait: PATIENCE_MS,
        at_least: Some(wanted),
        ..TranscriptFilter::default()
    };
    let shown = stack.simulator().transcript(&shown).await?.len();
    if shown < wanted { Err(format!("{shown} of {wanted} were shown").into()) } else { Ok(()) }
}

async fn post(api: &Api, customer: &Customer, number: usize) -> Fallible<()> {
    let message = json!({
        "from": BUSINESS,
        "to": customer.opaque_id,
        "type": "quickReply",
        "content": {
            "summaryText": format!("Question {number}: shall we deliver on Thursday?"),
            "items": [{"title": "Yes"}, {"title": "No"}, {"title": "Another day"}],
        },
    });
    let key = format!("{}-{number}", customer.name);
    let headers = [("idempotency-key", key.as_str())];
    let answer = api.call(Method::POST, "/v1/messages", &headers, Some(&message)).await?;
    if answer.status == 202 {
        Ok(())
    } else {
        Err(format!("a message was answered with {}: {}", answer.status, answer.body).into())
    }
}

//! Sheets on a phone, paid one after the other: what our part of each callback takes. The provider is
//! the simulator's; its time is not ours, and `x-amb-overhead-ms` leaves it out.

use std::{path::PathBuf, time::Duration};

use amb_local::{Merchant, NewTenant, Options, Stack, Tenant};
use amb_simulator::model::{
    Choices, Customer, Direction, EntryState, Sheet, SheetCall, SheetState, TranscriptFilter,
    Tricks,
};
use http::Method;
use serde_json::json;

use super::Fallible;
use crate::{
    clock::{median, millis, percentile},
    customer,
    report::Report,
    stack::CEILING,
};

/// A business whose sample does not answer.
const BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000005";
const NAME: &str = "payments";
const FUNCTION: &str = "apple-pay";
/// Payments before the numbers count, and those that do.
const WARM_UP: usize = 8;
const PAID: usize = 120;
/// Bubbles that wait on the phone: sessions do not last long.
const BATCH: usize = 8;
/// How long anything may take, in milliseconds.
const PATIENCE_MS: u64 = 60_000;
const P50_GOAL_MS: f64 = 25.0;
const P99_GOAL_MS: f64 = 80.0;
const UPDATE_GOAL_MS: f64 = 150.0;

/// Starts a stack, measures, ends it.
pub(super) fn measure(report: &mut Report) -> Fallible<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = Options { folder: PathBuf::from("bench/payments"), ..Options::default() };
        let stack = Stack::start(options).await?;
        let outcome = paid(&stack, report).await;
        stack.shutdown().await;
        outcome
    })
}

/// What callbacks of one kind took, in milliseconds.
#[derive(Debug, Default)]
struct Took {
    /// Of us, as the answers say.
    ours: Vec<f64>,
    /// Of the phone's time.
    phones: Vec<f64>,
}

impl Took {
    fn add(&mut self, call: &SheetCall) -> Fallible<()> {
        let Some(ours) = call.overhead_ms else {
            let (step, status) = (&call.step, call.status);
            return Err(format!("{step} was answered with {status:?} and no overhead").into());
        };
        let float = |ms: u64| f64::from(u32::try_from(ms).unwrap_or(u32::MAX));
        self.ours.push(float(ours));
        self.phones.push(float(call.took_ms));
        Ok(())
    }

    fn phones(&mut self) -> String {
        let (p50, p99) = (median(&mut self.phones), percentile(&mut self.phones, 99));
        format!("{p50:.0} and {p99:.0} at p50 and p99 for the phone")
    }
}

async fn paid(stack: &Stack, report: &mut Report) -> Fallible<()> {
    let quiet = NewTenant { echo: false, ..NewTenant::new(NAME, BUSINESS) };
    let tenant = stack.add_tenant(&quiet).await?;
    stack.take_payments(&tenant, &Merchant::of(&tenant)).await?;
    let customer = customer::who_has_written(stack, NAME, BUSINESS, PATIENCE_MS).await?;
    for number in 0..WARM_UP {
        let messages = ask(stack, &tenant, &customer, number, 1).await?;
        pay(stack, &customer, &messages).await?;
    }

    let (mut gateway, mut updates) = (Took::default(), Took::default());
    let (mut asked, mut cpu) = (WARM_UP, Duration::ZERO);
    while asked < WARM_UP + PAID {
        let messages = ask(stack, &tenant, &customer, asked, BATCH).await?;
        asked += messages.len();
        let before = processor_time(stack)?;
        let sheets = pay(stack, &customer, &messages).await?;
        cpu += processor_time(stack)?.saturating_sub(before);
        for call in sheets.iter().flat_map(|sheet| &sheet.calls) {
            match call.step.as_str() {
                "paymentGateway" => gateway.add(call)?,
                "orderTracking" => {}
                _ => updates.add(call)?,
            }
        }
    }
    tell(&mut gateway, &mut updates, cpu, report);
    Ok(())
}

fn tell(gateway: &mut Took, updates: &mut Took, cpu: Duration, report: &mut Report) {
    let count = gateway.ours.len();
    let note = format!(
        "the answer's x-amb-overhead-ms, {count} payments by Stripe one after the other; {}; {CEILING}",
        gateway.phones()
    );
    let (p50, p99) = (median(&mut gateway.ours), percentile(&mut gateway.ours, 99));
    let key = |name: &str| format!("payments.{name}");
    report.at_most(key("gateway_overhead_ms_p50"), p50, "ms", P50_GOAL_MS, note.as_str());
    report.at_most(key("gateway_overhead_ms_p99"), p99, "ms", P99_GOAL_MS, note);

    let callbacks = count + updates.ours.len();
    let each = millis(cpu) / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let note = format!(
        "of {FUNCTION} for each payment: {callbacks} callbacks for {count}, and order tracking"
    );
    report.figure(key("cpu_ms"), each, "ms", note);

    let count = updates.ours.len();
    let note = format!(
        "{count} updates of card, address and way of delivery, static prices; {}; {CEILING}",
        updates.phones()
    );
    let (p50, p99) = (median(&mut updates.ours), percentile(&mut updates.ours, 99));
    report.figure(key("update_overhead_ms_p50"), p50, "ms", note.as_str());
    report.at_most(key("update_overhead_ms_p99"), p99, "ms", UPDATE_GOAL_MS, note);
}

/// Asks for so many payments; gives the messages' ids once all are on the phone.
async fn ask(
    stack: &Stack,
    tenant: &Tenant,
    customer: &Customer,
    from: usize,
    count: usize,
) -> Fallible<Vec<String>> {
    let api = stack.api(&tenant.api_key);
    let mut messages = Vec::with_capacity(count);
    for number in from..from + count {
        let body = json!({"from": BUSINESS, "to": customer.opaque_id, "content": request(number)});
        let key = format!("order-{number}");
        let headers = [("idempotency-key", key.as_str())];
        let answer = api.call(Method::POST, "/v1/payments", &headers, Some(&body)).await?;
        match answer.body.pointer("/messageId").and_then(serde_json::Value::as_str) {
            Some(message) if answer.status == 202 => messages.push(message.to_owned()),
            _ => {
                let (status, body) = (answer.status, answer.body);
                return Err(format!("a payment was answered with {status}: {body}").into());
            }
        }
    }
    for message in &messages {
        let shown = TranscriptFilter {
            id: Some(message.clone()),
            direction: Some(Direction::FromBusiness),
            state: Some(EntryState::Shown),
            wait: PATIENCE_MS,
            ..TranscriptFilter::default()
        };
        let shown = stack.simulator().transcript(&shown).await?;
        shown.first().ok_or("a payment request does not come to the phone")?;
    }
    Ok(messages)
}

fn request(number: usize) -> serde_json::Value {
    json!({
        "currencyCode": "USD",
        "reference": format!("order-{number}"),
        "lineItems": [
            {"label": "Armchair", "amount": "59.00"},
            {"label": "Cushion", "amount": "9.99"},
        ],
        "shippingMethods": [
            {"identifier": "post", "label": "By post", "detail": "In a week", "amount": "0.00"},
            {"identifier": "van", "label": "By van", "detail": "Tomorrow", "amount": "5.00"},
        ],
        "requiredShippingContactFields": ["name", "post"],
        "pricing": {"by": "static", "taxes": [
            {"country": "US", "region": "CA", "label": "Sales tax", "percent": "8.625"},
        ]},
    })
}

/// Pays them: the sheet is opened, another way of delivery is chosen, and a card.
async fn pay(stack: &Stack, customer: &Customer, messages: &[String]) -> Fallible<Vec<Sheet>> {
    let simulator = stack.simulator();
    let mut sheets = Vec::with_capacity(messages.len());
    for message in messages {
        let sheet = simulator.open_sheet(&customer.name, message).await?;
        let by_van = Choices { shipping_method: Some("van".to_owned()), ..Choices::default() };
        let sheet = simulator.choose(&sheet, &by_van).await?;
        let sheet = simulator.authorize(&sheet, &Tricks::default()).await?;
        if sheet.state != SheetState::Paid {
            let (state, errors) = (sheet.state, &sheet.errors);
            return Err(format!(
                "a payment is {state:?} {errors:?}: does {FUNCTION} believe the simulator's tokens?"
            )
            .into());
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Processor time of the function so far.
fn processor_time(stack: &Stack) -> Fallible<Duration> {
    let mut all = Duration::ZERO;
    for process in stack.processes(FUNCTION) {
        let time = process.cpu_time()?;
        all += time.user + time.system;
    }
    Ok(all)
}

//! Messages in both directions through the deployed template on the local stack. The emulator answers
//! for AWS, in Python and on the same processors, so these numbers are its ceiling and not the
//! product's: they are for comparing one build with the next.

use std::{error::Error, path::PathBuf};

use amb_lambda::adapter::System;
use amb_local::{NewTenant, Options, Stack};
use amb_protocol::{id::MspId, jwt::ApiSecret};
use amb_service::port::Clock;
use amb_simulator::model::{Direction, EntryState, Send, TranscriptFilter};
use futures_util::{StreamExt, stream};

use crate::{
    clock::{Stopwatch, median, millis, percentile},
    message::{Webhook, authorization},
    outbound,
    report::Report,
};

/// A business whose sample does not answer: the load is webhooks only.
const QUIET_BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000002";
/// Webhooks in flight.
const AT_ONCE: usize = 8;
/// Webhooks before the clock starts, and while it runs.
const WARM_UP: u32 = 16;
const WEBHOOKS: u32 = 240;
/// Texts that the echo bot answers, one after the other, after two that find functions cold.
const EXCHANGES: usize = 10;
const COLD_EXCHANGES: usize = 2;
/// How long an exchange may take, in milliseconds.
const PATIENCE_MS: u64 = 30_000;
/// What every line says.
pub(crate) const CEILING: &str = "the emulator is the ceiling";

/// Starts the stack, measures, ends it.
pub(crate) fn measure(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = Options { folder: PathBuf::from("bench/stack"), ..Options::default() };
        let stack = Stack::start(options).await?;
        let measured = async {
            conversation(&stack, report).await?;
            load(&stack, report).await?;
            outbound::relay(&stack, report).await
        };
        let outcome = measured.await;
        stack.shutdown().await;
        outcome
    })
}

/// From the customer's text to the bot's answer on the phone.
async fn conversation(stack: &Stack, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (simulator, customer) = (stack.simulator(), &stack.customer.name);
    let mut took = Vec::new();
    for number in 0..COLD_EXCHANGES + EXCHANGES {
        let text = format!("Is number {number} still to be had?");
        let text = Send::text(&text).to(&stack.demo.business_id).wait(PATIENCE_MS);
        let sent = simulator.send(customer, &Send { typing_first: Some(false), ..text }).await?;
        let shown = TranscriptFilter {
            customer: Some(customer.clone()),
            direction: Some(Direction::FromBusiness),
            state: Some(EntryState::Shown),
            after: sent.seq,
            wait: PATIENCE_MS,
            ..TranscriptFilter::default()
        };
        let answer = simulator.transcript(&shown).await?.pop().ok_or("the phone shows nothing")?;
        let (began, ended) = (sent.hops.customer_sent, answer.hops.shown_on_phone);
        let began = began.ok_or("the text was not sent")?;
        let milliseconds = ended.unwrap_or(began).saturating_sub(began);
        took.push(f64::from(u32::try_from(milliseconds).unwrap_or(u32::MAX)));
    }
    let mut warm = took.split_off(COLD_EXCHANGES);
    let worst = percentile(&mut warm, 100);
    let note = format!(
        "customer's text to the bot's answer on the phone, {EXCHANGES} times, worst {worst:.0}, \
         functions cold {:.0}; {CEILING}",
        percentile(&mut took, 100)
    );
    report.figure("stack.end_to_end_p50_ms", median(&mut warm), "ms", note);
    Ok(())
}

/// Many customers' texts at once, each a new one.
async fn load(stack: &Stack, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let quiet = NewTenant { echo: false, ..NewTenant::new("quiet", QUIET_BUSINESS) };
    stack.add_tenant(&quiet).await?;
    let msp = MspId::parse(&stack.file.msp_id)?;
    let key = ApiSecret::from_base64(&stack.file.apple_secret)?;
    let authorization = authorization(&msp, &key, System.now().as_second())?;
    let webhooks = |from: u32, count: u32| {
        let posts = (from..from + count).map(|number| post(stack, &authorization, number));
        stream::iter(posts).buffer_unordered(AT_ONCE).collect::<Vec<_>>()
    };
    webhooks(0, WARM_UP).await;
    let began = Stopwatch::start();
    let answers = webhooks(WARM_UP, WEBHOOKS).await;
    let took = began.elapsed();

    let mut latencies = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let rate = f64::from(WEBHOOKS) / took.as_secs_f64();
    let note = format!("{WEBHOOKS} webhooks, {AT_ONCE} at once, each a new message; {CEILING}");
    report.figure("stack.webhook_rps", rate, "1/s", note);
    let note = format!("POST /message to 200 while {AT_ONCE} are in flight; {CEILING}");
    report.figure("stack.webhook_p50_ms", median(&mut latencies), "ms", note.as_str());
    report.figure("stack.webhook_p99_ms", percentile(&mut latencies, 99), "ms", note);
    Ok(())
}

/// One webhook: its latency in milliseconds.
async fn post(stack: &Stack, authorization: &str, number: u32) -> Result<f64, Box<dyn Error>> {
    let webhook = Webhook::new(number, QUIET_BUSINESS);
    let mut request = stack.http().post(format!("{}/message", stack.file.api_url));
    for (name, value) in webhook.headers(authorization) {
        request = request.header(name, value);
    }
    let began = Stopwatch::start();
    let status = request.body(webhook.body).send().await?.status();
    if status.as_u16() != 200 {
        return Err(format!("a webhook was answered with {status}").into());
    }
    Ok(millis(began.elapsed()))
}

//! What an inbound text to one endpoint costs at AWS's list prices (us-east-1, arm64), from the calls
//! that the product really makes: each use case runs on its real adapters, and every call is counted.

use std::error::Error;

use crate::{
    aws::{Aws, Tally},
    journey::{Counted, Journey, seed},
    message::Webhook,
    report::Report,
};

/// Dollars per million (spec/reliability §5.5).
const GOAL: f64 = 12.0;
const HTTP_API: f64 = 1.00;
const INVOCATION: f64 = 0.20;
const WRITE_UNIT: f64 = 0.625;
const READ_UNIT: f64 = 0.125;
/// A call to a fair standard queue.
const QUEUE_CALL: f64 = 0.50;
/// Dollars per GB-second, GB of logs, GB of egress; 1 KB a message is 1 GB a million.
const GB_SECOND: f64 = 0.000_013_333_4;
const LOG_GB: f64 = 0.50;
const EGRESS_GB: f64 = 0.09;

/// What cannot be counted here and is assumed: events in a batch of `event-dispatch` and
/// `webhook-delivery`, …
const BATCH: f64 = 10.0;
/// … milliseconds billed per message of each function, all of them waiting (spec/style §5.11), …
const MILLISECONDS: [f64; 3] = [12.0, 25.0, 60.0];
const MEMORY_GB: f64 = 0.25;
/// … and KB logged: one line of ours per stage, API Gateway's, Lambda's own two per invocation.
const LOG_KB: f64 = 3.0 * 0.52 + 0.4 + 0.8 * (1.0 + 2.0 / BATCH);

/// Counts the calls of one message and prices them.
pub(crate) fn measure(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let aws = Aws::start()?;
    seed(&aws.url())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let counted = runtime.block_on(async {
        let journey = Journey::new(&aws)?;
        // The second message finds caches filled and the conversation open, as most do.
        journey.pass(&aws, &Webhook::numbered(1)).await?;
        journey.pass(&aws, &Webhook::numbered(2)).await
    })?;
    let stages = &counted.stages;
    let webhook_kb = number(counted.webhook_bytes) / 1000.0;
    let [receive, dispatch, deliver] = stages;
    let sum = |part: fn(&Tally) -> usize| number(stages.iter().map(part).sum());
    let (wru, rru) = (sum(|tally| tally.write_units), sum(|tally| tally.read_units));
    // `event-dispatch` gathers what a batch owes; receiving and deleting go in batches as well.
    let sends = sum(|tally| {
        let sends = tally.calls.iter().filter(|(operation, _)| operation.starts_with("SendMess"));
        sends.map(|(_, count)| count).sum()
    });
    let queue_calls = (sends + 2.0) / BATCH;

    let invocations = INVOCATION * (1.0 + 2.0 / BATCH);
    let seconds = MILLISECONDS.iter().sum::<f64>() / 1000.0;
    let compute = 1e6 * seconds * MEMORY_GB * GB_SECOND;
    let database = wru * WRITE_UNIT + rru * READ_UNIT;
    let queues = queue_calls * QUEUE_CALL;
    let traffic = LOG_KB * LOG_GB + webhook_kb * EGRESS_GB;
    let price = HTTP_API + invocations + compute + database + queues + traffic;
    let note = format!(
        "API {HTTP_API:.2} + Lambda {:.2} + DynamoDB {database:.2} + SQS {queues:.2} + logs and \
         egress {traffic:.2}; batches of 10",
        invocations + compute
    );
    report.at_most("price.inbound_usd_per_million", price, "USD", GOAL, note);
    let units = |tally: &Tally| tally.write_units;
    let note = format!(
        "write units: receive {} + dispatch {} + deliver {}",
        units(receive),
        units(dispatch),
        units(deliver)
    );
    report.figure("price.inbound_wru", wru, "WRU", note);
    report.figure("price.inbound_rru", rru, "RRU", "read units, every read consistent");
    let calls = sum(|tally| tally.calls.values().sum());
    report.figure("price.inbound_aws_calls", calls, "calls", calls_of(&counted));
    Ok(())
}

fn calls_of(counted: &Counted) -> String {
    let stages =
        counted.stages.iter().zip(["receive", "dispatch", "deliver"]).map(|(tally, name)| {
            let calls = tally.calls.iter().map(|(operation, count)| format!("{count} {operation}"));
            format!("{name}: {}", calls.collect::<Vec<_>>().join(", "))
        });
    stages.collect::<Vec<_>>().join("; ")
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

//! `payment-settle`: the settlements queue, a few payments at a time.
//!
//! A payment that a person has to look at writes a line of its own, whose outcome is `void_stuck`,
//! `ack_mismatch` or `change_failed`: alarms are set on these.

use amb_lambda::{
    batch::{Batch, Outcome},
    deadline::{BATCH_RESERVE, Deadline},
    telemetry::{LogHash, stage},
};
use amb_service::{
    model::{Concern, PaymentPointer},
    payment::settle::{Settle, SettleTables, Settled},
    port::{Clock, DeliveryQueue, Entropy, Psp, SettlementQueue},
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::LambdaEvent;
use std::time::Duration;

/// What is kept of the function's time for writing down what a provider answered, and for telling.
const WRITE_RESERVE: Duration = Duration::from_secs(6);
/// How long a provider is waited for. Its answer can be had the next time as well.
const PROVIDER: SignedDuration = SignedDuration::from_secs(12);

/// Works through one batch of the queue.
pub async fn settle_batch<S, Q, P, C>(
    settle: &Settle<S, Q, P, C>,
    log: &LogHash,
    clock: &C,
    event: LambdaEvent<SqsEvent>,
) -> SqsBatchResponse
where
    S: SettleTables,
    Q: SettlementQueue + DeliveryQueue,
    P: Psp,
    C: Clock + Entropy + Clone,
{
    let deadline = Deadline::of(&event.context, WRITE_RESERVE);
    let batch = Batch::new(clock.clone(), Deadline::of(&event.context, BATCH_RESERVE));
    batch.queue(event.payload, |message| one(settle, log, clock, deadline.moment(), message)).await
}

async fn one<S, Q, P, C>(
    settle: &Settle<S, Q, P, C>,
    log: &LogHash,
    clock: &C,
    deadline: Timestamp,
    message: SqsMessage,
) -> Outcome
where
    S: SettleTables,
    Q: SettlementQueue + DeliveryQueue,
    P: Psp,
    C: Clock + Entropy,
{
    let began = clock.now();
    let body = message.body.unwrap_or_default();
    let Ok(pointer) = serde_json::from_str::<PaymentPointer>(&body) else {
        // It goes to the dead-letter queue; what it was about is still due in its row.
        stage("settle").outcome("unreadable").emit();
        return Outcome::Again;
    };
    if began >= deadline {
        return Outcome::Again;
    }
    let payment = log.of(pointer.tenant.as_str(), pointer.payment.as_str());
    let line = || stage("settle").tenant(&pointer.tenant).id("payment", &payment);
    let settled = settle.settle(&pointer, deadline.min(began + PROVIDER)).await;
    let took = began.duration_until(clock.now()).unsigned_abs();
    match settled {
        Ok(Settled::Nothing) => line().outcome("nothing").took(took).emit(),
        Ok(Settled::Looked { state, concern, again }) => {
            if let Some(concern) = concern {
                line().outcome(word(concern)).emit();
            }
            let outcome = if again.is_some() { "again" } else { "settled" };
            line().outcome(outcome).word("state", state.as_str()).took(took).emit();
        }
        Err(error) => {
            line().outcome("failed").took(took).error(&error).emit();
            return Outcome::Again;
        }
    }
    Outcome::Done
}

fn word(concern: Concern) -> &'static str {
    match concern {
        Concern::VoidStuck => "void_stuck",
        Concern::AckMismatch => "ack_mismatch",
        Concern::ChangeFailed => "change_failed",
    }
}

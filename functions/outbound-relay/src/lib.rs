//! `outbound-relay`: the outbound queue, one conversation's messages in order.
//!
//! A message that has to be tried again is made visible after its pause; until then its group waits.

mod payments;

pub use payments::opening;

use amb_aws::Queues;
use amb_lambda::{
    batch::{Batch, Outcome},
    deadline::{BATCH_RESERVE, Deadline},
    telemetry::{LogHash, stage},
};
use amb_service::{
    model::OutboundPointer,
    payment::opening::OpensPayments,
    port::{AppleSecrets, Clock, DeliveryQueue, Entropy, Files, Gateway, PayloadQueue, Web},
    relay::{Relay, RelayError, RelayTables, Relayed},
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::LambdaEvent;
use std::time::Duration;

/// A message whose conversation did not hold still comes back after this.
const SOON: Duration = Duration::from_secs(1);

/// Works through one batch of the queue.
pub async fn relay_batch<S, Q, G, K, F, W, C, O>(
    relay: &Relay<S, Q, G, K, F, W, C, O>,
    queues: &Queues,
    log: &LogHash,
    clock: &C,
    event: LambdaEvent<SqsEvent>,
) -> SqsBatchResponse
where
    S: RelayTables,
    Q: DeliveryQueue + PayloadQueue,
    G: Gateway,
    K: AppleSecrets,
    F: Files,
    W: Web,
    C: Clock + Entropy + Clone,
    O: OpensPayments,
{
    let deadline = Deadline::of(&event.context, BATCH_RESERVE);
    let batch = Batch::new(clock.clone(), deadline);
    batch.fifo_queue(event.payload, |message| one(relay, queues, log, clock, message)).await
}

async fn one<S, Q, G, K, F, W, C, O>(
    relay: &Relay<S, Q, G, K, F, W, C, O>,
    queues: &Queues,
    log: &LogHash,
    clock: &C,
    message: SqsMessage,
) -> Outcome
where
    S: RelayTables,
    Q: DeliveryQueue + PayloadQueue,
    G: Gateway,
    K: AppleSecrets,
    F: Files,
    W: Web,
    C: Clock + Entropy + Clone,
    O: OpensPayments,
{
    let began = clock.now();
    let body = message.body.unwrap_or_default();
    let Ok(pointer) = serde_json::from_str::<OutboundPointer>(&body) else {
        stage("relay").outcome("unreadable").emit();
        return Outcome::Again;
    };
    let relayed = relay.relay(&pointer).await;
    let tenant = pointer.tenant.as_str();
    let line = stage("relay")
        .took(began.duration_until(clock.now()).unsigned_abs())
        .tenant(&pointer.tenant)
        .conversation(&log.of(tenant, pointer.conversation.as_str()))
        .message(&log.of(tenant, &pointer.message.to_string()));
    match relayed {
        Ok(Relayed::Finished) => {
            line.outcome("finished").emit();
            Outcome::Done
        }
        Ok(Relayed::Again(pause)) => {
            line.outcome("again").emit();
            let handle = message.receipt_handle.unwrap_or_default();
            if let Err(error) = queues.hold_back_outbound(&handle, pause).await {
                // It becomes visible by itself, only later.
                stage("relay").outcome("not_released").error(&error).emit();
            }
            Outcome::Again
        }
        Err(error) => {
            line.outcome("failed").error(&error).emit();
            if matches!(error, RelayError::Contended) {
                // Apple has the message; only its end is still to be written. The lane must not wait
                // for the queue's own time for that.
                let handle = message.receipt_handle.unwrap_or_default();
                if let Err(error) = queues.hold_back_outbound(&handle, SOON).await {
                    stage("relay").outcome("not_released").error(&error).emit();
                }
            }
            Outcome::Again
        }
    }
}

//! `webhook-delivery`: the deliveries queue, message by message.

use amb_lambda::{
    batch::{Batch, Outcome},
    deadline::{BATCH_RESERVE, Deadline},
    telemetry::{LogHash, Stage, stage},
};
use amb_service::{
    deliver::{Deliver, Delivered},
    model::DeliveryPointer,
    port::{
        Clock, Conversations, Deliveries, DeliveryQueue, EndpointDirectory, EndpointHealth,
        Entropy, InboxReader, Timeline, Webhooks,
    },
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::LambdaEvent;

/// Works through one batch of the queue.
pub async fn deliver_batch<S, Q, W, C>(
    deliver: &Deliver<S, Q, W, C>,
    log: &LogHash,
    clock: &C,
    event: LambdaEvent<SqsEvent>,
) -> SqsBatchResponse
where
    S: Deliveries + Timeline + EndpointDirectory + EndpointHealth + InboxReader + Conversations,
    Q: DeliveryQueue,
    W: Webhooks,
    C: Clock + Entropy + Clone,
{
    let deadline = Deadline::of(&event.context, BATCH_RESERVE);
    let batch = Batch::new(clock.clone(), deadline);
    batch.queue(event.payload, |message| one(deliver, log, clock, deadline, message)).await
}

async fn one<S, Q, W, C>(
    deliver: &Deliver<S, Q, W, C>,
    log: &LogHash,
    clock: &C,
    deadline: Deadline,
    message: SqsMessage,
) -> Outcome
where
    S: Deliveries + Timeline + EndpointDirectory + EndpointHealth + InboxReader + Conversations,
    Q: DeliveryQueue,
    W: Webhooks,
    C: Clock + Entropy,
{
    let began = clock.now();
    let body = message.body.unwrap_or_default();
    let Ok(pointer) = serde_json::from_str::<DeliveryPointer>(&body) else {
        // It goes to the dead-letter queue; what it was about is still due in its row.
        stage("deliver").outcome("unreadable").emit();
        return Outcome::Again;
    };
    let delivered = deliver.deliver(&pointer, deadline.remaining(began)).await;
    let line = about(stage("deliver"), log, &pointer)
        .took(began.duration_until(clock.now()).unsigned_abs());
    match delivered {
        Ok(delivered) => {
            line.outcome(word(&delivered)).emit();
            Outcome::Done
        }
        Err(error) => {
            line.outcome("failed").error(&error).emit();
            Outcome::Again
        }
    }
}

fn about(line: Stage, log: &LogHash, pointer: &DeliveryPointer) -> Stage {
    let tenant = pointer.tenant();
    let (endpoint, stream) = match pointer {
        DeliveryPointer::Stored(key) => (&key.endpoint, key.stream.as_str()),
        DeliveryPointer::Typing { inbox, endpoint } => (endpoint, inbox.conversation.as_str()),
    };
    line.tenant(tenant).endpoint(endpoint).conversation(&log.of(tenant.as_str(), stream))
}

fn word(delivered: &Delivered) -> &'static str {
    match delivered {
        Delivered::Delivered => "delivered",
        Delivered::Retrying(_) => "retrying",
        Delivered::Parked => "parked",
        Delivered::Disabled => "disabled",
        Delivered::Waiting => "waiting",
        Delivered::Nothing => "nothing",
    }
}

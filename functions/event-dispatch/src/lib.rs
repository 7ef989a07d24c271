//! `event-dispatch`: the inbox's stream, record by record.
//!
//! Records of one conversation are taken in order; one that fails holds back the rest of its own
//! conversation only, and comes again.

use amb_aws::stream;
use amb_lambda::{
    batch::{Batch, Outcome},
    deadline::{BATCH_RESERVE, Deadline},
    telemetry::{LogHash, stage},
};
use amb_service::{
    dispatch::{Dispatch, Dispatched, Gathered},
    port::{
        Businesses, Clock, Conversations, DeliveryQueue, EndpointDirectory, InboxReader, Outbox,
        PayloadQueue, Payments, SettlementQueue,
    },
};
use aws_lambda_events::{
    dynamodb::{Event, EventRecord},
    streams::DynamoDbEventResponse,
};
use lambda_runtime::LambdaEvent;

/// Works through one batch of the stream; what it owes is enqueued at its end.
pub async fn dispatch_batch<S, Q, C>(
    dispatch: &Dispatch<S, &Gathered<Q>, C>,
    queue: &Gathered<Q>,
    reader: &impl InboxReader,
    log: &LogHash,
    clock: &C,
    event: LambdaEvent<Event>,
) -> DynamoDbEventResponse
where
    S: Conversations + EndpointDirectory + Businesses + Outbox + Payments,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    C: Clock + Clone,
{
    let deadline = Deadline::of(&event.context, BATCH_RESERVE);
    let batch = Batch::new(clock.clone(), deadline);
    let response =
        batch.stream(event.payload, |record| one(dispatch, reader, log, clock, record)).await;
    queue.flush().await;
    response
}

async fn one<S, Q, C>(
    dispatch: &Dispatch<S, Q, C>,
    reader: &impl InboxReader,
    log: &LogHash,
    clock: &C,
    record: EventRecord,
) -> Outcome
where
    S: Conversations + EndpointDirectory + Businesses + Outbox + Payments,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    C: Clock,
{
    let began = clock.now();
    let message = match stream::message(record.change.new_image, reader).await {
        Ok(Some(message)) => message,
        // A continuation of a large body, or an expiry: nothing to dispatch.
        Ok(None) => return Outcome::Done,
        Err(error) => {
            stage("dispatch").outcome("unreadable").error(&error).emit();
            return Outcome::Again;
        }
    };
    let pointer = &message.pointer;
    let dispatched = dispatch.dispatch(&message).await;
    let tenant = pointer.tenant.as_str();
    let line = stage("dispatch")
        .took(began.duration_until(clock.now()).unsigned_abs())
        .tenant(&pointer.tenant)
        .conversation(&log.of(tenant, pointer.conversation.as_str()))
        .message(&log.of(tenant, &message.id.to_string()));
    match dispatched {
        Ok(dispatched) => {
            line.outcome(word(dispatched)).emit();
            Outcome::Done
        }
        Err(error) => {
            line.outcome("failed").error(&error).emit();
            Outcome::Again
        }
    }
}

fn word(dispatched: Dispatched) -> &'static str {
    match dispatched {
        Dispatched::Placed => "placed",
        Dispatched::AlreadyPlaced => "already_placed",
        Dispatched::PassedOn => "passed_on",
    }
}

//! `payload-fetch`: the payloads queue, one file or large answer at a time.

mod content;

pub use content::apple_content;

use amb_lambda::{
    batch::{Batch, Outcome},
    deadline::{BATCH_RESERVE, Deadline, TRANSFER_RESERVE},
    telemetry::{LogHash, Stage, stage},
};
use amb_service::{
    model::{PayloadPlace, PayloadPointer},
    payload::{Fetch, FetchTables, Fetched},
    port::{
        AppleSecrets, Clock, ContentStore, DeliveryQueue, Entropy, Files, LargeFiles, PayloadQueue,
        SettlementQueue, WebFiles,
    },
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::LambdaEvent;

/// Works through one batch of the queue, which holds one message.
pub async fn fetch_batch<S, Q, A, K, F, W, C>(
    fetch: &Fetch<S, Q, A, K, F, W, C>,
    log: &LogHash,
    clock: &C,
    event: LambdaEvent<SqsEvent>,
) -> SqsBatchResponse
where
    S: FetchTables,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    W: WebFiles,
    C: Clock + Entropy + Clone + 'static,
{
    let deadline = Deadline::of(&event.context, TRANSFER_RESERVE);
    let batch = Batch::new(clock.clone(), Deadline::of(&event.context, BATCH_RESERVE));
    batch.queue(event.payload, |message| one(fetch, log, clock, deadline, message)).await
}

async fn one<S, Q, A, K, F, W, C>(
    fetch: &Fetch<S, Q, A, K, F, W, C>,
    log: &LogHash,
    clock: &C,
    deadline: Deadline,
    message: SqsMessage,
) -> Outcome
where
    S: FetchTables,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    W: WebFiles,
    C: Clock + Entropy + Clone + 'static,
{
    let began = clock.now();
    let body = message.body.unwrap_or_default();
    let Ok(pointer) = serde_json::from_str::<PayloadPointer>(&body) else {
        // It goes to the dead-letter queue; what it was about is still due in its row.
        stage("fetch").outcome("unreadable").emit();
        return Outcome::Again;
    };
    let fetched = fetch.fetch(&pointer, deadline.moment()).await;
    let line =
        about(stage("fetch"), log, &pointer).took(began.duration_until(clock.now()).unsigned_abs());
    match fetched {
        Ok(fetched) => {
            line.outcome(word(&fetched)).emit();
            Outcome::Done
        }
        Err(error) => {
            line.outcome("failed").error(&error).emit();
            Outcome::Again
        }
    }
}

fn about(line: Stage, log: &LogHash, pointer: &PayloadPointer) -> Stage {
    let tenant = pointer.tenant.as_str();
    let line = line.tenant(&pointer.tenant);
    let (conversation, message) = match &pointer.place {
        PayloadPlace::Reply { conversation, message }
        | PayloadPlace::File { conversation, message, .. } => (conversation, message),
        PayloadPlace::Attachment(id) => (&id.conversation, &id.message),
        PayloadPlace::Download(_) => return line,
    };
    line.conversation(&log.of(tenant, conversation.as_str()))
        .message(&log.of(tenant, &message.to_string()))
}

fn word(fetched: &Fetched) -> &'static str {
    match fetched {
        Fetched::Finished => "finished",
        Fetched::Again(_) => "again",
        Fetched::Nothing => "nothing",
    }
}

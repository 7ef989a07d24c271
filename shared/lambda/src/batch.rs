//! Records of queues and streams, each with its own outcome.
//!
//! A batch fails record by record, never as a whole: a record that panics, fails or does not get its
//! turn before the deadline is reported, and only it comes again. Records in one *lane* are taken in
//! order and one at a time; when one fails, the rest of its lane waits for the next delivery. Lanes
//! run beside each other.

use std::{collections::BTreeMap, future::Future, panic::AssertUnwindSafe};

use amb_service::port::Clock;
use aws_lambda_events::{
    dynamodb::{Event as DynamoDbEvent, EventRecord},
    sqs::{SqsBatchResponse, SqsEvent, SqsMessage},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{Either, select},
    stream,
};

use crate::deadline::Deadline;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is finished with, whatever the result was.
    Done,
    /// It has to come again.
    Again,
}

/// Works through a batch until a deadline.
#[derive(Debug)]
pub struct Batch<C> {
    clock: C,
    deadline: Deadline,
    beside: usize,
}

impl<C: Clock> Batch<C> {
    /// Takes no new record after the deadline, and drops what still runs then.
    pub fn new(clock: C, deadline: Deadline) -> Self {
        Self { clock, deadline, beside: 10 }
    }

    /// How many lanes run beside each other; 10 unless told, the size of a batch.
    #[must_use]
    pub fn beside(self, lanes: usize) -> Self {
        Self { beside: lanes.max(1), ..self }
    }

    /// A standard queue: every message is its own lane.
    pub async fn queue<F, T>(&self, event: SqsEvent, work: F) -> SqsBatchResponse
    where
        F: Fn(SqsMessage) -> T,
        T: Future<Output = Outcome>,
    {
        let lanes = event.records.into_iter().map(|message| vec![message]).collect();
        queue_response(self.run(lanes, message_id, work).await)
    }

    /// A FIFO queue: every message group is a lane.
    pub async fn fifo_queue<F, T>(&self, event: SqsEvent, work: F) -> SqsBatchResponse
    where
        F: Fn(SqsMessage) -> T,
        T: Future<Output = Outcome>,
    {
        let group = |message: &SqsMessage| message.attributes.get("MessageGroupId").cloned();
        queue_response(self.run(lanes(event.records, group), message_id, work).await)
    }

    /// A DynamoDB stream: every partition key is a lane. Lambda comes back with everything from the
    /// lowest sequence number that failed, so records of other keys after it come twice.
    pub async fn stream<F, T>(&self, event: DynamoDbEvent, work: F) -> DynamoDbEventResponse
    where
        F: Fn(EventRecord) -> T,
        T: Future<Output = Outcome>,
    {
        let key = |record: &EventRecord| {
            record.change.keys.get("pk").and_then(|pk| serde_json::to_string(pk).ok())
        };
        let place =
            |record: &EventRecord| record.change.sequence_number.clone().unwrap_or_default();
        let mut failed = self.run(lanes(event.records, key), place, work).await;
        // Sequence numbers are decimal, without leading zeros.
        failed.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        let mut response = DynamoDbEventResponse::default();
        response.batch_item_failures = failed
            .into_iter()
            .map(|place| {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(place);
                failure
            })
            .collect();
        response
    }

    /// Runs the lanes and gives the ids of the records that have to come again.
    async fn run<R, F, T>(
        &self,
        lanes: Vec<Vec<R>>,
        id: impl Fn(&R) -> String + Copy,
        work: F,
    ) -> Vec<String>
    where
        F: Fn(R) -> T,
        T: Future<Output = Outcome>,
    {
        let work = &work;
        stream::iter(lanes)
            .map(|lane| async move {
                let mut again = Vec::new();
                for record in lane {
                    let id = id(&record);
                    if !again.is_empty() || self.one(work, record).await == Outcome::Again {
                        again.push(id);
                    }
                }
                again
            })
            .buffer_unordered(self.beside)
            .concat()
            .await
    }

    async fn one<R, F, T>(&self, work: &F, record: R) -> Outcome
    where
        F: Fn(R) -> T,
        T: Future<Output = Outcome>,
    {
        let left = self.deadline.remaining(self.clock.now());
        if left.is_zero() {
            return Outcome::Again;
        }
        let working = AssertUnwindSafe(async { work(record).await }).catch_unwind();
        match select(Box::pin(working), Box::pin(self.clock.sleep(left))).await {
            Either::Left((Ok(outcome), _)) => outcome,
            // The panic hook has written where it happened.
            Either::Left((Err(_panic), _)) => Outcome::Again,
            Either::Right(((), _)) => {
                tracing::warn!("a record was still worked on at the deadline");
                Outcome::Again
            }
        }
    }
}

/// Puts records with the same key into one lane, in their order. A record without one is alone.
fn lanes<R>(records: Vec<R>, key: impl Fn(&R) -> Option<String>) -> Vec<Vec<R>> {
    let mut lanes: Vec<Vec<R>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for record in records {
        let place = match key(&record) {
            Some(key) => *places.entry(key).or_insert(lanes.len()),
            None => lanes.len(),
        };
        match lanes.get_mut(place) {
            Some(lane) => lane.push(record),
            None => lanes.push(vec![record]),
        }
    }
    lanes
}

fn message_id(message: &SqsMessage) -> String {
    message.message_id.clone().unwrap_or_default()
}

fn queue_response(again: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for id in again {
        response.add_failure(id);
    }
    response
}

#[cfg(test)]
mod tests;

//! The queues. Their messages are pointers: a body could hold characters that SQS refuses
//! (spec/reliability §2.6).

use amb_service::{
    model::{OutboundPointer, PayloadPointer, PaymentPointer, TenantId, fairness_group},
    port::{
        DeliveryQueue, OutboundQueue, PayloadQueue, PortError, QueuedDelivery, SettlementQueue,
    },
};
use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use std::{fmt, sync::Arc, time::Duration};

use crate::fault::{NotConfigured, Refused, unavailable};

/// Messages that SQS takes at once.
const BATCH: usize = 10;

/// The longest that SQS keeps a received message invisible.
const LONGEST_INVISIBLE: Duration = Duration::from_secs(43_200);

/// The longest that SQS delays a message.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// The queues. A clone is cheap and shares the client.
#[derive(Clone)]
pub struct Queues {
    client: Client,
    urls: Arc<QueueUrls>,
}

/// The queues that a function was given. A port that needs another one answers with an error that
/// names the variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueUrls {
    /// `AMB_DELIVERIES_QUEUE_URL`: standard, fair by tenant.
    pub deliveries: Option<String>,
    /// `AMB_OUTBOUND_QUEUE_URL`: FIFO, one group per conversation.
    pub outbound: Option<String>,
    /// `AMB_PAYLOADS_QUEUE_URL`: standard, fair by tenant, one message at a time.
    pub payloads: Option<String>,
    /// `AMB_SETTLEMENTS_QUEUE_URL`: standard, fair by tenant.
    pub settlements: Option<String>,
}

impl Queues {
    /// The queues behind a client.
    pub fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls: Arc::new(urls) }
    }

    /// Keeps a message that was received from the outbound queue invisible for this long from now,
    /// in whole seconds, rounded up. IAM: `ChangeMessageVisibility`.
    pub async fn hold_back_outbound(
        &self,
        receipt_handle: &str,
        pause: Duration,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "Queues::hold_back_outbound";
        let request = self
            .client
            .change_message_visibility()
            .queue_url(self.outbound_url(OPERATION)?)
            .receipt_handle(receipt_handle)
            .visibility_timeout(whole_seconds(pause.min(LONGEST_INVISIBLE)));
        request.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    fn deliveries_url(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_DELIVERIES_QUEUE_URL", self.urls.deliveries.as_deref())
    }

    fn outbound_url(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_OUTBOUND_QUEUE_URL", self.urls.outbound.as_deref())
    }

    fn payloads_url(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_PAYLOADS_QUEUE_URL", self.urls.payloads.as_deref())
    }

    fn settlements_url(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_SETTLEMENTS_QUEUE_URL", self.urls.settlements.as_deref())
    }

    /// Sends one message to a standard queue, to be received after `delay`.
    async fn send_later(
        &self,
        operation: &'static str,
        url: &str,
        tenant: &TenantId,
        body: String,
        delay: Duration,
    ) -> Result<(), PortError> {
        let request = self
            .client
            .send_message()
            .queue_url(url)
            .message_body(body)
            .message_group_id(fairness_group(tenant))
            .delay_seconds(whole_seconds(delay));
        request.send().await.map_err(unavailable(operation))?;
        Ok(())
    }
}

impl DeliveryQueue for Queues {
    async fn enqueue_deliveries(
        &self,
        deliveries: &[QueuedDelivery],
    ) -> Result<Vec<usize>, PortError> {
        const OPERATION: &str = "DeliveryQueue::enqueue_deliveries";
        let url = self.deliveries_url(OPERATION)?;
        let mut left = Vec::new();
        let mut failure = None;
        for (batch, queued) in deliveries.chunks(BATCH).enumerate() {
            let first = batch * BATCH;
            match self.send_batch(OPERATION, url, queued).await {
                Ok(refused) => left.extend(refused.into_iter().map(|index| first + index)),
                Err(error) => {
                    left.extend(first..first + queued.len());
                    failure = Some(error);
                }
            }
        }
        match failure {
            Some(error) if left.len() == deliveries.len() => Err(error),
            _ => Ok(left),
        }
    }
}

impl Queues {
    /// Sends up to ten; answers which were refused.
    async fn send_batch(
        &self,
        operation: &'static str,
        url: &str,
        queued: &[QueuedDelivery],
    ) -> Result<Vec<usize>, PortError> {
        let mut request = self.client.send_message_batch().queue_url(url);
        for (index, queued) in queued.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body(operation, &queued.pointer)?)
                .message_group_id(fairness_group(queued.pointer.tenant()))
                .delay_seconds(whole_seconds(queued.delay))
                .build()
                .map_err(|error| PortError::unavailable(operation, error))?;
            request = request.entries(entry);
        }
        let answer = request.send().await.map_err(unavailable(operation))?;
        for failed in answer.failed() {
            tracing::warn!(code = failed.code(), "SQS refused one of a batch");
        }
        answer.failed().iter().map(|failed| index(operation, failed.id())).collect()
    }
}

impl OutboundQueue for Queues {
    async fn enqueue_outbound(
        &self,
        pointer: &OutboundPointer,
        round: &str,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "OutboundQueue::enqueue_outbound";
        let request = self
            .client
            .send_message()
            .queue_url(self.outbound_url(OPERATION)?)
            .message_body(body(OPERATION, pointer)?)
            .message_group_id(pointer.conversation.group())
            .message_deduplication_id(format!("{}-{round}", pointer.message));
        request.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

impl PayloadQueue for Queues {
    async fn enqueue_payload(
        &self,
        pointer: &PayloadPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "PayloadQueue::enqueue_payload";
        let url = self.payloads_url(OPERATION)?;
        let body = body(OPERATION, pointer)?;
        self.send_later(OPERATION, url, &pointer.tenant, body, delay).await
    }
}

impl SettlementQueue for Queues {
    async fn enqueue_settlement(
        &self,
        pointer: &PaymentPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "SettlementQueue::enqueue_settlement";
        let url = self.settlements_url(OPERATION)?;
        let body = body(OPERATION, pointer)?;
        let delay = delay.min(LONGEST_DELAY);
        self.send_later(OPERATION, url, &pointer.tenant, body, delay).await
    }
}

fn body(operation: &'static str, pointer: &impl serde::Serialize) -> Result<String, PortError> {
    serde_json::to_string(pointer).map_err(|error| PortError::unreadable(operation, error))
}

fn index(operation: &'static str, id: &str) -> Result<usize, PortError> {
    let unknown = || Refused::new("SQS named a message that was not in the batch");
    id.parse().ok().ok_or_else(|| PortError::unreadable(operation, unknown()))
}

/// SQS counts in seconds. Rounded up: a message that comes early would be dropped.
fn whole_seconds(pause: Duration) -> i32 {
    let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn named<'n>(
    operation: &'static str,
    variable: &'static str,
    url: Option<&'n str>,
) -> Result<&'n str, PortError> {
    url.ok_or_else(|| PortError::unavailable(operation, NotConfigured { variable }))
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues").field("urls", &self.urls).finish_non_exhaustive()
    }
}

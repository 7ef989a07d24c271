//! The queues, as far as the sender sees: what is given to them is taken.

use std::time::Duration;

use super::sample::{Sample, delivery, next};
use crate::{
    model::{
        AttachmentId, DeliveryPointer, DownloadId, EndpointId, InboxPointer, InboxSort,
        PayloadPlace, PayloadPointer,
    },
    port::{DeliveryQueue, Entropy, OutboundQueue, PayloadQueue, PortError, QueuedDelivery},
};

/// How many deliveries [`queues`] enqueues: more than SQS takes at once.
pub const DELIVERIES: u64 = 25;

/// Takes any number of deliveries with any delay, and an outbound message once per round.
pub async fn queues<Q, E>(queue: &Q, sample: &Sample<E>) -> Result<(), PortError>
where
    Q: DeliveryQueue + OutboundQueue,
    E: Entropy,
{
    let state = next(&sample.conversation());
    let endpoint = EndpointId::draw(sample.entropy());
    assert!(queue.enqueue_deliveries(&[]).await?.is_empty());
    let owed: Vec<_> = (1..=DELIVERIES)
        .map(|seq| QueuedDelivery {
            pointer: DeliveryPointer::Stored(delivery(&state, &endpoint, seq).key),
            delay: if seq == DELIVERIES { Duration::from_secs(900) } else { Duration::ZERO },
        })
        .collect();
    assert!(queue.enqueue_deliveries(&owed).await?.is_empty());
    let typing = DeliveryPointer::Typing {
        inbox: InboxPointer {
            tenant: sample.tenant.clone(),
            conversation: state.id.clone(),
            sort: InboxSort::typing(true, sample.now),
        },
        endpoint,
    };
    assert!(queue.enqueue_deliveries(&[QueuedDelivery::now(typing)]).await?.is_empty());

    let pointer = sample.outbound(&state).pointer;
    queue.enqueue_outbound(&pointer, "first").await?;
    queue.enqueue_outbound(&pointer, "first").await?;
    queue.enqueue_outbound(&pointer, "sweep-29921040").await
}

/// Takes a payload with any delay, as often as it is asked to.
pub async fn payload_queue<Q, E>(queue: &Q, sample: &Sample<E>) -> Result<(), PortError>
where
    Q: PayloadQueue,
    E: Entropy,
{
    let (conversation, message) = (sample.conversation().id, sample.message_id());
    let at = |place| PayloadPointer { tenant: sample.tenant.clone(), place };
    let attachment = AttachmentId { conversation: conversation.clone(), message, index: 39 };
    for delay in [0, 0, 1, 900].map(Duration::from_secs) {
        queue.enqueue_payload(&at(PayloadPlace::Attachment(attachment.clone())), delay).await?;
    }
    for place in [
        PayloadPlace::Reply { conversation: conversation.clone(), message },
        PayloadPlace::File { conversation, message, part: u32::MAX, index: 19 },
        PayloadPlace::Download(DownloadId::draw(sample.entropy())),
    ] {
        queue.enqueue_payload(&at(place), Duration::ZERO).await?;
    }
    Ok(())
}

//! The end of a payload: its row, and whatever waits for it.

use jiff::Timestamp;
use std::time::Duration;

use super::{Fetch, FetchError, FetchTables, Fetched, reply::Twin, told::told, transfer::let_go};
use crate::{
    dispatch::{deliveries, enqueue, enqueue_paid, keep_reply, push, stand_back},
    model::{AttachmentId, ConversationState, Payload, PayloadFault, PayloadPlace, PayloadStatus},
    port::{Clock, DeliveryQueue, LargeFiles, PortError, SettlementQueue, Step, Stepped},
    problem::chain,
};

/// Long enough for the reply to be told before what becomes of its payment.
const WEIGHED_AFTER: Duration = Duration::from_secs(2);

/// The step is planned again when the conversation moved meanwhile, so often: for some ten seconds. Whatever
/// ends at the same moment gets its own done by then, and giving up costs minutes, since the queue and the
/// lease have to come round.
const TRIES: u32 = 40;

/// How a payload ends.
#[derive(Debug)]
pub(super) enum End {
    /// Like this.
    With(PayloadStatus),
    /// As an answer that was decoded.
    Told(Box<Twin>),
}

impl End {
    pub(super) fn failed(code: PayloadFault, detail: Option<String>) -> Self {
        Self::With(PayloadStatus::Failed { code, detail })
    }

    fn status(&self) -> PayloadStatus {
        match self {
            Self::With(status) => status.clone(),
            Self::Told(_) => PayloadStatus::Told,
        }
    }
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    Q: DeliveryQueue + SettlementQueue,
    F: LargeFiles,
    C: Clock,
{
    /// Brings a payload to its end. What a conversation waits for ends with a step of it; the others
    /// end by their lease.
    pub(super) async fn end(
        &self,
        payload: &Payload,
        lease: Timestamp,
        end: End,
    ) -> Result<Fetched, FetchError> {
        let ended = Payload {
            status: end.status(),
            transfer: None,
            lease_until: None,
            finished_at: Some(self.clock.now()),
            ..payload.clone()
        };
        if let Some(transfer) = &payload.transfer {
            let_go(&self.files, transfer).await;
        }
        let paid = match &end {
            End::Told(twin) => keep_reply(&self.store, &twin.message, &twin.envelope).await?,
            End::With(_) => None,
        };
        // Whoever comes again after the step finds nothing left to do: this is seen to before. The answer
        // is not fetched again for it: Apple's links die within seconds.
        if let Err(error) = enqueue_paid(&self.queue, paid.as_ref(), WEIGHED_AFTER).await {
            tracing::warn!(error = %chain(&error), "what a reply says of a payment waits");
        }
        for tries in 0..TRIES {
            let Some(step) = self.last_step(&ended, &end).await? else {
                let held = self.store.record_payload(&ended, lease).await?;
                return Ok(if held { Fetched::Finished } else { Fetched::Nothing });
            };
            match self.store.step(&step).await? {
                Stepped::Done => {
                    let resolved = step.resolved.map(|resolved| resolved.deliveries);
                    let owed = [step.deliveries, resolved.unwrap_or_default()].concat();
                    enqueue(&self.queue, &owed).await;
                    return Ok(Fetched::Finished);
                }
                Stepped::Finished => return Ok(Fetched::Nothing),
                Stepped::Moved | Stepped::Claimed(_) | Stepped::Repeated(_) => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(FetchError::Contended)
    }

    /// The step that a payload ends with, if a conversation waits for it.
    async fn last_step(&self, ended: &Payload, end: &End) -> Result<Option<Step>, PortError> {
        let conversation = match &ended.pointer.place {
            PayloadPlace::Reply { conversation, .. } => conversation,
            PayloadPlace::Attachment(id) => &id.conversation,
            PayloadPlace::File { .. } | PayloadPlace::Download(_) => return Ok(None),
        };
        let state = self.store.load(&ended.pointer.tenant, conversation).await?;
        let Some(mut state) = state else { return Ok(None) };
        state.revision += 1;
        match (&ended.pointer.place, end) {
            (PayloadPlace::Reply { message, .. }, End::Told(twin)) => {
                self.resolve(state, ended, *message, Some(twin)).await
            }
            (PayloadPlace::Reply { message, .. }, End::With(_)) => {
                self.resolve(state, ended, *message, None).await
            }
            (PayloadPlace::Attachment(id), _) => {
                self.tell_attachment(state, ended, id).await.map(Some)
            }
            (PayloadPlace::File { .. } | PayloadPlace::Download(_), _) => Ok(None),
        }
    }

    /// The step that tells of an attachment's end. `state` is one revision further than stored.
    async fn tell_attachment(
        &self,
        mut state: ConversationState,
        ended: &Payload,
        id: &AttachmentId,
    ) -> Result<Step, PortError> {
        let tenant = &ended.pointer.tenant;
        let declared = match ended.status {
            PayloadStatus::Failed { .. } => self.named_attachment(tenant, id).await?,
            _ => None,
        };
        let declared = declared.map(|named| named.what);
        let (kind, source) = told(id, &state.opaque, &ended.status, declared.as_ref());
        let mut entries = Vec::new();
        push(&mut state, kind, source, self.clock.now(), &mut entries);
        let endpoints = self.store.endpoints(tenant).await?;
        let deliveries = deliveries(&state, &entries, &endpoints);
        let payloads = vec![ended.clone()];
        Ok(Step { entries, deliveries, payloads, ..Step::to(state) })
    }
}

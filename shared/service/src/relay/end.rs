//! The end of a message: its row, the lane, and the event that tells of it, in one step.

use amb_protocol::id::MessageId;
use serde_json::{Map, Value};

use super::{Relay, RelayError, RelayTables, Relayed};
use crate::{
    dispatch::{TRIES, deliveries, enqueue, push, stand_back},
    model::{
        ConversationState, ConversationStatus, EventSource, EventType, LaneEntry, OutboundContent,
        OutboundMessage, OutboundPointer, OutboundStatus, Waited,
    },
    port::{Clock, DeliveryQueue, Step, Stepped},
};

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    S: RelayTables,
    Q: DeliveryQueue,
    C: Clock,
{
    /// Brings a message to its end.
    pub(super) async fn finish(
        &self,
        mut message: OutboundMessage,
        status: OutboundStatus,
        customer_left: bool,
    ) -> Result<Relayed, RelayError> {
        let pointer = message.pointer.clone();
        for tries in 0..TRIES {
            let now = self.clock.now();
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let Some(mut state) = state else { return Ok(Relayed::Finished) };
            state.revision += 1;
            if message.progress.waited != Waited::Never {
                state.waited_until = Some(now);
            }
            state.leave_lane(pointer.message);
            message.status = status.clone();
            message.finished_at = Some(now);
            message.lease_until = None;
            ask(&mut state, &message);
            let mut entries = Vec::new();
            if !message.content.is_ephemeral() {
                let (kind, data) = told(&message);
                push(&mut state, kind, EventSource::Inline(data), now, &mut entries);
            }
            if customer_left && state.status == ConversationStatus::Open {
                state.close();
                let data = serde_json::json!({
                    "opaqueId": message.opaque.as_str(),
                    "reason": "gateway",
                });
                let kind = EventType::ConversationClosed;
                push(&mut state, kind, EventSource::Inline(data), now, &mut entries);
            }
            let endpoints = self.store.endpoints(&pointer.tenant).await?;
            let deliveries = deliveries(&state, &entries, &endpoints);
            let outbound = Some(message.clone());
            let step = Step { entries, deliveries, outbound, ..Step::to(state) };
            match self.store.step(&step).await? {
                Stepped::Done => {
                    enqueue(&self.queue, &step.deliveries).await;
                    return Ok(Relayed::Finished);
                }
                Stepped::Finished => {
                    self.drop_from_lane(&pointer).await?;
                    return Ok(Relayed::Finished);
                }
                Stepped::Moved | Stepped::Claimed(_) | Stepped::Repeated(_) => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(RelayError::Contended)
    }

    /// A message whose row is at its end has no business in the lane.
    pub(super) async fn drop_from_lane(&self, pointer: &OutboundPointer) -> Result<(), RelayError> {
        for _ in 0..TRIES {
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let in_lane = |message: MessageId| move |entry: &LaneEntry| entry.message == message;
            let Some(mut state) = state.filter(|s| s.lane.iter().any(in_lane(pointer.message)))
            else {
                return Ok(());
            };
            state.revision += 1;
            state.leave_lane(pointer.message);
            if self.store.step(&Step::to(state)).await? == Stepped::Done {
                return Ok(());
            }
        }
        Err(RelayError::Contended)
    }
}

/// What may have reached the customer may be answered.
fn ask(state: &mut ConversationState, message: &OutboundMessage) {
    let reached = match message.status {
        OutboundStatus::AcceptedByApple | OutboundStatus::Unknown => true,
        OutboundStatus::Failed { .. } | OutboundStatus::Queued => message.progress.parts_sent > 0,
    };
    if let Some(request) = message.progress.request_identifier.as_ref().filter(|_| reached) {
        state.ask(request, message.pointer.message);
    }
}

/// The event that tells of a message's end, and its data.
fn told(message: &OutboundMessage) -> (EventType, Value) {
    let mut data = Map::new();
    let mut tell = |name: &str, value: Value| data.insert(name.to_owned(), value);
    let accepted = message.status == OutboundStatus::AcceptedByApple;
    let progress = &message.progress;
    tell("messageId", message.pointer.message.to_string().into());
    tell("opaqueId", message.opaque.as_str().into());
    tell("status", message.status.as_str().into());
    tell("type", message.content.kind().into());
    let sent_as = match (&message.content, progress.sent_as) {
        (_, Some(kind)) => Some(kind.as_str()),
        (OutboundContent::Text { .. }, None) if accepted => Some(message.content.kind()),
        _ => None,
    };
    if let Some(kind) = sent_as {
        tell("sentAs", kind.into());
    }
    if progress.choice.is_some_and(|choice| choice > 0) {
        tell("fallbackUsed", true.into());
    }
    if let Some(request) = &progress.request_identifier {
        tell("requestIdentifier", request.as_str().into());
    }
    if let Some(reference) = &message.callback_data {
        tell("callbackData", reference.clone().into());
    }
    if let OutboundStatus::Failed { code, detail } = &message.status {
        tell("code", code.as_str().into());
        if let Some(detail) = detail {
            tell("detail", detail.clone().into());
        }
    }
    let kind = if accepted { EventType::MessageAccepted } else { EventType::MessageFailed };
    (kind, data.into())
}

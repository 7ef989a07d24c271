use amb_protocol::compose::{ContentType, Draft};
use amb_service::{
    account::{History, HistoryMessage, Inbound, Outbound, Owed},
    model::{
        Choice, ConversationState, OutboundContent, OutboundMessage, OutboundStatus, TypingState,
    },
    render::{self, ContextView, message_view},
};
use serde::Serialize;
use serde_json::Value;

use super::{DeliveryView, Instant};

/// A message of a conversation, in either direction.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Message))]
#[serde(untagged)]
pub(crate) enum MessageView {
    Inbound(Box<InboundView>),
    Outbound(Box<OutboundView>),
}

/// A message from the customer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = InboundMessage))]
#[serde(rename_all = "camelCase")]
pub(crate) struct InboundView {
    #[cfg_attr(test, schema(value_type = crate::openapi::InboundWord))]
    direction: &'static str,
    #[serde(flatten)]
    place: Place,
    /// `received`; `awaited` while its answer is being fetched from Apple; `parked` when it could not be
    /// told as it should.
    #[cfg_attr(test, schema(value_type = crate::openapi::InboundStatusWord))]
    status: &'static str,
    /// Why it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked_reason: Option<String>,
    /// The event that tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// What the customer wrote.
    #[serde(flatten)]
    #[cfg_attr(test, schema(value_type = crate::openapi::CustomerMessage))]
    words: Words,
    /// What was known of the customer then: later messages do not change it.
    #[serde(flatten)]
    #[cfg_attr(test, schema(value_type = crate::openapi::CustomerContext))]
    context: ContextView,
}

/// Where a message belongs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = MessagePlace))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    conversation_id: String,
    business_id: String,
    opaque_id: String,
    /// Its place in the conversation.
    seq: u64,
}

/// What a customer wrote, or only its id when it is no longer kept or cannot be read.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words {
    Kept(Box<render::MessageView>),
    Gone { id: String },
}

/// A message to the customer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = OutboundMessage))]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboundView {
    #[cfg_attr(test, schema(value_type = crate::openapi::OutboundWord))]
    direction: &'static str,
    #[serde(flatten)]
    place: Place,
    /// The id that Apple knows it by, too.
    id: String,
    /// The type of the first choice: the request's own, and not its fallback's.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = crate::openapi::MessageTypeWord))]
    kind: &'static str,
    /// The type of the choice that was made for the customer's device, once it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::MessageTypeWord>))]
    sent_as: Option<&'static str>,
    /// What the customer's answer carries, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_identifier: Option<String>,
    /// How many messages of Apple's it is, where that is kept with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<usize>,
    /// The words of a text; with links, each on a line of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing: Option<&'static str>,
    /// It is marked as sent by a bot.
    bot: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The business's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<String>,
    /// `queued`, `acceptedByApple`, `failed`, or `unknown` when an answer was lost. There is no
    /// "delivered": Apple gives no receipt.
    #[cfg_attr(test, schema(value_type = crate::openapi::SendStatusWord))]
    status: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    /// Attempts begun.
    attempts: u32,
    created_at: Instant,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Instant>,
}

/// Why a message will not be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = SendFailure))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    #[cfg_attr(test, schema(value_type = crate::openapi::FailureCodeWord))]
    code: &'static str,
    /// Apple's own words, if it gave any.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl MessageView {
    /// The view of a message of this conversation.
    pub(crate) fn of(state: &ConversationState, message: HistoryMessage) -> Self {
        match message {
            HistoryMessage::Inbound(message) => Self::Inbound(Box::new(inbound(state, &message))),
            HistoryMessage::Outbound(Outbound { seq, row }) => {
                Self::Outbound(Box::new(outbound(place(state, seq), row)))
            }
        }
    }
}

fn place(state: &ConversationState, seq: u64) -> Place {
    Place {
        conversation_id: state.id.to_string(),
        business_id: state.business.to_string(),
        opaque_id: state.opaque.to_string(),
        seq,
    }
}

fn inbound(state: &ConversationState, message: &Inbound) -> InboundView {
    let kept =
        message.row.as_ref().and_then(|row| message_view(row, &message.placed, message.telling));
    let (words, context) = match kept {
        Some((view, context)) => (Words::Kept(Box::new(view)), context),
        None => {
            let context = message.placed.context.clone().into();
            (Words::Gone { id: message.id.to_string() }, context)
        }
    };
    InboundView {
        direction: "inbound",
        place: place(state, message.seq),
        status: match (&message.parked, &message.event) {
            (Some(_), _) => "parked",
            (None, None) => "awaited",
            (None, Some(_)) => "received",
        },
        parked_reason: message.parked.clone(),
        event_id: message.event.as_ref().map(ToString::to_string),
        words,
        context,
    }
}

fn outbound(place: Place, row: OutboundMessage) -> OutboundView {
    let kind = row.content.kind();
    let progress = row.progress;
    let chosen = progress.choice.and_then(|choice| usize::try_from(choice).ok()).unwrap_or(0);
    let (mut text, mut typing, mut parts, mut identifier) = (None, None, None, None);
    match row.content {
        OutboundContent::Text { text: words } => text = Some(words),
        OutboundContent::Typing { state: TypingState::Start } => typing = Some("start"),
        OutboundContent::Typing { state: TypingState::End } => typing = Some("end"),
        OutboundContent::Choices { choices } => {
            if let Some(choice) = choices.get(chosen) {
                parts = Some(choice.parts.len());
                identifier = choice.parts.iter().find_map(|part| part.request_identifier.clone());
                text = words(choice);
            }
        }
        OutboundContent::Stored { .. } => {}
    }
    let request_identifier = progress.request_identifier.or(identifier);
    let status = row.status.as_str();
    let failure = match row.status {
        OutboundStatus::Failed { code, detail } => Some(Failure { code: code.as_str(), detail }),
        _ => None,
    };
    OutboundView {
        direction: "outbound",
        place,
        id: row.pointer.message.to_string(),
        kind,
        sent_as: progress.sent_as.map(ContentType::as_str),
        request_identifier: request_identifier.map(|identifier| identifier.to_string()),
        parts,
        text,
        typing,
        bot: row.bot,
        agent: row.agent,
        callback_data: row.callback_data,
        status,
        failure,
        attempts: row.attempts,
        created_at: Instant(row.created_at),
        finished_at: row.finished_at.map(Instant),
    }
}

/// The words and links of a text that left in pieces.
fn words(choice: &Choice) -> Option<String> {
    let of = |draft: &Draft| {
        let link = || draft.body.get("richLinkData").and_then(|link| link.get("url"));
        draft.body.get("body").or_else(link).and_then(Value::as_str).map(str::to_owned)
    };
    let lines: Option<Vec<_>> = choice.parts.iter().map(of).collect();
    lines.filter(|_| choice.kind == ContentType::Text).map(|lines| lines.join("\n"))
}

/// A message and what became of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = MessageHistory))]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryView {
    #[serde(flatten)]
    message: MessageView,
    /// What happened to it, in order.
    timeline: Vec<Happening>,
    /// What became of the event that tells of it, for each endpoint that was owed it. Old ones are
    /// found in the endpoint's own log.
    deliveries: Vec<EndpointDelivery>,
}

/// One thing that happened to a message.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Happening))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Happening {
    at: Instant,
    /// Inbound: `received`, `placed`. Outbound: `queued`, its last status, `told`.
    #[cfg_attr(test, schema(value_type = crate::openapi::HappeningWord))]
    what: &'static str,
    /// The event that tells of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "eventType")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::EventTypeWord>))]
    event_type: Option<&'static str>,
}

/// A delivery, and to whom.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = EndpointDelivery))]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointDelivery {
    endpoint_id: String,
    #[serde(flatten)]
    delivery: DeliveryView,
}

impl From<History> for HistoryView {
    fn from(history: History) -> Self {
        let plain =
            |at, what| Happening { at: Instant(at), what, event_id: None, event_type: None };
        let told = |what| {
            history.event.as_ref().map(|(id, kind, at)| Happening {
                at: Instant(*at),
                what,
                event_id: Some(id.to_string()),
                event_type: Some(kind.as_str()),
            })
        };
        let mut timeline = Vec::new();
        match &history.message {
            HistoryMessage::Inbound(message) => {
                timeline.extend(message.row.as_ref().map(|row| plain(row.received_at, "received")));
                timeline.extend(told("placed"));
            }
            HistoryMessage::Outbound(message) => {
                let row = &message.row;
                timeline.push(plain(row.created_at, "queued"));
                timeline.extend(row.finished_at.map(|at| plain(at, row.status.as_str())));
                timeline.extend(told("told"));
            }
        }
        let delivery = |owed: Owed| EndpointDelivery {
            endpoint_id: owed.endpoint.to_string(),
            delivery: owed.delivery.into(),
        };
        Self {
            message: MessageView::of(&history.conversation, history.message),
            timeline,
            deliveries: history.owed.into_iter().map(delivery).collect(),
        }
    }
}

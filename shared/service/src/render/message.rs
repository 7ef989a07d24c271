//! A message of the customer's, typed where we know the type.

use amb_protocol::{
    capability::CapabilityList,
    id::MessageId,
    inbound::{Envelope, MessageType},
    reply::Reply,
    tapback::{Tapback, TapbackKind},
    trigger::{self, Trigger},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};
use std::fmt;

use super::{
    attachment::{AttachmentView, declared},
    milliseconds,
};
use crate::{
    access::Principal,
    dispatch::{json_of, reaction},
    model::{Context, EventSource, InboxMessage, Scope, TimelineEntry, TimelineItem},
};

/// How much is told of what a business wants kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// All of it: to the business's own endpoints, and to keys with the scope for it.
    Whole,
    /// That there is something.
    WithoutPrivate,
}

impl Telling {
    /// What this caller may read.
    pub fn to(principal: &Principal) -> Self {
        if principal.scopes.contains(&Scope::Private) { Self::Whole } else { Self::WithoutPrivate }
    }
}

/// What a message's place in the timeline knows beside its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The earlier message that said the same.
    pub soft_duplicate_of: Option<MessageId>,
    /// The message of ours that it answers.
    pub in_reply_to: Option<MessageId>,
    /// The business's reference of that message.
    pub callback_data: Option<String>,
    /// It was told as it should: its files are fetched, and may be asked for.
    pub told: bool,
    /// What was known of the customer then.
    pub context: Context,
}

impl Placed {
    /// What this entry knows.
    pub fn of(entry: &TimelineEntry) -> Self {
        let context = entry.context.clone();
        match &entry.item {
            TimelineItem::Event {
                source:
                    EventSource::Inbox {
                        soft_duplicate_of,
                        in_reply_to,
                        callback_data,
                        sort: _,
                        decoded: _,
                    },
                ..
            } => Self {
                soft_duplicate_of: *soft_duplicate_of,
                in_reply_to: *in_reply_to,
                callback_data: callback_data.clone(),
                told: true,
                context,
            },
            _ => Self { context, ..Self::default() },
        }
    }
}

/// A message of the customer's, typed where we know the type, and Apple's own JSON beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    id: MessageId,
    #[serde(rename = "type")]
    kind: String,
    #[serde(serialize_with = "milliseconds")]
    received_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The whole message is a word that every business has to understand.
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<Trigger>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<Value>,
    /// The files of a text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<AttachmentView>,
    /// The answer to an interactive message.
    #[serde(skip_serializing_if = "Option::is_none")]
    interactive: Option<Reply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    soft_duplicate_of: Option<MessageId>,
    /// Apple's own JSON, as received; kept back with what is private in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    apple: Option<Box<RawValue>>,
}

impl fmt::Debug for MessageView {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("MessageView");
        shown.field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What was known of the customer when it came.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextView {
    capabilities: Vec<String>,
    locale: Option<String>,
    intent: Option<String>,
    group: Option<String>,
}

impl From<Context> for ContextView {
    fn from(context: Context) -> Self {
        let Context { capabilities, locale, intent, group } = context;
        Self { capabilities, locale, intent, group }
    }
}

impl ContextView {
    /// Entries of earlier versions kept nothing: the message itself still knows what it said.
    fn of(context: &Context, message: &InboxMessage, envelope: &Envelope) -> Self {
        let Context { mut capabilities, locale, intent, group } = context.clone();
        if capabilities.is_empty() {
            capabilities = listed(message);
        }
        Self {
            capabilities,
            locale: locale.or_else(|| envelope.locale.clone()),
            intent: intent.or_else(|| envelope.intent.clone()),
            group: group.or_else(|| envelope.group.clone()),
        }
    }
}

/// What the device said it can show, with this very message.
pub(super) fn listed(message: &InboxMessage) -> Vec<String> {
    let list = CapabilityList::parse(message.capability_list.as_deref().unwrap_or(""));
    list.iter().map(str::to_owned).collect()
}

/// The view of a stored message; `None` if this version cannot read it.
pub fn message_view(
    message: &InboxMessage,
    placed: &Placed,
    telling: Telling,
) -> Option<(MessageView, ContextView)> {
    let json = json_of(&message.body)?;
    let envelope = Envelope::parse(&json).ok()?;
    let apple = RawValue::from_string(String::from_utf8(json).ok()?).ok()?;
    let reaction = reaction(&envelope);
    let word = envelope.body.as_deref().filter(|_| {
        envelope.kind == MessageType::Text && envelope.attachments.is_empty() && reaction.is_none()
    });
    let reply = envelope.interactive_data.as_deref().map(Reply::parse);
    let kept_back =
        telling == Telling::WithoutPrivate && reply.as_ref().is_some_and(Reply::is_private);
    let view = MessageView {
        id: message.id,
        kind: message.kind.clone(),
        received_at: message.received_at,
        text: envelope.body.clone().filter(|_| !kept_back),
        trigger: word.and_then(trigger::classify),
        reaction: reaction.as_ref().map(reaction_view),
        attachments: if placed.told && reaction.is_none() {
            declared(message, &envelope)
        } else {
            Vec::new()
        },
        interactive: reply.map(|reply| if kept_back { reply.without_private() } else { reply }),
        in_reply_to: placed.in_reply_to,
        callback_data: placed.callback_data.clone(),
        soft_duplicate_of: placed.soft_duplicate_of,
        apple: Some(apple).filter(|_| !kept_back),
    };
    let context = ContextView::of(&placed.context, message, &envelope);
    Some((view, context))
}

fn reaction_view(tapback: &Tapback) -> Value {
    let (kind, emoji) = match &tapback.kind {
        TapbackKind::Liked => ("liked", None),
        TapbackKind::Loved => ("loved", None),
        TapbackKind::Disliked => ("disliked", None),
        TapbackKind::LaughedAt => ("laughedAt", None),
        TapbackKind::Emphasized => ("emphasized", None),
        TapbackKind::Questioned => ("questioned", None),
        TapbackKind::Emoji(emoji) => ("emoji", Some(emoji)),
        TapbackKind::Sticker => ("sticker", None),
    };
    let mut view = Map::new();
    view.insert("kind".to_owned(), kind.into());
    view.insert("removed".to_owned(), tapback.removed.into());
    view.insert("quoted".to_owned(), tapback.quoted.clone().into());
    if let Some(emoji) = emoji {
        view.insert("emoji".to_owned(), emoji.as_str().into());
    }
    view.into()
}

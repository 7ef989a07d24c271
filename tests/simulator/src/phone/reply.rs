//! The answer to an interactive message, as a device writes it (Apple, Interactive Message Types;
//! where Apple is silent, what MSPs report): the chosen items and the rest in two sections, one time
//! slot, the version as an integer, the texts of both bubbles inside `data`, all images echoed.

mod app;
mod form;
mod list;
mod payment;
mod quick;
mod reference;
mod time;
mod words;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::device;
use super::roster::{self, DeviceError};
use super::writing;
use crate::apple::webhook::Webhook;
use crate::host;
use crate::model::{Answer, ConversationState, Customer, Device, Direction, Entry, Reply};
use crate::world::{State, World};

/// How much later a repeated answer comes.
const REPEATED_AFTER: Duration = Duration::from_millis(600);

/// Answers a message of the business.
pub(crate) async fn reply(state: &State, name: &str, reply: Reply) -> Result<Entry, DeviceError> {
    let (seq, webhook) = state.change(|world| write(world, name, &reply))?;
    let again = reply.repeat.then(|| under_a_new_id(&webhook));
    let task = state.clone();
    state.spawn(async move {
        let first = device::post(&task, seq, webhook, 1);
        let second = async {
            if let Some(again) = again {
                tokio::time::sleep(REPEATED_AFTER).await;
                let schedule = task.read(|world| world.account.retry.clone());
                again.deliver(&task, &schedule).await;
            }
        };
        futures_util::future::join(first, second).await;
    });
    Ok(device::settled(state, seq, reply.wait).await)
}

/// What an answer is made from.
struct Request<'w> {
    customer: &'w Customer,
    device: &'w Device,
    /// `interactiveData` of the business's message.
    content: &'w Map<String, Value>,
    /// Its `data`; empty where it has none.
    data: &'w Map<String, Value>,
}

/// An answer without what all of them share.
struct Choice {
    /// The feature's key in `data`, and what the device makes of it.
    feature: (&'static str, Value),
    /// What the customer's bubble says.
    title: String,
    /// Whether the bubble's words stay the business's.
    keeps_title: bool,
    /// `data.version`.
    version: &'static str,
}

impl Choice {
    fn new(key: &'static str, value: Value, title: String) -> Self {
        Self { feature: (key, value), title, keeps_title: false, version: "1" }
    }
}

fn write(world: &mut World, name: &str, reply: &Reply) -> Result<(u64, Webhook), DeviceError> {
    let customer = roster::find(world, name)?;
    let asked = world
        .business_entry(name, &reply.message_id)
        .filter(|entry| reply.business_id.as_ref().is_none_or(|id| entry.business_id == *id))
        .cloned()
        .ok_or_else(|| DeviceError::NotReceived(name.to_owned(), reply.message_id.clone()))?;
    if asked.not_showable {
        return Err(not_answerable("the device cannot show it"));
    }
    let session = world.session(asked.seq);
    let empty = Map::new();
    let content = asked
        .message
        .get("interactiveData")
        .and_then(Value::as_object)
        .ok_or_else(|| not_answerable("it is not interactive"))?;
    let data = content.get("data").and_then(Value::as_object).unwrap_or(&empty);
    let request = Request { customer: &customer, device: &customer.device, content, data };

    if let Answer::Invitation { accept } = reply.answer {
        return app::invitation(world, &asked, &request, accept, &session);
    }
    let state = roster::conversation(world, &customer, &asked.business_id).state;
    if state != ConversationState::Open {
        return Err(not_answerable("the conversation is not open"));
    }
    let (content, title) = match &reply.answer {
        Answer::QuickReply { identifier } => finish(&request, quick::choose(&request, identifier)?),
        Answer::ListPicker { identifiers } => {
            finish(&request, list::choose(&request, identifiers)?)
        }
        Answer::TimePicker { identifier } => finish(&request, time::choose(&request, identifier)?),
        Answer::Form { pages } => finish(&request, form::fill(&request, pages)?),
        Answer::App { url, title, subtitle } => {
            app::hand_back(&request, url, title.as_deref(), subtitle.as_deref())?
        }
        Answer::Payment { state, amount } => {
            finish(&request, payment::concluded(&request, state, amount.as_deref())?)
        }
        Answer::Invitation { .. } => return Err(not_answerable("it is no invitation")),
    };
    Ok(record(world, &customer, &asked.business_id, content, &session, title))
}

/// Enters the answer and makes its webhook.
fn record(
    world: &mut World,
    customer: &Customer,
    business_id: &str,
    mut content: Map<String, Value>,
    session: &str,
    title: String,
) -> (u64, Webhook) {
    content.insert("sessionIdentifier".to_owned(), json!(session));
    let id = host::new_uuid();
    let mut message = writing::envelope("interactive", &id, &customer.opaque_id, business_id);
    message.insert("locale".to_owned(), json!(customer.locale));
    let content = Value::Object(content);
    if let Some(reference) = reference::of(world, customer, &content) {
        message.insert("interactiveDataRef".to_owned(), reference);
    }
    message.insert("interactiveData".to_owned(), content);
    let mut entry = writing::entry(customer, business_id, "interactive", &id, None, message);
    entry.title = Some(title);
    writing::record(world, customer, entry)
}

/// What all answers but an app's share: the bubbles' texts and the images move into `data`.
fn finish(request: &Request<'_>, choice: Choice) -> (Map<String, Value>, String) {
    let (key, value) = choice.feature;
    let mut data = Map::new();
    data.insert("version".to_owned(), json!(choice.version));
    for echoed in ["requestIdentifier", "images"] {
        if let Some(value) = request.data.get(echoed) {
            data.insert(echoed.to_owned(), value.clone());
        }
    }
    data.insert(key.to_owned(), value);

    let bubble = |name: &str| request.content.get(name).or_else(|| request.data.get(name));
    if let Some(received) = bubble("receivedMessage") {
        data.insert("receivedMessage".to_owned(), received.clone());
    }
    let mut title = choice.title;
    if let Some(Value::Object(asked_for)) = bubble("replyMessage") {
        let mut reply = asked_for.clone();
        let theirs = asked_for.get("title").and_then(Value::as_str).unwrap_or_default();
        if choice.keeps_title && !theirs.is_empty() {
            theirs.clone_into(&mut title);
        }
        reply.insert("title".to_owned(), json!(title));
        if !theirs.is_empty() {
            reply.entry("alternateTitle").or_insert_with(|| json!(theirs));
        }
        data.insert("replyMessage".to_owned(), Value::Object(reply));
    } else if bubble("receivedMessage").is_some() {
        data.insert("replyMessage".to_owned(), json!({"title": title, "style": "icon"}));
    }

    let bid = request.content.get("bid").cloned().unwrap_or_default();
    let content = [("bid".to_owned(), bid), ("data".to_owned(), Value::Object(data))];
    (content.into_iter().collect(), title)
}

/// The same answer as a device sends it once more.
fn under_a_new_id(webhook: &Webhook) -> Webhook {
    let id = host::new_uuid();
    let mut body: Value = serde_json::from_slice(&webhook.body).unwrap_or_default();
    if let Some(message) = body.as_object_mut() {
        message.insert("id".to_owned(), json!(id));
    }
    Webhook { id, body: body.to_string().into_bytes(), ..webhook.clone() }
}

fn not_answerable(why: impl Into<String>) -> DeviceError {
    DeviceError::NotAnswerable(why.into())
}

/// The object under `data.{key}`, or why the message cannot be answered that way.
fn feature<'r>(request: &Request<'r>, key: &str) -> Result<&'r Map<String, Value>, DeviceError> {
    request
        .data
        .get(key)
        .and_then(Value::as_object)
        .ok_or_else(|| not_answerable(format!("it has no '{key}'")))
}

/// The array under a key; empty where there is none.
fn array<'v>(map: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    map.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text under a key; empty where there is none.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl World {
    /// The business's message with this id on a customer's phone.
    pub(super) fn business_entry(&self, customer: &str, id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| {
            entry.direction == Direction::FromBusiness
                && entry.customer == customer
                && entry.id == id
        })
    }

    /// The session of a message: the business's own, or the one Apple's server draws for it.
    fn session(&mut self, seq: u64) -> String {
        let named = self.entry_mut(seq).and_then(|entry| {
            let named = entry.message.pointer("/interactiveData/sessionIdentifier");
            named.and_then(Value::as_str).map(str::to_owned)
        });
        named.unwrap_or_else(|| self.sessions.entry(seq).or_insert_with(host::new_uuid).clone())
    }
}

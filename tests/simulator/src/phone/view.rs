//! What a phone shows: the page's data, sent whole on every change.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State as Extract};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::picture;
use crate::model::{Conversation, Direction, Entry, EntryState};
use crate::world::{Bell, State, World};

/// Most messages shown of each conversation, the latest.
const MOST_SHOWN: usize = 300;
/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Phone<'w> {
    customer: &'w str,
    locale: &'w str,
    /// What the device can show.
    capabilities: &'w [String],
    /// Where it is, in minutes from GMT.
    timezone_offset: i32,
    /// The latest first.
    conversations: Vec<Thread<'w>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'w> {
    #[serde(flatten)]
    conversation: &'w Conversation,
    entries: Vec<Shown<'w>>,
}

/// An [`Entry`] without its pictures, and without what a phone does not know.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'w> {
    seq: u64,
    id: &'w str,
    direction: Direction,
    #[serde(rename = "type")]
    message_type: &'w str,
    text: Option<&'w str>,
    message: Value,
    state: EntryState,
    bot: bool,
}

/// `GET /phone/{customer}/live`: server-sent events, each the whole phone as JSON.
pub(crate) async fn live(Extract(state): Extract<State>, Path(customer): Path<String>) -> Response {
    if !state.read(|world| world.customers.contains_key(&customer)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Sse::new(changes(state, customer)).keep_alive(keep_alive).into_response()
}

fn changes(state: State, customer: String) -> impl Stream<Item = Result<Event, Infallible>> {
    let bell: Option<Bell> = None;
    stream::unfold((state, customer, bell, String::new()), async |step| {
        let (state, customer, bell, shown) = step;
        let mut bell = match bell {
            Some(bell) => bell,
            None => state.bell(),
        };
        let mut next = state.read(|world| render(world, &customer));
        while next == shown {
            if !bell.rung().await {
                return None;
            }
            next = state.read(|world| render(world, &customer));
        }
        let event = Event::default().data(&next);
        Some((Ok(event), (state, customer, Some(bell), next)))
    })
}

/// One line of JSON.
fn render(world: &World, customer: &str) -> String {
    let Some(customer) = world.customers.get(customer) else { return String::new() };
    let conversations = world.conversations.iter().rev().filter(|it| it.customer == customer.name);
    let phone = Phone {
        customer: &customer.name,
        locale: &customer.locale,
        capabilities: &customer.capabilities,
        timezone_offset: customer.device.timezone_offset,
        conversations: conversations.map(|conversation| thread(world, conversation)).collect(),
    };
    serde_json::to_string(&phone).unwrap_or_default()
}

fn thread<'w>(world: &'w World, conversation: &'w Conversation) -> Thread<'w> {
    let mut entries: Vec<Shown<'_>> = world
        .entries
        .iter()
        .rev()
        .filter(|entry| {
            entry.customer == conversation.customer && entry.business_id == conversation.business_id
        })
        .take(MOST_SHOWN)
        .map(shown)
        .collect();
    entries.reverse();
    Thread { conversation, entries }
}

fn shown(entry: &Entry) -> Shown<'_> {
    Shown {
        seq: entry.seq,
        id: &entry.id,
        direction: entry.direction,
        message_type: &entry.message_type,
        text: entry.text.as_deref(),
        message: picture::with_addresses(entry),
        state: entry.state,
        bot: entry.bot,
    }
}

//! What a phone shows: the page's data, sent whole on every change.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State as Extract};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::StatusCode;
use serde::Serialize;

use crate::model::{Conversation, Entry};
use crate::world::{Bell, State, World};

/// Most messages shown of each conversation, the latest.
const MOST_SHOWN: usize = 300;
/// How often a silent stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Phone<'w> {
    customer: &'w str,
    /// The latest first.
    conversations: Vec<Thread<'w>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'w> {
    #[serde(flatten)]
    conversation: &'w Conversation,
    entries: Vec<&'w Entry>,
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
    let conversations = world.conversations.iter().rev().filter(|it| it.customer == customer);
    let phone = Phone {
        customer,
        conversations: conversations.map(|conversation| thread(world, conversation)).collect(),
    };
    serde_json::to_string(&phone).unwrap_or_default()
}

fn thread<'w>(world: &'w World, conversation: &'w Conversation) -> Thread<'w> {
    let mut entries: Vec<&Entry> = world
        .entries
        .iter()
        .rev()
        .filter(|entry| {
            entry.customer == conversation.customer && entry.business_id == conversation.business_id
        })
        .take(MOST_SHOWN)
        .collect();
    entries.reverse();
    Thread { conversation, entries }
}

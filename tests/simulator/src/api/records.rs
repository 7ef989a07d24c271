//! What happened so far, and waiting for what has not: transcript, gateway calls, webhooks.

use axum::Json;
use axum::extract::{Query, State as Extract};
use data_encoding::BASE64;

use super::problem::Problem;
use crate::apple::webhook;
use crate::model::{
    CallFilter, Entry, GatewayCall, Items, RawAnswer, RawWebhook, TranscriptFilter, WebhookCall,
    WebhookFilter,
};
use crate::world::{State, World};

pub(super) async fn transcript(
    Extract(state): Extract<State>,
    Query(filter): Query<TranscriptFilter>,
) -> Json<Items<Entry>> {
    let (wait, at_least) = (filter.wait, filter.at_least);
    collect(&state, wait, at_least, |world| {
        world.entries.iter().filter(|it| shows_entry(&filter, it)).cloned().collect()
    })
    .await
}

pub(super) async fn gateway_calls(
    Extract(state): Extract<State>,
    Query(filter): Query<CallFilter>,
) -> Json<Items<GatewayCall>> {
    let (wait, at_least) = (filter.wait, filter.at_least);
    collect(&state, wait, at_least, |world| {
        let to = filter.customer.as_ref().map(|name| {
            world.customers.get(name).map(|it| it.opaque_id.as_str()).unwrap_or_default()
        });
        let wanted = |it: &&GatewayCall| {
            it.seq > filter.after
                && equal(filter.id.as_deref(), it.text("id"))
                && equal(filter.message_type.as_deref(), it.text("type"))
                && (equal(to, it.text("destinationId"))
                    || equal(filter.customer.as_deref(), it.customer.as_deref()))
                && equal(filter.path.as_deref(), Some(&it.path))
                && filter.status.is_none_or(|status| it.status == status)
                && filter.accepted.is_none_or(|accepted| it.accepted == accepted)
        };
        world.gateway_calls.iter().filter(wanted).cloned().collect()
    })
    .await
}

pub(super) async fn webhooks(
    Extract(state): Extract<State>,
    Query(filter): Query<WebhookFilter>,
) -> Json<Items<WebhookCall>> {
    let (wait, at_least) = (filter.wait, filter.at_least);
    collect(&state, wait, at_least, |world| {
        let wanted = |it: &&WebhookCall| {
            it.seq > filter.after
                && equal(filter.id.as_deref(), Some(&it.id))
                && equal(filter.message_type.as_deref(), Some(&it.message_type))
                && equal(filter.customer.as_deref(), Some(&it.customer))
                && filter.status.is_none_or(|status| it.status == Some(status))
                && filter.answered.is_none_or(|answered| it.answered_at.is_some() == answered)
        };
        world.webhook_calls.iter().filter(wanted).cloned().collect()
    })
    .await
}

pub(super) async fn send_raw(
    Extract(state): Extract<State>,
    Json(raw): Json<RawWebhook>,
) -> Result<Json<RawAnswer>, Problem> {
    let body = match (raw.body, raw.body_text, raw.body_base64) {
        (Some(json), None, None) => json.to_string().into_bytes(),
        (None, Some(text), None) => text.into_bytes(),
        (None, None, Some(encoded)) => BASE64
            .decode(encoded.as_bytes())
            .map_err(|error| Problem::bad_request(format!("bodyBase64: {error}")))?,
        (None, None, None) => Vec::new(),
        _ => return Err(Problem::bad_request("one of body, bodyText, bodyBase64".to_owned())),
    };
    let path = raw.path.as_deref().unwrap_or("/message");
    let answer =
        webhook::post_raw(&state, path, &body, raw.encoding, &raw.signing, &raw.headers).await?;
    Ok(Json(answer))
}

/// What matches, as soon as there is enough of it or the wait is over.
pub(super) async fn collect<T>(
    state: &State,
    wait: u64,
    at_least: Option<usize>,
    look: impl Fn(&World) -> Vec<T>,
) -> Json<Items<T>> {
    let enough = at_least.unwrap_or(1);
    let found =
        state.wait_for(wait, |world| Some(look(world)).filter(|found| found.len() >= enough)).await;
    Json(Items { items: found.unwrap_or_else(|| state.read(look)) })
}

fn shows_entry(filter: &TranscriptFilter, entry: &Entry) -> bool {
    let received = entry.hops.business_received.is_some();
    entry.seq > filter.after
        && equal(filter.customer.as_deref(), Some(&entry.customer))
        && equal(filter.business_id.as_deref(), Some(&entry.business_id))
        && equal(filter.id.as_deref(), Some(&entry.id))
        && equal(filter.text.as_deref(), entry.text.as_deref())
        && filter.direction.is_none_or(|direction| entry.direction == direction)
        && filter.state.is_none_or(|state| entry.state == state)
        && filter.received.is_none_or(|wanted| received == wanted)
}

fn equal(wanted: Option<&str>, actual: Option<&str>) -> bool {
    wanted.is_none() || wanted == actual
}

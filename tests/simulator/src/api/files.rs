//! `/api/customers/{name}/attach` and `/files`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State as Extract};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::problem::Problem;
use super::records::collect;
use crate::model::{Attach, Entry, FileFilter, Items, PhoneFile};
use crate::phone::{file, kept};
use crate::world::State;

pub(super) async fn attach(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Query(attach): Query<Attach>,
    body: Body,
) -> Result<(StatusCode, Json<Entry>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(file::attach(&state, &name, attach, body).await?)))
}

pub(super) async fn hand_in(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Query(attach): Query<Attach>,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Problem> {
    Ok((StatusCode::CREATED, Json(file::hand_in(&state, &name, &attach, body).await?)))
}

pub(super) async fn list(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Query(filter): Query<FileFilter>,
) -> Json<Items<PhoneFile>> {
    let wanted = |it: &PhoneFile| {
        filter.message_id.as_ref().is_none_or(|id| it.message_id == *id)
            && filter.direction.is_none_or(|direction| it.direction == direction)
            && filter.name.as_ref().is_none_or(|name| it.name == *name)
    };
    collect(&state, filter.wait, filter.at_least, |world| {
        let mut files = kept::list(world, &name);
        files.retain(&wanted);
        files
    })
    .await
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = id.rsplit_once('.').and_then(|(id, number)| Some((id, number.parse().ok()?)));
    let place = place.ok_or_else(|| Problem::not_found(format!("there is no file '{id}'")))?;
    Ok(kept::answer(&state, &name, place, &headers))
}

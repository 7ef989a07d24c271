//! `/api/customers/{name}/attach` and `/files`.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State as Extract};
use http::StatusCode;
use serde_json::Value;

use super::problem::Problem;
use crate::model::{Attach, Entry};
use crate::phone::file;
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

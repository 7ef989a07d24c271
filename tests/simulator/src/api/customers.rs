//! `/api/customers` and `/api/conversations`.

use axum::Json;
use axum::extract::{Path, Query, State as Extract};
use http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;
use crate::model::{
    Close, Conversation, Customer, CustomerPatch, Entry, Items, NewConversation, NewCustomer,
    Reply, Resend, Send, Tapback, Typing,
};
use crate::phone::roster::{self, DeviceError};
use crate::phone::{device, reply as answering};
use crate::world::State;

type Answer<T> = Result<(StatusCode, Json<T>), Problem>;

pub(super) async fn list(Extract(state): Extract<State>) -> Json<Items<Customer>> {
    Json(Items { items: state.read(|world| world.customers.values().cloned().collect()) })
}

pub(super) async fn create(
    Extract(state): Extract<State>,
    Json(new): Json<NewCustomer>,
) -> Answer<Customer> {
    Ok((StatusCode::CREATED, Json(roster::create(&state, new)?)))
}

pub(super) async fn show(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
) -> Answer<Customer> {
    let customer = state
        .read(|world| world.customers.get(&name).cloned())
        .ok_or(DeviceError::NoSuchCustomer(name))?;
    Ok((StatusCode::OK, Json(customer)))
}

pub(super) async fn patch(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(patch): Json<CustomerPatch>,
) -> Answer<Customer> {
    Ok((StatusCode::OK, Json(roster::patch(&state, &name, patch)?)))
}

pub(super) async fn send(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(send): Json<Send>,
) -> Answer<Entry> {
    Ok((StatusCode::ACCEPTED, Json(device::send(&state, &name, send).await?)))
}

pub(super) async fn resend(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(resend): Json<Resend>,
) -> Answer<Entry> {
    Ok((StatusCode::ACCEPTED, Json(device::resend(&state, &name, &resend)?)))
}

pub(super) async fn typing(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(typing): Json<Typing>,
) -> Result<StatusCode, Problem> {
    device::typing(&state, &name, typing).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn react(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(tapback): Json<Tapback>,
) -> Answer<Entry> {
    Ok((StatusCode::ACCEPTED, Json(device::react(&state, &name, tapback).await?)))
}

pub(super) async fn reply(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(reply): Json<Reply>,
) -> Answer<Entry> {
    Ok((StatusCode::ACCEPTED, Json(answering::reply(&state, &name, reply).await?)))
}

pub(super) async fn close(
    Extract(state): Extract<State>,
    Path(name): Path<String>,
    Json(close): Json<Close>,
) -> Answer<Entry> {
    Ok((StatusCode::ACCEPTED, Json(device::close(&state, &name, close).await?)))
}

#[derive(Deserialize)]
pub(super) struct OfCustomer {
    customer: Option<String>,
}

pub(super) async fn conversations(
    Extract(state): Extract<State>,
    Query(of): Query<OfCustomer>,
) -> Json<Items<Conversation>> {
    let wanted = |it: &&Conversation| of.customer.as_ref().is_none_or(|name| it.customer == *name);
    let items =
        state.read(|world| world.conversations.iter().filter(wanted).cloned().collect::<Vec<_>>());
    Json(Items { items })
}

pub(super) async fn open(
    Extract(state): Extract<State>,
    Json(new): Json<NewConversation>,
) -> Answer<Conversation> {
    Ok((StatusCode::CREATED, Json(roster::open(&state, new)?)))
}

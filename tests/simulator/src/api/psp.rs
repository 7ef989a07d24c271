//! `/api/psp`: what the payment providers know.

use axum::Json;
use axum::extract::{Path, Query, State as Extract};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::problem::Problem;
use super::records::collect;
use crate::model::{Chargeback, Dialect, Items, PspAccount, PspCall, PspFilter, PspPayment};
use crate::psp;
use crate::world::State;

pub(super) async fn payments(
    Extract(state): Extract<State>,
    Query(filter): Query<PspFilter>,
) -> Json<Items<PspPayment>> {
    let same = |wanted: &Option<String>, is: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| is.is_some_and(|is| is.eq_ignore_ascii_case(wanted)))
    };
    let wanted = |it: &&PspPayment| {
        let mut said = it.metadata.values().chain(&it.reference);
        it.seq > filter.after
            && filter.dialect.is_none_or(|dialect| it.dialect == dialect)
            && filter.state.is_none_or(|state| it.state == state)
            && same(&filter.account, Some(&it.account))
            && same(&filter.id, Some(&it.id))
            && same(&filter.reference, it.reference.as_deref())
            && same(&filter.customer, it.customer.as_deref())
            && same(&filter.transaction_id, it.transaction_id.as_deref())
            && filter.contains.as_ref().is_none_or(|text| said.any(|it| it.contains(text)))
    };
    collect(&state, filter.wait, filter.at_least, |world| {
        world.psp.payments.iter().filter(wanted).cloned().collect()
    })
    .await
}

pub(super) async fn calls(
    Extract(state): Extract<State>,
    Query(filter): Query<PspFilter>,
) -> Json<Items<PspCall>> {
    let wanted = |it: &&PspCall| {
        it.seq > filter.after
            && filter.dialect.is_none_or(|dialect| it.dialect == dialect)
            && filter.account.as_ref().is_none_or(|account| it.account == *account)
            && filter.operation.as_ref().is_none_or(|operation| it.operation == *operation)
            && filter
                .contains
                .as_ref()
                .is_none_or(|text| it.path.contains(text) || it.body.to_string().contains(text))
    };
    collect(&state, filter.wait, filter.at_least, |world| {
        world.psp.calls.iter().filter(wanted).cloned().collect()
    })
    .await
}

pub(super) async fn put_account(
    Extract(state): Extract<State>,
    Path((dialect, name)): Path<(Dialect, String)>,
    Json(account): Json<PspAccount>,
) -> Json<PspAccount> {
    state.change(|world| world.psp.accounts.insert((dialect, name), account.clone()));
    Json(account)
}

pub(super) async fn charge_back(
    Extract(state): Extract<State>,
    Path(seq): Path<u64>,
    Json(chargeback): Json<Chargeback>,
) -> Result<StatusCode, Problem> {
    let done = psp::charge_back(&state, seq, chargeback.amount);
    done.map(|()| StatusCode::NO_CONTENT).map_err(|why| Problem(StatusCode::CONFLICT, why))
}

pub(super) async fn expire(
    Extract(state): Extract<State>,
    Path(seq): Path<u64>,
) -> Result<StatusCode, Problem> {
    let done = psp::expire(&state, seq);
    done.map(|()| StatusCode::NO_CONTENT).map_err(|why| Problem(StatusCode::CONFLICT, why))
}

#[derive(Deserialize)]
pub(super) struct OfAccount {
    account: Option<String>,
}

pub(super) async fn report(
    Extract(state): Extract<State>,
    Path(dialect): Path<Dialect>,
    Query(of): Query<OfAccount>,
) -> Response {
    let csv = state.read(|world| psp::report(world, dialect, of.account.as_deref()));
    ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response()
}

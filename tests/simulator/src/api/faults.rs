//! `/api/faults`.

use axum::Json;
use axum::extract::{Path, State as Extract};
use http::StatusCode;

use super::problem::Problem;
use crate::model::{Effect, Fault, FaultSpec, Items, Place};
use crate::world::State;

pub(super) async fn list(Extract(state): Extract<State>) -> Json<Items<Fault>> {
    Json(Items { items: state.read(|world| world.faults.clone()) })
}

pub(super) async fn add(
    Extract(state): Extract<State>,
    Json(spec): Json<FaultSpec>,
) -> Result<(StatusCode, Json<Fault>), Problem> {
    if let Effect::Status { status, .. } = spec.effect
        && !(200..=599).contains(&status)
    {
        return Err(Problem::bad_request("a status is 200 to 599".to_owned()));
    }
    if matches!(spec.effect, Effect::Spoilt(_)) && spec.at != Place::Content {
        return Err(Problem::bad_request("only content can be spoilt".to_owned()));
    }
    if matches!(spec.effect, Effect::Money(_)) && !matches!(spec.at, Place::Psp(_)) {
        return Err(Problem::bad_request("only a payment provider moves money".to_owned()));
    }
    if matches!(spec.effect, Effect::ExpiresIn { .. }) && spec.at != Place::PaymentSession {
        return Err(Problem::bad_request("only a payment session expires".to_owned()));
    }
    if spec.times == Some(0) {
        return Err(Problem::bad_request("times is at least 1".to_owned()));
    }
    let fault = state.change(|world| {
        world.faults_made += 1;
        let fault = Fault { id: world.faults_made, hits: 0, spec };
        world.faults.push(fault.clone());
        fault
    });
    Ok((StatusCode::CREATED, Json(fault)))
}

pub(super) async fn clear(Extract(state): Extract<State>) -> StatusCode {
    state.change(|world| world.faults.clear());
    StatusCode::NO_CONTENT
}

pub(super) async fn remove(
    Extract(state): Extract<State>,
    Path(id): Path<u64>,
) -> Result<StatusCode, Problem> {
    state.change(|world| {
        let before = world.faults.len();
        world.faults.retain(|fault| fault.id != id);
        if world.faults.len() == before {
            return Err(Problem::not_found(format!("there is no fault {id}")));
        }
        Ok(StatusCode::NO_CONTENT)
    })
}

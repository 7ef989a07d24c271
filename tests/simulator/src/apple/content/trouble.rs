//! Faults at the endpoints about content.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::response::Response;

use crate::apple::gateway::Call;
use crate::line::Scissors;
use crate::model::{Effect, Place, Spoil};
use crate::world::State;

/// What is still to go wrong with a call that is treated as usual.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// The work is done and the answer gets lost, after so long.
    lost: Option<Duration>,
    /// How the bytes are spoilt.
    pub(super) spoil: Option<Spoil>,
}

/// The call as it goes on, or the answer that a fault gives instead.
pub(super) async fn strike(
    state: &State,
    line: &Scissors,
    mut call: Call,
    place: Place,
    customer: Option<&str>,
) -> ControlFlow<Response, (Call, Trouble)> {
    call.record.customer = customer.map(str::to_owned);
    let Some(fault) = state.change(|world| world.strike(&place, customer, None)) else {
        return ControlFlow::Continue((call, Trouble::default()));
    };
    let delay = Duration::from_millis(fault.spec.delay_ms);
    let trouble = match fault.spec.effect {
        Effect::AnswerLost => Trouble { lost: Some(delay), spoil: None },
        effect => {
            tokio::time::sleep(delay).await;
            match effect {
                Effect::Status { status, headers, body } => {
                    return ControlFlow::Break(call.fail(state, status, headers, body));
                }
                Effect::Refuse => {
                    call.record(state, 0, false);
                    line.cut();
                    return ControlFlow::Break(Response::default());
                }
                Effect::Spoilt(spoil) => Trouble { lost: None, spoil: Some(spoil) },
                Effect::Slow | Effect::AnswerLost | Effect::Money(_) | Effect::ExpiresIn { .. } => {
                    Trouble::default()
                }
            }
        }
    };
    ControlFlow::Continue((call, trouble))
}

impl Trouble {
    /// The answer, unless it gets lost.
    pub(super) async fn answer(
        self,
        state: &State,
        line: &Scissors,
        call: Call,
        answer: impl FnOnce(Call) -> Response,
    ) -> Response {
        let Some(delay) = self.lost else { return answer(call) };
        call.record(state, 0, true);
        tokio::time::sleep(delay).await;
        line.cut();
        Response::default()
    }
}

//! What Apple's answer means for the message, and how long to wait before the next attempt.

use amb_protocol::gateway::GatewayStatus;
use std::time::Duration;

use super::{Relay, attempt::Attempt};
use crate::{
    model::{FailureCode, OutboundMessage, OutboundStatus},
    port::{Clock, Entropy, GatewayAnswer, GatewayError},
    schedule::jittered,
};

/// The pause doubles with every attempt between these.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl<S, Q, G, K, F, W, C: Clock + Entropy, O> Relay<S, Q, G, K, F, W, C, O> {
    pub(super) fn judge(
        &self,
        message: &OutboundMessage,
        answer: Result<GatewayAnswer, GatewayError>,
    ) -> Attempt {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let unknown = error == GatewayError::Unanswered;
                return Attempt::Later { pause: self.pause(message, None), unknown };
            }
        };
        let failed =
            |code| Attempt::End(OutboundStatus::Failed { code, detail: answer.detail.clone() });
        match answer.status {
            GatewayStatus::Accepted => Attempt::End(OutboundStatus::AcceptedByApple),
            GatewayStatus::BadRequest => failed(FailureCode::RefusedByApple),
            GatewayStatus::UnknownDestination => failed(FailureCode::UnknownDestination),
            GatewayStatus::TooLarge => failed(FailureCode::TooLarge),
            GatewayStatus::Unexpected(_) => failed(FailureCode::UnexpectedAnswer),
            GatewayStatus::Gone => Attempt::CustomerLeft(None),
            GatewayStatus::Unauthorized | GatewayStatus::Throttled => {
                let pause = self.pause(message, answer.retry_after);
                Attempt::Later { pause, unknown: false }
            }
            GatewayStatus::ServerError => {
                let pause = self.pause(message, answer.retry_after);
                Attempt::Later { pause, unknown: true }
            }
        }
    }

    /// The pause before the next attempt; `asked` is what Apple asked for.
    pub(super) fn pause(&self, message: &OutboundMessage, asked: Option<Duration>) -> Duration {
        let doublings = message.attempts.saturating_sub(1).min(6);
        let step = jittered(FIRST_PAUSE * 2_u32.pow(doublings), &self.clock);
        step.max(asked.unwrap_or_default()).min(LONGEST_PAUSE)
    }
}

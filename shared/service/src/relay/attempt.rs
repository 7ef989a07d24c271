//! One attempt at a message: its parts, one after the other, from where an earlier attempt ended.

use amb_protocol::{
    gateway::GatewayStatus,
    outbound::{Message, OutboundType},
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use super::{AGENT, Relay, RelayError, RelayTables, choice::choose};
use crate::{
    model::{
        Choice, ConversationState, ConversationStatus, DataRef, FailureCode, OutboundContent,
        OutboundMessage, OutboundStatus, TypingState, Waited,
    },
    payment::opening::OpensPayments,
    port::{
        AppleSecrets, Clock, DeliveryQueue, Entropy, Files, Gateway, GatewayAnswer, GatewayError,
        PayloadQueue, Web,
    },
    problem::chain,
};

/// A further part is begun only while so much of the lease is left: what preparing and posting it
/// may take.
const ROOM: SignedDuration = SignedDuration::from_secs(23);
/// The rest of a message whose attempt ran out of time comes after this.
const SOON: Duration = Duration::from_secs(1);

/// What one attempt came to.
#[derive(Debug)]
pub(super) enum Attempt {
    End(OutboundStatus),
    /// Apple says the customer left.
    CustomerLeft(Option<String>),
    Later {
        pause: Duration,
        unknown: bool,
    },
    /// Its files are on their way to Apple.
    Waiting(Duration),
}

impl Attempt {
    fn failed(code: FailureCode, detail: Option<String>) -> Self {
        Self::End(OutboundStatus::Failed { code, detail })
    }

    /// The end of a message that we cannot post. An earlier attempt may have: then nobody knows.
    pub(super) fn unsent(
        message: &OutboundMessage,
        code: FailureCode,
        detail: Option<String>,
    ) -> Self {
        if message.outcome_unknown {
            Self::End(OutboundStatus::Unknown)
        } else {
            Self::failed(code, detail)
        }
    }

    pub(super) fn is_accepted(&self) -> bool {
        matches!(self, Self::End(OutboundStatus::AcceptedByApple))
    }

    /// Names the part in the words of a failure.
    fn of_part(self, number: usize, total: usize) -> Self {
        let named = |detail: Option<String>| {
            let part = format!("part {} of {total}", number + 1);
            Some(detail.map_or_else(|| part.clone(), |detail| format!("{part}: {detail}")))
        };
        match self {
            _ if total < 2 => self,
            Self::End(OutboundStatus::Failed { code, detail }) => Self::failed(code, named(detail)),
            Self::CustomerLeft(detail) => Self::CustomerLeft(named(detail)),
            other => other,
        }
    }
}

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    S: RelayTables,
    Q: DeliveryQueue + PayloadQueue,
    G: Gateway,
    K: AppleSecrets,
    F: Files,
    W: Web,
    C: Clock + Entropy + Clone,
    O: OpensPayments,
{
    /// Attempts a message. References that Apple gave come into `kept`.
    pub(super) async fn attempt(
        &self,
        message: &mut OutboundMessage,
        state: &ConversationState,
        lease: Timestamp,
        kept: &mut Vec<DataRef>,
    ) -> Result<Attempt, RelayError> {
        let choices = match &message.content {
            OutboundContent::Text { text } => {
                return self.whole(message, OutboundType::Text { body: text.clone() }).await;
            }
            OutboundContent::Typing { state: TypingState::Start } => {
                return self.whole(message, OutboundType::TypingStart).await;
            }
            OutboundContent::Typing { state: TypingState::End } => {
                return self.whole(message, OutboundType::TypingEnd).await;
            }
            OutboundContent::Choices { choices } => choices.clone(),
            OutboundContent::Stored { file, .. } => match self.stored(file).await {
                Ok(Some(choices)) => choices,
                Ok(None) => return Ok(Attempt::unsent(message, FailureCode::ContentLost, None)),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a message's content cannot be read");
                    let pause = self.pause(message, None);
                    return Ok(Attempt::Later { pause, unknown: false });
                }
            },
        };
        let Some(chosen) = choose(message, &choices, &state.capabilities) else {
            return Ok(Attempt::unsent(message, FailureCode::NotShowable, None));
        };
        self.parts(message, &choices, chosen, lease, kept).await
    }

    /// A message that is one of Apple's.
    async fn whole(
        &self,
        message: &OutboundMessage,
        kind: OutboundType,
    ) -> Result<Attempt, RelayError> {
        let answer = self.post(&wire(message, 0, kind)).await?;
        Ok(self.judge(message, answer))
    }

    async fn parts(
        &self,
        message: &mut OutboundMessage,
        choices: &[Choice],
        chosen: usize,
        lease: Timestamp,
        kept: &mut Vec<DataRef>,
    ) -> Result<Attempt, RelayError> {
        let Some(choice) = choices.get(chosen) else {
            return Ok(Attempt::unsent(message, FailureCode::ContentLost, None));
        };
        let total = choice.parts.len();
        let first = usize::try_from(message.progress.parts_sent).unwrap_or(usize::MAX);
        let mut attempt = Attempt::unsent(message, FailureCode::ContentLost, None);
        for (number, draft) in choice.parts.iter().enumerate().skip(first) {
            if number > first && self.clock.now() + ROOM > lease {
                return Ok(Attempt::Later { pause: SOON, unknown: false });
            }
            let part = match self.make(message, draft, number).await? {
                Ok(part) => part,
                Err(attempt) => return Ok(attempt.of_part(number, total)),
            };
            if message.progress.waited == Waited::Now {
                message.progress.waited = Waited::Before;
            }
            if (number > first || !draft.needs.is_empty())
                && let Some(status) = self.closed_meanwhile(message).await?
            {
                return Ok(Attempt::End(status));
            }
            message.progress.sent_as = Some(part.sent_as.unwrap_or(choice.kind));
            self.fix(message, choices.len(), chosen, lease).await?;
            let answer = self.post_part(message, part, draft, kept).await?;
            attempt = self.judge(message, answer).of_part(number, total);
            if !attempt.is_accepted() {
                return Ok(attempt);
            }
            // What was in doubt was this part, and it is no more.
            message.outcome_unknown = false;
            message.progress.parts_sent += 1;
            if number + 1 < total {
                self.advance(message, lease).await?;
            }
        }
        Ok(attempt)
    }

    /// The end of a message whose customer left while it was prepared, or between its parts.
    async fn closed_meanwhile(
        &self,
        message: &OutboundMessage,
    ) -> Result<Option<OutboundStatus>, RelayError> {
        let pointer = &message.pointer;
        let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
        let closed = state.is_some_and(|state| state.status == ConversationStatus::Closed);
        let at = message.created_at;
        Ok(super::given_up(message, at, closed, at).filter(|_| closed))
    }

    /// Makes the choice the message's own. If there are others it is written down before Apple hears
    /// of it: another attempt might choose another one, under the same id.
    async fn fix(
        &self,
        message: &mut OutboundMessage,
        choices: usize,
        chosen: usize,
        lease: Timestamp,
    ) -> Result<(), RelayError> {
        let chosen = u32::try_from(chosen).ok();
        if message.progress.choice != chosen {
            message.progress.choice = chosen;
            if choices > 1 {
                self.advance(message, lease).await?;
            }
        }
        Ok(())
    }

    /// Writes down how far it has come; asked again once, for what is lost here is sent twice.
    async fn advance(&self, message: &OutboundMessage, lease: Timestamp) -> Result<(), RelayError> {
        let held = match self.store.advance(message, lease).await {
            Ok(held) => held,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "progress is written down again");
                self.store.advance(message, lease).await?
            }
        };
        if held { Ok(()) } else { Err(RelayError::Overtaken) }
    }

    /// Posts a message, and once more with a newer key if Apple refuses this one: it may have been
    /// rotated since it was cached (F078).
    pub(super) async fn post(
        &self,
        wire: &Message,
    ) -> Result<Result<GatewayAnswer, GatewayError>, RelayError> {
        let key = self.keys.signing().await?;
        let answer = self.gateway.post_message(wire, &key).await;
        if matches!(&answer, Ok(answer) if answer.status == GatewayStatus::Unauthorized) {
            self.keys.second_look().await?;
            return Ok(self.gateway.post_message(wire, &self.keys.signing().await?).await);
        }
        Ok(answer)
    }
}

/// A part of a message as it goes to Apple: the same id on every attempt.
pub(super) fn wire(message: &OutboundMessage, part: u32, kind: OutboundType) -> Message {
    Message {
        id: message.pointer.message.part(part),
        from: message.business.clone(),
        to: message.opaque.clone(),
        kind,
        bot: message.bot,
        agent: message.agent.clone().or_else(|| Some(AGENT.to_owned())),
        include_data_ref: false,
    }
}

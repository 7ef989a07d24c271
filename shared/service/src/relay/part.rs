//! A part of a message, made ready for Apple: App Clip, files, pictures, preview, and a last look at
//! the rules.

use amb_protocol::{
    compose::{Channel, ContentType, Draft, Need, PendingPayment, check_wire},
    rules::Fault,
};
use serde_json::{Map, Value};

use super::{Relay, RelayError, RelayTables, attempt::Attempt};
use crate::{
    model::{FailureCode, OutboundMessage},
    payment::opening::{NotOpened, OpensPayments},
    port::{AppleSecrets, Clock, Entropy, Files, Gateway, PayloadQueue, Web},
    prepare::{self, PrepareError},
    problem::chain,
};

/// Attempts that wait for somebody's pictures; then they are at fault. The lane waits with them.
const PATIENCE: u32 = 6;
/// Longest words of a failure, in characters.
pub(super) const DETAIL_MAX: usize = 512;

/// A part that can leave.
pub(super) struct Part {
    pub(super) number: u32,
    /// The members beside the envelope's.
    pub(super) body: Map<String, Value>,
    pub(super) channel: Channel,
    /// What it became, where that is something else than what was asked for.
    pub(super) sent_as: Option<ContentType>,
}

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    S: RelayTables,
    Q: PayloadQueue,
    G: Gateway,
    K: AppleSecrets,
    F: Files,
    W: Web,
    C: Clock + Entropy,
    O: OpensPayments,
{
    /// Makes a part, or says what becomes of the message instead.
    pub(super) async fn make(
        &self,
        message: &OutboundMessage,
        draft: &Draft,
        number: usize,
    ) -> Result<Result<Part, Attempt>, RelayError> {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let (draft, sent_as) = match self.with_app_clip(message, draft).await? {
            Ok(resolved) => resolved,
            Err(attempt) => return Ok(Err(attempt)),
        };
        let channel = draft.channel;
        if draft.needs.is_empty() {
            let body = draft.into_owned().body;
            return Ok(Ok(Part { number, body, channel, sent_as }));
        }
        let draft = match self.with_files(message, draft, number).await {
            Ok(draft) => draft,
            Err(attempt) => return Ok(Err(attempt)),
        };
        let rules = draft.rules();
        let until = self.clock.now() + prepare::LIMIT;
        let tenant = &message.pointer.tenant;
        let mut body = match self.prepare.prepare(tenant, &draft, rules, until).await {
            Ok(prepared) => prepared.body,
            Err(error) => return Ok(Err(self.unprepared(message, error))),
        };
        let payment = draft.needs.iter().find_map(|need| match need {
            Need::Payment(payment) => Some(payment),
            Need::Image(_) | Need::File(_) | Need::Preview { .. } | Need::AppClip { .. } => None,
        });
        if let Some(payment) = payment
            && let Err(attempt) = self.opened(message, &draft, payment, &mut body).await
        {
            return Ok(Err(attempt));
        }
        let whole = Value::Object(enveloped(message, number, body));
        let faults = check_wire(&whole, rules);
        let code = match draft.needs.first() {
            _ if payment.is_some() => FailureCode::PaymentSession,
            Some(Need::File(_)) => FailureCode::AttachmentUnusable,
            _ => FailureCode::ImageUnusable,
        };
        Ok(match whole {
            Value::Object(body) if faults.is_empty() => Ok(Part { number, body, channel, sent_as }),
            _ => Err(unusable(message, code, &faults)),
        })
    }

    /// Fills in what a payment needs, as the last of all: a session does not last.
    async fn opened(
        &self,
        message: &OutboundMessage,
        draft: &Draft,
        payment: &PendingPayment,
        body: &mut Map<String, Value>,
    ) -> Result<(), Attempt> {
        let Some(request) = &draft.request_identifier else {
            return Err(Attempt::unsent(message, FailureCode::ContentLost, None));
        };
        match self.payments.open(message, request, payment, body).await {
            Ok(()) => Ok(()),
            Err(NotOpened::Refused(detail)) => {
                let code = FailureCode::PaymentSession;
                Err(Attempt::unsent(message, code, Some(detail)))
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "a payment is opened later");
                Err(Attempt::Later { pause: self.pause(message, None), unknown: false })
            }
        }
    }

    fn unprepared(&self, message: &OutboundMessage, error: PrepareError) -> Attempt {
        match error {
            PrepareError::Faults(faults) => unusable(message, FailureCode::ImageUnusable, &faults),
            PrepareError::Later(faults) if message.attempts >= PATIENCE => {
                unusable(message, FailureCode::ImageUnusable, &faults)
            }
            PrepareError::Later(_) => {
                Attempt::Later { pause: self.pause(message, None), unknown: false }
            }
            PrepareError::Port(error) => {
                tracing::warn!(error = %chain(&error), "a message cannot be prepared");
                Attempt::Later { pause: self.pause(message, None), unknown: false }
            }
        }
    }
}

/// The whole message, as the rules look at it. What is repeated here is the envelope's to say.
fn enveloped(
    message: &OutboundMessage,
    number: u32,
    body: Map<String, Value>,
) -> Map<String, Value> {
    let id = message.pointer.message.part(number);
    let mut whole = Map::new();
    whole.insert("v".to_owned(), 1.into());
    whole.insert("id".to_owned(), id.to_string().into());
    whole.insert("sourceId".to_owned(), message.business.as_str().into());
    whole.insert("destinationId".to_owned(), message.opaque.as_str().into());
    whole.extend(body);
    whole
}

fn unusable(message: &OutboundMessage, code: FailureCode, faults: &[Fault]) -> Attempt {
    let detail = faults.first().map(|fault| {
        let detail = format!("{}: {}", fault.pointer, fault.message);
        detail.chars().take(DETAIL_MAX).collect()
    });
    Attempt::unsent(message, code, detail)
}

//! What is committed: a request without a fault.

use amb_protocol::{
    compose::{self, PendingPayment},
    id::{BusinessId, OpaqueId, RequestIdentifier},
};
use jiff::Timestamp;

use super::{
    Sent,
    choices::{Said, needs_locale},
    request::SendRequest,
    showable::{self, Need},
    uploads, uuid_of,
};
use crate::{
    access::Principal,
    model::{
        Context, ConversationId, ConversationState, IdempotencyRecord, LaneEntry, MerchantSettings,
        OutboundContent, OutboundMessage, OutboundPointer, OutboundStatus, PaymentId,
        TimelineEntry, TimelineItem,
    },
    payment::offering,
    port::{ClaimScope, Conversations, Entropy, MessageClaim, PortError, Step},
    problem::{Fault, Faults, Problem},
};

/// A request without a fault.
pub(super) struct Order {
    pub(super) from: BusinessId,
    pub(super) to: OpaqueId,
    /// It starts a conversation, if there is none.
    pub(super) invites: bool,
    pub(super) content: OutboundContent,
    /// What each choice takes.
    pub(super) needs: Vec<Need>,
    /// Where the request names each choice.
    pub(super) places: Vec<String>,
    /// The payment that it asks for.
    pub(super) payment: Option<Asked>,
    kind: &'static str,
    callback_data: Option<String>,
    bot: bool,
    agent: Option<String>,
    warnings: Vec<Fault>,
}

/// A payment that is asked for, before there is a message.
pub(super) struct Asked {
    pub(super) id: PaymentId,
    request: RequestIdentifier,
    pending: PendingPayment,
    settings: MerchantSettings,
}

impl Asked {
    /// The one that any choice asks for, if we are to answer the device.
    fn find(content: &OutboundContent, merchant: Option<MerchantSettings>) -> Option<Self> {
        let OutboundContent::Choices { choices } = content else { return None };
        let mut parts = choices.iter().flat_map(|choice| &choice.parts);
        let (request, pending) = parts.find_map(|part| {
            let pending = part.needs.iter().find_map(|need| match need {
                compose::Need::Payment(pending) => Some(pending),
                _ => None,
            });
            part.request_identifier.as_ref().zip(pending)
        })?;
        let id = PaymentId::of(request)?;
        let (request, pending) = (request.clone(), PendingPayment::clone(pending));
        pending.is_ours().then_some(())?;
        Some(Self { id, request, pending, settings: merchant? })
    }
}

impl Order {
    /// What was composed for a request; or every fault of it.
    pub(super) fn of(
        request: SendRequest<'_>,
        said: Option<Said>,
        faults: Faults,
    ) -> Result<Self, Problem> {
        let invites = request.invites();
        let sound = (|| Some((request.from?, request.to?, said?)))();
        let (from, to, said) = faults.finish(sound).map_err(named_by_its_only_fault)?;
        let Said { content, places, cuts, mut warnings, merchant } = said;
        let payment = Asked::find(&content, merchant);
        warnings.extend(cuts);
        let needs = showable::needs(&content);
        let kind = content.kind();
        let SendRequest { callback_data, bot, agent, .. } = request;
        Ok(Self {
            from,
            to,
            invites,
            content,
            needs,
            places,
            payment,
            kind,
            callback_data,
            bot,
            agent,
            warnings,
        })
    }

    /// The step that commits it.
    pub(super) fn plan(
        &self,
        mut state: ConversationState,
        pointer: &OutboundPointer,
        record: IdempotencyRecord,
        now: Timestamp,
    ) -> Step {
        state.revision += 1;
        state.lane.push(LaneEntry { message: pointer.message });
        let mut entries = Vec::new();
        let mut claim = None;
        if !self.content.is_ephemeral() {
            let seq = state.next_seq();
            let item = TimelineItem::Sent { message: pointer.message };
            entries.push(TimelineEntry { seq, at: now, item, context: Context::default() });
            claim = Some(MessageClaim {
                tenant: pointer.tenant.clone(),
                message: pointer.message,
                conversation: pointer.conversation.clone(),
                seq,
                scope: ClaimScope::Tenant,
            });
        }
        let mut outbound = OutboundMessage {
            bot: self.bot,
            agent: self.agent.clone(),
            callback_data: self.callback_data.clone(),
            ..OutboundMessage::queued(
                pointer.clone(),
                self.from.clone(),
                self.to.clone(),
                self.content.clone(),
                now,
            )
        };
        let asked = self.payment.as_ref().and_then(|payment| {
            outbound.progress.request_identifier = Some(payment.request.clone());
            let Asked { id, pending, settings, .. } = payment;
            offering::asked(pending, settings, id, &outbound, now)
        });
        let (outbound, idempotency) = (Some(outbound), Some(record));
        Step { entries, claim, outbound, idempotency, asked, ..Step::to(state) }
    }

    /// The answer, once it is committed at this place.
    pub(super) fn sent(self, pointer: OutboundPointer, replayed: bool) -> Sent {
        let status = OutboundStatus::Queued;
        let payment = self.payment.map(|payment| payment.id);
        Sent { pointer, kind: self.kind, status, payment, warnings: self.warnings, replayed }
    }
}

/// Where the only fault is a size, or that something is not there, the status says so (S022, S046).
fn named_by_its_only_fault(problem: Problem) -> Problem {
    let Ok([fault]) = <[Fault; 1]>::try_from(problem.errors.clone()) else { return problem };
    let is_empty = fault.actual.as_ref().and_then(serde_json::Value::as_u64) == Some(0);
    match fault.rule {
        "text_too_long" | "content_bytes" => {
            Problem { errors: vec![fault], ..Problem::too_large() }
        }
        uploads::SIZE if !is_empty => Problem { errors: vec![fault], ..Problem::too_large() },
        uploads::MISSING => Problem { errors: vec![fault], ..Problem::not_found() },
        _ => problem,
    }
}

/// What a reply is tied to its question by: a UUID of ours.
#[expect(clippy::expect_used, reason = "a UUID is 36 visible characters")]
pub(crate) fn draw_request_identifier(entropy: &impl Entropy) -> RequestIdentifier {
    RequestIdentifier::parse(&uuid_of(entropy).to_string()).expect("a UUID is an identifier")
}

/// The customer's locale, should a template want to know it.
pub(super) async fn locale<S: Conversations>(
    request: &SendRequest<'_>,
    principal: &Principal,
    store: &S,
) -> Result<Option<String>, PortError> {
    let (Some(from), Some(to)) = (&request.from, &request.to) else { return Ok(None) };
    if !needs_locale(&request.wish) {
        return Ok(None);
    }
    let state = store.load(&principal.tenant, &ConversationId::of(from, to)).await?;
    Ok(state.and_then(|state| state.locale))
}

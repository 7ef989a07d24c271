//! *Check*: tells what a request to send would come to, and sends nothing. Pictures and previews are
//! fetched as for a message that is sent, so that the answer holds what would leave. Files are not: of
//! an upload it is told whether it is there, and a URL is not called.

use amb_protocol::{capability::CapabilityList, compose::Draft, rules::RulePack};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    body::Body,
    choices::{Composer, Said},
    order::draw_request_identifier,
    request::SendRequest,
    showable, uploads, uuid_of,
    verdict::{Changed, Chosen, Envelope, Verdict, shorten},
};
use crate::{
    access::Principal,
    model::{
        ConversationId, ConversationState, ConversationStatus, OutboundContent, Scope, TenantId,
        TypingState,
    },
    port::{Businesses, Clock, Conversations, Entropy, Files, Merchants, Templates, Web},
    prepare::{Prepare, PrepareError},
    problem::{Fault, Faults, Problem},
};

/// How long one check may take, its body's way included: its function has 15 seconds, and the last
/// picture that was begun is finished. A message is prepared part by part, and has longer.
const LIMIT: SignedDuration = SignedDuration::from_secs(10);

/// Checks requests.
#[derive(Debug)]
pub struct Check<S, F, W, C> {
    store: S,
    prepare: Prepare<F, W, C>,
    clock: C,
}

impl<S, F, W, C> Check<S, F, W, C>
where
    S: Businesses + Conversations + Templates + Merchants,
    F: Files,
    W: Web,
    C: Clock + Entropy + Clone,
{
    /// Checks with these ports.
    pub fn new(store: S, files: F, web: W, clock: C) -> Self {
        let prepare = Prepare::new(files, web, clock.clone());
        Self { store, prepare, clock }
    }

    /// Checks one request. What is wrong with its envelope is a problem, as when it is sent; what is
    /// wrong with what it says is in the verdict. Without `to`, or with `capabilities`, it need not be
    /// about a customer there is.
    pub async fn check(&self, principal: &Principal, body: &[u8]) -> Result<Verdict, Problem> {
        principal.require(Scope::Send)?;
        let until = self.clock.now() + LIMIT;
        let Body { map, .. } = Body::read(self.prepare.files(), &principal.tenant, body).await?;
        let mut faults = Faults::default();
        let request = SendRequest::read_check(&map, &mut faults);
        let is_sound = faults.is_empty();
        let state = if is_sound { self.state(principal, &request).await? } else { None };
        let composer = Composer {
            templates: &self.store,
            principal,
            business: request.from.as_ref(),
            locale: state.as_ref().and_then(|state| state.locale.as_deref()),
            request_identifier: &draw_request_identifier(&self.clock),
        };
        let said = composer.compose(&request.wish, &mut faults).await?;
        if !is_sound {
            return faults.finish(None);
        }
        let errors = faults.finish(None::<()>).map_or_else(|problem| problem.errors, |()| vec![]);
        let mut verdict = blank(request.wish.pack, errors);
        if is_closed(state.as_ref()) {
            let message = "the customer left this conversation: it would be refused now";
            verdict.warnings.push(Fault::new("/to", "conversation_closed", message));
        }
        if let Some(said) = said.filter(|_| verdict.errors.is_empty()) {
            let told = state.map(|state| CapabilityList::parse(&state.capabilities.join(",")));
            let device = request.capabilities.clone().or(told);
            let making = Making { tenant: &principal.tenant, pack: request.wish.pack, until };
            self.show(&making, &request, said, device.as_ref(), &mut verdict).await?;
        }
        verdict.valid = verdict.errors.is_empty() && verdict.chosen.is_some();
        Ok(verdict)
    }

    /// The conversation that the request names. It may name none, and then the business alone.
    async fn state(
        &self,
        principal: &Principal,
        request: &SendRequest<'_>,
    ) -> Result<Option<ConversationState>, Problem> {
        let Some(from) = &request.from else { return Ok(None) };
        let business = principal.on(self.store.business(from).await?)?;
        let Some(to) = &request.to else { return Ok(None) };
        let conversation = ConversationId::of(&business.id, to);
        match self.store.load(&business.tenant, &conversation).await? {
            None if !request.invites() => Err(Problem::no_conversation()),
            state => Ok(state),
        }
    }

    /// Says which choice would be sent, and what would leave.
    async fn show(
        &self,
        making: &Making<'_>,
        request: &SendRequest<'_>,
        said: Said,
        device: Option<&CapabilityList>,
        verdict: &mut Verdict,
    ) -> Result<(), Problem> {
        let Said { content, places, cuts, warnings, .. } = said;
        verdict.warnings.extend(warnings);
        verdict.changes.extend(cuts.into_iter().map(Changed::from));
        let files = self.prepare.files();
        verdict.errors.extend(uploads::faults(files, making.tenant, &content).await?);
        let needs = showable::needs(&content);
        if let Some(first) = needs.first() {
            verdict.requires.clone_from(&first.requires);
            verdict.missing = device.map_or_else(Vec::new, |device| first.missing(device));
        }
        let chosen = device.map_or(Ok(0), |device| showable::choose(&needs, &places, device));
        let index = match chosen {
            Ok(index) => index,
            Err(errors) => {
                verdict.errors.extend(errors);
                return Ok(());
            }
        };
        let kind = needs.get(index).map_or(content.kind(), |need| need.kind.as_str());
        verdict.chosen = Some(Chosen { index, kind });
        for body in self.bodies(making, content, index, verdict).await? {
            let envelope = Envelope {
                id: uuid_of(&self.clock).into(),
                from: request.from.as_ref().map(ToString::to_string),
                to: request.to.as_ref().map(ToString::to_string),
            };
            verdict.messages.push(envelope.around(body));
        }
        shorten(&mut verdict.messages);
        Ok(())
    }

    /// The bodies of Apple's messages, with everything in them.
    async fn bodies(
        &self,
        making: &Making<'_>,
        content: OutboundContent,
        index: usize,
        verdict: &mut Verdict,
    ) -> Result<Vec<Map<String, Value>>, Problem> {
        let mut choices = match content {
            OutboundContent::Choices { choices } => choices,
            plain => return Ok(plain_body(plain).into_iter().collect()),
        };
        let parts = if index < choices.len() { choices.swap_remove(index).parts } else { vec![] };
        let mut bodies = Vec::with_capacity(parts.len());
        for part in &parts {
            bodies.extend(self.body(making, part, verdict).await?);
        }
        Ok(bodies)
    }

    async fn body(
        &self,
        making: &Making<'_>,
        part: &Draft,
        verdict: &mut Verdict,
    ) -> Result<Option<Map<String, Value>>, Problem> {
        let Making { tenant, pack, until } = *making;
        match self.prepare.prepare(tenant, part, pack, until).await {
            Ok(prepared) => {
                verdict.changes.extend(prepared.changes.into_iter().map(Changed::Prepared));
                Ok(Some(prepared.body))
            }
            Err(PrepareError::Faults(faults) | PrepareError::Later(faults)) => {
                verdict.errors.extend(faults);
                Ok(None)
            }
            Err(PrepareError::Port(error)) => Err(error.into()),
        }
    }
}

/// Whose messages are made, by which rules, and until when.
struct Making<'m> {
    tenant: &'m TenantId,
    pack: &'m RulePack,
    until: Timestamp,
}

fn blank(pack: &RulePack, errors: Vec<Fault>) -> Verdict {
    Verdict {
        valid: false,
        rule_pack: pack.name(),
        errors,
        chosen: None,
        requires: Vec::new(),
        missing: Vec::new(),
        messages: Vec::new(),
        changes: Vec::new(),
        warnings: Vec::new(),
    }
}

fn is_closed(state: Option<&ConversationState>) -> bool {
    state.is_some_and(|state| state.status == ConversationStatus::Closed)
}

/// What is no choice leaves as it is.
fn plain_body(content: OutboundContent) -> Option<Map<String, Value>> {
    let body = match content {
        OutboundContent::Text { text } => json!({ "type": "text", "body": text }),
        OutboundContent::Typing { state: TypingState::Start } => json!({ "type": "typing_start" }),
        OutboundContent::Typing { state: TypingState::End } => json!({ "type": "typing_end" }),
        OutboundContent::Choices { .. } | OutboundContent::Stored { .. } => return None,
    };
    match body {
        Value::Object(body) => Some(body),
        _ => None,
    }
}

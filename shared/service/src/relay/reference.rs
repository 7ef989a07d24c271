//! Large interactive content goes to Apple once: its answer names the content, and for thirty days the
//! same content is sent by that name (spec/apple-protocol §5, AP-29).
//!
//! The name is a saving and nothing depends on it: it is looked up and kept beside the message, and a
//! name that Apple does not take is replaced by the content.

use amb_protocol::{
    compose::{Channel, Draft},
    gateway::GatewayStatus,
    outbound::OutboundType,
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::{Relay, RelayError, RelayTables, attempt::wire, part::Part};
use crate::{
    json_size,
    model::{DataRef, OutboundMessage},
    payment::opening::OpensPayments,
    port::{
        AppleSecrets, Clock, DeliveryQueue, Entropy, Files, Gateway, GatewayAnswer, GatewayError,
        PayloadQueue, Web,
    },
    problem::chain,
};

/// Thirty days, and an hour less: a name must not run out on its way.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24 - 1);

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
    /// Posts a part: by name if its content has one, else whole, asking for a name where one is worth
    /// it. Names that Apple gave come into `kept`.
    pub(super) async fn post_part(
        &self,
        message: &mut OutboundMessage,
        part: Part,
        draft: &Draft,
        kept: &mut Vec<DataRef>,
    ) -> Result<Result<GatewayAnswer, GatewayError>, RelayError> {
        let hash = content_hash(&part, draft);
        let known = match &hash {
            Some(hash) if !went_whole(message, draft) => self.known(message, hash).await,
            _ => None,
        };
        if let Some(known) = &known {
            let body = by_name(&part.body, &known.reference);
            let kind = OutboundType::Composed { body, channel: part.channel };
            let answer = self.post(&wire(message, part.number, kind)).await?;
            let untaken = [GatewayStatus::BadRequest, GatewayStatus::UnknownDestination];
            if !matches!(&answer, Ok(answer) if untaken.contains(&answer.status)) {
                if known.request_identifier.is_some() {
                    message.progress.request_identifier.clone_from(&known.request_identifier);
                }
                return Ok(answer);
            }
        }
        if draft.request_identifier.is_some() {
            message.progress.request_identifier.clone_from(&draft.request_identifier);
        }
        let kind = OutboundType::Composed { body: part.body, channel: part.channel };
        let mut whole = wire(message, part.number, kind);
        whole.include_data_ref = hash.is_some();
        let answer = self.post(&whole).await?;
        if let (Some(content_hash), Ok(answer)) = (hash, &answer)
            && answer.status == GatewayStatus::Accepted
        {
            let now = self.clock.now();
            match (&answer.data_ref, known) {
                (Some(reference), _) => kept.push(DataRef {
                    tenant: message.pointer.tenant.clone(),
                    business: message.business.clone(),
                    content_hash,
                    reference: reference.clone(),
                    request_identifier: draft.request_identifier.clone(),
                    created_at: now,
                    expires_at: now + LIFE,
                }),
                // Apple took the content and not its name: the name is dead.
                (None, Some(known)) => kept.push(DataRef { expires_at: now, ..known }),
                (None, None) => {}
            }
        }
        Ok(answer)
    }

    async fn known(&self, message: &OutboundMessage, content_hash: &str) -> Option<DataRef> {
        let (tenant, business) = (&message.pointer.tenant, &message.business);
        match self.store.data_ref(tenant, business, content_hash).await {
            Ok(found) => found.filter(|known| self.clock.now() < known.expires_at),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "content is sent whole");
                None
            }
        }
    }

    /// Keeps what Apple named. The messages are sent: whatever fails here costs bytes later.
    pub(super) async fn keep(&self, kept: Vec<DataRef>) {
        for data_ref in kept {
            if let Err(error) = self.store.keep_data_ref(&data_ref).await {
                tracing::warn!(error = %chain(&error), "a reference is not kept");
            }
        }
    }
}

/// Apple may have taken it whole, under an identifier of its own: it goes that way again, or the
/// customer's answer could be to either.
fn went_whole(message: &OutboundMessage, draft: &Draft) -> bool {
    let own = draft.request_identifier.is_some()
        && message.progress.request_identifier == draft.request_identifier;
    message.outcome_unknown && draft.drawn && own
}

/// The same message with the name in place of the content.
fn by_name(body: &Map<String, Value>, reference: &Map<String, Value>) -> Map<String, Value> {
    let named = |(name, value): (&String, &Value)| match name.as_str() {
        "interactiveData" => ("interactiveDataRef".to_owned(), reference.clone().into()),
        _ => (name.clone(), value.clone()),
    };
    body.iter().map(named).collect()
}

/// What the content is known by: SHA-256 over its JSON with sorted members, in hex, if it is large
/// enough to have a name. An identifier that we drew is no part of the content. What asks for money or
/// for a sign-in is for one customer, once.
fn content_hash(part: &Part, draft: &Draft) -> Option<String> {
    let data = part.body.get("interactiveData")?.get("data").and_then(Value::as_object);
    let once =
        |data: &Map<String, Value>| ["payment", "authenticate"].map(|name| data.contains_key(name));
    if part.channel != Channel::Message || data.is_some_and(|data| once(data).contains(&true)) {
        return None;
    }
    let content = part.body.get("interactiveData")?;
    if !json_size::is_large(content) {
        return None;
    }
    let drawn = draft.request_identifier.as_ref().filter(|_| draft.drawn);
    let drawn = drawn.map(|drawn| Value::from(drawn.as_str()));
    let mut hash = digest::Context::new(&digest::SHA256);
    canonical(content, drawn.as_ref(), &mut hash);
    Some(HEXLOWER.encode(hash.finish().as_ref()))
}

/// JSON with sorted members, without those identifiers that are `drawn`.
fn canonical(value: &Value, drawn: Option<&Value>, into: &mut digest::Context) {
    const IDENTIFIERS: [&str; 2] = ["requestIdentifier", "sessionIdentifier"];
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .filter(|(name, value)| {
                    !(IDENTIFIERS.contains(&name.as_str()) && Some(*value) == drawn)
                })
                .collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            into.update(b"{");
            for (name, value) in members {
                into.update(Value::from(name.as_str()).to_string().as_bytes());
                into.update(b":");
                canonical(value, drawn, into);
                into.update(b",");
            }
            into.update(b"}");
        }
        Value::Array(items) => {
            into.update(b"[");
            for item in items {
                canonical(item, drawn, into);
                into.update(b",");
            }
            into.update(b"]");
        }
        scalar => into.update(scalar.to_string().as_bytes()),
    }
}

//! The invariants of spec/reliability §0.1 that the message path can break.

use std::collections::{BTreeMap, BTreeSet};

use amb_protocol::{id::MessageId, outbound::OutboundType};
use amb_service::{
    memory::World,
    model::{
        Choice, DeliveryStatus, EndpointStatus, InboxSort, OutboundContent, OutboundMessage,
        OutboundStatus, TimelineItem,
    },
};
use serde_json::Value;

use super::{actors::Actors, payload_invariants};

/// What is broken, after everything has come to rest.
pub(crate) fn violations(actors: &Actors) -> Vec<String> {
    let world = actors.world.world();
    let mut found = Vec::new();
    acked_is_durable(actors, &world, &mut found);
    nothing_is_lost(&world, &mut found);
    one_effect(&world, &mut found);
    places_are_distinct(&world, &mut found);
    ordered_endpoints_hear_in_order(&world, &mut found);
    tenants_are_apart(actors, &world, &mut found);
    answers_name_their_question(&world, &mut found);
    outbound_ends_once(actors, &world, &mut found);
    payload_invariants::check(actors, &world, &mut found);
    found
}

/// I1: if Apple was told 200, there is a row.
fn acked_is_durable(actors: &Actors, world: &World, found: &mut Vec<String>) {
    for id in &actors.acked {
        let typing = |sort: &InboxSort| matches!(sort, InboxSort::Typing { .. });
        let kept = world.inbox.values().any(|m| m.id == *id || typing(&m.pointer.sort));
        if !kept {
            found.push(format!("I1: {id} was acknowledged and is nowhere"));
        }
    }
}

/// I2: every committed message has its place, and every event is delivered to every endpoint that
/// was there and still is.
fn nothing_is_lost(world: &World, found: &mut Vec<String>) {
    for pointer in world.inbox.keys() {
        let InboxSort::Message(id) = pointer.sort else { continue };
        if !world.claims.contains_key(&(pointer.tenant.clone(), id, None)) {
            found.push(format!("I2: {id} never got its place"));
        }
    }
    for ((tenant, stream, seq), entry) in &world.timeline {
        let TimelineItem::Event { kind, .. } = &entry.item else { continue };
        for endpoint in world.endpoints.values().filter(|endpoint| endpoint.tenant == *tenant) {
            let delivery = world.deliveries.values().find(|delivery| {
                let key = &delivery.key;
                (&key.stream, key.seq, &key.endpoint) == (stream, *seq, &endpoint.id)
            });
            let status = delivery.map(|delivery| delivery.status);
            let disabled = endpoint.status != EndpointStatus::Enabled;
            match status {
                Some(DeliveryStatus::Delivered) => {}
                Some(DeliveryStatus::Disabled) | None if disabled => {}
                other => found.push(format!("I2: {kind} at {seq} stands at {other:?}")),
            }
        }
    }
}

/// I3: every attempt carries the event's id, and one message is one event per endpoint.
fn one_effect(world: &World, found: &mut Vec<String>) {
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for call in &world.far_side.webhook_calls {
        let event: Value = serde_json::from_slice(&call.body).unwrap();
        if event["id"] != Value::String(call.id.clone()) {
            found.push(format!("I3: the header says {} and the body {}", call.id, event["id"]));
        }
        if event["type"] == "message.received" || event["type"] == "interactive.replied" {
            let message = event["data"]["message"]["id"].as_str().unwrap().to_owned();
            ids.entry((call.url.clone(), message)).or_default().insert(call.id.clone());
        }
    }
    for ((url, message), ids) in ids.into_iter().filter(|(_, ids)| ids.len() > 1) {
        found.push(format!("I3: {url} hears {message} as {ids:?}"));
    }
}

/// I4: no two messages share a place, and no message has two.
fn places_are_distinct(world: &World, found: &mut Vec<String>) {
    let mut places = BTreeMap::new();
    for claim in world.claims.values() {
        let place = (&claim.tenant, &claim.conversation, claim.seq);
        if let Some(other) = places.insert(place, claim.message) {
            found.push(format!("I4: {other} and {} share {}", claim.message, claim.seq));
        }
    }
}

/// I5: at an ordered endpoint, first successes follow `seq`.
fn ordered_endpoints_hear_in_order(world: &World, found: &mut Vec<String>) {
    for endpoint in world.endpoints.values().filter(|endpoint| endpoint.ordered) {
        let mut last = 0;
        let calls = world.far_side.webhook_calls.iter();
        for call in calls.filter(|call| call.url == endpoint.url && call.accepted) {
            let event: Value = serde_json::from_slice(&call.body).unwrap();
            let Some(seq) = event["seq"].as_u64() else { continue };
            if seq < last {
                // A repeated success is the at-least-once that is promised; an earlier event that
                // succeeds for the first time is not.
                let repeated = world
                    .far_side
                    .webhook_calls
                    .iter()
                    .filter(|other| other.id == call.id && other.accepted)
                    .count();
                if repeated < 2 {
                    found.push(format!("I5: {seq} came after {last}"));
                }
            }
            last = last.max(seq);
        }
    }
}

/// I6: no endpoint hears another tenant's words.
fn tenants_are_apart(actors: &Actors, world: &World, found: &mut Vec<String>) {
    for call in &world.far_side.webhook_calls {
        let body = String::from_utf8_lossy(&call.body);
        for (number, (tenant, business)) in actors.tenants.iter().enumerate() {
            let theirs = call.url.contains(tenant.as_str());
            let taint = format!("taint-of-tenant-{number}");
            if !theirs && (body.contains(&taint) || body.contains(business.as_str())) {
                found.push(format!("I6: {} heard of tenant {number}", call.url));
            }
        }
    }
}

/// An answer names the message that it answers and that message's reference, on every attempt.
fn answers_name_their_question(world: &World, found: &mut Vec<String>) {
    for call in &world.far_side.webhook_calls {
        let event: Value = serde_json::from_slice(&call.body).unwrap();
        let message = &event["data"]["message"];
        let request = message["interactive"]["requestIdentifier"].as_str().unwrap_or_default();
        let mut conversations = world.conversations.values();
        let Some(asked) = conversations.find_map(|state| state.asked(request)) else { continue };
        let named = message["inReplyTo"] == Value::String(asked.to_string());
        if !named || message["callbackData"].is_null() {
            found.push(format!("{} does not name its question: {message}", call.id));
        }
    }
}

/// I11, I12, and I2 for what we send: one id per request, nothing to a closed conversation, and every
/// message comes to an end.
fn outbound_ends_once(actors: &Actors, world: &World, found: &mut Vec<String>) {
    for (key, ids) in &actors.told {
        if ids.iter().collect::<BTreeSet<_>>().len() > 1 {
            found.push(format!("I12: key {key} was answered with {ids:?}"));
        }
    }
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in &world.far_side.apple_calls {
        if call.while_closed {
            found.push(format!("I11: {} was sent to a closed conversation", call.message.id));
        }
        let text = match &call.message.kind {
            OutboundType::Text { body: text } => Some(text.as_str()),
            OutboundType::Composed { body, .. } => body.get("body").and_then(Value::as_str),
            OutboundType::TypingStart | OutboundType::TypingEnd => None,
        };
        let Some(text) = text else { continue };
        texts.entry(text.to_owned()).or_default().insert(call.message.id.to_string());
    }
    for (text, ids) in texts.into_iter().filter(|(_, ids)| ids.len() > 1) {
        found.push(format!("I12: Apple was sent {text} as {ids:?}"));
    }
    for message in world.outbound.values() {
        if message.status == OutboundStatus::Queued {
            found.push(format!("I2: {} is still queued", message.pointer.message));
        }
    }
    for state in world.conversations.values().filter(|state| !state.lane.is_empty()) {
        found.push(format!("I2: {} waits in a lane", state.lane[0].message));
    }
    lanes_keep_their_order(world, found);
    parts_keep_their_order(world, found);
}

/// First acceptances by Apple follow the order of commit.
fn lanes_keep_their_order(world: &World, found: &mut Vec<String>) {
    let place = |id| {
        world.timeline.iter().find_map(|((_, _, seq), entry)| match entry.item {
            TimelineItem::Sent { message } if parts(message).any(|part| part == id) => Some(*seq),
            _ => None,
        })
    };
    let mut heard = BTreeSet::new();
    let mut last = None;
    for call in world.far_side.apple_calls.iter().filter(|call| call.accepted) {
        if heard.insert(call.message.id) {
            let seq = place(call.message.id);
            if seq < last {
                found.push(format!("lane: {seq:?} was accepted after {last:?}"));
            }
            last = seq;
        }
    }
}

/// Apple takes the parts of a message from the first to the last; a part that it took comes again
/// only while the next has not been taken: at most the one in doubt is sent twice.
fn parts_keep_their_order(world: &World, found: &mut Vec<String>) {
    let known = |id| world.outbound.keys().any(|pointer| parts(pointer.message).any(|p| p == id));
    for call in &world.far_side.apple_calls {
        if !known(call.message.id) {
            found.push(format!("parts: Apple was sent {}, which is nobody's", call.message.id));
        }
    }
    for message in world.outbound.values() {
        let id = message.pointer.message;
        let mut taken = 0;
        for call in world.far_side.apple_calls.iter().filter(|call| call.accepted) {
            match parts(id).position(|part| part == call.message.id) {
                Some(part) if part == taken => taken += 1,
                Some(part) if part + 1 == taken => {}
                Some(part) => found.push(format!("parts: {id} had {part} taken as {taken}")),
                None => {}
            }
        }
        let told = message.status == OutboundStatus::AcceptedByApple;
        let all = taken == count(world, message);
        if told != all && message.status != OutboundStatus::Unknown {
            found.push(format!("parts: {id} is {:?} with {taken} taken", message.status));
        }
    }
}

/// More parts than any message here has.
const PARTS: u32 = 8;

fn parts(message: MessageId) -> impl Iterator<Item = MessageId> {
    (0..PARTS).map(move |number| message.part(number))
}

/// Of how many parts a message is; the scenarios' choices are all of one length.
fn count(world: &World, message: &OutboundMessage) -> usize {
    let of = |choices: &[Choice]| choices[0].parts.len();
    match &message.content {
        OutboundContent::Text { .. } | OutboundContent::Typing { .. } => 1,
        OutboundContent::Choices { choices } => of(choices),
        OutboundContent::Stored { file, .. } => {
            let choices: Vec<Choice> = serde_json::from_slice(&world.files[file]).unwrap();
            of(&choices)
        }
    }
}

/// What Apple took twice: nothing, unless an answer was lost or a process died.
pub(crate) fn repeats(actors: &Actors) -> Vec<MessageId> {
    let world = actors.world.world();
    let mut seen = BTreeSet::new();
    let taken = world.far_side.apple_calls.iter().filter(|call| call.accepted);
    taken.map(|call| call.message.id).filter(|id| !seen.insert(*id)).collect()
}

//! What holds of payloads: one end each, one event for it, whole files, and nothing sent to Apple
//! that Apple does not have.

use std::collections::BTreeSet;

use amb_protocol::{
    attachment::{Attachment, AttachmentKey, Cipher},
    gzip,
    inbound::Envelope,
    outbound::OutboundType,
};
use amb_service::{
    memory::World,
    model::{
        EventSource, EventStream, EventType, FileKey, InboxMessage, InboxSort, OutboundContent,
        Payload, PayloadPlace, PayloadStatus, TimelineEntry, TimelineItem,
    },
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde_json::{Value, value::to_raw_value};

use super::actors::Actors;

/// Prefixes that the bucket empties by itself.
const EMPTIED: [&str; 7] = [
    "attachments/",
    "ciphertexts/",
    "downloads/",
    "fetched/",
    "outbound/",
    "uploads/",
    "pictures/",
];

pub(super) fn check(actors: &Actors, world: &World, found: &mut Vec<String>) {
    payloads_end(world, found);
    awaited_places_are_resolved(world, found);
    attachments_are_told_once(world, found);
    files_are_whole(world, found);
    apple_has_what_is_named(actors, world, found);
    for file in world.files.keys() {
        if !EMPTIED.iter().any(|prefix| file.as_str().starts_with(prefix)) {
            found.push(format!("files: {} stays for ever", file.as_str()));
        }
    }
}

/// I2 for payloads: each comes to its end, and nobody holds it then.
fn payloads_end(world: &World, found: &mut Vec<String>) {
    for payload in world.payloads.values() {
        let place = &payload.pointer.place;
        if payload.status == PayloadStatus::Pending {
            found.push(format!("payloads: {place:?} is pending"));
        } else if payload.finished_at.is_none() || payload.transfer.is_some() {
            found.push(format!("payloads: {place:?} ended and goes on"));
        }
    }
}

/// A place that was awaited is taken by one event, of the message that it was given to.
fn awaited_places_are_resolved(world: &World, found: &mut Vec<String>) {
    for ((_, _, seq), entry) in &world.timeline {
        if let TimelineItem::Awaited { message, .. } = &entry.item {
            found.push(format!("awaited: {seq} still waits for {message}"));
        }
    }
    for message in world.inbox.values() {
        let InboxSort::Message(id) = message.pointer.sort else { continue };
        let Some(envelope) = envelope(message) else { continue };
        if envelope.interactive_data_ref.is_none() || envelope.interactive_data.is_some() {
            continue;
        }
        let claim = world.claims.get(&(message.pointer.tenant.clone(), id, None));
        let told: Vec<_> = told_of(world, message).collect();
        let [(seq, kind)] = told.as_slice() else {
            found.push(format!("awaited: {id} was told as {told:?}"));
            continue;
        };
        if claim.map(|claim| claim.seq) != Some(*seq) {
            found.push(format!("awaited: {id} was told at {seq}, its place is {claim:?}"));
        }
        let decoded = world.decoded.contains_key(&message.pointer);
        if *kind == EventType::InteractiveReplied && !decoded {
            found.push(format!("awaited: {id} was told and has no decoded twin"));
        }
    }
}

/// Where a message was told, and as what.
fn told_of<'w>(
    world: &'w World,
    message: &'w InboxMessage,
) -> impl Iterator<Item = (u64, EventType)> + 'w {
    let stream = EventStream::Conversation(message.pointer.conversation.clone());
    let entries = world
        .timeline
        .iter()
        .filter(move |((tenant, of, _), _)| *tenant == message.pointer.tenant && *of == stream);
    entries.filter_map(|((_, _, seq), entry)| match &entry.item {
        TimelineItem::Event { kind, source, .. } if tells_of(source, message) => {
            Some((*seq, *kind))
        }
        _ => None,
    })
}

fn tells_of(source: &EventSource, message: &InboxMessage) -> bool {
    match source {
        EventSource::Inbox { sort, .. } => *sort == message.pointer.sort,
        EventSource::Inline(data) => data["messageId"] == Value::String(message.id.to_string()),
        EventSource::Attachment { .. } => false,
    }
}

/// Every file of every message has one event, which says what became of its payload.
fn attachments_are_told_once(world: &World, found: &mut Vec<String>) {
    for message in world.inbox.values() {
        let Some(envelope) = envelope(message) else { continue };
        let payloads = world.payloads.keys().filter(|pointer| match &pointer.place {
            PayloadPlace::Attachment(id) => {
                pointer.tenant == message.pointer.tenant && id.message == message.id
            }
            _ => false,
        });
        let (named, known) = (envelope.attachments.len(), payloads.count());
        if named != known {
            found.push(format!("attachments: {} names {named}, {known} are known", message.id));
        }
    }
    for payload in world.payloads.values() {
        let PayloadPlace::Attachment(id) = &payload.pointer.place else { continue };
        let told: Vec<_> =
            world.timeline.values().filter_map(|entry| attachment_event(entry, id)).collect();
        let expected = match &payload.status {
            PayloadStatus::Stored(file) if !file.quarantined => EventType::AttachmentReady,
            _ => EventType::AttachmentFailed,
        };
        if told != [expected] {
            found.push(format!("attachments: {id} is {:?} and told as {told:?}", payload.status));
        }
    }
}

fn attachment_event(
    entry: &TimelineEntry,
    id: &amb_service::model::AttachmentId,
) -> Option<EventType> {
    match &entry.item {
        TimelineItem::Event {
            kind, source: EventSource::Attachment { attachment, .. }, ..
        } if attachment == id => Some(*kind),
        _ => None,
    }
}

/// What a row says is kept is there, whole, and is what the customer sent.
fn files_are_whole(world: &World, found: &mut Vec<String>) {
    let mut checked = BTreeSet::new();
    for payload in world.payloads.values() {
        match &payload.status {
            PayloadStatus::Stored(stored) => {
                let Some(bytes) = world.files.get(&stored.file) else {
                    found.push(format!("files: {} is not there", stored.file.as_str()));
                    continue;
                };
                let sha256 = sha256(bytes);
                checked.insert((stored.file.clone(), sha256.clone()));
                let sound = bytes.len() as u64 == stored.size && sha256 == stored.sha256;
                if !sound || sent_by_customer(world, payload).as_ref() != Some(bytes) {
                    found.push(format!("files: {} is not what was sent", stored.file.as_str()));
                }
            }
            PayloadStatus::Decoded { file, size } => {
                let there = world.files.get(file).map(|bytes| bytes.len() as u64);
                if there != Some(*size) {
                    found.push(format!("files: {} has {there:?}, not {size}", file.as_str()));
                }
            }
            _ => {}
        }
    }
    for ((_, content), known) in &world.stored_files {
        let is_checked = checked.contains(&(known.file.clone(), content.clone()));
        let there = || world.files.get(&known.file).is_some_and(|bytes| sha256(bytes) == *content);
        if !is_checked && !there() {
            found.push(format!("files: {} is known for what it is not", known.file.as_str()));
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The plain bytes of a customer's file.
fn sent_by_customer(world: &World, payload: &Payload) -> Option<Vec<u8>> {
    let PayloadPlace::Attachment(id) = &payload.pointer.place else { return None };
    let message = world.inbox.values().find(|message| message.id == id.message)?;
    let envelope = envelope(message)?;
    let entry = Attachment::view(envelope.attachments.get(usize::from(id.index))?);
    opened(world, &entry)
}

/// What an entry of `attachments` names, decrypted.
fn opened(world: &World, entry: &Attachment) -> Option<Vec<u8>> {
    let content = world.far_side.content.contents.get(entry.url.as_deref()?)?;
    if entry.signature_base64.as_deref() != Some(&content.signature) {
        return None;
    }
    let mut bytes = content.bytes.clone();
    Cipher::new(&AttachmentKey::parse(entry.key.as_deref()?).ok()?).apply(&mut bytes);
    Some(bytes)
}

/// F110: a message that Apple is sent names files that Apple has confirmed, and they open.
fn apple_has_what_is_named(actors: &Actors, world: &World, found: &mut Vec<String>) {
    for call in &world.far_side.apple_calls {
        let OutboundType::Composed { body, .. } = &call.message.kind else { continue };
        let entries = body.get("attachments").and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            let entry = Attachment::view(&to_raw_value(entry).unwrap());
            let url = entry.url.clone().unwrap_or_default();
            let bytes = opened(world, &entry);
            let confirmed = world.far_side.content.uploads.contains(&url);
            let sound = bytes.is_some_and(|bytes| {
                entry.size == i64::try_from(bytes.len()).ok() && actors.files.contains(&bytes)
            });
            if !confirmed || !sound {
                found
                    .push(format!("F110: {} names {entry:?}, which is not there", call.message.id));
            }
        }
        let text = body.get("body").and_then(Value::as_str).unwrap_or_default();
        let places = text.matches('\u{fffc}').count();
        if places != entries.map_or(0, Vec::len) {
            found.push(format!("F110: {} has {places} places for its files", call.message.id));
        }
    }
    for payload in world.payloads.values() {
        if let PayloadStatus::Brought(file) = &payload.status {
            let confirmed = world.far_side.content.uploads.contains(&file.url);
            if !confirmed {
                found.push(format!("F110: {:?} is not there", payload.pointer.place));
            }
        }
    }
}

fn envelope(message: &InboxMessage) -> Option<Envelope> {
    let json = gzip::inflate(&message.body.bytes, 1 << 24).ok()?;
    Envelope::parse(&json).ok()
}

/// What nothing names any more and the bucket's rules have to remove: nothing, unless a process died
/// or an answer was lost.
pub(crate) fn left_over(actors: &Actors) -> Vec<String> {
    let world = actors.world.world();
    let mut named = BTreeSet::new();
    for payload in world.payloads.values() {
        match &payload.status {
            PayloadStatus::Stored(stored) => named.insert(stored.file.clone()),
            PayloadStatus::Decoded { file, .. } => named.insert(file.clone()),
            _ => false,
        };
    }
    for message in world.outbound.values() {
        if let OutboundContent::Stored { file, .. } = &message.content {
            named.insert(file.clone());
        }
    }
    // Uploads and pictures serve again; a ciphertext is kept for the business to look at.
    let serves = |file: &str| {
        ["uploads/", "pictures/", "ciphertexts/"].iter().any(|prefix| file.starts_with(prefix))
    };
    let files = world.files.keys().filter(|file| !named.contains(file) && !serves(file.as_str()));
    let unjoined = world.unjoined.keys().map(String::as_str);
    files.map(FileKey::as_str).chain(unjoined).map(str::to_owned).collect()
}

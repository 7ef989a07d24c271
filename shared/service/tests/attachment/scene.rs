//! A customer who sends files, and a worker that fetches them.

use amb_protocol::{
    attachment::AttachmentKey,
    id::{BusinessId, MessageId, OpaqueId},
    jwt::ApiSecret,
};
use amb_service::{
    memory::{AppleContent, Content, Download, Left, Memory, drive},
    model::{
        AttachmentId, BodyEncoding, ConversationState, Endpoint, EndpointId, EndpointStatus,
        EventSource, EventType, InboxMessage, InboxPointer, InboxSort, Payload, PayloadFault,
        PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus, StoredBody, StoredFile, Tenant,
        TenantId, TimelineItem, body_hash,
    },
    payload::{Fetch, FetchError, Fetched},
    port::{AppleKeySet, ContentError, Files, LargeFiles, PART_BYTES},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n";
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
/// Of the parts that a file is kept in.
pub(crate) const PART: usize = PART_BYTES;
/// How long an attempt may take.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(600);

/// One customer, one business, one endpoint, and what lies with Apple.
pub(crate) struct Scene {
    pub(crate) world: Memory,
    pub(crate) tenant: TenantId,
    state: ConversationState,
    messages: u32,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Memory::new(7), "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002")
    }

    /// Another tenant in the same world.
    pub(crate) fn another(&self) -> Self {
        Self::of(self.world.clone(), "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20003")
    }

    fn of(world: Memory, business: &str) -> Self {
        let tenant = TenantId::draw(&world);
        let business = BusinessId::parse(business).unwrap();
        let opaque = OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap();
        let key = ApiSecret::from_base64("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=").unwrap();
        let now = world.world().now;
        let state = ConversationState::new(tenant.clone(), business, opaque, now);
        {
            let mut world = world.world();
            world.apple_keys = AppleKeySet { current: Some(key), ..AppleKeySet::default() };
            let place = (tenant.clone(), state.id.clone());
            world.conversations.insert(place, state.clone());
            let known = Tenant::new(tenant.clone(), "A shop".to_owned(), now);
            world.tenants.insert(tenant.clone(), known);
        }
        let id = EndpointId::draw(&world);
        let endpoint = Endpoint {
            url: "https://shop.example.com/hook".to_owned(),
            id: id.clone(),
            tenant: tenant.clone(),
            description: String::new(),
            events: BTreeSet::new(),
            routes: Vec::new(),
            ordered: false,
            timeout_seconds: 15,
            secrets: Vec::new(),
            status: EndpointStatus::Enabled,
            failing_since: None,
            failures: 0,
            created_at: now,
            revision: 1,
        };
        world.world().endpoints.insert((tenant.clone(), id), endpoint);
        Self { world, tenant, state, messages: 0 }
    }

    /// A file lies with Apple under this name.
    pub(crate) fn left(&self, name: &str, plain: &[u8]) -> Left {
        let mut key = [0x42; 32];
        for (to, from) in key.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        self.world.leave_with_apple(name, plain, &AttachmentKey::from_bytes(key))
    }

    /// The customer sends a message that names this file.
    pub(crate) fn sends(&mut self, entry: Value) -> AttachmentId {
        self.sends_all(&[entry]).remove(0)
    }

    pub(crate) fn sends_all(&mut self, entries: &[Value]) -> Vec<AttachmentId> {
        self.messages += 1;
        let message = format!("5d0b1f2e-7a34-4c1b-9a55-{:012}", self.messages);
        let message = MessageId::parse(&message).unwrap();
        let ids = (0..u8::try_from(entries.len()).unwrap()).map(|index| {
            let conversation = self.state.id.clone();
            AttachmentId { conversation, message, index }
        });
        let ids: Vec<_> = ids.collect();
        let body = json!({
            "v": 1, "type": "text", "id": message.to_string(),
            "sourceId": self.state.opaque.as_str(),
            "destinationId": self.state.business.as_str(),
            "body": "\u{fffc}", "attachments": entries,
        });
        let bytes = serde_json::to_vec(&body).unwrap();
        let pointer = InboxPointer {
            tenant: self.tenant.clone(),
            conversation: self.state.id.clone(),
            sort: InboxSort::Message(message),
        };
        let mut world = self.world.world();
        let now = world.now;
        for id in &ids {
            let (pointer, business) = (self.pointer(id), self.state.business.clone());
            let payload = Payload::pending(pointer.clone(), business, PayloadSource::Inbox, now);
            world.payloads.insert(pointer, payload);
        }
        let message = InboxMessage {
            pointer: pointer.clone(),
            id: message,
            business: self.state.business.clone(),
            opaque: self.state.opaque.clone(),
            kind: "text".to_owned(),
            capability_list: None,
            body: StoredBody { encoding: BodyEncoding::Identity, hash: body_hash(&bytes), bytes },
            received_at: now,
        };
        world.inbox.insert(pointer, message);
        ids
    }

    pub(crate) fn pointer(&self, id: &AttachmentId) -> PayloadPointer {
        let place = PayloadPlace::Attachment(id.clone());
        PayloadPointer { tenant: self.tenant.clone(), place }
    }

    pub(crate) fn payload(&self, id: &AttachmentId) -> Payload {
        self.world.world().payloads.get(&self.pointer(id)).unwrap().clone()
    }

    /// A worker that remembers nothing takes it once; then time goes on until it is due again.
    pub(crate) fn fetch(&self, id: &AttachmentId) -> Result<Fetched, FetchError> {
        self.fetch_into(id, self.world.clone())
    }

    pub(crate) fn fetch_into<F>(&self, id: &AttachmentId, files: F) -> Result<Fetched, FetchError>
    where
        F: Files + LargeFiles,
    {
        let w = || self.world.clone();
        let worker = Fetch::new(w(), w(), w(), w(), files, w(), w());
        let until = self.world.world().now + ATTEMPT;
        let fetched = drive(worker.fetch(&self.pointer(id), until)).unwrap();
        let due = self.payload(id).next_attempt_at;
        let mut world = self.world.world();
        world.now = world.now.max(due);
        fetched
    }

    /// It is taken until it comes to its end, and told of once; answers how, and after how many
    /// attempts.
    pub(crate) fn through(&self, id: &AttachmentId) -> (PayloadStatus, u32) {
        for _ in 0..100 {
            let fetched = self.fetch(id);
            if matches!(fetched, Ok(Fetched::Finished)) {
                let payload = self.payload(id);
                self.assert_told_once(id);
                return (payload.status, payload.attempts);
            }
        }
        unreachable!("it never ends")
    }

    /// The file, as it is kept.
    pub(crate) fn stored(&self, id: &AttachmentId) -> StoredFile {
        match self.through(id).0 {
            PayloadStatus::Stored(file) => file,
            other => unreachable!("{other:?}"),
        }
    }

    /// Why it is not kept, and after how many attempts.
    pub(crate) fn failed(&self, id: &AttachmentId) -> (PayloadFault, u32) {
        match self.through(id) {
            (PayloadStatus::Failed { code, .. }, attempts) => {
                assert_eq!(self.told(id).0, EventType::AttachmentFailed);
                assert_eq!(self.told(id).1["code"], code.as_str());
                (code, attempts)
            }
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) fn bytes_of(&self, file: &StoredFile) -> Vec<u8> {
        self.world.world().files.get(&file.file).unwrap().clone()
    }

    /// The event of this file.
    pub(crate) fn told(&self, id: &AttachmentId) -> (EventType, Value) {
        self.events(id).remove(0)
    }

    fn events(&self, id: &AttachmentId) -> Vec<(EventType, Value)> {
        let world = self.world.world();
        let events = world.timeline.values().filter_map(|entry| match &entry.item {
            TimelineItem::Event {
                kind,
                source: EventSource::Attachment { attachment, data },
                ..
            } if attachment == id => Some((*kind, data.clone())),
            _ => None,
        });
        events.collect()
    }

    /// One event, one delivery of it; no parts, and no file that nobody names.
    fn assert_told_once(&self, id: &AttachmentId) {
        assert_eq!(self.events(id).len(), 1, "{id}");
        let payload = self.payload(id);
        assert_eq!((payload.transfer, payload.lease_until), (None, None));
        let world = self.world.world();
        assert_eq!(world.deliveries.len(), world.timeline.len());
        assert!(world.unjoined.is_empty(), "parts are left");
        let named: BTreeSet<_> = world
            .payloads
            .values()
            .filter_map(|payload| match &payload.status {
                PayloadStatus::Stored(file) => Some(&file.file),
                _ => None,
            })
            .collect();
        assert_eq!(world.files.keys().collect::<BTreeSet<_>>(), named);
    }

    /// What lies with Apple.
    pub(crate) fn apple<T>(&self, change: impl FnOnce(&mut AppleContent) -> T) -> T {
        change(&mut self.world.world().far_side.content)
    }

    pub(crate) fn content(&self, left: &Left, change: impl FnOnce(&mut Content)) {
        self.apple(|apple| change(apple.contents.get_mut(&left.url).unwrap()));
    }

    /// What becomes of the next downloads.
    pub(crate) fn downloads<const N: usize>(&self, fates: [Download; N]) {
        self.apple(|apple| apple.download_script.extend(fates));
    }

    /// From which bytes on files were opened.
    pub(crate) fn opened(&self) -> Vec<u64> {
        self.apple(|apple| apple.opened.iter().map(|(_, from)| *from).collect())
    }

    pub(crate) fn wait(&self, hours: i64) {
        self.world.world().now += SignedDuration::from_hours(hours);
    }
}

/// A film of so many bytes.
pub(crate) fn film(size: usize) -> Vec<u8> {
    let cycle: Vec<u8> = (0..251).collect();
    let mut film = [b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", &cycle.repeat(size / 251 + 1)[..]].concat();
    film.truncate(size);
    film
}

pub(crate) const BROKEN: ContentError = ContentError::BrokenOff;

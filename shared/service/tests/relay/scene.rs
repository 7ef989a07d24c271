//! A conversation, messages in its lane, and what Apple heard.

use amb_protocol::{
    capability::Capability,
    compose::{Channel, ContentType, Draft, Need},
    id::{BusinessId, MessageId, OpaqueId, RequestIdentifier},
    jwt::ApiSecret,
    outbound::{Message, OutboundType},
};
use amb_service::{
    memory::{AppleCall, Memory, drive},
    model::{
        Choice, ConversationState, EventSource, EventType, LaneEntry, OutboundContent,
        OutboundMessage, OutboundPointer, TenantId, TimelineItem,
    },
    port::{AppleKeySet, WebPage},
    prepare::Prepare,
    relay::{Relay, Relayed},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(crate) const PAGE: &str = "https://shop.example.com/desk";
pub(crate) const PICTURE: &str = "https://cdn.example.com/desk.png";
/// One pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x64, 0xf8, 0xcf, 0x50,
    0x0f, 0x00, 0x03, 0x86, 0x01, 0x80, 0x5a, 0x34, 0x7d, 0x6b, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub(crate) type Worker = Relay<Memory, Memory, Memory, Memory, Memory, Memory, Memory>;

/// One conversation and its lane.
pub(crate) struct Scene {
    pub(crate) world: Memory,
    state: ConversationState,
    messages: u32,
}

impl Scene {
    /// A customer whose device has these capabilities.
    pub(crate) fn new(capabilities: &str) -> Self {
        let world = Memory::new(7);
        let tenant = TenantId::draw(&world);
        let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap();
        let opaque = OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap();
        let key = ApiSecret::from_base64("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=").unwrap();
        world.world().apple_keys = AppleKeySet { current: Some(key), ..AppleKeySet::default() };
        let now = world.world().now;
        let state = ConversationState::new(tenant, business, opaque, now);
        let scene = Self { world, state, messages: 0 };
        scene.capabilities(capabilities);
        scene
    }

    /// Another customer of the same business, in the same world.
    pub(crate) fn other_customer(&self) -> Self {
        let state = &self.state;
        let (tenant, business) = (state.tenant.clone(), state.business.clone());
        let opaque = OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque02=").unwrap();
        let state = ConversationState::new(tenant, business, opaque, self.world.world().now);
        let scene = Self { world: self.world.clone(), state, messages: 100 };
        scene.capabilities("");
        scene
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.state.tenant
    }

    /// The customer wrote from another device.
    pub(crate) fn capabilities(&self, list: &str) {
        let tokens = list.split(',').filter(|token| !token.is_empty()).map(str::to_owned);
        self.change(|state| state.capabilities = tokens.collect());
    }

    /// Something else moved the conversation.
    pub(crate) fn change(&self, change: impl FnOnce(&mut ConversationState)) {
        let mut world = self.world.world();
        let key = (self.state.tenant.clone(), self.state.id.clone());
        let stored = world.conversations.entry(key).or_insert_with(|| self.state.clone());
        change(stored);
        stored.revision += 1;
    }

    /// A message is committed.
    pub(crate) fn send(&mut self, content: OutboundContent) -> OutboundPointer {
        self.messages += 1;
        let id = format!("9c2e6a10-1f00-4f6e-8a01-{:012}", self.messages);
        let pointer = OutboundPointer {
            tenant: self.state.tenant.clone(),
            conversation: self.state.id.clone(),
            message: MessageId::parse(&id).unwrap(),
        };
        let now = self.world.world().now;
        let (business, opaque) = (self.state.business.clone(), self.state.opaque.clone());
        let message = OutboundMessage {
            bot: true,
            ..OutboundMessage::queued(pointer.clone(), business, opaque, content, now)
        };
        self.world.world().outbound.insert(pointer.clone(), message);
        self.change(|state| state.lane.push(LaneEntry { message: pointer.message }));
        pointer
    }

    /// A worker that remembers nothing yet.
    pub(crate) fn worker(&self) -> Worker {
        let w = || self.world.clone();
        Relay::new(w(), w(), w(), w(), Prepare::new(w(), w(), w()), w())
    }

    /// A worker takes the message once; time goes on if it has to come again.
    pub(crate) fn relay(&self, pointer: &OutboundPointer) -> Relayed {
        let relayed = drive(self.worker().relay(pointer)).unwrap().unwrap();
        if let Relayed::Again(pause) = relayed {
            self.world.world().now += pause;
        }
        relayed
    }

    /// It is sent and relayed until it comes to its end.
    pub(crate) fn through(&mut self, content: OutboundContent) -> OutboundMessage {
        let pointer = self.send(content);
        while let Relayed::Again(pause) = self.relay(&pointer) {
            assert!(pause < Duration::from_secs(61));
        }
        self.message(&pointer)
    }

    pub(crate) fn message(&self, pointer: &OutboundPointer) -> OutboundMessage {
        self.world.world().outbound.get(pointer).unwrap().clone()
    }

    pub(crate) fn state(&self) -> ConversationState {
        let key = (self.state.tenant.clone(), self.state.id.clone());
        self.world.world().conversations.get(&key).unwrap().clone()
    }

    /// Apple's next answers.
    pub(crate) fn apple<const N: usize>(&self, statuses: [u16; N]) {
        self.world.world().far_side.apple_script.extend(statuses.map(Ok));
    }

    pub(crate) fn calls(&self) -> Vec<AppleCall> {
        self.world.world().far_side.apple_calls.clone()
    }

    /// The data of the latest event of this type.
    pub(crate) fn told(&self, kind: EventType) -> Value {
        let world = self.world.world();
        let mut events = world.timeline.values().rev();
        let found = events.find_map(|entry| match &entry.item {
            TimelineItem::Event { kind: found, source: EventSource::Inline(data), .. }
                if *found == kind =>
            {
                Some(data.clone())
            }
            _ => None,
        });
        found.unwrap()
    }

    pub(crate) fn page(&self, url: &str, content_type: &str, bytes: &[u8]) {
        let content_type = Some(content_type.to_owned());
        let page = WebPage { url: url.to_owned(), content_type, bytes: bytes.to_vec() };
        self.world.world().far_side.web.insert(url.to_owned(), Ok(page));
    }
}

/// What Apple was sent, as JSON.
pub(crate) fn json_of(message: &Message) -> Value {
    serde_json::from_slice(&message.to_json()).unwrap()
}

pub(crate) fn body_of(message: &Message) -> Map<String, Value> {
    match &message.kind {
        OutboundType::Composed { body, .. } => body.clone(),
        other => unreachable!("{other:?} was not composed"),
    }
}

pub(crate) fn draft(body: &Value, needs: Vec<Need>) -> Draft {
    Draft {
        body: body.as_object().unwrap().clone(),
        channel: Channel::Message,
        requires: None,
        request_identifier: None,
        drawn: false,
        pack: String::new(),
        needs,
    }
}

pub(crate) fn text(words: &str) -> Draft {
    draft(&json!({ "type": "text", "body": words }), Vec::new())
}

pub(crate) fn choice(kind: ContentType, parts: Vec<Draft>) -> Choice {
    Choice { kind, parts }
}

pub(crate) fn only(kind: ContentType, parts: Vec<Draft>) -> OutboundContent {
    OutboundContent::Choices { choices: vec![choice(kind, parts)] }
}

/// A list picker of about so many bytes, under an identifier that we drew.
pub(crate) fn list_picker(request: &str, bytes: usize) -> Draft {
    let items: Vec<_> = (1..=4)
        .map(|n| json!({ "identifier": n.to_string(), "title": "x".repeat(bytes / 4), "order": n }))
        .collect();
    let sections = json!([{ "title": "Desks", "order": 0, "items": items }]);
    let body = json!({
        "type": "interactive",
        "interactiveData": {
            "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension",
            "data": {
                "version": "1.0",
                "requestIdentifier": request,
                "listPicker": { "sections": sections },
            },
            "receivedMessage": { "title": "Choose a desk" },
        },
    });
    Draft {
        requires: Some(Capability::List),
        request_identifier: RequestIdentifier::parse(request).ok(),
        drawn: true,
        ..draft(&body, Vec::new())
    }
}

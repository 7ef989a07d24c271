//! Who acts in a scenario: Apple, the stream, the queues' workers, the sweep, the business.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use amb_protocol::{
    gzip,
    id::{BusinessId, MessageId, MspId, OpaqueId, RequestIdentifier},
    jwt::{self, ApiSecret},
    secret::Secret,
};
use amb_service::{
    access::Principal,
    deliver::Deliver,
    dispatch::{Dispatch, Gathered},
    memory::{Memory, begin, drive},
    model::{
        Business, BusinessStatus, Endpoint, EndpointId, EndpointStatus, InboxSort, Mode,
        PayloadStatus, Scope, Tenant, TenantId,
    },
    payload::Fetch,
    port::AppleKeySet,
    prepare::Prepare,
    receive::{InboundRequest, Receive},
    relay::{Relay, Relayed},
    seal,
    send::Send,
    service_key::ServiceKey,
    signature,
    sweep::Sweep,
};
use serde_json::json;

const SECRET: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const MSP: &str = "0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001";
/// The visibility timeout of both queues of messages in the template.
const VISIBILITY: Duration = Duration::from_secs(180);
/// That of the queue of payloads.
const PAYLOAD_VISIBILITY: Duration = Duration::from_secs(960);

/// Bytes of the parts that a file is kept in: a world is run thousands of times.
pub(crate) const PART: usize = 4 << 10;

/// When Apple is told 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// After the commit, as we do.
    CommitThenAck,
    /// Before it: the broken variant that the enumerator has to catch.
    AckThenCommit,
}

/// Everybody, and what they remember.
pub(crate) struct Actors {
    pub(crate) world: Memory,
    order: Order,
    key: ApiSecret,
    /// Messages that Apple was told 200 for.
    pub(crate) acked: Vec<MessageId>,
    /// The ids that the business was told, per idempotency key.
    pub(crate) told: BTreeMap<String, Vec<MessageId>>,
    /// Tenants with their business and endpoints.
    pub(crate) tenants: Vec<(TenantId, BusinessId)>,
    /// Who writes, and is written to.
    pub(crate) customer: OpaqueId,
    /// How long an attempt at a payload may take.
    pub(crate) attempt: Duration,
    /// What somebody sent as a file.
    pub(crate) files: Vec<Vec<u8>>,
    /// Whether a worker of payloads is frozen in the midst of its work.
    pub(crate) frozen: Frozen,
}

/// A worker of payloads that is frozen, and goes on when another one has taken its payload over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frozen {
    /// None is.
    Never,
    /// At this port call, if a worker of payloads makes it.
    At(usize),
    /// One was, and went on.
    Thawed,
}

impl Actors {
    pub(crate) fn new(order: Order) -> Self {
        let world = Memory::new(7);
        let key = ApiSecret::from_base64(SECRET).unwrap();
        {
            let mut world = world.world();
            world.apple_keys = AppleKeySet { current: Some(key.clone()), ..AppleKeySet::default() };
            world.part_bytes = PART;
        }
        Self {
            world,
            order,
            key,
            acked: Vec::new(),
            told: BTreeMap::new(),
            tenants: Vec::new(),
            customer: customer(),
            attempt: Duration::from_secs(840),
            files: Vec::new(),
            frozen: Frozen::Never,
        }
    }

    /// Adds a tenant with one business; answers its place among the tenants.
    pub(crate) fn tenant(&mut self) -> usize {
        let id = TenantId::draw(&self.world);
        let number = self.tenants.len() + 1;
        let business = BusinessId::parse(&format!("7b9d2c14-0000-4000-8000-{number:012}")).unwrap();
        let mut world = self.world.world();
        let created_at = world.now;
        let name = format!("tenant {number}");
        let tenant = Tenant::new(id.clone(), name.clone(), created_at);
        world.tenants.insert(id.clone(), tenant);
        let row = Business {
            id: business.clone(),
            tenant: id.clone(),
            name,
            mode: Mode::Test,
            status: BusinessStatus::Active,
            created_at,
        };
        world.businesses.insert(business.clone(), row);
        drop(world);
        self.tenants.push((id, business));
        self.tenants.len() - 1
    }

    /// Adds an endpoint to a tenant.
    pub(crate) fn endpoint(&mut self, tenant: usize, ordered: bool) {
        let tenant = self.tenants[tenant].0.clone();
        let id = EndpointId::draw(&self.world);
        let secret = signature::draw_secret(&self.world);
        let now = self.world.world().now;
        let sealed = seal::seal(&service_key(), &id, &secret, now, &self.world).unwrap();
        let endpoint = Endpoint {
            url: format!("https://{tenant}.example.com/{id}"),
            id: id.clone(),
            tenant: tenant.clone(),
            description: String::new(),
            events: BTreeSet::new(),
            routes: Vec::new(),
            ordered,
            timeout_seconds: 15,
            secrets: vec![sealed],
            status: EndpointStatus::Enabled,
            failing_since: None,
            failures: 0,
            created_at: now,
            revision: 1,
        };
        self.world.world().endpoints.insert((tenant, id), endpoint);
    }

    /// A customer writes to a tenant's business. Apple posts once, and again if it got no 200.
    pub(crate) fn customer(
        &mut self,
        tenant: usize,
        id: u32,
        kind: &str,
        extra: &serde_json::Value,
    ) {
        for _ in 0..2 {
            if self.post(tenant, id, kind, extra) {
                return;
            }
            self.wait(Duration::from_secs(2));
        }
    }

    fn post(&mut self, tenant: usize, id: u32, kind: &str, extra: &serde_json::Value) -> bool {
        let id = message_id(id);
        let mut body = json!({
            "v": 1,
            "type": kind,
            "id": id.to_string(),
            "sourceId": self.customer.as_str(),
            "destinationId": self.tenants[tenant].1.as_str(),
        });
        for (name, value) in extra.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        if self.order == Order::AckThenCommit {
            self.acked.push(id);
        }
        let now = self.world.world().now.as_second();
        let msp = MspId::parse(MSP).unwrap();
        let token = jwt::mint_inbound(&msp, &self.key, now).unwrap();
        let authorization = format!("Bearer {}", token.expose());
        let request = InboundRequest {
            authorization: Some(&authorization),
            content_type: Some("application/json"),
            content_encoding: Some("gzip"),
            capability_list: Some("LIST,TIME,QUICK"),
            ..InboundRequest::default()
        };
        let receive = Receive::new(msp, self.world.clone(), self.world.clone(), self.world.clone());
        let answer = drive(receive.receive(request, gzip::deflate(body.to_string().as_bytes())));
        let ok = matches!(answer, Some(Ok(_)));
        if ok && self.order == Order::CommitThenAck {
            self.acked.push(id);
        }
        ok || self.order == Order::AckThenCommit
    }

    /// The stream hands its records to the dispatcher, in order; a record that fails stays, and holds
    /// back the records of its own conversation only.
    pub(crate) fn stream(&mut self) -> bool {
        let records = std::mem::take(&mut self.world.world().stream);
        let mut kept = Vec::new();
        let queue = Gathered::new(self.world.clone());
        for record in records.iter().cloned() {
            let held = kept.iter().any(|other: &amb_service::model::InboxPointer| {
                other.conversation == record.conversation
            });
            let message = self.world.world().inbox.get(&record).cloned().unwrap();
            let w = || self.world.clone();
            if held
                || !matches!(drive(Dispatch::new(w(), &queue, w()).dispatch(&message)), Some(Ok(_)))
            {
                kept.push(record);
            }
        }
        drive(queue.flush());
        let progress = kept.len() < records.len();
        self.world.world().stream.splice(0..0, kept);
        progress
    }

    /// A worker takes every visible message of the deliveries queue.
    pub(crate) fn deliver(&mut self) -> bool {
        let mut progress = false;
        loop {
            let received = {
                let mut world = self.world.world();
                let now = world.now;
                world.delivery_queue.receive(now, VISIBILITY)
            };
            let Some(received) = received else { return progress };
            progress = true;
            let w = || self.world.clone();
            let deliver = Deliver::new(w(), w(), w(), w(), service_key());
            if let Some(Ok(_)) = drive(deliver.deliver(&received.item, Duration::from_secs(20))) {
                self.world.world().delivery_queue.delete(received.handle);
            }
        }
    }

    /// A worker takes every visible message of the outbound queue.
    pub(crate) fn relay(&mut self) -> bool {
        let mut progress = false;
        loop {
            let received = {
                let mut world = self.world.world();
                let now = world.now;
                world.outbound_queue.receive(now, VISIBILITY)
            };
            let Some(received) = received else { return progress };
            progress = true;
            let w = || self.world.clone();
            let relay = Relay::new(w(), w(), w(), w(), Prepare::new(w(), w(), w()), w());
            match drive(relay.relay(&received.item)) {
                Some(Ok(Relayed::Finished)) => {
                    self.world.world().outbound_queue.delete(received.handle);
                }
                Some(Ok(Relayed::Again(pause))) => {
                    let mut world = self.world.world();
                    let at = world.now + pause;
                    world.outbound_queue.release(received.handle, at);
                }
                Some(Err(_)) | None => {}
            }
        }
    }

    /// A worker takes every visible message of the payloads queue.
    pub(crate) fn fetch(&mut self) -> bool {
        let mut progress = false;
        loop {
            let received = {
                let mut world = self.world.world();
                let now = world.now;
                world.payload_queue.receive(now, PAYLOAD_VISIBILITY)
            };
            let Some(received) = received else { return progress };
            progress = true;
            let w = || self.world.clone();
            let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
            let until = self.world.world().now + self.attempt;
            let mut attempt = Box::pin(fetch.fetch(&received.item, until));
            let is_frozen = self.freezes_after();
            let mut fetched = begin(&mut attempt);
            if is_frozen() {
                self.frozen = Frozen::Thawed;
                // Longer than anybody holds a payload who moves no bytes.
                self.wait(Duration::from_secs(240));
                self.sweep();
                self.fetch();
                self.deliver();
                fetched = begin(&mut attempt);
            }
            if let Some(Ok(_)) = fetched {
                self.world.world().payload_queue.delete(received.handle);
            }
        }
    }

    /// Freezes the next worker of payloads, if its turn comes; answers how to tell whether it was.
    fn freezes_after(&mut self) -> impl Fn() -> bool + use<> {
        let world = self.world.clone();
        let before = world.world().faults.calls.len();
        let at = match self.frozen {
            Frozen::At(call) => Some(call),
            Frozen::Never | Frozen::Thawed => None,
        };
        world.world().faults.frozen_at = at;
        move || at.is_some_and(|at| (before..world.world().faults.calls.len()).contains(&at))
    }

    /// The sweep runs once.
    pub(crate) fn sweep(&mut self) {
        let w = || self.world.clone();
        let _ended_early = drive(Sweep::new(w(), w(), w()).sweep());
    }

    /// The business sends a text, and repeats the request with the same key until it is answered.
    pub(crate) fn business(&mut self, tenant: usize, key: &str, text: &str) {
        self.business_sends(tenant, key, &json!({ "text": text }));
    }

    /// The same with any content of a text.
    pub(crate) fn business_sends(&mut self, tenant: usize, key: &str, content: &serde_json::Value) {
        let (tenant, business) = self.tenants[tenant].clone();
        let principal = Principal {
            tenant,
            mode: Some(Mode::Test),
            scopes: [Scope::Send].into_iter().collect(),
        };
        let body = json!({
            "from": business.as_str(),
            "to": self.customer.as_str(),
            "type": "text",
            "content": content,
        })
        .to_string();
        for _ in 0..4 {
            let w = || self.world.clone();
            let send = Send::new(w(), w(), w(), w());
            match drive(send.send(&principal, Some(key), body.as_bytes())) {
                Some(Ok(taken)) => {
                    self.told.entry(key.to_owned()).or_default().push(taken.pointer.message);
                }
                Some(Err(problem)) if problem.status < 500 => return,
                Some(Err(_)) | None => continue,
            }
            return;
        }
    }

    /// What the business sent first asked something; answers its id.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        let mut world = self.world.world();
        let outbound = world.outbound.values_mut().next().unwrap();
        outbound.callback_data = Some("order-1001".to_owned());
        let message = outbound.pointer.message;
        let state = world.conversations.values_mut().next().unwrap();
        state.ask(&RequestIdentifier::parse(request).unwrap(), message);
        message.to_string()
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, duration: Duration) {
        self.world.world().now += duration;
    }

    /// The stream, the queues and the sweep run for ten virtual days without any fault.
    pub(crate) fn recover(&mut self) {
        let end = self.world.world().now + Duration::from_secs(10 * 86_400);
        while self.world.world().now < end {
            while self.stream() | self.fetch() | self.deliver() | self.relay() {}
            self.sweep();
            let queued = {
                let world = self.world.world();
                let owed = world
                    .deliveries
                    .values()
                    .any(|delivery| delivery.status == amb_service::model::DeliveryStatus::Pending);
                let waiting = world.conversations.values().any(|state| !state.lane.is_empty());
                let unplaced = world.inbox.keys().any(|pointer| match pointer.sort {
                    InboxSort::Message(id) => {
                        !world.claims.contains_key(&(pointer.tenant.clone(), id, None))
                    }
                    InboxSort::Typing { .. } => false,
                });
                let busy = !world.delivery_queue.is_empty()
                    || !world.outbound_queue.is_empty()
                    || !world.payload_queue.is_empty();
                let fetching =
                    world.payloads.values().any(|payload| payload.status == PayloadStatus::Pending);
                !world.stream.is_empty() || owed || waiting || busy || fetching || unplaced
            };
            // Minutes while something moves, hours when all is quiet.
            self.wait(Duration::from_secs(if queued { 60 } else { 6 * 3_600 }));
            if !queued && self.world.world().swept_until.is_some() {
                return;
            }
        }
    }
}

pub(crate) fn service_key() -> ServiceKey {
    ServiceKey::derive(&Secret::new(vec![0x5a; 32])).unwrap()
}

pub(crate) fn customer() -> OpaqueId {
    OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap()
}

pub(crate) fn message_id(number: u32) -> MessageId {
    MessageId::parse(&format!("5d0b1f2e-7a34-4c1b-9a55-{number:012x}")).unwrap()
}

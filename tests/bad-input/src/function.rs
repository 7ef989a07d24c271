//! The functions behind API Gateway, over a world in memory.

use std::{error::Error, time::Duration};

use amb_lambda::{answer::Answer, http_event::Request, telemetry::LogHash};
use amb_service::{
    deliver::Deliver,
    dispatch::Dispatch,
    memory::{Memory, drive},
    payload::Fetch,
    port::{Clock as _, InboxReader as _},
    receive::Receive,
};
use amb_support::{
    account::{self, TENANT},
    canary::CANARY,
    gateway_event::GatewayEvent,
    vectors::{self, MESSAGE, NEXT_SECRET, PREVIOUS_SECRET, SECRET},
};

use crate::Outcome;

/// `inbound-webhook`, one instance of it: it keeps its caches from request to request.
#[derive(Debug)]
pub struct InboundWebhook {
    /// The world it works in.
    pub world: Memory,
    receive: Receive<Memory, Memory, Memory>,
}

impl Default for InboundWebhook {
    fn default() -> Self {
        Self::cold(account::seeded())
    }
}

impl InboundWebhook {
    /// A new instance in this world.
    pub fn cold(world: Memory) -> Self {
        let receive = Receive::new(vectors::msp(), world.clone(), world.clone(), world.clone());
        Self { world, receive }
    }

    /// Sends a request, and takes down what it comes to.
    pub fn send(&self, event: &GatewayEvent) -> Outcome {
        let mut forbidden = forbidden(event);
        forbidden.push(MESSAGE.to_owned());
        self.observe(forbidden, event.request())
    }

    /// Sends a request that was read elsewhere; these words may come out nowhere.
    pub fn send_request(&self, request: Request, forbidden: Vec<String>) -> Outcome {
        self.observe(forbidden, request)
    }

    /// Does what event-dispatch and webhook-delivery do with everything that was taken: the bodies
    /// that the business is sent.
    pub fn tell(&self) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        let world = &self.world;
        account::endpoint(world, TENANT, ENDPOINT, "https://hooks.example.com/amb");
        let dispatch = Dispatch::new(world.clone(), world.clone(), world.clone());
        let committed = std::mem::take(&mut world.world().stream);
        for pointer in committed {
            let message = drive(world.inbox_message(&pointer)).ok_or("died")??;
            drive(dispatch.dispatch(&message.ok_or("the row is gone")?)).ok_or("died")??;
        }
        self.deliver()
    }

    /// Does what payload-fetch does with everything that is owed, and webhook-delivery with what
    /// comes of it: the bodies that the business is sent.
    pub fn fetch(&self) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        let w = || self.world.clone();
        let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
        for _ in 0..MOST_ROUNDS {
            let received = {
                let mut world = self.world.world();
                let Some(visible_at) = world.payload_queue.next_visible_at() else { break };
                let now = world.now.max(visible_at);
                world.now = now;
                world.payload_queue.receive(now, VISIBILITY)
            };
            let Some(received) = received else { continue };
            let until = self.world.now() + VISIBILITY;
            drive(fetch.fetch(&received.item, until)).ok_or("died")??;
            self.world.world().payload_queue.delete(received.handle);
        }
        self.deliver()
    }

    fn deliver(&self) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        let world = &self.world;
        let (webhooks, key) = (world.clone(), account::service_key());
        let deliver = Deliver::new(world.clone(), world.clone(), webhooks, world.clone(), key);
        loop {
            let received = {
                let mut world = world.world();
                let now = world.now;
                world.delivery_queue.receive(now, VISIBILITY)
            };
            let Some(received) = received else { break };
            drive(deliver.deliver(&received.item, VISIBILITY)).ok_or("died")??;
            world.world().delivery_queue.delete(received.handle);
        }
        let calls = std::mem::take(&mut world.world().far_side.webhook_calls);
        Ok(calls.into_iter().map(|call| call.body).collect())
    }

    /// Sends a request and answers; nothing is taken down.
    pub async fn serve(&self, request: Request) -> Answer {
        let log = LogHash::for_deployment("test");
        inbound_webhook::serve(&self.receive, &log, &self.world, request).await
    }

    fn observe(&self, forbidden: Vec<String>, request: Request) -> Outcome {
        Outcome::of(&self.world, "inbound-webhook", forbidden, || self.serve(request))
    }
}

type Ports = outbound_send::OutboundSend<Memory, Memory, Memory, Memory, Memory>;

/// `outbound-send`, one instance of it.
#[derive(Debug)]
pub struct OutboundSend {
    /// The world it works in.
    pub world: Memory,
    function: Ports,
}

impl Default for OutboundSend {
    fn default() -> Self {
        Self::cold(account::seeded())
    }
}

impl OutboundSend {
    /// A new instance in this world.
    pub fn cold(world: Memory) -> Self {
        let w = || world.clone();
        let log = LogHash::for_deployment("test");
        Self { function: Ports::new(w(), w(), w(), w(), w(), log), world }
    }

    /// Sends a request, and takes down what it comes to.
    pub fn send(&self, event: &GatewayEvent) -> Outcome {
        self.observe(forbidden(event), event.request())
    }

    /// Sends a request that was read elsewhere; these words may come out nowhere.
    pub fn send_request(&self, request: Request, forbidden: Vec<String>) -> Outcome {
        self.observe(forbidden, request)
    }

    /// Sends a request and answers; nothing is taken down.
    pub async fn serve(&self, request: Request) -> Answer {
        self.function.serve(request).await
    }

    fn observe(&self, forbidden: Vec<String>, request: Request) -> Outcome {
        Outcome::of(&self.world, "outbound-send", forbidden, || self.serve(request))
    }
}

/// What a request carries that nobody else may read.
pub(crate) fn forbidden(event: &GatewayEvent) -> Vec<String> {
    let mut words: Vec<String> =
        [CANARY, SECRET, NEXT_SECRET, PREVIOUS_SECRET].map(str::to_owned).into();
    let authorization = event.header_value("authorization").unwrap_or_default();
    // Of a token, each long part by itself.
    let parts = authorization.split([' ', '.', ',']).filter(|part| part.len() > 20);
    words.extend(parts.map(str::to_owned));
    words
}

/// Where the business hears.
const ENDPOINT: &str = "ep_bbbbbbbbbbbbbbbbbbbbbbbbbb";
/// More than any payload is tried.
const MOST_ROUNDS: usize = 100;
/// Longer than any delivery takes.
const VISIBILITY: Duration = Duration::from_secs(180);

//! The world in memory: one twin of every port, with the semantics that matter.
//!
//! Conditional writes answer with what was there; the stream keeps order per conversation; queues
//! have visibility, duplicates, reordering, receive counts, a dead-letter queue, and SQS's limits on
//! characters and sizes. Every port call passes one gate, where a test can end the process before or
//! after the effect, lose the answer, or refuse the call. It is for tests and the local tools only.

mod account;
mod apple_pay;
mod content_store;
mod conversations;
mod data_refs;
mod deliveries;
mod drive;
mod exports;
mod far_side;
mod fault;
mod files;
mod inbox;
mod large_files;
mod outbox;
mod payloads;
mod payments;
mod psp;
mod queue;
mod templates;
mod time;
mod web;
mod web_files;

pub use apple_pay::PayWorld;
pub use content_store::{AppleContent, Content, Download, Left, MemoryDownload};
pub use drive::{begin, drive};
pub use exports::ExportShelf;
pub use far_side::{AppleCall, FarSide, WebhookRecord};
pub use fault::{FaultMode, FaultPlan};
pub use large_files::{MemoryFile, Unjoined};
pub use payments::PaymentBook;
pub use psp::{PspFate, PspRecord, PspWay, PspWorld};
pub use queue::{MemoryQueue, Received};
pub use web_files::{MemoryWebFile, WebDownload};

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use amb_protocol::{id::BusinessId, id::MessageId, secret::Secret};
use jiff::Timestamp;

use crate::{
    model::{
        ApiKey, ApiKeyId, AppleFile, Business, ConversationId, ConversationState, DataRef,
        Delivery, DeliveryKey, DeliveryPointer, Endpoint, EndpointId, EventStream, FileKey,
        IdempotencyRecord, InboxMessage, InboxPointer, OutboundMessage, OutboundPointer, Payload,
        PayloadPointer, PaymentPointer, Template, TemplateName, Tenant, TenantId, TimelineEntry,
    },
    port::{
        AppleKeySet, AppleSecrets, InboxMinute, KnownFile, MessageClaim, PART_BYTES, PortError,
        ServiceKeySource,
    },
};

/// The world. Clones share it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<World>>);

/// Everything there is. A test may look into it and arrange it.
#[derive(Debug, Default)]
pub struct World {
    /// The time.
    pub now: Timestamp,
    /// The seed of the next random bytes.
    pub entropy: u64,
    /// Bytes in a piece of a large file, of Apple's content store, and of the web.
    pub piece: usize,
    /// Bytes of every part of a large file but the last.
    pub part_bytes: usize,
    /// What happens to port calls.
    pub faults: FaultPlan,
    /// The inbox.
    pub inbox: BTreeMap<InboxPointer, InboxMessage>,
    /// Decoded twins of messages in the inbox.
    pub decoded: BTreeMap<InboxPointer, InboxMessage>,
    /// The inbox's stream: rows not yet dispatched, in order of commit.
    pub stream: Vec<InboxPointer>,
    /// How far the sweep has come.
    pub swept_until: Option<InboxMinute>,
    /// Conversations.
    pub conversations: BTreeMap<(TenantId, ConversationId), ConversationState>,
    /// Timelines.
    pub timeline: BTreeMap<(TenantId, EventStream, u64), TimelineEntry>,
    /// Claims of message ids; the third part is the scope of a narrower claim.
    pub claims: BTreeMap<(TenantId, MessageId, Option<ConversationId>), MessageClaim>,
    /// Deliveries.
    pub deliveries: BTreeMap<DeliveryKey, Delivery>,
    /// Outbound messages.
    pub outbound: BTreeMap<OutboundPointer, OutboundMessage>,
    /// Idempotency records.
    pub idempotency: BTreeMap<(TenantId, String), IdempotencyRecord>,
    /// Tenants.
    pub tenants: BTreeMap<TenantId, Tenant>,
    /// Businesses.
    pub businesses: BTreeMap<BusinessId, Business>,
    /// API keys.
    pub api_keys: BTreeMap<ApiKeyId, ApiKey>,
    /// Endpoints.
    pub endpoints: BTreeMap<(TenantId, EndpointId), Endpoint>,
    /// The deliveries queue.
    pub delivery_queue: MemoryQueue<DeliveryPointer>,
    /// The outbound queue.
    pub outbound_queue: MemoryQueue<OutboundPointer>,
    /// The payloads queue.
    pub payload_queue: MemoryQueue<PayloadPointer>,
    /// The settlements queue.
    pub settlement_queue: MemoryQueue<PaymentPointer>,
    /// Payments and their journal.
    pub book: PaymentBook,
    /// The finance team's files.
    pub exports: ExportShelf,
    /// The payment service provider.
    pub psp: PspWorld,
    /// What Apple Pay needs of others.
    pub pay: PayWorld,
    /// Payloads.
    pub payloads: BTreeMap<PayloadPointer, Payload>,
    /// Files.
    pub files: BTreeMap<FileKey, Vec<u8>>,
    /// Files that come in parts and are not joined yet, by the names of their uploads.
    pub unjoined: BTreeMap<String, Unjoined>,
    /// Customers' files by their content.
    pub stored_files: BTreeMap<(TenantId, String), KnownFile>,
    /// Businesses' files that Apple has.
    pub apple_files: BTreeMap<(TenantId, BusinessId, String), AppleFile>,
    /// Templates, every version.
    pub templates: BTreeMap<(TenantId, TemplateName, u32), Template>,
    /// References to large content.
    pub data_refs: BTreeMap<(TenantId, BusinessId, String), DataRef>,
    /// Apple's keys.
    pub apple_keys: AppleKeySet,
    /// Apple and the businesses' servers.
    pub far_side: FarSide,
}

impl Memory {
    /// An empty world at noon of 2026-11-21, UTC; the same seed gives the same random bytes.
    pub fn new(seed: u64) -> Self {
        let now = Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(1_795_262_400);
        Self(Arc::new(Mutex::new(World {
            now,
            entropy: seed,
            piece: 64 * 1024,
            part_bytes: PART_BYTES,
            ..World::default()
        })))
    }

    /// Looks into the world, or arranges it, past the ports.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes the gate: the one way from a port to the world.
    pub(crate) async fn call<T>(
        &self,
        port: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send,
    ) -> Result<T, PortError> {
        let mode = self.passes(port).await;
        match mode {
            None => Ok(effect(&mut self.world())),
            Some(FaultMode::DieBefore) => std::future::pending().await,
            Some(FaultMode::DieAfter) => {
                let _done = effect(&mut self.world());
                std::future::pending().await
            }
            Some(FaultMode::AnswerLost) => {
                let _done = effect(&mut self.world());
                Err(PortError::unavailable(port, "the answer was lost"))
            }
            Some(FaultMode::Refused) => Err(PortError::unavailable(port, "the call was refused")),
        }
    }
}

impl Memory {
    /// Comes to the gate: counts the call, and answers how it goes wrong.
    async fn passes(&self, port: &'static str) -> Option<FaultMode> {
        let (freezes, mode) = {
            let faults = &mut self.world().faults;
            (faults.freezes(), faults.next(port))
        };
        if freezes {
            drive::freeze().await;
        }
        mode
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl AppleSecrets for Memory {
    async fn apple_keys(&self) -> Result<AppleKeySet, PortError> {
        self.call("AppleSecrets::apple_keys", |world| world.apple_keys.clone()).await
    }
}

impl ServiceKeySource for Memory {
    async fn service_key(&self) -> Result<Secret<Vec<u8>>, PortError> {
        self.call("ServiceKeySource::service_key", |_| Secret::new(vec![0x5a; 32])).await
    }
}

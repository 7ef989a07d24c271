//! The ports: what the use cases need of the world, one trait per capability.
//!
//! A port returns facts: a lost conditional write is an answer, never an error. The one error is
//! [`PortError`]. Futures are `Send`, spelled once here, so that adapters just write `async fn`.

mod account;
mod apple_pay;
mod content_store;
mod conversations;
mod data_ref;
mod deliveries;
mod export;
mod file;
mod gateway;
mod inbox;
mod large_file;
mod outbox;
mod payload;
mod payment;
mod psp;
mod queue;
mod sealed;
mod secrets;
mod template;
mod time;
mod web;
mod webhook;

pub use account::{
    ApiKeys, Businesses, Claim, EndpointDirectory, EndpointHealth, Endpoints, Replaced, Tenants,
};
pub use apple_pay::{
    MerchantSession, MerchantSessions, PriceAnswer, PriceAsk, PriceError, PriceSource, SessionAsk,
    SessionError,
};
pub use content_store::{
    ContentError, ContentStore, Opened, Reference, UploadTicket, WebFile, WebFiles,
};
pub use conversations::{
    AskedPayment, ClaimScope, Conversations, MessageClaim, Page, Resolved, Step, Stepped, Timeline,
    TimelineQuery,
};
pub use data_ref::DataRefs;
pub use deliveries::{Deliveries, DeliveryLog, DueDeliveries, Lease};
pub use export::{ExportPart, Exports, Kept};
pub use file::{FileRead, Files, UploadSlots};
pub use gateway::{AppClipLink, Constructed, Gateway, GatewayAnswer, GatewayError};
pub use inbox::{Commit, DecodedMessages, Inbox, InboxMinute, InboxReader, InboxSweep};
pub use large_file::{Bytes, Chunks, FileLinks, Joined, LargeFile, LargeFiles, PART_BYTES};
pub use outbox::{DueOutbound, IdempotencyRecords, Outbox, OutboxLease};
pub use payload::{AppleFiles, DuePayloads, KnownFile, PayloadLease, Payloads, StoredFiles};
pub use payment::{
    ChainRows, Changed, DuePayments, Journal, JournalQuery, Merchants, PaymentChange, PaymentLists,
    Payments, SettlementQueue,
};
pub use psp::{
    MerchantSecrets, Notice, NoticeFault, NoticeKind, Psp, PspDone, PspFault, PspOrder, PspToken,
    Resolution,
};
pub use queue::{DeliveryQueue, OutboundQueue, PayloadQueue, QueuedDelivery};
pub use sealed::SealedPayment;
pub use secrets::{AppleKeySet, AppleSecrets, OperatorKeySource, ServiceKeySource};
pub use template::{TemplateLibrary, Templates};
pub use time::{Clock, Entropy};
pub use web::{Web, WebAsk, WebFault, WebPage};
pub use webhook::{HOP_HEADER, WebhookAnswer, WebhookCall, WebhookError, Webhooks};

use std::error::Error;

/// A port did not do what it was asked, or did it and the answer was lost: nobody can tell.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Worth another try.
    #[error("{operation} did not answer")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// What went wrong underneath.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// What is stored cannot be read: written by another version, or damaged.
    #[error("{operation} found something it cannot read")]
    Unreadable {
        /// What was asked.
        operation: &'static str,
        /// What went wrong underneath.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl PortError {
    /// Worth another try.
    pub fn unavailable(
        operation: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { operation, source: source.into() }
    }

    /// Not worth another try by this version.
    pub fn unreadable(
        operation: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreadable { operation, source: source.into() }
    }
}

//! The things the use cases speak of: tenants, businesses, conversations, events, deliveries,
//! outbound messages. Plain data; every string that could be wrong was parsed at the border.

mod account;
mod conversation;
mod data_ref;
mod delivery;
mod event;
mod export;
mod file;
mod id;
mod inbox;
mod journal;
mod outbound;
mod payload;
mod payment;
mod question;
mod route;
mod template;

pub use account::{
    ApiKey, Business, BusinessStatus, Endpoint, EndpointStatus, Mode, Retention, Scope,
    SealedSecret, Tenant,
};
pub use conversation::{
    ConversationState, ConversationStatus, Entry, LaneEntry, RECENT_REPLIES_MAX,
    RECENT_REPLY_WINDOW, RecentReply,
};
pub use data_ref::DataRef;
pub use delivery::{
    DELIVERY_WINDOW, Delivery, DeliveryKey, DeliveryPointer, DeliveryStatus, QUEUE_GRACE,
};
pub use event::{
    Context, EventSource, EventStream, EventType, TimelineEntry, TimelineItem, UnknownEventType,
};
pub use export::ExportKey;
pub use file::{FileKey, UploadSlot};
pub use id::{
    ApiKeyId, ConversationId, DownloadId, EndpointId, EventId, IdFault, PaymentId, RefundId,
    TenantId, UploadId, base32_id, fairness_group,
};
pub use inbox::{BodyEncoding, InboxMessage, InboxPointer, InboxSort, StoredBody, body_hash};
pub use journal::{
    Cell, CellFault, CellKind, Chain, ChainHead, ColumnShape, JournalEvent, JournalRow,
};
pub use outbound::{
    Choice, FailureCode, IdempotencyKey, IdempotencyRecord, OutboundContent, OutboundMessage,
    OutboundPointer, OutboundStatus, Progress, TypingState, Waited,
};
pub use payload::{
    AppleFile, AttachmentId, AttachmentIdFault, FilePlace, FileSource, Payload, PayloadFault,
    PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus, Scan, StoredFile, Transfer,
};
pub use payment::{
    Attempt, CapturePolicy, Channel, Concern, DeclineClass, DomainAssociation, Doubt, Fence,
    MerchantSettings, Payment, PaymentContacts, PaymentNews, PaymentPointer, PaymentReply,
    PaymentState, PspAccount, PspChange, PspEnding, PspKind, PspResult, QuoteMark, Refund,
    RefundStatus, SealedContacts, SecretName, SecretNameFault, Seen, SessionIdentifier,
    TakenChange, TokenClaim, TokenHash, Told, Tracking,
};
pub use question::{ASKED_MAX, Questions};
pub use route::{Heard, Route};
pub use template::{Template, TemplateName, TemplateNameFault, TemplateSummary};

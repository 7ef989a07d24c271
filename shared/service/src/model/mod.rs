//! The things the use cases speak of: tenants, businesses, conversations, events, deliveries,
//! outbound messages. Plain data; every string that could be wrong was parsed at the border.

mod account;
mod conversation;
mod delivery;
mod event;
mod id;
mod inbox;
mod outbound;

pub use account::{
    ApiKey, Business, BusinessStatus, Endpoint, EndpointStatus, Mode, Scope, SealedSecret, Tenant,
};
pub use conversation::{
    ConversationState, ConversationStatus, LaneEntry, RECENT_REPLIES_MAX, RECENT_REPLY_WINDOW,
    RecentReply,
};
pub use delivery::{
    DELIVERY_WINDOW, Delivery, DeliveryKey, DeliveryPointer, DeliveryStatus, QUEUE_GRACE,
};
pub use event::{
    EventSource, EventStream, EventType, TimelineEntry, TimelineItem, UnknownEventType,
};
pub use id::{
    ApiKeyId, ConversationId, EndpointId, EventId, IdFault, TenantId, base32_id, fairness_group,
};
pub use inbox::{BodyEncoding, InboxMessage, InboxPointer, InboxSort, StoredBody, body_hash};
pub use outbound::{
    FailureCode, IdempotencyKey, IdempotencyRecord, OutboundContent, OutboundMessage,
    OutboundPointer, OutboundStatus, TypingState,
};

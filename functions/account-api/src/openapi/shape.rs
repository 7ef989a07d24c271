//! Shapes that are read, or that other crates write: documented here, and held against what the
//! functions really take and answer by the tests beside.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use utoipa::ToSchema;

use super::file::DeclaredAttachment;
use super::word::{
    BusinessStatusWord, EndpointStatusWord, EventTypeWord, ModeWord, ProblemCodeWord, ScopeWord,
    TriggerWord,
};
use crate::view::Instant;

/// A tenant to make.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTenant {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
}

/// A business id to claim.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateBusiness {
    /// Apple's id of it: visible ASCII.
    #[schema(min_length = 1, max_length = 128)]
    business_id: String,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    #[schema(value_type = ModeWord)]
    mode: Value,
}

/// What to change of a business; what is absent stays.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBusiness {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(value_type = Option<BusinessStatusWord>)]
    status: Option<Value>,
}

/// A key to make.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Which businesses it may act on. A test key makes test keys only.
    #[schema(value_type = ModeWord)]
    mode: Value,
    #[schema(value_type = Vec<ScopeWord>, min_items = 1)]
    scopes: Value,
    /// It opens nothing before this.
    not_before: Option<Instant>,
    /// It opens nothing from this on.
    not_after: Option<Instant>,
}

/// An endpoint to add.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateEndpoint {
    /// https to a public DNS name, on port 443, 8443 or an unprivileged one; without user name,
    /// fragment or IP address.
    #[schema(max_length = 2048, format = "uri")]
    url: String,
    #[schema(max_length = 256)]
    description: Option<String>,
    /// Which events it hears; absent or empty means all.
    #[schema(value_type = Option<Vec<EventTypeWord>>)]
    events: Option<Value>,
    /// Which conversations it hears: those that any of the rules matches; absent or empty means all.
    #[schema(max_items = 20)]
    routes: Option<Vec<RoutingRule>>,
    /// Strict order per conversation: the next event waits for this one.
    #[schema(default = false)]
    ordered: Option<bool>,
    /// How long one attempt may take.
    #[schema(minimum = 5, maximum = 25, default = 15)]
    timeout_seconds: Option<u8>,
}

/// A routing rule: everything that it names has to be so, and it names something.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct RoutingRule {
    #[schema(min_length = 1, max_length = 128)]
    business_id: Option<String>,
    /// The entry point's intent, exactly.
    #[schema(min_length = 1, max_length = 256)]
    intent: Option<String>,
    /// The entry point's group, exactly.
    #[schema(min_length = 1, max_length = 256)]
    group: Option<String>,
    /// A language (`en`), or a language and a region (`en_US`); case, `-` and `_` make no difference.
    #[schema(min_length = 1, max_length = 64)]
    locale: Option<String>,
}

/// What to change of an endpoint; what is absent stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeEndpoint {
    #[schema(max_length = 2048, format = "uri")]
    url: Option<String>,
    #[schema(max_length = 256)]
    description: Option<String>,
    #[schema(value_type = Option<Vec<EventTypeWord>>)]
    events: Option<Value>,
    #[schema(max_items = 20)]
    routes: Option<Vec<RoutingRule>>,
    ordered: Option<bool>,
    #[schema(minimum = 5, maximum = 25)]
    timeout_seconds: Option<u8>,
    /// Enabling it forgives its failures; what was disabled with it is delivered by a replay.
    #[schema(value_type = Option<EndpointStatusWord>)]
    status: Option<Value>,
}

/// How to change over to a new signing secret.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateSecret {
    /// How long the old secrets sign beside the new one; 0 ends them at once.
    #[schema(minimum = 0, maximum = 604_800, default = 86_400)]
    overlap_seconds: Option<u32>,
}

/// What to deliver again: one event (`eventId`), or everything parked or disabled since an instant.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayDeliveries {
    /// One event, however its delivery stands.
    event_id: Option<String>,
    /// With `eventId`: where the event lies. Without it the latest 2,000 deliveries are searched.
    conversation_id: Option<String>,
    /// Everything parked or disabled of events from then on; at most 30 days ago.
    since: Option<Instant>,
    /// With `since`: of events before then.
    until: Option<Instant>,
    /// With `since`: how many at most.
    #[schema(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
    /// With `since`: goes on after an earlier replay.
    cursor: Option<String>,
}

/// What a customer wrote: typed where the type is known, and Apple's own JSON beside it. Only `id`
/// is there when it is no longer kept.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct CustomerMessage {
    #[schema(format = "uuid")]
    id: String,
    /// Apple's type.
    #[schema(rename = "type")]
    kind: Option<String>,
    received_at: Option<Instant>,
    text: Option<String>,
    /// The whole message is a word that every business has to understand: *agent*, *support*, *help* ·
    /// *menu*, *list*, *?* · *unsubscribe*, *spam*, *stop*, *end* · *subscribe*.
    #[schema(value_type = Option<TriggerWord>)]
    trigger: Option<Value>,
    reaction: Option<Reaction>,
    /// The files of a text, 40 at most; each is fetched, and told with an event of its own.
    attachments: Option<Vec<DeclaredAttachment>>,
    interactive: Option<InteractiveReply>,
    /// The message of the business's that it answers, if it is one of the latest eight.
    in_reply_to: Option<String>,
    /// The business's own reference of that message.
    callback_data: Option<String>,
    /// The earlier message that said the same, when one reply came twice under two ids.
    soft_duplicate_of: Option<String>,
    /// Apple's own JSON, as received. With a private answer, webhooks and keys with the scope
    /// `private` have it.
    #[schema(value_type = Option<Object>)]
    apple: Option<Value>,
}

/// The answer to an interactive message. What is chosen is told by the identifiers that the business
/// gave; titles come as the device shows them.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct InteractiveReply {
    /// `listPicker`, `timePicker`, `quickReply`, `form`, `iMessageApp`, `invitation`,
    /// `authentication`, `payment`; `other` when it cannot be read.
    kind: String,
    /// What the business's message carried.
    request_identifier: Option<String>,
    session_identifier: Option<String>,
    /// `listPicker`: the chosen items.
    selected: Option<Vec<ChosenItem>>,
    /// `listPicker`: how many items were not chosen.
    others: Option<u64>,
    /// `timePicker`
    event_identifier: Option<String>,
    /// `timePicker`: the chosen slot.
    slot: Option<ChosenSlot>,
    /// `quickReply`: the place of the chosen item, from 0.
    index: Option<u64>,
    /// `quickReply`: the chosen item.
    identifier: Option<String>,
    /// `quickReply`
    title: Option<String>,
    /// `form`: the business asked to have the answer treated as private.
    private: Option<bool>,
    /// `form`: what was said, page by page. With a private answer, webhooks and keys with the scope
    /// `private` have it.
    pages: Option<Vec<FormPage>>,
    /// `iMessageApp`: what the app has to say.
    url: Option<String>,
    /// `iMessageApp`
    app_id: Option<String>,
    /// `iMessageApp`
    app_name: Option<String>,
    /// `iMessageApp`: the extension.
    bid: Option<String>,
    /// `invitation`
    accepted: Option<bool>,
    /// `invitation`: the business's own reference.
    reference_id: Option<String>,
    /// `authentication`: `success`, `failure`, `cancel`, `unknown`. It proves nothing.
    status: Option<String>,
    /// `authentication`: the device's own word.
    word: Option<String>,
    /// `authentication`
    error_code: Option<String>,
    /// `payment`: the bubble's state.
    state: Option<String>,
}

/// A chosen item of a list picker.
#[derive(ToSchema)]
pub(crate) struct ChosenItem {
    identifier: String,
    title: Option<String>,
    subtitle: Option<String>,
    order: Option<i64>,
}

/// The chosen slot of a time picker.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ChosenSlot {
    identifier: Option<String>,
    /// As the device wrote it: `2026-06-01T15:00+0000`.
    start_time: Option<String>,
    /// In seconds.
    duration: Option<i64>,
}

/// What was said on one page of a form.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct FormPage {
    page_identifier: String,
    title: Option<String>,
    subtitle: Option<String>,
    items: Vec<FormItem>,
}

/// One choice, date or text.
#[derive(ToSchema)]
pub(crate) struct FormItem {
    /// The item's; the page's where the customer wrote or picked a date.
    identifier: Option<String>,
    /// `select`, `picker`, `datePicker` or `input`.
    #[schema(rename = "type")]
    kind: Option<String>,
    /// What the customer saw or wrote.
    title: Option<String>,
    /// The item's value; a date as `2021-03-30T07:00:00Z`.
    value: Option<String>,
}

/// What was known of the customer at that moment.
#[derive(ToSchema)]
pub(crate) struct CustomerContext {
    /// What the device can show.
    capabilities: Vec<String>,
    locale: Option<String>,
    /// Where the customer came from; gone when they leave.
    intent: Option<String>,
    /// The department they asked for; gone when they leave.
    group: Option<String>,
}

/// A tapback, as far as its words can be recognised.
#[derive(ToSchema)]
pub(crate) struct Reaction {
    /// `liked`, `loved`, `disliked`, `laughedAt`, `emphasized`, `questioned`, `emoji`, `sticker`.
    kind: String,
    removed: bool,
    /// What was reacted to, as far as Apple quotes it.
    quoted: Option<String>,
    emoji: Option<String>,
}

/// An event, as endpoints are posted it. `webhook-id` is its id; it is the same in every attempt.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Event {
    /// `evt_` and 26 characters.
    id: String,
    #[schema(rename = "type", value_type = EventTypeWord)]
    kind: Value,
    created_at: Instant,
    business_id: Option<String>,
    conversation_id: Option<String>,
    /// Its place in the conversation: increasing, with gaps. Typing events and pings have none.
    seq: Option<u64>,
    /// What it is about; in every event of a conversation `opaqueId`, and what was known of the
    /// customer then: `capabilities`, `locale`, `intent`, `group`. `message.received`,
    /// `message.reaction` and `interactive.replied`: `message`. `message.accepted` and
    /// `message.failed`: `messageId`, `status`, `type`, `sentAs`, `fallbackUsed`,
    /// `requestIdentifier`, `callbackData`, `code`, `detail`. `conversation.closed`, `conversation.reopened` and `message.parked`: `messageId`,
    /// `reason`, and `referenceIds` of invitations that were declined. `attachment.ready` and
    /// `attachment.failed`: the members of `AttachmentEvent`. Those of a payment: `paymentId`,
    /// `messageId`, `requestIdentifier`, `reference`, `currency`, `amount`, `attempt`, `told`,
    /// `decline` (as `PaymentAttempt` has it), `psp`, `pspReference`, the `refundId` of a refund, and
    /// the `reason` of a mismatch: `tracked_total`, `reply_denies` (the customer saw something else),
    /// `capture_refused`, `refund_refused` (the provider does not), `capture_failed`, `refund_failed`,
    /// `void_failed` (it had taken it on, or done it), `capture_overdue`, `refund_overdue` (no end for
    /// an hour), `capture_unmatched`, `refund_unmatched` (it did what nobody asked for, or what had
    /// failed), `void_stuck` (it does not let go, or nobody knows), `held_twice` (it says to hold more
    /// than is known), `chargeback_unbooked` (in another currency, or of no known amount).
    #[schema(value_type = Object)]
    data: Value,
}

/// A refusal (RFC 9457), with every fault of the request at once.
#[derive(ToSchema)]
#[schema(example = json!({
    "type": "urn:amb-msp:problem:invalid_request",
    "title": "The request has faults.",
    "status": 400,
    "code": "invalid_request",
    "errors": [{
        "pointer": "/timeoutSeconds",
        "rule": "range",
        "message": "a whole number from 5 to 25",
        "limit": 25,
        "actual": 60,
    }],
    "request_id": "JKJaXmPLvHcESHA=",
}))]
pub(crate) struct Problem {
    /// `urn:amb-msp:problem:` and the code.
    #[schema(rename = "type", format = "uri")]
    kind: String,
    title: String,
    status: u16,
    #[schema(value_type = ProblemCodeWord)]
    code: Value,
    /// What this caller can do about it.
    detail: Option<String>,
    errors: Option<Vec<Fault>>,
    /// Under which the operator finds the request in the log.
    request_id: String,
}

/// One fault of a request.
#[derive(ToSchema)]
pub(crate) struct Fault {
    /// A JSON Pointer (RFC 6901) into the body; for a request without one, into the query read as an
    /// object.
    pointer: String,
    /// The rule that is broken.
    rule: String,
    message: String,
    limit: Option<Value>,
    actual: Option<Value>,
    /// What would make it right.
    fix: Option<String>,
}

/// A message from Apple, as its JSON is inside the gzip. Members that are not named here are kept.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AppleMessage {
    v: u64,
    #[schema(format = "uuid")]
    id: String,
    /// `text`, `interactive`, `close`, `typing_start`, `typing_end`; others are kept and told.
    #[schema(rename = "type")]
    kind: String,
    /// The customer's opaque id.
    source_id: String,
    /// The business id.
    destination_id: String,
    body: Option<String>,
    locale: Option<String>,
    intent: Option<String>,
    group: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    attachments: Option<Value>,
    #[schema(value_type = Option<Object>)]
    interactive_data: Option<Value>,
    #[schema(value_type = Option<Object>)]
    interactive_data_ref: Option<Value>,
}

/// Why a message from Apple is refused: a code and nothing else.
#[derive(ToSchema)]
pub(crate) struct AppleRefusal {
    code: String,
}

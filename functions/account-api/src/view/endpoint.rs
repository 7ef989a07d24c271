use amb_service::{
    account::{NewEndpoint, Replayed},
    model::{
        Delivery, DeliveryStatus, Endpoint, EndpointStatus, EventId, EventStream, Route,
        SealedSecret,
    },
};
use serde::Serialize;

use super::Instant;

/// Where a tenant hears of its events.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Endpoint))]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointView {
    /// `ep_` and 26 characters.
    id: String,
    /// Where events are posted, as the URL parser wrote it again.
    url: String,
    description: String,
    /// Which events it hears; empty means all.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::EventTypeWord>))]
    events: Vec<&'static str>,
    /// Which conversations it hears: those that any of the rules matches; empty means all.
    routes: Vec<RouteView>,
    /// Strict order per conversation: the next event waits for this one.
    ordered: bool,
    /// How long one attempt may take.
    timeout_seconds: u8,
    /// `enabled` or `disabled`.
    #[cfg_attr(test, schema(value_type = crate::openapi::EndpointStatusWord))]
    status: &'static str,
    /// Why it is disabled: its owner switched it off, it answered 410, it only failed for five days,
    /// or its name leads to addresses that are not allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::DisabledReasonWord>))]
    disabled_reason: Option<&'static str>,
    health: Health,
    /// Its signing secrets, newest first; what they are is shown when they are made.
    secrets: Vec<SecretView>,
    created_at: Instant,
}

/// A routing rule: everything that it names has to be so.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Route))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteView {
    #[serde(skip_serializing_if = "Option::is_none")]
    business_id: Option<String>,
    /// The entry point's intent, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    /// The entry point's group, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// A language (`en`), or a language and a region (`en_US`).
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
}

impl From<Route> for RouteView {
    fn from(route: Route) -> Self {
        let Route { business, intent, group, locale } = route;
        Self { business_id: business.map(|id| id.to_string()), intent, group, locale }
    }
}

/// How an endpoint does.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = EndpointHealth))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    /// The first failure since the last success; `null` while all is well.
    failing_since: Option<Instant>,
    /// Failures since the last success.
    failures: u32,
}

/// When a signing secret was made and until when it signs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = SigningSecret))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretView {
    created_at: Instant,
    /// `null` for the newest.
    expires_at: Option<Instant>,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        let reason = match endpoint.status {
            EndpointStatus::Enabled => None,
            EndpointStatus::DisabledByOwner => Some("owner"),
            EndpointStatus::Gone => Some("gone"),
            EndpointStatus::Failing => Some("failing"),
            EndpointStatus::Blocked => Some("blocked"),
        };
        let secret = |secret: SealedSecret| SecretView {
            created_at: Instant(secret.created_at),
            expires_at: secret.expires_at.map(Instant),
        };
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint
                .events
                .into_iter()
                .map(amb_service::model::EventType::as_str)
                .collect(),
            routes: endpoint.routes.into_iter().map(RouteView::from).collect(),
            ordered: endpoint.ordered,
            timeout_seconds: endpoint.timeout_seconds,
            status: if reason.is_none() { "enabled" } else { "disabled" },
            disabled_reason: reason,
            health: Health {
                failing_since: endpoint.failing_since.map(Instant),
                failures: endpoint.failures,
            },
            secrets: endpoint.secrets.into_iter().map(secret).collect(),
            created_at: Instant(endpoint.created_at),
        }
    }
}

/// An endpoint with its newest signing secret, which is shown this once.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = NewEndpoint))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewEndpointView {
    #[serde(flatten)]
    view: EndpointView,
    /// `whsec_` and base64: the key of the signatures (Standard Webhooks).
    secret: String,
}

impl From<NewEndpoint> for NewEndpointView {
    fn from(new: NewEndpoint) -> Self {
        Self { view: new.endpoint.into(), secret: new.secret.expose().clone() }
    }
}

/// The event of a test; it is on its way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Ping))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PingView {
    /// The `webhook-id` of its attempts.
    event_id: String,
}

impl From<EventId> for PingView {
    fn from(event: EventId) -> Self {
        Self { event_id: event.to_string() }
    }
}

/// What a replay came to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Replay))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayView {
    /// Deliveries that are due again.
    replayed: usize,
    /// Asks for the rest, as `cursor` of another replay with the same `since`; `null` when there is
    /// none.
    next_cursor: Option<String>,
}

impl From<Replayed> for ReplayView {
    fn from(replayed: Replayed) -> Self {
        Self { replayed: replayed.replayed, next_cursor: replayed.next_cursor }
    }
}

/// One event owed to one endpoint, and how that stands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Delivery))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    /// The event: `webhook-id` of every attempt.
    event_id: String,
    /// The event's type.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = crate::openapi::EventTypeWord))]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<String>,
    /// The event's place in the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// `pending`, `delivered`, `parked` after the last attempt failed, or `disabled` with its
    /// endpoint; the last two can be replayed.
    #[cfg_attr(test, schema(value_type = crate::openapi::DeliveryStatusWord))]
    status: DeliveryStatus,
    /// Attempts begun.
    attempts: u32,
    created_at: Instant,
    /// Not before this, while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_attempt_at: Option<Instant>,
    /// What the last attempt came to: an HTTP status, or a code such as `timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_outcome: Option<String>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let (conversation_id, seq) = match delivery.key.stream {
            EventStream::Conversation(id) => (Some(id.to_string()), Some(delivery.key.seq)),
            EventStream::Endpoint(_) => (None, None),
        };
        let pending = delivery.status == DeliveryStatus::Pending;
        Self {
            event_id: delivery.event.to_string(),
            kind: delivery.kind.as_str(),
            business_id: delivery.business.map(|id| id.to_string()),
            conversation_id,
            seq,
            status: delivery.status,
            attempts: delivery.attempts,
            created_at: Instant(delivery.created_at),
            next_attempt_at: pending.then_some(Instant(delivery.next_attempt_at)),
            last_attempt_at: delivery.last_attempt_at.map(Instant),
            last_outcome: delivery.last_outcome,
        }
    }
}

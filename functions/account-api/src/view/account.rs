use amb_protocol::entry_link::EntryLink;
use amb_service::{
    account::NewKey,
    model::{ApiKey, Business, Mode, Scope, Tenant},
};
use serde::Serialize;

use super::Instant;

/// A tenant: an owner of businesses, keys and endpoints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Tenant))]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantView {
    /// `ten_` and 26 characters.
    id: String,
    name: String,
    created_at: Instant,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.to_string(),
            name: tenant.name,
            created_at: Instant(tenant.created_at),
        }
    }
}

/// What a tenant has set.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Settings))]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsView {
    /// For how many days customers' files are kept, each from when it was fetched: 1, 7, 30, 90 or 365.
    attachment_retention_days: u16,
}

impl From<Tenant> for SettingsView {
    fn from(tenant: Tenant) -> Self {
        Self { attachment_retention_days: tenant.attachment_retention.days() }
    }
}

/// A business id, bound to the tenant that claimed it first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Business))]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessView {
    /// Apple's id of it.
    business_id: String,
    name: String,
    /// `live`, or `test` for Apple's internal test accounts.
    #[cfg_attr(test, schema(value_type = crate::openapi::ModeWord))]
    mode: Mode,
    /// `active`, or `suspended`: what customers write is kept and told as parked.
    #[cfg_attr(test, schema(value_type = crate::openapi::BusinessStatusWord))]
    status: amb_service::model::BusinessStatus,
    created_at: Instant,
}

impl From<Business> for BusinessView {
    fn from(business: Business) -> Self {
        Self {
            business_id: business.id.to_string(),
            name: business.name,
            mode: business.mode,
            status: business.status,
            created_at: Instant(business.created_at),
        }
    }
}

/// Links that begin a conversation with a business.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = StartLink))]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartLinkView {
    /// For web pages, mails and QR codes.
    url: String,
    /// For Apple's devices: it opens Messages at once.
    messages_url: String,
}

impl From<EntryLink> for StartLinkView {
    fn from(link: EntryLink) -> Self {
        Self { url: link.url(), messages_url: link.messages_url() }
    }
}

/// An API key, without its text.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Key))]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyView {
    /// `key_` and 26 characters, which are part of the key's text.
    id: String,
    name: String,
    /// Which businesses it may act on.
    #[cfg_attr(test, schema(value_type = crate::openapi::ModeWord))]
    mode: Mode,
    /// What it may do.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::ScopeWord>))]
    scopes: Vec<Scope>,
    created_at: Instant,
    /// It opens nothing before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Instant>,
    /// It opens nothing from this on.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Instant>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            mode: key.mode,
            scopes: key.scopes.into_iter().collect(),
            created_at: Instant(key.created_at),
            not_before: key.not_before.map(Instant),
            not_after: key.not_after.map(Instant),
            revoked_at: key.revoked_at.map(Instant),
        }
    }
}

/// A new API key with its text, which is shown this once.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = NewKey))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewKeyView {
    #[serde(flatten)]
    view: KeyView,
    /// What to send as `Authorization: Bearer …`. Only its SHA-256 is kept.
    key: String,
}

impl From<NewKey> for NewKeyView {
    fn from(new: NewKey) -> Self {
        Self { view: new.key.into(), key: new.text.expose().clone() }
    }
}

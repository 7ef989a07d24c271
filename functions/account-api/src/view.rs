//! What is answered, member by member: the types behind the schemas of the OpenAPI document.

mod account;
mod conversation;
mod endpoint;
mod file;
pub(crate) mod journal;
mod merchant;
mod message;
mod payment;
mod rule_pack;
mod template;

pub(crate) use account::{
    BusinessView, KeyView, NewKeyView, SettingsView, StartLinkView, TenantView,
};
pub(crate) use conversation::ConversationView;
pub(crate) use endpoint::{DeliveryView, EndpointView, NewEndpointView, PingView, ReplayView};
pub(crate) use file::{AttachmentView, DownloadView};
pub(crate) use merchant::ApplePayView;
pub(crate) use message::{HistoryView, MessageView};
pub(crate) use payment::{PaymentContactsView, PaymentHistoryView, PaymentView, ReceiptView};
pub(crate) use rule_pack::{RulePackNameView, RulePackView};
pub(crate) use template::{
    RenderingView, TemplateCheckView, TemplateSummaryView, TemplateView, UploadView,
    WrittenTemplateView,
};

use amb_service::account::List;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A page of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// `null` on the last page.
    next_cursor: Option<String>,
}

impl<T> From<List<T>> for Page<T> {
    fn from(list: List<T>) -> Self {
        Self { items: list.items, next_cursor: list.next_cursor }
    }
}

/// An instant: RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub(crate) struct Instant(pub(crate) Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        amb_service::render::milliseconds(&self.0, to)
    }
}

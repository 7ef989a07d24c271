//! *Account*: tenants and what they own, and everything that can be read back.
//!
//! One struct over the store, the deliveries queue, the clock and the service key; each file has the
//! verbs of one noun, and asks only for the ports that these need. A verb takes who is calling, then
//! the request as it came: bodies and queries are read strictly here, so that nothing but a
//! documented member can change anything. What belongs to another tenant is not there (404).

mod attachment;
mod business;
mod caller;
mod conversation;
mod download;
mod endpoint;
mod event;
mod journal;
mod key;
mod link;
mod list;
mod member;
mod merchant;
mod message;
mod owed;
mod payment;
mod ping;
mod query;
mod replay;
mod rule_pack;
mod settings;
mod template;
mod tenant;
mod together;
mod upload;
mod vetting;

#[cfg(test)]
mod tests;

pub use attachment::FILE_LINK_LIFE;
pub use business::Claimed;
pub use caller::{Caller, Callers, Operator};
pub use download::{Download, DownloadState, InteractiveData, MAX_REFERENCED};
pub use endpoint::{
    IfMatch, MAX_DESCRIPTION, MAX_ENTRY, NewEndpoint, OVERLAP_SECONDS, TIMEOUT_SECONDS,
};
pub use key::NewKey;
pub use link::{MAX_LINK_BODY, MAX_LINK_ENTRY};
pub use list::{DEFAULT_LIMIT, List, MAX_LIMIT};
pub use member::MAX_NAME;
pub use merchant::{MAX_ASSOCIATION, MAX_DISPLAY_NAME};
pub use message::{History, HistoryMessage, Inbound, Outbound, Owed};
pub use payment::{PaymentHistory, ReceiptOrder};
pub use replay::{MAX_REPLAY, Replayed};
pub use template::{Kept, ReadTemplate, Rendering, TemplateCheck, Written};
pub use upload::{MAX_UPLOAD, Upload};
pub use vetting::{UrlRefusal, VettedUrl};

use crate::{
    access::Principal,
    model::Scope,
    problem::{ObjectBody, Problem},
    service_key::ServiceKey,
};

/// Administers and reads.
#[derive(Debug)]
pub struct Account<S, Q, C> {
    store: S,
    queue: Q,
    clock: C,
    key: ServiceKey,
}

impl<S, Q, C> Account<S, Q, C> {
    /// Works with these ports; cursors and signing secrets are kept safe under `key`.
    pub fn new(store: S, queue: Q, clock: C, key: ServiceKey) -> Self {
        Self { store, queue, clock, key }
    }
}

/// Lets a caller pass who has any of these scopes.
fn require_any(principal: &Principal, scopes: &[Scope]) -> Result<(), Problem> {
    if scopes.iter().any(|scope| principal.scopes.contains(scope)) {
        Ok(())
    } else {
        Err(Problem::missing_scope())
    }
}

/// The body of a request whose members are all optional: nothing at all is an empty object.
fn optional_body(body: &[u8]) -> Result<ObjectBody, Problem> {
    let nothing = body.iter().all(u8::is_ascii_whitespace);
    Ok(ObjectBody::parse(if nothing { b"{}" } else { body })?)
}

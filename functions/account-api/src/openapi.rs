//! The OpenAPI document, made of the types of the answers and of the table of routes. It exists in
//! tests only: the function carries none of it.
//!
//! `UPDATE_OPENAPI=1 cargo test -p account-api openapi` writes `infra/openapi.yaml`.

mod content;
mod document;
mod file;
mod library;
mod message;
mod operation;
mod sending;
mod shape;
mod tests;
mod word;

pub(crate) use shape::{CustomerContext, CustomerMessage, Fault};
pub(crate) use word::{
    BusinessStatusWord, ContentTypeWord, ConversationStatusWord, DeliveryStatusWord,
    DisabledReasonWord, DownloadStatusWord, EndpointStatusWord, EventTypeWord, FailureCodeWord,
    HappeningWord, InboundStatusWord, InboundWord, MessageTypeWord, ModeWord, OutboundWord,
    PayloadFaultWord, ScanWord, ScopeWord, SendStatusWord, SizeClassWord,
};

pub(crate) use document::{Examples, document};

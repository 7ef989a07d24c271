//! The OpenAPI document, made of the types of the answers and of the table of routes. It exists in
//! tests only: the function carries none of it.
//!
//! `UPDATE_OPENAPI=1 cargo test -p account-api openapi` writes `infra/openapi.yaml`.

mod document;
mod operation;
mod shape;
mod tests;
mod word;

pub(crate) use shape::{CustomerContext, CustomerMessage};
pub(crate) use word::{
    BusinessStatusWord, ConversationStatusWord, DeliveryStatusWord, DisabledReasonWord,
    EndpointStatusWord, EventTypeWord, FailureCodeWord, HappeningWord, InboundStatusWord,
    InboundWord, ModeWord, OutboundWord, ScopeWord, SendStatusWord, SendTypeWord,
};

pub(crate) use document::{Examples, document};

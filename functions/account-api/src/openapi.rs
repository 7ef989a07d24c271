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
mod payment;
mod sending;
mod shape;
mod tests;
mod word;

pub(crate) use payment::ApplePayPricing;
pub(crate) use shape::{CustomerContext, CustomerMessage, Fault};
pub(crate) use word::{
    BusinessStatusWord, CaptureWord, ContentTypeWord, ConversationStatusWord, DeliveryStatusWord,
    DisabledReasonWord, DownloadStatusWord, EndpointStatusWord, EventTypeWord, FailureCodeWord,
    HappeningWord, InboundStatusWord, InboundWord, MessageTypeWord, ModeWord, OutboundWord,
    PayChannelWord, PayloadFaultWord, PaymentStateWord, PspResultWord, PspWord, RefundStatusWord,
    ScanWord, ScopeWord, SendStatusWord, SessionIdentifierWord, SizeClassWord, ToldWord,
};

pub(crate) use document::{Examples, document};

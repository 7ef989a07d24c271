use amb_protocol::id::BusinessId;
use jiff::Timestamp;
use std::future::Future;

use super::PortError;
use crate::model::{AppleFile, FileKey, Payload, PayloadPointer, TenantId};

/// The rows of payloads. A conversation's own are inserted and brought to their end by a step. IAM:
/// `GetItem`, `PutItem`, `UpdateItem` on `conversations`.
pub trait Payloads: Send + Sync {
    /// The payload at this place.
    fn payload(
        &self,
        pointer: &PayloadPointer,
    ) -> impl Future<Output = Result<Option<Payload>, PortError>> + Send;

    /// Inserts a payload. Answers whether it was; one that is there stays as it is.
    fn insert_payload(
        &self,
        payload: &Payload,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Takes the right to attempt a payload until `until`; counts the attempt.
    fn lease_payload(
        &self,
        pointer: &PayloadPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<PayloadLease, PortError>> + Send;

    /// Keeps a lease for longer, until `until`; asked again, it is kept. `false` if it was lost
    /// meanwhile.
    fn renew_payload(
        &self,
        pointer: &PayloadPointer,
        lease: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Writes a leased payload as it stands: its transfer, its next attempt, or its end. `false` if the
    /// lease was lost meanwhile; then nothing is written.
    fn record_payload(
        &self,
        payload: &Payload,
        lease: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Writes what a scanner says of a stored file. `false` if there is none at this place.
    fn record_scan(
        &self,
        pointer: &PayloadPointer,
        scan: crate::model::Scan,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// What asking for a lease came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one call")]
pub enum PayloadLease {
    /// Attempt it; this is the payload with the attempt counted.
    Taken(Payload),
    /// Somebody else is attempting it, or it is not due, until then.
    Busy(Timestamp),
    /// It came to an end, or is not there.
    Over,
}

/// What the sweep looks for. IAM: `Query` on the index `due`.
pub trait DuePayloads: Send + Sync {
    /// Pending payloads whose `sweep_at` has come; one may be in a worker's hand right now.
    fn due_payloads(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<PayloadPointer>, PortError>> + Send;
}

/// Customers' files that are kept already, by their content: never across tenants. IAM: `GetItem`,
/// `PutItem` on `accounts`.
pub trait StoredFiles: Send + Sync {
    /// The file of this content (SHA-256, hex), if it is known; whether it will live long enough is
    /// the caller's to judge.
    fn stored_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
    ) -> impl Future<Output = Result<Option<KnownFile>, PortError>> + Send;

    /// Remembers a file; a later one of the same content replaces it.
    fn remember_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
        known: &KnownFile,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A file that is kept already.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownFile {
    /// Where.
    pub file: FileKey,
    /// Since when: the bucket's rule counts from there.
    pub stored_at: Timestamp,
}

/// Businesses' files that Apple has already. IAM: `GetItem`, `PutItem` on `accounts`.
pub trait AppleFiles: Send + Sync {
    /// The file of this fingerprint (an upload's id, or `sha256:` and hex), if there is one; its
    /// expiry is the caller's to judge.
    fn apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
    ) -> impl Future<Output = Result<Option<AppleFile>, PortError>> + Send;

    /// Keeps a file; a later one replaces it.
    fn keep_apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
        file: &AppleFile,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

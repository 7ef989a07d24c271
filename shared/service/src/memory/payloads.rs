//! Payloads in memory, and what is known of files by their content.

use amb_protocol::id::BusinessId;
use jiff::Timestamp;

use super::Memory;
use crate::{
    model::{AppleFile, Payload, PayloadPointer, PayloadStatus, Scan, TenantId},
    port::{AppleFiles, DuePayloads, KnownFile, PayloadLease, Payloads, PortError, StoredFiles},
};

impl Payloads for Memory {
    async fn payload(&self, pointer: &PayloadPointer) -> Result<Option<Payload>, PortError> {
        self.call("Payloads::payload", |world| world.payloads.get(pointer).cloned()).await
    }

    async fn insert_payload(&self, payload: &Payload) -> Result<bool, PortError> {
        self.call("Payloads::insert_payload", |world| {
            let is_new = !world.payloads.contains_key(&payload.pointer);
            world.payloads.entry(payload.pointer.clone()).or_insert_with(|| payload.clone());
            is_new
        })
        .await
    }

    async fn lease_payload(
        &self,
        pointer: &PayloadPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<PayloadLease, PortError> {
        self.call("Payloads::lease_payload", |world| {
            let stored = world.payloads.get_mut(pointer);
            let Some(payload) = stored.filter(|it| it.status == PayloadStatus::Pending) else {
                return PayloadLease::Over;
            };
            match payload.lease_until {
                Some(held) if now < held => return PayloadLease::Busy(held),
                _ if now < payload.next_attempt_at => {
                    return PayloadLease::Busy(payload.next_attempt_at);
                }
                _ => {}
            }
            payload.lease_until = Some(until);
            payload.attempts += 1;
            PayloadLease::Taken(payload.clone())
        })
        .await
    }

    async fn renew_payload(
        &self,
        pointer: &PayloadPointer,
        lease: Timestamp,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        self.call("Payloads::renew_payload", |world| {
            let stored = world.payloads.get_mut(pointer);
            let held = stored.filter(|stored| {
                stored.lease_until.is_some_and(|held| held == lease || held == until)
            });
            held.map(|stored| stored.lease_until = Some(until)).is_some()
        })
        .await
    }

    async fn record_payload(&self, payload: &Payload, lease: Timestamp) -> Result<bool, PortError> {
        self.call("Payloads::record_payload", |world| {
            let stored = world.payloads.get_mut(&payload.pointer);
            let held = stored.filter(|stored| stored.lease_until == Some(lease));
            held.map(|stored| stored.clone_from(payload)).is_some()
        })
        .await
    }

    async fn record_scan(&self, pointer: &PayloadPointer, scan: Scan) -> Result<bool, PortError> {
        self.call("Payloads::record_scan", |world| match world.payloads.get_mut(pointer) {
            Some(Payload { status: PayloadStatus::Stored(file), .. }) => {
                file.scan = scan;
                true
            }
            _ => false,
        })
        .await
    }
}

impl DuePayloads for Memory {
    async fn due_payloads(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PayloadPointer>, PortError> {
        self.call("DuePayloads::due_payloads", |world| {
            let due = world.payloads.values().filter(|payload| {
                payload.status == PayloadStatus::Pending && payload.sweep_at <= now
            });
            due.map(|payload| payload.pointer.clone()).take(limit).collect()
        })
        .await
    }
}

impl StoredFiles for Memory {
    async fn stored_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
    ) -> Result<Option<KnownFile>, PortError> {
        let place = (tenant.clone(), sha256.to_owned());
        self.call("StoredFiles::stored_file", |world| world.stored_files.get(&place).cloned()).await
    }

    async fn remember_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
        known: &KnownFile,
    ) -> Result<(), PortError> {
        let place = (tenant.clone(), sha256.to_owned());
        self.call("StoredFiles::remember_file", |world| {
            world.stored_files.insert(place, known.clone());
        })
        .await
    }
}

impl AppleFiles for Memory {
    async fn apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
    ) -> Result<Option<AppleFile>, PortError> {
        let place = (tenant.clone(), business.clone(), fingerprint.to_owned());
        self.call("AppleFiles::apple_file", |world| world.apple_files.get(&place).cloned()).await
    }

    async fn keep_apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
        file: &AppleFile,
    ) -> Result<(), PortError> {
        let place = (tenant.clone(), business.clone(), fingerprint.to_owned());
        self.call("AppleFiles::keep_apple_file", |world| {
            world.apple_files.insert(place, file.clone());
        })
        .await
    }
}

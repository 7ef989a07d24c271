//! Merchants' identities: certificate, key, and the client that shows them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use amb_protocol::secret::Secret;
use amb_service::{
    model::{SecretName, TenantId},
    port::SessionError,
};
use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;
use x509_cert::{Certificate, der::Decode as _};

use crate::client::WalledClient;

/// The clients of merchants, one for each version of a secret.
#[derive(Debug, Default)]
pub(super) struct Identities {
    known: Mutex<HashMap<(TenantId, SecretName), Version>>,
}

/// SHA-256 of a secret's text, and what was made of it.
type Version = (Vec<u8>, Arc<Identity>);

/// A merchant's certificate, in use.
#[derive(Debug)]
pub(super) struct Identity {
    client: WalledClient,
    not_after: Timestamp,
    /// The number of days that was warned of last.
    warned: AtomicI64,
}

/// A Merchant Identity Certificate as it is kept: `{"v":1,"certificate":"<PEM>","key":"<PEM>"}`.
#[derive(Deserialize)]
struct Stored {
    v: u8,
    certificate: String,
    key: Secret<String>,
}

impl Identities {
    /// The client of this secret's text.
    pub(super) fn of(
        &self,
        plain: &WalledClient,
        tenant: &TenantId,
        name: &SecretName,
        secret: &Secret<String>,
    ) -> Result<Arc<Identity>, SessionError> {
        let version = digest::digest(&digest::SHA256, secret.expose().as_bytes());
        let place = (tenant.clone(), name.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, identity)) = known.get(&place)
            && kept == version.as_ref()
        {
            return Ok(Arc::clone(identity));
        }
        let identity = Arc::new(Identity::read(plain, secret).map_err(SessionError::Certificate)?);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(place, (version.as_ref().to_vec(), Arc::clone(&identity)));
        Ok(identity)
    }
}

impl Identity {
    fn read(plain: &WalledClient, secret: &Secret<String>) -> Result<Self, &'static str> {
        let stored: Stored = serde_json::from_str(secret.expose())
            .map_err(|_fault| "the secret is no JSON with `v`, `certificate` and `key`")?;
        if stored.v != 1 {
            return Err("the secret has another version than 1");
        }
        let leaf = CertificateDer::from_pem_slice(stored.certificate.as_bytes())
            .map_err(|_fault| "`certificate` holds no PEM certificate")?;
        let leaf = Certificate::from_der(&leaf)
            .map_err(|_fault| "`certificate` holds something else than a certificate")?;
        let not_after = leaf.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
        let not_after = i64::try_from(not_after).ok().and_then(|s| Timestamp::from_second(s).ok());
        let both = Secret::new(
            [stored.certificate.as_bytes(), b"\n", stored.key.expose().as_bytes()].concat(),
        );
        let identity = reqwest::Identity::from_pem(both.expose())
            .map_err(|_fault| "`key` holds no PEM key, or one of another form than PKCS#8")?;
        Ok(Self {
            client: plain.with_identity(identity),
            not_after: not_after.ok_or("the certificate ends at no time")?,
            warned: AtomicI64::new(i64::MAX),
        })
    }

    pub(super) fn client(&self) -> &WalledClient {
        &self.client
    }

    pub(super) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The days that are left, rounded up to a step, where a step was reached that nobody was warned
    /// of yet (reliability F121).
    pub(super) fn warn_at(&self, now: Timestamp) -> Option<i64> {
        let left = now.duration_until(self.not_after).as_secs().div_euclid(24 * 60 * 60);
        let step = STEPS.into_iter().find(|step| left < *step)?;
        let before = self.warned.swap(step, Ordering::Relaxed);
        (before != step).then_some(step)
    }
}

/// Days before the end at which somebody is warned.
const STEPS: [i64; 7] = [1, 3, 7, 14, 30, 60, 90];
/// Identities that are kept.
const MOST: usize = 64;

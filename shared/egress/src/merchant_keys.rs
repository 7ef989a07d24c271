//! Secrets of merchants: the one place where they are remembered.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use amb_protocol::secret::Secret;
use amb_service::{
    model::{SecretName, TenantId},
    port::{MerchantSecrets, PortError},
    problem::chain,
};
use jiff::Timestamp;

/// Reads secrets of merchants, and keeps each for five minutes. One that was refused, is missing or was
/// not to be had is read anew before that; but whatever happens, each is asked for once in ten seconds at
/// most, or in two while nothing is known of it.
///
/// A secret that is known, and cannot be had when it should be read anew, is used as it was (F148): a
/// payment does not fail because Secrets Manager does.
#[derive(Debug)]
pub struct MerchantKeys<K> {
    secrets: K,
    known: Mutex<HashMap<Place, Known>>,
}

type Place = (TenantId, SecretName);

#[derive(Clone, Debug)]
struct Known {
    answer: Answer,
    asked_at: Timestamp,
    until: Timestamp,
}

/// What was heard last.
#[derive(Clone, Debug)]
enum Answer {
    Text(Secret<String>),
    Missing,
    Failed,
}

impl<K: MerchantSecrets> MerchantKeys<K> {
    /// Nothing is known yet.
    pub fn new(secrets: K) -> Self {
        Self { secrets, known: Mutex::default() }
    }

    /// The text of a secret; none: there is no such secret.
    pub async fn get(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        now: Timestamp,
    ) -> Result<Option<Secret<String>>, PortError> {
        let place = (tenant.clone(), name.clone());
        let known = self.recall(&place);
        let before = match known {
            Some(Known { answer, until, .. }) if now < until => return answer.told(),
            Some(Known { answer: Answer::Text(text), .. }) => Some(text),
            _ => None,
        };
        let heard = self.secrets.merchant_secret(tenant, name).await;
        let (answer, life) = match (&heard, before) {
            (Ok(Some(text)), _) => (Answer::Text(text.clone()), LIFE),
            (Ok(None), _) => (Answer::Missing, PAUSE),
            (Err(_), None) => (Answer::Failed, SHORT_PAUSE),
            (Err(error), Some(text)) => {
                tracing::warn!(%tenant, error = %chain(error), "a merchant's secret is used as it was");
                (Answer::Text(text), PAUSE)
            }
        };
        self.remember(place, Known { answer: answer.clone(), asked_at: now, until: now + life });
        match answer {
            Answer::Failed => heard,
            answer => answer.told(),
        }
    }

    /// A key that was refused may have been rotated: it is read anew as soon as may be.
    pub fn forget(&self, tenant: &TenantId, name: &SecretName) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&(tenant.clone(), name.clone())) {
            known.until = known.until.min(known.asked_at + PAUSE);
        }
    }

    fn recall(&self, place: &Place) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned()
    }

    fn remember(&self, place: Place, heard: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(place, heard);
    }
}

impl Answer {
    fn told(self) -> Result<Option<Secret<String>>, PortError> {
        match self {
            Self::Text(text) => Ok(Some(text)),
            Self::Missing => Ok(None),
            Self::Failed => Err(PortError::unavailable(
                "MerchantSecrets::merchant_secret",
                "it was not to be had, and is not asked for again at once",
            )),
        }
    }
}

/// A rotated secret is in use after this at the latest.
const LIFE: Duration = Duration::from_secs(300);
/// Between two readings of a secret, whoever makes us want it.
const PAUSE: Duration = Duration::from_secs(10);
/// After a failure that left nothing to pay with.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
/// Secrets that are kept; beyond it all are forgotten. Only settings name them, so nobody outside can
/// make them many.
const MOST: usize = 1_024;

#[cfg(test)]
impl<K> MerchantKeys<K> {
    pub(crate) fn secrets(&self) -> &K {
        &self.secrets
    }
}

#[cfg(test)]
mod tests;

//! What Apple Pay needs of others, in memory: sessions, prices, merchants' secrets.

use amb_protocol::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use serde_json::{json, value::to_raw_value};
use std::collections::{BTreeMap, VecDeque};

use super::Memory;
use crate::{
    model::{SecretName, TenantId},
    port::{
        MerchantSecrets, MerchantSession, MerchantSessions, PortError, PriceAnswer, PriceAsk,
        PriceError, PriceSource, SessionAsk, SessionError,
    },
};

/// Apple's sessions, businesses' prices, merchants' secrets.
#[derive(Debug, Default)]
pub struct PayWorld {
    /// How Apple refuses the next sessions; then it makes them.
    pub refusals: VecDeque<SessionError>,
    /// The `initiativeContext` of every session that was made.
    pub sessions: Vec<String>,
    /// What businesses' servers answer next; then nothing, in time.
    pub prices: VecDeque<Result<PriceAnswer, PriceError>>,
    /// Secrets of merchants.
    pub secrets: BTreeMap<(TenantId, SecretName), String>,
}

impl MerchantSessions for Memory {
    async fn merchant_session(
        &self,
        ask: &SessionAsk<'_>,
    ) -> Result<MerchantSession, SessionError> {
        let made = self.call("MerchantSessions::merchant_session", |world| {
            if let Some(refusal) = world.pay.refusals.pop_front() {
                return Err(refusal);
            }
            world.pay.sessions.push(ask.initiative_context.to_owned());
            let expires_at = world.now + SignedDuration::from_hours(2);
            let json = to_raw_value(&json!({
                "epochTimestamp": world.now.as_millisecond(),
                "expiresAt": expires_at.as_millisecond(),
                "merchantSessionIdentifier": format!("PSH{}", world.pay.sessions.len()),
                "nonce": "0a1b2c3d",
                "merchantIdentifier": "AABB00",
                "displayName": ask.display_name,
                "signature": "3080",
                "initiative": "messaging",
                "initiativeContext": ask.initiative_context,
            }));
            let json = json.map_err(|_fault| SessionError::Unavailable)?;
            Ok(MerchantSession { json, expires_at })
        });
        made.await?
    }
}

impl PriceSource for Memory {
    async fn price(
        &self,
        _ask: &PriceAsk<'_>,
        _until: Timestamp,
    ) -> Result<PriceAnswer, PriceError> {
        let asked = self.call("PriceSource::price", |world| world.pay.prices.pop_front()).await;
        asked.ok().flatten().unwrap_or(Err(PriceError::Timeout))
    }
}

impl MerchantSecrets for Memory {
    async fn merchant_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        let place = (tenant.clone(), name.clone());
        self.call("MerchantSecrets::merchant_secret", |world| {
            world.pay.secrets.get(&place).cloned().map(Secret::new)
        })
        .await
    }
}

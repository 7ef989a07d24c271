//! Who is calling this surface: a tenant by its key, or the operator.
//!
//! The operator's key opens the tenants; with the header `Amb-Tenant` the operator acts as that
//! tenant's administrator, on live and test businesses alike.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};
use subtle::ConstantTimeEq;

use crate::{
    access::{Access, Principal, bearer, key_id},
    model::{Scope, TenantId, body_hash},
    port::{ApiKeys, Clock, OperatorKeySource, Tenants},
    problem::{Problem, chain},
};

/// The proof that the operator is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator(());

/// Somebody who showed a key that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    operator: bool,
    actor: String,
    principal: Option<Principal>,
}

impl Caller {
    /// Lets only the operator pass.
    pub fn operator(&self) -> Result<Operator, Problem> {
        if self.operator { Ok(Operator(())) } else { Err(Problem::missing_scope()) }
    }

    /// What the journal calls them: the API key's id, or `operator`.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The tenant they act for, and what they may do there.
    pub fn principal(&self) -> Result<&Principal, Problem> {
        self.principal.as_ref().ok_or_else(|| {
            Problem::invalid_request().detail("Name the tenant in the header Amb-Tenant.")
        })
    }
}

/// Tells who is calling.
#[derive(Debug)]
pub struct Callers<S, C, K> {
    store: S,
    access: Access<S, C>,
    clock: C,
    source: K,
    known: Mutex<Option<(OperatorHash, Timestamp)>>,
}

type OperatorHash = [u8; 32];

impl<S, C, K> Callers<S, C, K>
where
    S: ApiKeys + Tenants + Clone,
    C: Clock + Clone,
    K: OperatorKeySource,
{
    /// A changed operator key is known everywhere within this time.
    const OPERATOR_KEY_LIFE: SignedDuration = SignedDuration::from_mins(5);
    /// A shorter operator key is a mistake: it opens nothing.
    const SHORTEST_OPERATOR_KEY: usize = 32;

    /// Checks keys against this store, and the operator's against this source.
    pub fn new(store: S, clock: C, source: K) -> Self {
        let access = Access::new(store.clone(), clock.clone());
        Self { store, access, clock, source, known: Mutex::new(None) }
    }

    /// Who shows these headers. Every refusal of a key reads the same.
    pub async fn identify(
        &self,
        authorization: Option<&str>,
        amb_tenant: Option<&str>,
    ) -> Result<Caller, Problem> {
        let token = bearer(authorization).ok_or_else(Problem::unauthenticated)?;
        if token.starts_with("amb_") {
            let principal = self.access.authenticate(authorization).await?;
            if amb_tenant.is_some_and(|named| named != principal.tenant.as_str()) {
                return Err(Problem::not_found());
            }
            let actor = key_id(token).map_or_else(|| "key".to_owned(), String::from);
            return Ok(Caller { operator: false, actor, principal: Some(principal) });
        }
        if !self.is_operator(token).await? {
            return Err(Problem::unauthenticated());
        }
        let principal = match amb_tenant {
            None => None,
            Some(named) => Some(self.administrator_of(named).await?),
        };
        Ok(Caller { operator: true, actor: "operator".to_owned(), principal })
    }

    async fn administrator_of(&self, named: &str) -> Result<Principal, Problem> {
        let id = TenantId::parse(named).map_err(|_odd| Problem::not_found())?;
        let tenant = self.store.tenant(&id).await?.ok_or_else(Problem::not_found)?;
        let scopes = BTreeSet::from([Scope::Admin, Scope::Read, Scope::Payments, Scope::Finance]);
        Ok(Principal { tenant: tenant.id, mode: None, scopes })
    }

    async fn is_operator(&self, token: &str) -> Result<bool, Problem> {
        let expected = self.operator_hash().await?;
        Ok(body_hash(token.as_bytes()).ct_eq(&expected).into())
    }

    /// SHA-256 of the key, so that neither its length nor a common prefix shows in the time taken.
    async fn operator_hash(&self) -> Result<OperatorHash, Problem> {
        let now = self.clock.now();
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((hash, until)) = known
            && now < until
        {
            return Ok(hash);
        }
        match (self.source.operator_key().await, known) {
            (Ok(key), _) if key.expose().len() >= Self::SHORTEST_OPERATOR_KEY => {
                let hash = body_hash(key.expose().as_bytes());
                let until = now + Self::OPERATOR_KEY_LIFE;
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((hash, until));
                Ok(hash)
            }
            (Ok(_), _) => {
                tracing::error!("the operator key is too short to be one");
                Err(Problem::unauthenticated())
            }
            (Err(error), Some((hash, _))) => {
                tracing::warn!(error = %chain(&error), "the operator key is served stale");
                Ok(hash)
            }
            (Err(error), None) => Err(error.into()),
        }
    }
}

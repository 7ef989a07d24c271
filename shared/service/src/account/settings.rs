//! What a tenant sets for itself.

use super::{Account, member};
use crate::{
    access::Principal,
    model::{Retention, Scope, Tenant},
    port::{Clock, Tenants},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

impl<S: Tenants, Q, C: Clock> Account<S, Q, C> {
    /// What the caller's tenant has set.
    pub async fn settings(&self, principal: &Principal) -> Result<Tenant, Problem> {
        principal.require(Scope::Admin)?;
        self.store.tenant(&principal.tenant).await?.ok_or_else(Problem::not_found)
    }

    /// Sets it: `{"attachmentRetentionDays"}`. Files that are kept already stay as long as they were
    /// meant to.
    pub async fn change_settings(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<Tenant, Problem> {
        principal.require(Scope::Admin)?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let days = retention(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let attachment_retention = faults.finish(days)?;
        let tenant = Tenant { attachment_retention, ..self.settings(principal).await? };
        self.store.update_tenant(&tenant).await?;
        Ok(tenant)
    }
}

fn retention(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<Retention> {
    const MEMBER: &str = "attachmentRetentionDays";
    reader.required(MEMBER, faults)?;
    let most = u64::from(Retention::Year.days());
    let days = member::whole(reader, MEMBER, 1..=most, faults)?;
    let found = u16::try_from(days).ok().and_then(|days| Retention::try_from(days).ok());
    if found.is_none() {
        let message = "one of: 1, 7, 30, 90, 365";
        faults.push(Fault::new(reader.pointer(MEMBER), "format", message));
    }
    found
}

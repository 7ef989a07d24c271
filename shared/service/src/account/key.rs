//! API keys. The text of a key is shown once; the list shows everything else.

use amb_protocol::secret::Secret;
use std::collections::BTreeSet;

use super::{Account, List, list::ListName, member, query::Query};
use crate::{
    access::{Principal, draw_key, hash_of},
    model::{ApiKey, ApiKeyId, Mode, Scope},
    port::{ApiKeys, Clock, Entropy},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// A key and its text, which is not kept.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// What to put into `Authorization: Bearer …`.
    pub text: Secret<String>,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: ApiKeys,
    C: Clock + Entropy,
{
    /// Makes a key: `{"name", "mode", "scopes", "notBefore"?, "notAfter"?}`. A test key makes test
    /// keys only.
    pub async fn create_key(&self, principal: &Principal, body: &[u8]) -> Result<NewKey, Problem> {
        principal.require(Scope::Admin)?;
        let now = self.clock.now();
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let name = member::name(&mut reader, &mut faults);
        let mode = member::mode(&mut reader, &mut faults);
        let scopes = scopes(&mut reader, &mut faults);
        let not_before = member::instant(&mut reader, "notBefore", &mut faults);
        let not_after = member::instant(&mut reader, "notAfter", &mut faults);
        if not_after.is_some_and(|until| until <= not_before.map_or(now, |from| from.max(now))) {
            let message = "the key would never open anything";
            faults.push(Fault::new(reader.pointer("notAfter"), "time_range", message));
        }
        reader.finish(&mut faults);
        let ((name, mode), scopes) = faults.finish(name.zip(mode).zip(scopes))?;
        same_mode(principal, mode)?;
        let (id, text) = draw_key(mode, &self.clock);
        let key = ApiKey {
            id,
            tenant: principal.tenant.clone(),
            name,
            mode,
            scopes,
            hash: hash_of(text.expose()),
            created_at: now,
            not_before,
            not_after,
            revoked_at: None,
        };
        self.store.put_api_key(&key).await?;
        Ok(NewKey { key, text })
    }

    /// The tenant's keys of the caller's mode, by id, the revoked ones too.
    pub async fn list_keys(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<ApiKey>, Problem> {
        principal.require(Scope::Admin)?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let mut all = self.store.api_keys(&principal.tenant).await?;
        all.retain(|key| principal.mode.is_none_or(|mode| mode == key.mode));
        let list = ListName { tenant: &principal.tenant, name: "keys" };
        self.page(list, all, |key| key.id.as_str(), paging)
    }

    /// Revokes a key, for ever. Every instance knows within a minute.
    pub async fn revoke_key(&self, principal: &Principal, id: &str) -> Result<(), Problem> {
        principal.require(Scope::Admin)?;
        let id = ApiKeyId::parse(id).map_err(|_odd| Problem::not_found())?;
        let found = self.store.api_key(&id).await?;
        let key = found.filter(|key| key.tenant == principal.tenant);
        let key = key.ok_or_else(Problem::not_found)?;
        same_mode(principal, key.mode)?;
        if key.revoked_at.is_none() {
            let revoked_at = Some(self.clock.now());
            self.store.put_api_key(&ApiKey { revoked_at, ..key }).await?;
        }
        Ok(())
    }
}

fn same_mode(principal: &Principal, mode: Mode) -> Result<(), Problem> {
    match principal.mode {
        Some(own) if own != mode => Err(Problem::wrong_mode()),
        _ => Ok(()),
    }
}

fn scopes(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<BTreeSet<Scope>> {
    reader.required("scopes", faults)?;
    let parse = |text: &str| match text {
        "admin" => Ok(Scope::Admin),
        "read" => Ok(Scope::Read),
        "private" => Ok(Scope::Private),
        "send" => Ok(Scope::Send),
        "send_unchecked" => Ok(Scope::SendUnchecked),
        "payments" => Ok(Scope::Payments),
        "finance" => Ok(Scope::Finance),
        _ => Err("one of: admin, read, private, send, send_unchecked, payments, finance"),
    };
    let scopes = member::each(reader, "scopes", parse, faults)?;
    if scopes.is_empty()
        && reader.optional("scopes").is_some_and(|list| *list == serde_json::json!([]))
    {
        let message = "at least one scope is expected";
        faults.push(Fault::new(reader.pointer("scopes"), "length", message));
    }
    Some(scopes)
}

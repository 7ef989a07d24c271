//! Businesses. A business id is bound to the tenant that claims it first, for ever.

use amb_protocol::id::BusinessId;

use super::{Account, List, list::ListName, member, query::Query, require_any};
use crate::{
    access::Principal,
    model::{Business, BusinessStatus, Scope},
    port::{Businesses, Claim, Clock},
    problem::{Faults, ObjectBody, Problem, Reader},
};

/// A business that is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Since now.
    Now(Business),
    /// Since an earlier claim, which stands as it was.
    Before(Business),
}

/// Who administers reads, and who reads too.
const READERS: [Scope; 2] = [Scope::Admin, Scope::Read];

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses,
    C: Clock,
{
    /// Claims a business id: `{"businessId", "name", "mode"}`.
    pub async fn claim_business(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<Claimed, Problem> {
        principal.require(Scope::Admin)?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let id = reader.parsed("businessId", BusinessId::parse, &mut faults);
        let name = member::name(&mut reader, &mut faults);
        let mode = member::mode(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let read = id.zip(name).zip(mode);
        let ((id, name), mode) = faults.finish(read)?;
        let business = Business {
            id,
            tenant: principal.tenant.clone(),
            name,
            mode,
            status: BusinessStatus::Active,
            created_at: self.clock.now(),
        };
        let business = principal.on(Some(business))?;
        match self.store.claim_business(&business).await? {
            Claim::Made => Ok(Claimed::Now(business)),
            Claim::Taken(bound) if bound.tenant != principal.tenant => {
                Err(Problem::business_claimed())
            }
            Claim::Taken(bound) if bound.mode != business.mode => {
                Err(Problem::business_claimed().detail("It is yours already, in the other mode."))
            }
            Claim::Taken(bound) => Ok(Claimed::Before(bound)),
        }
    }

    /// The tenant's businesses of the caller's mode, by id.
    pub async fn list_businesses(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<Business>, Problem> {
        require_any(principal, &READERS)?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let mut all = self.store.businesses(&principal.tenant).await?;
        all.retain(|business| principal.mode.is_none_or(|mode| mode == business.mode));
        let list = ListName { tenant: &principal.tenant, name: "businesses" };
        self.page(list, all, |business| business.id.as_str(), paging)
    }

    /// One business.
    pub async fn business(&self, principal: &Principal, id: &str) -> Result<Business, Problem> {
        require_any(principal, &READERS)?;
        self.own_business(principal, id).await
    }

    /// Renames, suspends or activates a business: `{"name"?, "status"?}`. While it is suspended, what
    /// customers write is kept and told as parked.
    pub async fn change_business(
        &self,
        principal: &Principal,
        id: &str,
        body: &[u8],
    ) -> Result<Business, Problem> {
        principal.require(Scope::Admin)?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let name = member::optional_name(&mut reader, &mut faults);
        let status = member::optional_parsed(&mut reader, "status", status, &mut faults);
        reader.finish(&mut faults);
        faults.finish(Some(()))?;
        let mut business = self.own_business(principal, id).await?;
        business.name = name.unwrap_or(business.name);
        business.status = status.unwrap_or(business.status);
        self.store.update_business(&business).await?;
        Ok(business)
    }

    pub(super) async fn own_business(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<Business, Problem> {
        let id = BusinessId::parse(id).map_err(|_odd| Problem::not_found())?;
        principal.on(self.store.business(&id).await?)
    }
}

fn status(text: &str) -> Result<BusinessStatus, &'static str> {
    match text {
        "active" => Ok(BusinessStatus::Active),
        "suspended" => Ok(BusinessStatus::Suspended),
        _ => Err("one of: active, suspended"),
    }
}

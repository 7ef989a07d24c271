//! Webhook endpoints: who hears of a tenant's events, and with which signing secrets.

mod request;
mod rotate;
mod routes;

pub use request::{IfMatch, MAX_DESCRIPTION, TIMEOUT_SECONDS};
pub use rotate::OVERLAP_SECONDS;
pub use routes::MAX_ENTRY;

use amb_protocol::secret::Secret;
use jiff::Timestamp;

use super::{Account, List, UrlRefusal, VettedUrl, list::ListName, query::Query, require_any};
use crate::{
    access::Principal,
    model::{Endpoint, EndpointId, EndpointStatus, Scope, SealedSecret},
    port::{Clock, EndpointDirectory, Endpoints, Entropy, Replaced},
    problem::Problem,
    seal, signature,
};
use request::{Change, DEFAULT_TIMEOUT_SECONDS};

/// An endpoint and its signing secret, which is shown once.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The newest signing secret, `whsec_…`.
    pub secret: Secret<String>,
}

/// How often a change is planned again when somebody else changed the endpoint meanwhile.
const TRIES: usize = 4;

impl<S, Q, C> Account<S, Q, C>
where
    S: Endpoints,
    C: Clock + Entropy,
{
    /// Adds an endpoint: `{"url", "description"?, "events"?, "routes"?, "ordered"?,
    /// "timeoutSeconds"?}`. `vet` are the wall's rules for URLs.
    pub async fn create_endpoint(
        &self,
        principal: &Principal,
        body: &[u8],
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    ) -> Result<NewEndpoint, Problem> {
        principal.require(Scope::Admin)?;
        let (url, change) = Change::parse_new(body, vet)?;
        let existing = self.store.endpoints(&principal.tenant).await?;
        if existing.len() >= Endpoint::MAX_PER_TENANT {
            let detail = format!("A tenant has at most {}.", Endpoint::MAX_PER_TENANT);
            return Err(Problem::too_many_endpoints().detail(detail));
        }
        refuse_twin(&existing, None, &url)?;
        let now = self.clock.now();
        let id = EndpointId::draw(&self.clock);
        let (secret, sealed) = self.draw_secret(&id, now)?;
        let mut endpoint = Endpoint {
            id,
            tenant: principal.tenant.clone(),
            url: url.as_str().to_owned(),
            description: String::new(),
            events: std::collections::BTreeSet::new(),
            routes: Vec::new(),
            ordered: false,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            secrets: vec![sealed],
            status: EndpointStatus::Enabled,
            failing_since: None,
            failures: 0,
            created_at: now,
            revision: 1,
        };
        change.apply(&mut endpoint);
        self.store.insert_endpoint(&endpoint).await?;
        Ok(NewEndpoint { endpoint, secret })
    }

    /// Changes an endpoint: any member of a new one, and `status` (`enabled`, `disabled`). Switching
    /// it on forgives its failures; what was disabled with it is delivered by a replay.
    pub async fn change_endpoint(
        &self,
        principal: &Principal,
        id: &str,
        if_match: Option<&str>,
        body: &[u8],
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    ) -> Result<Endpoint, Problem> {
        principal.require(Scope::Admin)?;
        let change = Change::parse(body, vet)?;
        if let Some(url) = &change.url {
            let existing = self.store.endpoints(&principal.tenant).await?;
            let id = self.own_endpoint(principal, id).await?.id;
            refuse_twin(&existing, Some(&id), url)?;
        }
        let changed = self.update_endpoint(principal, id, if_match, |endpoint| {
            change.apply(endpoint);
            Ok(())
        });
        Ok(changed.await?.0)
    }

    /// Deletes an endpoint. What it is still owed is disabled when its turn comes.
    pub async fn delete_endpoint(
        &self,
        principal: &Principal,
        id: &str,
        if_match: Option<&str>,
    ) -> Result<(), Problem> {
        principal.require(Scope::Admin)?;
        let endpoint = self.own_endpoint(principal, id).await?;
        IfMatch::parse(if_match)?.check(endpoint.revision)?;
        self.store.delete_endpoint(&principal.tenant, &endpoint.id).await?;
        Ok(())
    }

    /// Reads, changes and replaces, until nobody else changed it meanwhile.
    async fn update_endpoint<T>(
        &self,
        principal: &Principal,
        id: &str,
        if_match: Option<&str>,
        change: impl Fn(&mut Endpoint) -> Result<T, Problem>,
    ) -> Result<(Endpoint, T), Problem> {
        let if_match = IfMatch::parse(if_match)?;
        for _ in 0..TRIES {
            let mut endpoint = self.own_endpoint(principal, id).await?;
            if_match.check(endpoint.revision)?;
            let made = change(&mut endpoint)?;
            endpoint.revision += 1;
            if self.store.replace_endpoint(&endpoint).await? == Replaced::Done {
                return Ok((endpoint, made));
            }
        }
        Err(Problem::conflict().retry_after(1))
    }

    fn draw_secret(
        &self,
        id: &EndpointId,
        now: Timestamp,
    ) -> Result<(Secret<String>, SealedSecret), Problem> {
        let secret = signature::draw_secret(&self.clock);
        match seal::seal(&self.key, id, &secret, now, &self.clock) {
            Ok(sealed) => Ok((secret, sealed)),
            Err(error) => {
                tracing::error!(%error, "a signing secret could not be sealed");
                Err(Problem::internal())
            }
        }
    }
}

impl<S: EndpointDirectory, Q, C> Account<S, Q, C> {
    /// The tenant's endpoints, by id.
    pub async fn list_endpoints(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<Endpoint>, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let all = self.store.endpoints(&principal.tenant).await?;
        let list = ListName { tenant: &principal.tenant, name: "endpoints" };
        self.page(list, all, |endpoint| endpoint.id.as_str(), paging)
    }

    /// One endpoint and how it does.
    pub async fn endpoint(&self, principal: &Principal, id: &str) -> Result<Endpoint, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        self.own_endpoint(principal, id).await
    }

    pub(super) async fn own_endpoint(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<Endpoint, Problem> {
        let id = EndpointId::parse(id).map_err(|_odd| Problem::not_found())?;
        let found = self.store.endpoint(&principal.tenant, &id).await?;
        found.ok_or_else(Problem::not_found)
    }
}

/// Two endpoints with one URL would hear everything twice; a retried request must not make one.
fn refuse_twin(
    existing: &[Endpoint],
    own: Option<&EndpointId>,
    url: &VettedUrl,
) -> Result<(), Problem> {
    let twin = existing.iter().find(|other| other.url == url.as_str() && Some(&other.id) != own);
    match twin {
        None => Ok(()),
        Some(twin) => Err(Problem::endpoint_exists().detail(format!("It is {}.", twin.id))),
    }
}

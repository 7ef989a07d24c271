//! The Apple Pay settings of a business: whose account is paid into, with which certificate, and by
//! which provider. Certificates and keys are named, never sent: they lie in Secrets Manager.

mod request;
mod secret;

pub use request::{MAX_ASSOCIATION, MAX_DISPLAY_NAME};

use super::{Account, Caller, IfMatch, UrlRefusal, VettedUrl, require_any};
use crate::{
    access::Principal,
    dispatch::stand_back,
    model::{Chain, JournalEvent, JournalRow, MerchantSettings, Scope},
    payment::journal,
    port::{Businesses, ChainRows, Changed, Clock, Entropy, MerchantSecrets, Merchants, Payments},
    problem::Problem,
    send::order::draw_request_identifier,
};
use request::Asked;

/// How often a change is planned again when somebody else changed the settings, or the journal's chain
/// grew, meanwhile.
const TRIES: u32 = 16;

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Merchants,
    C: Clock,
{
    /// The settings of a business; 404 while it takes no payments.
    pub async fn merchant(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<MerchantSettings, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let business = self.own_business(principal, id).await?;
        let found = self.store.merchant(&business.tenant, &business.id).await?;
        found.ok_or_else(Problem::not_found)
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Merchants + Payments,
    C: Clock + Entropy,
{
    /// Puts them, whole: `{"merchantIdentifier", "displayName", "countryCode", "supportedNetworks",
    /// "merchantCapabilities"?, "pricing"?, "checkoutUrl"?, "channel"?, "sessionIdentifier"?, "identity", "psp",
    /// "capture"?, "timeZone", "signing"?, "domainAssociation"?}`. The secrets they name have to be there, in the right form.
    /// Payments that were asked for before go on as they were.
    pub async fn change_merchant<K: MerchantSecrets>(
        &self,
        caller: &Caller,
        id: &str,
        if_match: Option<&str>,
        body: &[u8],
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
        secrets: &K,
    ) -> Result<MerchantSettings, Problem> {
        let principal = caller.principal()?;
        principal.require(Scope::Admin)?;
        let if_match = IfMatch::parse(if_match)?;
        let asked = Asked::parse(body, &draw_request_identifier(&self.clock), vet)?;
        let business = self.own_business(principal, id).await?;
        secret::check(secrets, &business.tenant, &asked).await?;
        let chain = Chain::first(&business.tenant, asked.merchant());
        for tried in 0..TRIES {
            let stored = self.store.merchant(&business.tenant, &business.id).await?;
            let before = stored.map_or(0, |stored| stored.revision);
            match (before, &if_match) {
                (0, IfMatch::Any) => {}
                (0, _) => {
                    return Err(Problem::conflict().detail("There are no such settings now."));
                }
                _ => if_match.check(before)?,
            }
            let settings = asked.clone().settings(&business, self.clock.now(), before + 1);
            let head = self.store.chain_head(&chain).await?;
            let (zone, now) = (&settings.time_zone, self.clock.now());
            let rows = journal::chain(&chain, &head, zone, now, vec![changed(&settings, caller)]);
            let journal = ChainRows { chain: chain.clone(), head, rows };
            match self.store.put_merchant(&settings, &journal).await? {
                Changed::Done => return Ok(settings),
                Changed::Moved | Changed::Outrun | Changed::Claimed(_) => {}
            }
            stand_back(&self.clock, tried).await;
        }
        Err(Problem::conflict().retry_after(1))
    }
}

/// The row about a change: who, and which revision; the settings themselves are not in it.
fn changed(settings: &MerchantSettings, caller: &Caller) -> JournalRow {
    let (tenant, merchant) = (&settings.tenant, &settings.merchant);
    JournalRow {
        business_id: Some(settings.business.clone()),
        psp: Some(settings.psp.kind.as_str().to_owned()),
        psp_account: Some(settings.psp.kind.account().to_owned()),
        decision: Some(format!("revision {}", settings.revision)),
        actor: Some(caller.actor().to_owned()),
        ..JournalRow::draft(JournalEvent::ConfigChanged, tenant, merchant)
    }
}

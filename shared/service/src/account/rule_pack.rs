//! Rule packs, read by whoever has a key.

use amb_protocol::rules::RulePack;

use super::{Account, List, list::ListName, query::Query, require_any};
use crate::{access::Principal, model::Scope, port::Clock, problem::Problem};

/// Scopes that may read them: every one that does something by itself.
const READERS: [Scope; 3] = [Scope::Admin, Scope::Read, Scope::Send];

impl<S, Q, C: Clock> Account<S, Q, C> {
    /// Every rule pack, oldest first.
    pub fn list_rule_packs(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<&'static RulePack>, Problem> {
        require_any(principal, &READERS)?;
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let all = RulePack::NAMES.into_iter().filter_map(RulePack::named).collect();
        let list = ListName { tenant: &principal.tenant, name: "rule-packs" };
        self.page(list, all, |pack| pack.name(), paging)
    }

    /// The rule pack of this name.
    pub fn rule_pack(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<&'static RulePack, Problem> {
        require_any(principal, &READERS)?;
        RulePack::named(name).ok_or_else(Problem::not_found)
    }
}

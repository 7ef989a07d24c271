//! Tenants. Only the operator sees them.

use std::sync::LazyLock;

use super::{Account, List, Operator, list::ListName, member, query::Query};
use crate::{
    model::{Tenant, TenantId},
    port::{Clock, Entropy, Tenants},
    problem::{Faults, ObjectBody, Problem, Reader},
};

impl<S, Q, C> Account<S, Q, C>
where
    S: Tenants,
    C: Clock + Entropy,
{
    /// Makes a tenant: `{"name"}`. Its id is ours to draw.
    pub async fn create_tenant(&self, _: Operator, body: &[u8]) -> Result<Tenant, Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let name = member::name(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let name = faults.finish(name)?;
        let id = TenantId::draw(&self.clock);
        let tenant = Tenant::new(id, name, self.clock.now());
        self.store.insert_tenant(&tenant).await?;
        Ok(tenant)
    }

    /// The tenants, by id.
    pub async fn list_tenants(
        &self,
        _: Operator,
        query: &[(String, String)],
    ) -> Result<List<Tenant>, Problem> {
        let mut query = Query::new(query);
        let paging = query.paging();
        query.finish(Some(()))?;
        let list = ListName { tenant: &NOBODY, name: "tenants" };
        self.page(list, self.store.tenants().await?, |tenant| tenant.id.as_str(), paging)
    }

    /// One tenant.
    pub async fn tenant(&self, _: Operator, id: &str) -> Result<Tenant, Problem> {
        let id = TenantId::parse(id).map_err(|_odd| Problem::not_found())?;
        self.store.tenant(&id).await?.ok_or_else(Problem::not_found)
    }
}

/// Stands for the operator where a cursor is bound to a tenant.
static NOBODY: LazyLock<TenantId> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant of the right form")]
    TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").expect("26 characters of base32")
});

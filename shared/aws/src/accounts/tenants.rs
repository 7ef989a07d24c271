use amb_service::{
    model::{IdempotencyKey, IdempotencyRecord, Tenant, TenantId},
    port::{IdempotencyRecords, PortError, Tenants},
};

use crate::{
    fault::unreadable,
    row::{self, s},
    store::Store,
};

impl Tenants for Store {
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), PortError> {
        const OPERATION: &str = "Tenants::insert_tenant";
        let table = self.accounts_table(OPERATION)?;
        let items = row::tenant::items(tenant).map_err(unreadable(OPERATION))?;
        self.put_together(OPERATION, table, items).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, PortError> {
        const OPERATION: &str = "Tenants::tenant";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::tenant::key(id)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn update_tenant(&self, tenant: &Tenant) -> Result<(), PortError> {
        const OPERATION: &str = "Tenants::update_tenant";
        let table = self.accounts_table(OPERATION)?;
        let items = row::tenant::items(tenant).map_err(unreadable(OPERATION))?;
        self.put_together(OPERATION, table, items).await
    }

    async fn tenants(&self) -> Result<Vec<Tenant>, PortError> {
        const OPERATION: &str = "Tenants::tenants";
        let query = self
            .client
            .query()
            .table_name(self.accounts_table(OPERATION)?)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(row::tenant::LIST));
        self.shapes(OPERATION, query).await
    }
}

impl IdempotencyRecords for Store {
    async fn idempotency_record(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, PortError> {
        const OPERATION: &str = "IdempotencyRecords::idempotency_record";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::idempotency::key(tenant, key)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }
}

use amb_service::{
    model::{ApiKey, ApiKeyId, TenantId},
    port::{ApiKeys, PortError},
};

use crate::{fault::unreadable, row, store::Store};

impl ApiKeys for Store {
    async fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        const OPERATION: &str = "ApiKeys::api_key";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::api_key::key(id)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn put_api_key(&self, key: &ApiKey) -> Result<(), PortError> {
        const OPERATION: &str = "ApiKeys::put_api_key";
        let table = self.accounts_table(OPERATION)?;
        let items = row::api_key::items(key).map_err(unreadable(OPERATION))?;
        self.put_together(OPERATION, table, items).await
    }

    async fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, PortError> {
        const OPERATION: &str = "ApiKeys::api_keys";
        let query = self.owned(OPERATION, tenant, row::api_key::PREFIX)?;
        self.shapes(OPERATION, query).await
    }
}

use amb_protocol::id::BusinessId;
use amb_service::{
    model::{DataRef, TenantId},
    port::{DataRefs, PortError},
};

use crate::{
    fault::{unavailable, unreadable},
    row,
    store::Store,
};

impl DataRefs for Store {
    async fn data_ref(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        content_hash: &str,
    ) -> Result<Option<DataRef>, PortError> {
        const OPERATION: &str = "DataRefs::data_ref";
        let table = self.accounts_table(OPERATION)?;
        let key = row::data_ref::key(tenant, business, content_hash);
        let found = self.row(OPERATION, table, key).await?;
        found.map(row::data_ref::data_ref).transpose().map_err(unreadable(OPERATION))
    }

    async fn keep_data_ref(&self, data_ref: &DataRef) -> Result<(), PortError> {
        const OPERATION: &str = "DataRefs::keep_data_ref";
        let item = row::data_ref::item(data_ref).map_err(unreadable(OPERATION))?;
        let put = self.client.put_item().table_name(self.accounts_table(OPERATION)?);
        put.set_item(Some(item)).send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

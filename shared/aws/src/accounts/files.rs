use amb_protocol::id::BusinessId;
use amb_service::{
    model::{AppleFile, TenantId},
    port::{AppleFiles, KnownFile, PortError, StoredFiles},
};

use crate::{
    fault::{unavailable, unreadable},
    row,
    store::Store,
};

impl StoredFiles for Store {
    async fn stored_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
    ) -> Result<Option<KnownFile>, PortError> {
        const OPERATION: &str = "StoredFiles::stored_file";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::stored_file::key(tenant, sha256)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn remember_file(
        &self,
        tenant: &TenantId,
        sha256: &str,
        known: &KnownFile,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "StoredFiles::remember_file";
        let item = row::stored_file::item(tenant, sha256, known).map_err(unreadable(OPERATION))?;
        let put = self.client.put_item().table_name(self.accounts_table(OPERATION)?);
        put.set_item(Some(item)).send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

impl AppleFiles for Store {
    async fn apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
    ) -> Result<Option<AppleFile>, PortError> {
        const OPERATION: &str = "AppleFiles::apple_file";
        let table = self.accounts_table(OPERATION)?;
        let key = row::apple_file::key(tenant, business, fingerprint);
        let found = self.row(OPERATION, table, key).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn keep_apple_file(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        fingerprint: &str,
        file: &AppleFile,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "AppleFiles::keep_apple_file";
        let key = row::apple_file::key(tenant, business, fingerprint);
        let item = row::apple_file::item(key, file).map_err(unreadable(OPERATION))?;
        let put = self.client.put_item().table_name(self.accounts_table(OPERATION)?);
        put.set_item(Some(item)).send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

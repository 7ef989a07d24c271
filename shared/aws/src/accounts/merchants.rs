use amb_protocol::id::BusinessId;
use amb_service::{
    model::{MerchantSettings, TenantId},
    port::{ChainRows, Changed, Merchants, PortError},
};
use aws_sdk_dynamodb::types::Put;

use crate::{
    fault::unreadable,
    payments::change::{Part, request_token},
    row::{self, n},
    store::Store,
};

impl Merchants for Store {
    async fn merchant(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
    ) -> Result<Option<MerchantSettings>, PortError> {
        const OPERATION: &str = "Merchants::merchant";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::merchant::key(tenant, business)).await?;
        found.as_ref().map(row::read_json).transpose().map_err(unreadable(OPERATION))
    }

    async fn put_merchant(
        &self,
        settings: &MerchantSettings,
        journal: &ChainRows,
    ) -> Result<Changed, PortError> {
        const OPERATION: &str = "Merchants::put_merchant";
        let table = self.accounts_table(OPERATION)?;
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let row = put(row::merchant::item(settings).map_err(unreadable(OPERATION))?);
        let row = match settings.revision {
            ..=1 => row.condition_expression("attribute_not_exists(pk)"),
            revision => row
                .condition_expression("#revision = :before")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":before", n(revision - 1)),
        };
        let mut puts = vec![(Part::Changed, row)];
        if let Some(association) = &settings.domain_association {
            let item = row::merchant::association_item(association);
            puts.push((Part::Free, put(item.map_err(unreadable(OPERATION))?)));
        }
        puts.extend(self.chain_puts(OPERATION, journal)?);
        let ChainRows { chain, head, rows } = journal;
        let token = request_token(OPERATION, &(settings, chain, head, rows))?;
        self.put_all(OPERATION, puts, token).await
    }

    async fn domain_association(&self) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "Merchants::domain_association";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::merchant::association_key()).await?;
        found.map(row::merchant::association).transpose().map_err(unreadable(OPERATION))
    }
}

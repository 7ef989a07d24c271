use amb_protocol::id::BusinessId;
use amb_service::{
    model::{MerchantSettings, TenantId, body_hash},
    port::{Merchants, PortError},
};
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{Put, TransactWriteItem},
};
use data_encoding::HEXLOWER;

use crate::{
    fault::{incomplete, unavailable, unreadable},
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

    async fn put_merchant(&self, settings: &MerchantSettings) -> Result<bool, PortError> {
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
        let mut puts = vec![row];
        if let Some(association) = &settings.domain_association {
            let item = row::merchant::association_item(association);
            puts.push(put(item.map_err(unreadable(OPERATION))?));
        }
        let mut request =
            self.client.transact_write_items().client_request_token(token(OPERATION, settings)?);
        for put in puts {
            let put = put.build().map_err(incomplete(OPERATION))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        let Err(error) = request.send().await else { return Ok(true) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
            error.as_service_error()
        {
            let first = canceled.cancellation_reasons().first().and_then(|reason| reason.code());
            if first == Some("ConditionalCheckFailed") {
                return Ok(false);
            }
        }
        Err(unavailable(OPERATION)(error))
    }

    async fn domain_association(&self) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "Merchants::domain_association";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::merchant::association_key()).await?;
        found.map(row::merchant::association).transpose().map_err(unreadable(OPERATION))
    }
}

/// The SDK's own retry of what happened is told that it happened.
fn token(operation: &'static str, settings: &MerchantSettings) -> Result<String, PortError> {
    let said = serde_json::to_vec(settings);
    let said = said.map_err(|error| PortError::unreadable(operation, error))?;
    let mut token = HEXLOWER.encode(&body_hash(&said));
    token.truncate(32);
    Ok(token)
}

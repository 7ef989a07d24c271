use amb_service::{
    model::{Endpoint, EndpointId, EndpointStatus, TenantId},
    port::{EndpointDirectory, EndpointHealth, Endpoints, PortError, Replaced},
};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue,
};
use jiff::Timestamp;

use crate::{
    fault::{RefusedWrite, unavailable, unreadable},
    row::{self, Item, n, s},
    store::Store,
};

impl EndpointDirectory for Store {
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Endpoint>, PortError> {
        const OPERATION: &str = "EndpointDirectory::endpoints";
        let query = self.owned(OPERATION, tenant, row::endpoint::PREFIX)?;
        self.shapes(OPERATION, query).await
    }

    async fn endpoint(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, PortError> {
        const OPERATION: &str = "EndpointDirectory::endpoint";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::endpoint::key(tenant, id)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }
}

impl Endpoints for Store {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), PortError> {
        const OPERATION: &str = "Endpoints::insert_endpoint";
        let item = row::endpoint::item(endpoint).map_err(unreadable(OPERATION))?;
        let table = self.accounts_table(OPERATION)?;
        let put = self.client.put_item().table_name(table).set_item(Some(item));
        put.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }

    async fn replace_endpoint(&self, endpoint: &Endpoint) -> Result<Replaced, PortError> {
        const OPERATION: &str = "Endpoints::replace_endpoint";
        let item = row::endpoint::item(endpoint).map_err(unreadable(OPERATION))?;
        let put = self
            .client
            .put_item()
            .table_name(self.accounts_table(OPERATION)?)
            .set_item(Some(item))
            .condition_expression("#revision = :before")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":before", n(endpoint.revision.saturating_sub(1)));
        match put.send().await {
            Ok(_) => Ok(Replaced::Done),
            Err(error) => error.old_item(OPERATION).map(|_| Replaced::Moved),
        }
    }

    async fn delete_endpoint(&self, tenant: &TenantId, id: &EndpointId) -> Result<(), PortError> {
        const OPERATION: &str = "Endpoints::delete_endpoint";
        let table = self.accounts_table(OPERATION)?;
        let key = row::endpoint::key(tenant, id).into_item();
        let delete = self.client.delete_item().table_name(table).set_key(Some(key));
        delete.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

impl EndpointHealth for Store {
    async fn forgive(&self, tenant: &TenantId, id: &EndpointId) -> Result<(), PortError> {
        const OPERATION: &str = "EndpointHealth::forgive";
        let update = self
            .update_endpoint(OPERATION, tenant, id)?
            .update_expression("SET failures = :none REMOVE failingSince")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", n(0));
        updated(OPERATION, update).await.map(|_| ())
    }

    async fn blame(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        at: Timestamp,
    ) -> Result<Option<Endpoint>, PortError> {
        const OPERATION: &str = "EndpointHealth::blame";
        let update = self
            .update_endpoint(OPERATION, tenant, id)?
            .update_expression(
                "SET failingSince = if_not_exists(failingSince, :at), failures = failures + :one",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", s(at.to_string()))
            .expression_attribute_values(":one", n(1));
        let blamed = updated(OPERATION, update).await?;
        blamed.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn disable(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        why: EndpointStatus,
    ) -> Result<(), PortError> {
        const OPERATION: &str = "EndpointHealth::disable";
        let word = |status| {
            serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(status)
                .map_err(|fault| PortError::unreadable(OPERATION, fault))
        };
        let update = self
            .update_endpoint(OPERATION, tenant, id)?
            .update_expression("SET #status = :why, #revision = #revision + :one")
            .condition_expression("#status = :enabled")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":why", word(why)?)
            .expression_attribute_values(":enabled", word(EndpointStatus::Enabled)?)
            .expression_attribute_values(":one", n(1));
        updated(OPERATION, update).await.map(|_| ())
    }
}

impl Store {
    fn update_endpoint(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> Result<UpdateItemFluentBuilder, PortError> {
        let key = row::endpoint::key(tenant, id).into_item();
        let update = self.client.update_item().table_name(self.accounts_table(operation)?);
        Ok(update.set_key(Some(key)).return_values(ReturnValue::AllNew))
    }
}

/// The row as it is now, or nothing if the condition did not hold.
async fn updated(
    operation: &'static str,
    update: UpdateItemFluentBuilder,
) -> Result<Option<Item>, PortError> {
    match update.send().await {
        Ok(done) => Ok(done.attributes),
        Err(error) => error.old_item(operation).map(|_| None),
    }
}

use amb_protocol::id::BusinessId;
use amb_service::{
    model::{Business, TenantId},
    port::{Businesses, Claim, PortError},
};
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};

use crate::{
    fault::{incomplete, unavailable, unreadable},
    row::{self, Item, s},
    store::Store,
};

impl Businesses for Store {
    async fn business(&self, id: &BusinessId) -> Result<Option<Business>, PortError> {
        const OPERATION: &str = "Businesses::business";
        let table = self.accounts_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::business::binding_key(id)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn claim_business(&self, business: &Business) -> Result<Claim, PortError> {
        const OPERATION: &str = "Businesses::claim_business";
        match self.write_business(OPERATION, business, Binding::New).await? {
            None => Ok(Claim::Made),
            Some(old) => {
                let bound: Business = row::read(old).map_err(unreadable(OPERATION))?;
                Ok(Claim::Taken(bound))
            }
        }
    }

    async fn businesses(&self, tenant: &TenantId) -> Result<Vec<Business>, PortError> {
        const OPERATION: &str = "Businesses::businesses";
        let query = self.owned(OPERATION, tenant, row::business::PREFIX)?;
        self.shapes(OPERATION, query).await
    }

    async fn update_business(&self, business: &Business) -> Result<(), PortError> {
        const OPERATION: &str = "Businesses::update_business";
        self.write_business(OPERATION, business, Binding::Theirs).await.map(|_| ())
    }
}

/// What the binding must be like for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    New,
    Theirs,
}

impl Store {
    /// Writes both rows of a business if the binding is as it must be; else answers with the binding
    /// that is there.
    async fn write_business(
        &self,
        operation: &'static str,
        business: &Business,
        binding: Binding,
    ) -> Result<Option<Item>, PortError> {
        let table = self.accounts_table(operation)?;
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let bound = put(row::business::binding(business).map_err(unreadable(operation))?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let bound = match binding {
            Binding::New => bound.condition_expression("attribute_not_exists(pk)"),
            Binding::Theirs => bound
                .condition_expression("tenant = :tenant")
                .expression_attribute_values(":tenant", s(business.tenant.as_str())),
        };
        let owned = put(row::business::owned(business).map_err(unreadable(operation))?);
        let mut request = self.client.transact_write_items();
        for put in [bound, owned] {
            let put = put.build().map_err(incomplete(operation))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        let Err(error) = request.send().await else { return Ok(None) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
            error.as_service_error()
        {
            let binding = canceled.cancellation_reasons().first();
            let failed = binding.filter(|r| r.code() == Some("ConditionalCheckFailed"));
            if let Some(reason) = failed {
                return Ok(Some(CancellationReason::item(reason).cloned().unwrap_or_default()));
            }
        }
        Err(unavailable(operation)(error))
    }
}

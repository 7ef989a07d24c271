//! References to large content in memory.

use amb_protocol::id::BusinessId;

use super::Memory;
use crate::{
    model::{DataRef, TenantId},
    port::{DataRefs, PortError},
};

impl DataRefs for Memory {
    async fn data_ref(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        content_hash: &str,
    ) -> Result<Option<DataRef>, PortError> {
        let place = (tenant.clone(), business.clone(), content_hash.to_owned());
        self.call("DataRefs::data_ref", |world| world.data_refs.get(&place).cloned()).await
    }

    async fn keep_data_ref(&self, data_ref: &DataRef) -> Result<(), PortError> {
        self.call("DataRefs::keep_data_ref", |world| {
            let kept = data_ref.clone();
            let place = (kept.tenant.clone(), kept.business.clone(), kept.content_hash.clone());
            world.data_refs.insert(place, kept);
        })
        .await
    }
}

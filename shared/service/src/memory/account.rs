//! Accounts in memory.

use amb_protocol::id::BusinessId;
use jiff::Timestamp;

use super::Memory;
use crate::{
    model::{ApiKey, ApiKeyId, Business, Endpoint, EndpointId, EndpointStatus, Tenant, TenantId},
    port::{
        ApiKeys, Businesses, Claim, EndpointDirectory, EndpointHealth, Endpoints, PortError,
        Replaced, Tenants,
    },
};

impl Tenants for Memory {
    async fn insert_tenant(&self, tenant: &Tenant) -> Result<(), PortError> {
        self.call("Tenants::insert_tenant", |world| {
            world.tenants.insert(tenant.id.clone(), tenant.clone());
        })
        .await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, PortError> {
        self.call("Tenants::tenant", |world| world.tenants.get(id).cloned()).await
    }

    async fn update_tenant(&self, tenant: &Tenant) -> Result<(), PortError> {
        self.call("Tenants::update_tenant", |world| {
            if let Some(stored) = world.tenants.get_mut(&tenant.id) {
                stored.clone_from(tenant);
            }
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<Tenant>, PortError> {
        self.call("Tenants::tenants", |world| world.tenants.values().cloned().collect()).await
    }
}

impl Businesses for Memory {
    async fn business(&self, id: &BusinessId) -> Result<Option<Business>, PortError> {
        self.call("Businesses::business", |world| world.businesses.get(id).cloned()).await
    }

    async fn claim_business(&self, business: &Business) -> Result<Claim, PortError> {
        self.call("Businesses::claim_business", |world| match world.businesses.get(&business.id) {
            Some(bound) => Claim::Taken(bound.clone()),
            None => {
                world.businesses.insert(business.id.clone(), business.clone());
                Claim::Made
            }
        })
        .await
    }

    async fn businesses(&self, tenant: &TenantId) -> Result<Vec<Business>, PortError> {
        self.call("Businesses::businesses", |world| {
            world.businesses.values().filter(|found| found.tenant == *tenant).cloned().collect()
        })
        .await
    }

    async fn update_business(&self, business: &Business) -> Result<(), PortError> {
        self.call("Businesses::update_business", |world| {
            let stored = world.businesses.get_mut(&business.id);
            if let Some(stored) = stored.filter(|stored| stored.tenant == business.tenant) {
                *stored = business.clone();
            }
        })
        .await
    }
}

impl ApiKeys for Memory {
    async fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        self.call("ApiKeys::api_key", |world| world.api_keys.get(id).cloned()).await
    }

    async fn put_api_key(&self, key: &ApiKey) -> Result<(), PortError> {
        self.call("ApiKeys::put_api_key", |world| {
            world.api_keys.insert(key.id.clone(), key.clone());
        })
        .await
    }

    async fn api_keys(&self, tenant: &TenantId) -> Result<Vec<ApiKey>, PortError> {
        self.call("ApiKeys::api_keys", |world| {
            world.api_keys.values().filter(|key| key.tenant == *tenant).cloned().collect()
        })
        .await
    }
}

impl EndpointDirectory for Memory {
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Endpoint>, PortError> {
        self.call("EndpointDirectory::endpoints", |world| {
            world.endpoints.values().filter(|found| found.tenant == *tenant).cloned().collect()
        })
        .await
    }

    async fn endpoint(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, PortError> {
        let key = (tenant.clone(), id.clone());
        self.call("EndpointDirectory::endpoint", |world| world.endpoints.get(&key).cloned()).await
    }
}

impl Endpoints for Memory {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), PortError> {
        let key = (endpoint.tenant.clone(), endpoint.id.clone());
        self.call("Endpoints::insert_endpoint", |world| {
            world.endpoints.insert(key, endpoint.clone());
        })
        .await
    }

    async fn replace_endpoint(&self, endpoint: &Endpoint) -> Result<Replaced, PortError> {
        let key = (endpoint.tenant.clone(), endpoint.id.clone());
        self.call("Endpoints::replace_endpoint", |world| {
            let stored = world.endpoints.get_mut(&key);
            match stored.filter(|stored| stored.revision + 1 == endpoint.revision) {
                Some(stored) => {
                    *stored = endpoint.clone();
                    Replaced::Done
                }
                None => Replaced::Moved,
            }
        })
        .await
    }

    async fn delete_endpoint(&self, tenant: &TenantId, id: &EndpointId) -> Result<(), PortError> {
        let key = (tenant.clone(), id.clone());
        self.call("Endpoints::delete_endpoint", |world| {
            world.endpoints.remove(&key);
        })
        .await
    }
}

impl EndpointHealth for Memory {
    async fn forgive(&self, tenant: &TenantId, id: &EndpointId) -> Result<(), PortError> {
        let key = (tenant.clone(), id.clone());
        self.call("EndpointHealth::forgive", |world| {
            if let Some(endpoint) = world.endpoints.get_mut(&key) {
                endpoint.failing_since = None;
                endpoint.failures = 0;
            }
        })
        .await
    }

    async fn blame(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        at: Timestamp,
    ) -> Result<Option<Endpoint>, PortError> {
        let key = (tenant.clone(), id.clone());
        self.call("EndpointHealth::blame", |world| {
            let endpoint = world.endpoints.get_mut(&key)?;
            endpoint.failing_since.get_or_insert(at);
            endpoint.failures += 1;
            Some(endpoint.clone())
        })
        .await
    }

    async fn disable(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        why: EndpointStatus,
    ) -> Result<(), PortError> {
        let key = (tenant.clone(), id.clone());
        self.call("EndpointHealth::disable", |world| {
            let stored = world.endpoints.get_mut(&key);
            let enabled = stored.filter(|found| found.status == EndpointStatus::Enabled);
            if let Some(endpoint) = enabled {
                endpoint.status = why;
                endpoint.revision += 1;
            }
        })
        .await
    }
}

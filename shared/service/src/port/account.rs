use amb_protocol::id::BusinessId;
use std::future::Future;

use super::PortError;
use crate::model::{
    ApiKey, ApiKeyId, Business, Endpoint, EndpointId, EndpointStatus, Tenant, TenantId,
};

/// Tenants. IAM: `GetItem`, `Query`, `PutItem` on `accounts`.
pub trait Tenants: Send + Sync {
    /// Adds one.
    fn insert_tenant(&self, tenant: &Tenant) -> impl Future<Output = Result<(), PortError>> + Send;

    /// One tenant.
    fn tenant(
        &self,
        id: &TenantId,
    ) -> impl Future<Output = Result<Option<Tenant>, PortError>> + Send;

    /// Changes what a tenant that is there has set.
    fn update_tenant(&self, tenant: &Tenant) -> impl Future<Output = Result<(), PortError>> + Send;

    /// All of them, by id.
    fn tenants(&self) -> impl Future<Output = Result<Vec<Tenant>, PortError>> + Send;
}

/// Business ids and whose they are. IAM: `GetItem` on `accounts` (`PutItem`, `Query` to administer).
pub trait Businesses: Send + Sync {
    /// The business with this id, whoever's it is.
    fn business(
        &self,
        id: &BusinessId,
    ) -> impl Future<Output = Result<Option<Business>, PortError>> + Send;

    /// Binds a business id to its first tenant.
    fn claim_business(
        &self,
        business: &Business,
    ) -> impl Future<Output = Result<Claim, PortError>> + Send;

    /// The businesses of a tenant, by id.
    fn businesses(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Business>, PortError>> + Send;

    /// Changes name or status of a business that its tenant owns.
    fn update_business(
        &self,
        business: &Business,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The business is this tenant's.
    Made,
    /// It was bound before, to this tenant or another.
    Taken(Business),
}

/// API keys. IAM: `GetItem` on `accounts` (`PutItem`, `Query` to administer).
pub trait ApiKeys: Send + Sync {
    /// The key with this id.
    fn api_key(
        &self,
        id: &ApiKeyId,
    ) -> impl Future<Output = Result<Option<ApiKey>, PortError>> + Send;

    /// Adds or replaces a key.
    fn put_api_key(&self, key: &ApiKey) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The keys of a tenant, by id.
    fn api_keys(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<ApiKey>, PortError>> + Send;
}

/// Who hears of a tenant's events. IAM: `Query`, `GetItem` on `accounts`.
pub trait EndpointDirectory: Send + Sync {
    /// The endpoints of a tenant, by id.
    fn endpoints(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Endpoint>, PortError>> + Send;

    /// One endpoint.
    fn endpoint(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> impl Future<Output = Result<Option<Endpoint>, PortError>> + Send;
}

/// Administers endpoints. IAM: `PutItem`, `DeleteItem` on `accounts`.
pub trait Endpoints: EndpointDirectory {
    /// Adds an endpoint.
    fn insert_endpoint(
        &self,
        endpoint: &Endpoint,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Replaces an endpoint if its stored revision is one less than this one's.
    fn replace_endpoint(
        &self,
        endpoint: &Endpoint,
    ) -> impl Future<Output = Result<Replaced, PortError>> + Send;

    /// Deletes an endpoint.
    fn delete_endpoint(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// What a replacement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It happened.
    Done,
    /// Somebody changed it meanwhile, or it is gone.
    Moved,
}

/// Notes how an endpoint does. IAM: `UpdateItem` on `accounts`.
pub trait EndpointHealth: Send + Sync {
    /// A success after failures: forget them.
    fn forgive(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// A failure: count it, remember the first; answers the endpoint as it stands now.
    fn blame(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        at: jiff::Timestamp,
    ) -> impl Future<Output = Result<Option<Endpoint>, PortError>> + Send;

    /// Stops posting to it, if it is enabled.
    fn disable(
        &self,
        tenant: &TenantId,
        id: &EndpointId,
        why: EndpointStatus,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

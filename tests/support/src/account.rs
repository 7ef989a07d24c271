//! A world in memory with accounts in it.

use std::collections::BTreeSet;

use amb_protocol::{
    capability::Capability,
    id::{BusinessId, OpaqueId},
    secret::Secret,
};
use amb_service::{
    access::{draw_key, hash_of},
    memory::Memory,
    model::{
        ApiKey, ApiKeyId, Business, BusinessStatus, ConversationState, ConversationStatus,
        Endpoint, EndpointId, EndpointStatus, Mode, Scope, Tenant, TenantId,
    },
    port::AppleKeySet,
    seal::seal,
    service_key::ServiceKey,
};

use crate::vectors::{self, BUSINESS, SECRET};

/// The tenant that [`BUSINESS`] belongs to.
pub const TENANT: &str = "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Another tenant.
pub const OTHER_TENANT: &str = "ten_bbbbbbbbbbbbbbbbbbbbbbbbbb";
/// A live business of the other tenant.
pub const OTHER_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d2000b";
/// A second live business of the tenant.
pub const SECOND_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20003";
/// A test business of the tenant.
pub const TEST_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20004";
/// A suspended business of the tenant.
pub const SUSPENDED_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20005";
/// What every endpoint here signs with.
pub const ENDPOINT_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A world at the vectors' instant: Apple's secret is set, both tenants have their businesses.
pub fn seeded() -> Memory {
    let memory = Memory::new(7);
    {
        let mut world = memory.world();
        world.now = vectors::now();
        world.apple_keys =
            AppleKeySet { current: Some(vectors::api_secret(SECRET)), ..AppleKeySet::default() };
        for id in [TENANT, OTHER_TENANT] {
            let tenant = tenant(id);
            let row = Tenant::new(tenant.clone(), id.to_owned(), vectors::now());
            world.tenants.insert(tenant, row);
        }
        for (id, owner, mode, status) in [
            (BUSINESS, TENANT, Mode::Live, BusinessStatus::Active),
            (SECOND_BUSINESS, TENANT, Mode::Live, BusinessStatus::Active),
            (TEST_BUSINESS, TENANT, Mode::Test, BusinessStatus::Active),
            (SUSPENDED_BUSINESS, TENANT, Mode::Live, BusinessStatus::Suspended),
            (OTHER_BUSINESS, OTHER_TENANT, Mode::Live, BusinessStatus::Active),
        ] {
            let id = business(id);
            let row = Business {
                id: id.clone(),
                tenant: tenant(owner),
                name: id.to_string(),
                mode,
                status,
                created_at: vectors::now(),
            };
            world.businesses.insert(id, row);
        }
    }
    memory
}

/// A tenant id.
pub fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).expect("a tenant id")
}

/// A business id.
pub fn business(id: &str) -> BusinessId {
    BusinessId::parse(id).expect("a business id")
}

/// An opaque id.
pub fn opaque(id: &str) -> OpaqueId {
    OpaqueId::parse(id).expect("an opaque id")
}

/// Gives a tenant a live key that may do everything; answers its text.
pub fn key(memory: &Memory, owner: &str) -> String {
    key_with(memory, owner, |_| ())
}

/// Gives a tenant a key after a last change to its row; answers its text.
pub fn key_with(memory: &Memory, owner: &str, change: impl FnOnce(&mut ApiKey)) -> String {
    keyed(memory, owner, Mode::Live, change)
}

/// Gives a tenant a test key; answers its text.
pub fn test_key(memory: &Memory, owner: &str) -> String {
    keyed(memory, owner, Mode::Test, |_| ())
}

fn keyed(memory: &Memory, owner: &str, mode: Mode, change: impl FnOnce(&mut ApiKey)) -> String {
    let (id, text) = draw_key(mode, memory);
    let mut row = ApiKey {
        id,
        tenant: tenant(owner),
        name: "tests".to_owned(),
        mode,
        scopes: BTreeSet::from([Scope::Admin, Scope::Read, Scope::Send]),
        hash: hash_of(text.expose()),
        created_at: vectors::now(),
        not_before: None,
        not_after: None,
        revoked_at: None,
    };
    change(&mut row);
    memory.world().api_keys.insert(row.id.clone(), row);
    text.expose().clone()
}

/// Lets a customer have written to a business, from a device that can show everything.
pub fn conversation(memory: &Memory, with: &str, customer: &str, status: ConversationStatus) {
    let (business, opaque) = (business(with), opaque(customer));
    let mut world = memory.world();
    let owner = world.businesses.get(&business).expect("a seeded business").tenant.clone();
    let mut state = ConversationState::new(owner.clone(), business, opaque, world.now);
    state.revision = 1;
    state.status = status;
    state.capabilities = Capability::ALL.map(|capability| capability.as_str().to_owned()).to_vec();
    world.conversations.insert((owner, state.id.clone()), state);
}

/// Gives a tenant an endpoint that hears everything.
pub fn endpoint(memory: &Memory, owner: &str, id: &str, url: &str) {
    let id = EndpointId::parse(id).expect("an endpoint id");
    let now = memory.world().now;
    let secret = Secret::new(ENDPOINT_SECRET.to_owned());
    let sealed = seal(&service_key(), &id, &secret, now, memory).expect("the key seals");
    let row = Endpoint {
        id: id.clone(),
        tenant: tenant(owner),
        url: url.to_owned(),
        description: String::new(),
        events: BTreeSet::new(),
        routes: Vec::new(),
        ordered: false,
        timeout_seconds: 15,
        secrets: vec![sealed],
        status: EndpointStatus::Enabled,
        failing_since: None,
        failures: 0,
        created_at: now,
        revision: 1,
    };
    memory.world().endpoints.insert((tenant(owner), id), row);
}

/// Makes a text that reads like a key a live one of this tenant, with every scope.
pub fn admit(memory: &Memory, owner: &str, text: &str) {
    let id = text.strip_prefix("amb_live_").and_then(|rest| rest.split('_').next());
    let id = format!("{}{}", ApiKeyId::PREFIX, id.expect("a live key"));
    key_with(memory, owner, |row| {
        row.id = ApiKeyId::parse(&id).expect("a key's id");
        row.hash = hash_of(text);
    });
}

/// The service's own key, as the world in memory hands it out.
pub fn service_key() -> ServiceKey {
    ServiceKey::derive(&Secret::new(vec![0x5a; 32])).expect("32 bytes")
}

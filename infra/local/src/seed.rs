//! A tenant with a business, a key and an endpoint, made through the deployed API.

use amb_simulator::client::{Client, ClientError};
use amb_simulator::model::BusinessSettings;
use serde_json::json;

use crate::api::{Api, ApiError, member};

/// The demo business's id at Apple.
pub const DEMO_BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-de0000000001";

/// What to make.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The tenant's name, and the sample business's in the simulator's URLs.
    pub name: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// Members of the endpoint besides its URL: `ordered`, `events`, …
    pub endpoint: serde_json::Map<String, serde_json::Value>,
    /// The sample business answers every text.
    pub echo: bool,
}

impl NewTenant {
    /// A tenant whose sample business answers every text.
    pub fn new(name: &str, business_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            business_id: business_id.to_owned(),
            endpoint: serde_json::Map::new(),
            echo: true,
        }
    }
}

/// A tenant, ready to be written to.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// `ten_…`
    pub id: String,
    /// The sample business's name in the simulator.
    pub name: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// A key with every scope.
    pub api_key: String,
    /// `ep_…`
    pub endpoint_id: String,
    /// `whsec_…`
    pub webhook_secret: String,
    /// Where the product posts events.
    pub webhook_url: String,
}

/// Why there is no tenant.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The product said no.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The simulator said no.
    #[error(transparent)]
    Simulator(#[from] ClientError),
    /// The emulator took no secret.
    #[error("a merchant's secret is not put")]
    Secret(#[from] reqwest::Error),
}

/// Makes a tenant and connects the simulator's sample business to it.
pub(crate) async fn seed(
    operator: &Api,
    api_url: &str,
    simulator: &Client,
    simulator_url: &str,
    new: &NewTenant,
) -> Result<Tenant, SeedError> {
    let NewTenant { name, business_id, .. } = new;
    let made = operator.create("/v1/tenants", &json!({"name": name})).await?;
    let id = member("POST /v1/tenants", &made, "/id")?;

    let tenant = operator.acting_for(&id);
    let business = json!({"businessId": business_id, "name": name, "mode": "test"});
    tenant.create("/v1/businesses", &business).await?;
    let key = json!({"name": "local", "mode": "test", "scopes": ["admin", "send", "read", "payments", "finance"]});
    let key = tenant.create("/v1/keys", &key).await?;
    let api_key = member("POST /v1/keys", &key, "/key")?;

    let webhook_url = format!("{simulator_url}/business/{name}/webhook");
    let mut endpoint = new.endpoint.clone();
    endpoint.insert("url".to_owned(), json!(webhook_url));
    let endpoint = tenant.create("/v1/endpoints", &endpoint.into()).await?;
    let endpoint_id = member("POST /v1/endpoints", &endpoint, "/id")?;
    let webhook_secret = member("POST /v1/endpoints", &endpoint, "/secret")?;

    let settings = BusinessSettings {
        webhook_secrets: Some(vec![webhook_secret.clone()]),
        api_url: Some(api_url.to_owned()),
        api_key: Some(api_key.clone()),
        echo: Some(new.echo),
        demo: Some(new.echo),
        typing: Some(new.echo),
    };
    simulator.put_business(name, &settings).await?;
    Ok(Tenant {
        id,
        name: name.clone(),
        business_id: business_id.clone(),
        api_key,
        endpoint_id,
        webhook_secret,
        webhook_url,
    })
}

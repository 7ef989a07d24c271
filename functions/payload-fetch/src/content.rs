//! Apple's content store, as the environment describes it.

use amb_egress::{EndpointUrl, Policy, apple::content::AppleContent};
use amb_lambda::{adapter::System, config::Config};
use lambda_runtime::Error;

/// The content store behind the gateway that the environment names, on its hosts alone.
pub fn apple_content(config: &Config, policy: &Policy) -> Result<AppleContent<System>, Error> {
    let base = EndpointUrl::parse(&config.apple_gateway_url()?, policy)?;
    let hosts = config.apple_content_hosts()?.parse()?;
    let headers = config.apple_content_headers()?.parse()?;
    Ok(AppleContent::new(base, config.msp_id()?, System, policy.clone(), hosts, headers))
}

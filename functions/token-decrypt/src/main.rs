//! `token-decrypt`: wires the adapters; invoked by `apple-pay`, never from outside.

use amb_aws::{Clients, Profile, SecretsManagerMerchants};
use amb_egress::{Policy, psp::Psps};
use amb_lambda::{adapter::System, config::Config, telemetry, token};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use token_decrypt::TokenDecrypt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("token-decrypt", &config);

    let clients = Clients::load(Profile::ack()).await;
    let keys = SecretsManagerMerchants::new(clients.secrets.clone(), config.processing_secrets()?);
    let merchants = SecretsManagerMerchants::new(clients.secrets, config.merchant_secrets()?);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let (stripe, adyen) = (config.stripe_url()?, config.adyen_url()?);
    let psps =
        Psps::new(merchants, System, policy).elsewhere(stripe.as_deref(), adyen.as_deref())?;
    let function = TokenDecrypt::new(token::verifier(&config)?, keys, psps, System);

    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| async {
        Ok::<_, Error>(Box::pin(function.pay(event.payload)).await)
    }))
    .await
}

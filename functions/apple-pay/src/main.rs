//! `apple-pay`: wires the adapters and serves.

use amb_aws::{
    Clients, Profile, QueueUrls, Queues, SecretsManagerMerchants, SecretsManagerServiceKey, Store,
    Tables,
};
use amb_egress::{Policy, price::BusinessPrices, psp::Psps};
use amb_lambda::{adapter::System, config::Config, http_event, telemetry, token};
use amb_service::payment::{callbacks::Callbacks, notice::Notices};
use apple_pay::ApplePay;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("apple-pay", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::ack()).await;
    let (payments, accounts) = (config.payments_table()?, config.accounts_table()?);
    let store = Store::new(clients.dynamodb, Tables::of_payments(payments, accounts));
    let settlements = Some(config.settlements_queue_url()?);
    let queue = Queues::new(clients.sqs, QueueUrls { settlements, ..QueueUrls::default() });
    let keys = SecretsManagerServiceKey::new(clients.secrets.clone(), config.service_key_secret()?);
    let merchants = SecretsManagerMerchants::new(clients.secrets, config.merchant_secrets()?);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let prices = BusinessPrices::new(merchants.clone(), System, policy.clone());
    let (stripe, adyen) = (config.stripe_url()?, config.adyen_url()?);
    let psp =
        Psps::new(merchants, System, policy).elsewhere(stripe.as_deref(), adyen.as_deref())?;
    #[cfg(feature = "decrypt")]
    let psp =
        apple_pay::decrypt::Opening::of(psp, &clients.config, config.token_decrypt_function()?);
    let tokens = token::verifier(&config)?;
    let notices = Notices::new(store.clone(), queue.clone(), &psp, System);
    let callbacks = Callbacks::new(store.clone(), queue, &psp, prices, keys, System, tokens);
    let function = ApplePay::new(store, callbacks, notices, System, log);

    http_event::run(|request| function.serve(request)).await
}

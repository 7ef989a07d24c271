//! `payment-settle`: wires the adapters and works through the settlements queue.

use amb_aws::{Clients, Profile, QueueUrls, Queues, SecretsManagerMerchants, Store, Tables};
use amb_egress::{Policy, psp::Psps};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::payment::settle::Settle;
use lambda_runtime::{Error, service_fn};
use payment_settle::settle_batch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("payment-settle", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::worker()).await;
    let tables = Tables::without_inbox(config.conversations_table()?, config.accounts_table()?)
        .with_payments(config.payments_table()?);
    let store = Store::new(clients.dynamodb, tables);
    let urls = QueueUrls {
        deliveries: Some(config.deliveries_queue_url()?),
        settlements: Some(config.settlements_queue_url()?),
        ..QueueUrls::default()
    };
    let queues = Queues::new(clients.sqs, urls);
    let secrets = SecretsManagerMerchants::new(clients.secrets, config.merchant_secrets()?);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let (stripe, adyen) = (config.stripe_url()?, config.adyen_url()?);
    let psps = Psps::new(secrets, System, policy).elsewhere(stripe.as_deref(), adyen.as_deref())?;
    let settle = Settle::new(store, queues, psps, System);

    lambda_runtime::run(service_fn(|event| async {
        Ok::<_, Error>(settle_batch(&settle, &log, &System, event).await)
    }))
    .await
}

//! `payload-fetch`: wires the adapters and works through the payloads queue.

use amb_aws::{Bucket, Clients, Profile, QueueUrls, Queues, SecretsManagerApple, Store, Tables};
use amb_egress::{Policy, web::WalledWeb};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::payload::Fetch;
use lambda_runtime::{Error, service_fn};
use payload_fetch::{apple_content, fetch_batch};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("payload-fetch", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::worker()).await;
    let tables =
        Tables::all(config.inbox_table()?, config.conversations_table()?, config.accounts_table()?)
            .with_payments(config.payments_table()?);
    let store = Store::new(clients.dynamodb, tables);
    let urls = QueueUrls {
        deliveries: Some(config.deliveries_queue_url()?),
        payloads: Some(config.payloads_queue_url()?),
        settlements: Some(config.settlements_queue_url()?),
        ..QueueUrls::default()
    };
    let queues = Queues::new(clients.sqs, urls);
    let files = Bucket::new(&clients.config, Profile::carrier(), config.files_bucket()?);
    let secrets = SecretsManagerApple::new(clients.secrets, config.apple_secret()?);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let apple = apple_content(&config, &policy)?;
    let web = WalledWeb::new(policy);
    let fetch = Fetch::new(store, queues, apple, secrets, files, web, System);

    lambda_runtime::run(service_fn(|event| async {
        Ok::<_, Error>(fetch_batch(&fetch, &log, &System, event).await)
    }))
    .await
}

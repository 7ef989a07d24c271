//! `webhook-delivery`: wires the adapters and works through the deliveries queue.

use amb_aws::{Clients, Profile, QueueUrls, Queues, SecretsManagerServiceKey, Store, Tables};
use amb_egress::{Policy, webhook::WebhookCaller};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::{deliver::Deliver, port::ServiceKeySource, service_key::ServiceKey};
use lambda_runtime::{Error, service_fn};
use webhook_delivery::deliver_batch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("webhook-delivery", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::worker()).await;
    let tables =
        Tables::all(config.inbox_table()?, config.conversations_table()?, config.accounts_table()?);
    let store = Store::new(clients.dynamodb, tables);
    let urls =
        QueueUrls { deliveries: Some(config.deliveries_queue_url()?), ..QueueUrls::default() };
    let queue = Queues::new(clients.sqs, urls);
    let keys = SecretsManagerServiceKey::new(clients.secrets, config.service_key_secret()?);
    let key = ServiceKey::derive(&keys.service_key().await?)?;
    let api_url = config.api_url()?;
    let policy = Policy::of_deployment(config.egress_loopback()?, api_url.as_deref());
    let deliver = Deliver::new(store, queue, WebhookCaller::new(policy), System, key);
    let deliver = deliver.linking_to(api_url);

    lambda_runtime::run(service_fn(|event| async {
        Ok::<_, Error>(deliver_batch(&deliver, &log, &System, event).await)
    }))
    .await
}

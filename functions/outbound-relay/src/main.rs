//! `outbound-relay`: wires the adapters and works through the outbound queue.

use amb_aws::{Bucket, Clients, Profile, QueueUrls, Queues, SecretsManagerApple, Store, Tables};
use amb_egress::{EndpointUrl, Policy, apple::AppleGateway, web::WalledWeb};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::{prepare::Prepare, relay::Relay};
use lambda_runtime::{Error, service_fn};
use outbound_relay::{opening, relay_batch};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("outbound-relay", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::worker()).await;
    let tables = Tables::without_inbox(config.conversations_table()?, config.accounts_table()?)
        .with_payments(config.payments_table()?);
    let store = Store::new(clients.dynamodb.clone(), tables);
    let urls = QueueUrls {
        deliveries: Some(config.deliveries_queue_url()?),
        outbound: Some(config.outbound_queue_url()?),
        payloads: Some(config.payloads_queue_url()?),
        ..QueueUrls::default()
    };
    let queues = Queues::new(clients.sqs.clone(), urls);
    let secrets = SecretsManagerApple::new(clients.secrets.clone(), config.apple_secret()?);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let base = EndpointUrl::parse(&config.apple_gateway_url()?, &policy)?;
    let gateway = AppleGateway::new(base, config.msp_id()?, System, policy.clone());
    let files = Bucket::new(&clients.config, Profile::worker(), config.files_bucket()?);
    let prepare = Prepare::new(files, WalledWeb::new(policy.clone()), System);
    let relay = Relay::new(store.clone(), queues.clone(), gateway, secrets, prepare, System)
        .with_payments(opening(&config, store, &clients, &policy)?);

    lambda_runtime::run(service_fn(|event| async {
        Ok::<_, Error>(relay_batch(&relay, &queues, &log, &System, event).await)
    }))
    .await
}

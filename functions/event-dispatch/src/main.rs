//! `event-dispatch`: wires the adapters and works through the inbox's stream.

use amb_aws::{Clients, Profile, QueueUrls, Queues, Store, Tables};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::dispatch::{Dispatch, Gathered};
use event_dispatch::dispatch_batch;
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("event-dispatch", &config);
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
    let queue = Gathered::new(Queues::new(clients.sqs, urls));
    let dispatch = Dispatch::new(store.clone(), &queue, System);

    lambda_runtime::run(service_fn(|event| async {
        Ok::<_, Error>(dispatch_batch(&dispatch, &queue, &store, &log, &System, event).await)
    }))
    .await
}

//! `delivery-sweep`: wires the adapters and sweeps when the clock says so.

use amb_aws::{Clients, Profile, QueueUrls, Queues, Store, Tables};
use amb_lambda::{adapter::System, config::Config, telemetry};
use amb_service::sweep::Sweep;
use delivery_sweep::sweep_once;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("delivery-sweep", &config);

    let clients = Clients::load(Profile::worker()).await;
    let tables =
        Tables::all(config.inbox_table()?, config.conversations_table()?, config.accounts_table()?)
            .with_payments(config.payments_table()?);
    let store = Store::new(clients.dynamodb, tables);
    let urls = QueueUrls {
        deliveries: Some(config.deliveries_queue_url()?),
        outbound: Some(config.outbound_queue_url()?),
        payloads: Some(config.payloads_queue_url()?),
        settlements: Some(config.settlements_queue_url()?),
    };
    let sweep = Sweep::new(store, Queues::new(clients.sqs, urls), System);

    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| async {
        Box::pin(sweep_once(&sweep, &System)).await.map_err(Error::from)
    }))
    .await
}

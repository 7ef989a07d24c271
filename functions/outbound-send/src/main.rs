//! `outbound-send`: wires the adapters and serves.

use amb_aws::{Clients, Profile, QueueUrls, Queues, Store, Tables};
use amb_lambda::{adapter::System, config::Config, http_event, telemetry};
use amb_service::{access::Access, send::Send};
use lambda_runtime::Error;
use outbound_send::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("outbound-send", config.log_level());
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::ack()).await;
    let tables = Tables {
        conversations: Some(config.conversations_table()?),
        accounts: Some(config.accounts_table()?),
        ..Tables::default()
    };
    let store = Store::new(clients.dynamodb, tables);
    let urls = QueueUrls { outbound: Some(config.outbound_queue_url()?), deliveries: None };
    let queue = Queues::new(clients.sqs, urls);
    let access = Access::new(store.clone(), System);
    let send = Send::new(store, queue, System);

    http_event::run(|request| serve(&access, &send, &log, &System, request)).await
}

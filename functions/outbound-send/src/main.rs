//! `outbound-send`: wires the adapters and serves.

use amb_aws::{Bucket, Clients, Profile, QueueUrls, Queues, Store, Tables};
use amb_egress::{Policy, web::WalledWeb};
use amb_lambda::{adapter::System, config::Config, http_event, telemetry};
use lambda_runtime::Error;
use outbound_send::OutboundSend;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("outbound-send", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let profile = Profile::ack();
    let clients = Clients::load(profile).await;
    let bucket = Bucket::new(&clients.config, profile, config.files_bucket()?);
    let tables = Tables::without_inbox(config.conversations_table()?, config.accounts_table()?)
        .with_payments(config.payments_table()?);
    let store = Store::new(clients.dynamodb, tables).with_files(bucket.clone());
    let urls = QueueUrls { outbound: Some(config.outbound_queue_url()?), ..QueueUrls::default() };
    let queue = Queues::new(clients.sqs, urls);
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let web = WalledWeb::new(policy);
    let function = OutboundSend::new(store, queue, bucket, web, System, log);

    http_event::run(|request| function.serve(request)).await
}

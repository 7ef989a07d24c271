//! `account-api`: wires the adapters and serves.

use account_api::AccountApi;
use amb_aws::{
    Bucket, Clients, Profile, QueueUrls, Queues, SecretsManagerMerchants,
    SecretsManagerOperatorKey, SecretsManagerServiceKey, Store, Tables,
};
use amb_egress::Policy;
use amb_lambda::{adapter::System, config::Config, http_event, telemetry};
use amb_service::{port::ServiceKeySource, service_key::ServiceKey};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("account-api", &config);

    let Clients { dynamodb, sqs, secrets, config: sdk } = Clients::load(Profile::ack()).await;
    let tables =
        Tables::all(config.inbox_table()?, config.conversations_table()?, config.accounts_table()?)
            .with_payments(config.payments_table()?);
    let bucket = Bucket::new(&sdk, Profile::ack(), config.files_bucket()?);
    let urls = QueueUrls {
        deliveries: Some(config.deliveries_queue_url()?),
        outbound: Some(config.outbound_queue_url()?),
        payloads: Some(config.payloads_queue_url()?),
        settlements: Some(config.settlements_queue_url()?),
    };
    let store = Store::new(dynamodb, tables).with_files(bucket);
    let queue = Queues::new(sqs, urls);
    let operator = SecretsManagerOperatorKey::new(secrets.clone(), config.operator_key_secret()?);
    let merchants = SecretsManagerMerchants::new(secrets.clone(), config.merchant_secrets()?);
    let key = SecretsManagerServiceKey::new(secrets, config.service_key_secret()?);
    let key = ServiceKey::derive(&key.service_key().await?)?;
    let policy = Policy::of_deployment(config.egress_loopback()?, config.api_url()?.as_deref());
    let api = AccountApi::new(store, queue, System, operator, merchants, key, policy)
        .linking_to(config.api_url()?);

    http_event::run(|request| api.serve(request)).await
}

//! `finance-export`: wires the adapters, and exports when the clock or somebody says so.

use amb_aws::{Bucket, Clients, Profile, Store, Tables};
use amb_lambda::{adapter::System, config::Config, deadline::Deadline, telemetry};
use amb_service::finance::Finance;
use finance_export::answer;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use std::time::Duration;

/// For the day in hand: nothing of it is lost, but it would be written again from its beginning.
const RESERVE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("finance-export", &config);

    let clients = Clients::load(Profile::worker()).await;
    let tables = Tables::default().with_payments(config.payments_table()?);
    let bucket = Bucket::new(&clients.config, Profile::carrier(), config.finance_bucket()?);
    let store = Store::new(clients.dynamodb, tables);
    let finance = Finance::new(store, bucket, System);

    let finance = &finance;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        let until = Deadline::of(&event.context, RESERVE).moment();
        answer(finance, &System, until, &event.payload).await.map_err(Error::from)
    }))
    .await
}

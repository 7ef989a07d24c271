//! `inbound-webhook`: wires the adapters and serves.

// The layout of the SDK's nested futures is a deep query for the compiler.
#![recursion_limit = "256"]

use amb_aws::{Clients, Profile, SecretsManagerApple, Store, Tables};
use amb_lambda::{adapter::System, config::Config, http_event, telemetry};
use amb_service::receive::Receive;
use inbound_webhook::serve;
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = Config::from_env()?;
    telemetry::init("inbound-webhook", &config);
    let log = telemetry::LogHash::for_deployment(config.stage());

    let clients = Clients::load(Profile::ack()).await;
    let tables = Tables {
        inbox: Some(config.inbox_table()?),
        accounts: Some(config.accounts_table()?),
        ..Tables::default()
    };
    let store = Store::new(clients.dynamodb, tables);
    let secrets = SecretsManagerApple::new(clients.secrets, config.apple_secret()?);
    let receive = Receive::new(config.msp_id()?, store, secrets, System);

    http_event::run(|request| serve(&receive, &log, &System, request)).await
}

//! `amb-simulator`: the far side of the wire as a program of its own.
//!
//! ```text
//! amb-simulator --msp-id <id> --apple-secret-file <path> [--listen 127.0.0.1:0] [--webhook-url <url>] [--pki <folder>]
//! ```
//!
//! Prints one line of JSON with its addresses, then serves until Ctrl-C. Into the folder it writes
//! `ca.pem`, who vouches for the session server, and `token-root.pem`, who vouches for tokens.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use amb_simulator::{Config, Simulator};

const USAGE: &str = "usage: amb-simulator --msp-id <id> --apple-secret-file <path> \
                     [--listen 127.0.0.1:0] [--webhook-url <url>] [--pki <folder>]";

fn main() -> ExitCode {
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(serve(std::env::args().skip(1))));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "amb-simulator: {}", chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let (config, pki) = parse(arguments)?;
    let simulator = Simulator::start(config).await?;
    if let Some(folder) = pki {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("ca.pem"), &simulator.pay.ca)?;
        std::fs::write(folder.join("token-root.pem"), &simulator.pay.token_root)?;
    }
    let addresses = serde_json::json!({
        "simulatorUrl": simulator.url,
        "gatewayUrl": simulator.gateway_url,
        "phoneUrl": format!("{}/phone", simulator.url),
        "paymentSessionUrl": simulator.pay.session_url,
        "stripeUrl": simulator.pay.stripe_url,
        "adyenUrl": simulator.pay.adyen_url,
        "endpointUrl": simulator.pay.endpoint_url,
    });
    writeln!(std::io::stdout(), "{addresses}")?;
    tokio::signal::ctrl_c().await?;
    simulator.shutdown().await;
    Ok(())
}

type Options = (Config, Option<PathBuf>);

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let (mut msp_id, mut secret, mut listen, mut webhook_url) = (None, None, None, None);
    let mut pki = None;
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--msp-id" => msp_id = Some(value),
            // A file, because arguments are visible to everybody on the machine.
            "--apple-secret-file" => secret = Some(std::fs::read_to_string(value)?),
            "--listen" => listen = Some(value.parse()?),
            "--webhook-url" => webhook_url = Some(value),
            "--pki" => pki = Some(PathBuf::from(value)),
            _ => return Err(USAGE.into()),
        }
    }
    let mut config = Config::new(&msp_id.ok_or(USAGE)?, secret.ok_or(USAGE)?.trim());
    config.listen = listen.unwrap_or(config.listen);
    config.webhook_base_url = webhook_url;
    Ok((config, pki))
}

/// An error and its causes on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

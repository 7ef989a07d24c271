//! `amb check-endpoint`: plays a customer's payments against a business's own payment server, and says
//! which parts of the contract ([`amb_egress::psp::endpoint`]) it keeps.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use amb_egress::{
    EndpointUrl, Policy, UrlFault,
    psp::endpoint::Caller,
    signed::{SharedKey, SharedKeyFault},
};
use amb_protocol::money::{AmountFault, Currency, CurrencyFault, Minor};
use clap::Args;
use serde_json::Value;

use self::{check::Check, server::Server};

mod check;
mod server;

#[cfg(test)]
mod tests;

/// What is checked, and with what.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The server's URL, as it stands in the merchant's settings.
    #[arg(long)]
    url: String,
    /// A file with the key that is shared with the server, and nothing else.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A file with a token that the server's own test environment approves: the JSON of `paymentToken`.
    /// Without it, one is sent that opens with no key.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// How much to hold, capture and give back.
    #[arg(long, default_value = "1.00")]
    amount: String,
    /// Of which currency.
    #[arg(long, default_value = "USD")]
    currency: String,
    /// Lets the URL be plain http on 127.0.0.1, for a server under construction.
    #[arg(long)]
    loopback: bool,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// The URL is none that would ever be called.
    #[error("--url: {0}")]
    Url(#[from] UrlFault),
    /// The key is none.
    #[error("--key: {0}")]
    Key(#[from] SharedKeyFault),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The token is no JSON.
    #[error("--token: {0}")]
    Token(#[from] serde_json::Error),
    /// The amount is none.
    #[error("--amount: {0}")]
    Amount(#[from] AmountFault),
    /// The currency is none.
    #[error("--currency: {0}")]
    Currency(#[from] CurrencyFault),
    /// There is too little for a part of it to be captured, and the rest to be another amount.
    #[error("--amount: at least three of the currency's smallest unit are needed")]
    TooLittle,
    /// The report cannot be written, or no call can be made at all.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Checks, reports, and says whether all is well.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, CheckError> {
    let policy = if options.loopback { Policy::with_loopback() } else { Policy::production() };
    let url = EndpointUrl::parse(&options.url, &policy)?;
    let key = SharedKey::new(text(&options.key)?.trim().to_owned())?;
    let token: Option<Value> = match &options.token {
        Some(path) => Some(serde_json::from_str(&text(path)?)?),
        None => None,
    };
    let currency = Currency::parse(&options.currency)?;
    let amount = Minor::parse(&options.amount, currency)?;
    if amount < Minor::new(3) {
        return Err(CheckError::TooLittle);
    }
    let server = Server::new(Caller::new(url, policy), key, token, amount, currency);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(check(&server, out))
}

/// Every check, each with payments of its own.
async fn check(server: &Server, out: &mut dyn Write) -> Result<bool, CheckError> {
    let mut broken = 0;
    for check in Check::ALL {
        match check.run(server).await {
            Ok(()) => writeln!(out, "ok      {}", check.title())?,
            Err(breach) => {
                broken += 1;
                writeln!(out, "BROKEN  {}\n        {breach}", check.title())?;
            }
        }
    }
    match broken {
        0 => writeln!(out, "\nThe server keeps the contract.")?,
        _ => writeln!(
            out,
            "\nThe server breaks the contract in {broken} of {} points.",
            Check::ALL.len()
        )?,
    }
    Ok(broken == 0)
}

fn text(path: &Path) -> Result<String, CheckError> {
    fs::read_to_string(path).map_err(|source| CheckError::File { path: path.to_owned(), source })
}

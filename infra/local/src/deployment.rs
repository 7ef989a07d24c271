//! The real template on the emulator, by way of `deploy.py`.

use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;
use std::sync::Arc;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::options::Options;
use crate::places::Places;

/// What `deploy.py up` says of the deployed stack.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Base of the deployed API, without a slash at the end.
    pub api_url: String,
    /// The AWS region it pretends to be in.
    pub region: String,
    /// Opens the operator's routes.
    pub operator_key: String,
    /// Tables by what they hold.
    pub tables: TableNames,
    /// URLs of the queues.
    pub queues: Queues,
    /// The bucket of the finance team's exports.
    pub finance: String,
    /// What the names of merchants' secrets begin with.
    pub merchant_secrets: String,
    /// ARNs of the secrets.
    pub secrets: SecretNames,
    /// Deployed name of each function, by package.
    pub functions: BTreeMap<String, String>,
}

/// Names of the tables.
#[derive(Clone, Debug, Deserialize)]
pub struct TableNames {
    /// What Apple sent.
    pub inbox: String,
    /// Conversations, deliveries, outbound messages.
    pub conversations: String,
    /// Tenants and what they own.
    pub accounts: String,
    /// Payments and their journal.
    pub payments: String,
}

/// URLs of the queues.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queues {
    /// Deliveries to businesses.
    pub deliveries: String,
    /// Deliveries that crashed their function again and again.
    pub deliveries_dlq: String,
    /// Messages to Apple.
    pub outbound: String,
    /// Messages that could not be handled.
    pub outbound_dlq: String,
    /// Files and large answers, from and to Apple.
    pub payloads: String,
    /// Those that crashed their function again and again.
    pub payloads_dlq: String,
    /// Payments, between their callbacks and their end.
    pub settlements: String,
    /// Those that crashed their function again and again.
    pub settlements_dlq: String,
    /// Stream records that were given up.
    pub dispatch_dlq: String,
}

/// ARNs of the secrets.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretNames {
    /// Apple's messaging secret.
    pub apple: String,
    /// What cursors, sealed secrets and hashed ids are derived from.
    pub service_key: String,
    /// What opens the operator's routes.
    pub operator_key: String,
}

/// What the far side looks like to the functions.
#[derive(Debug)]
pub(crate) struct FarSide<'a> {
    pub(crate) simulator_url: &'a str,
    pub(crate) msp_id: &'a str,
    pub(crate) apple_secret: &'a str,
    /// Where merchant sessions are made.
    pub(crate) apple_pay_url: &'a str,
    /// The folder of whom to trust for it.
    pub(crate) pki: &'a std::path::Path,
}

/// Why there is no deployed stack.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// Python cannot be run or read.
    #[error("cannot run deploy.py")]
    Run(#[from] io::Error),
    /// It failed, and this is what it said last.
    #[error("{0}")]
    Failed(String),
    /// Its answer is not understood.
    #[error("the answer of deploy.py is not understood")]
    NotUnderstood(#[from] serde_json::Error),
}

/// Runs `deploy.py up` and passes what it says on as progress.
pub(crate) async fn deploy(
    places: &Places,
    options: &Options,
    emulator_url: &str,
    region: &str,
    far_side: &FarSide<'_>,
) -> Result<Deployment, DeployError> {
    let mut command = Command::new(&places.python);
    command
        .arg(places.script("deploy.py"))
        .args(["up", "--endpoint", emulator_url, "--region", region])
        .args(["--profile", options.profile.folder()])
        .arg("--target")
        .arg(&places.target)
        .args(["--simulator-url", far_side.simulator_url])
        .args(["--msp-id", far_side.msp_id, "--apple-secret", far_side.apple_secret])
        .args(["--apple-pay-url", far_side.apple_pay_url])
        .arg("--pki")
        .arg(far_side.pki)
        .current_dir(&places.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(seconds) = options.visibility_seconds {
        command.args(["--visibility", &seconds.to_string()]);
    }
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let answer = async {
        let mut text = String::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_string(&mut text).await?;
        }
        Ok::<_, io::Error>(text)
    };
    let said = async {
        let mut last = String::from("deploy.py ended without a word");
        if let Some(stderr) = stderr {
            let progress = Arc::clone(&options.progress);
            let mut lines = BufReader::new(stderr).lines();
            while let Some(line) = lines.next_line().await? {
                let line = line.strip_prefix("deploy: ").unwrap_or(&line);
                line.clone_into(&mut last);
                progress(line);
            }
        }
        Ok::<_, io::Error>(last)
    };
    let (answer, said) = tokio::try_join!(answer, said)?;
    if !child.wait().await?.success() {
        return Err(DeployError::Failed(said));
    }
    Ok(serde_json::from_str(&answer)?)
}

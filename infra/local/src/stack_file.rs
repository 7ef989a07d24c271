use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `stack.json`: where everything is while the stack is up, for scripts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackFile {
    /// Base of the deployed API, without a slash at the end.
    pub api_url: String,
    /// Base of the simulator.
    pub simulator_url: String,
    /// The demo customer's phone.
    pub phone_url: String,
    /// The emulator: endpoint of every AWS service.
    pub emulator_url: String,
    /// The AWS region.
    pub region: String,
    /// The MSP id.
    pub msp_id: String,
    /// Apple's messaging secret, base64.
    pub apple_secret: String,
    /// The demo business's id at Apple.
    pub business_id: String,
    /// A key of the demo tenant: every scope but `private` and `send_unchecked`.
    pub api_key: String,
    /// Where the product posts the demo business's events.
    pub webhook_url: String,
    /// The folder of the logs, one file per function.
    pub logs: PathBuf,
    /// Opens the operator's routes.
    pub operator_key: String,
    /// The demo tenant.
    pub tenant_id: String,
}

impl StackFile {
    /// What an earlier stack wrote, if it is there and understood.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Writes it for its owner's eyes: it holds keys.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        remove(path);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create_new(true).write(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, &text)
    }
}

/// Removes the file, if it is there.
pub(crate) fn remove(path: &Path) {
    drop(std::fs::remove_file(path));
}

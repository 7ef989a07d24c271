//! The emulator, for this test alone: a free port, its own account, nothing kept.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::lossy;

/// An access key of twelve digits is an account of its own to the emulator.
const ACCOUNT: &str = "210987654321";
/// Its answer to every such key: URLs that were signed with it hold.
const SECRET: &str = "test";
const POLL: Duration = Duration::from_millis(50);
/// A minute: Python starts slowly on a busy machine.
const POLLS: usize = 1_200;

/// The emulator; it ends with this value.
pub(crate) struct Emulator {
    process: Child,
    port: u16,
}

impl Emulator {
    /// Starts it and waits until it answers.
    pub(crate) async fn start() -> Self {
        let root = root();
        let python = root.join(".venv/bin/python");
        assert!(python.exists(), "{} is missing: `make test` makes it", python.display());
        let port = free_port();
        let process = Command::new(python)
            .arg(root.join("infra/local/emulator.py"))
            .args(["--port", &port.to_string(), "--no-auth", "--with-parent", "--state"])
            .arg(root.join(format!("target/tmp/contract-{port}")))
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let mut emulator = Self { process, port };
        for _ in 0..POLLS {
            let ended = emulator.process.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "the emulator ended: {ended:?}");
            if emulator.answers() {
                return emulator;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("the emulator does not answer");
    }

    /// A configuration that leads to it.
    pub(crate) async fn config(&self) -> SdkConfig {
        config(self.port).await
    }

    /// A configuration that leads to it on a way that loses answers.
    pub(crate) async fn lossy_config(&self) -> SdkConfig {
        config(lossy::before(self.port)).await
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let request =
                "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let scratch = root().join(format!("target/tmp/contract-{}", self.port));
        let _ = std::fs::remove_dir_all(scratch);
    }
}

async fn config(port: u16) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .credentials_provider(Credentials::new(ACCOUNT, SECRET, None, None, "test"))
        .load()
        .await
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

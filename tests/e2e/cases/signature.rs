//! Our signature on the wire, checked by somebody else's code.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, text_at};

/// Reads a secret, headers and a body; says "good" when the signature holds and fails when the body
/// is changed.
const CHECK: &str = r"
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
webhook = Webhook(given['secret'])
body = given['body']
webhook.verify(body, given['headers'])
try:
    webhook.verify(body.replace('message', 'massage'), given['headers'])
except WebhookVerificationError:
    print('good')
";

pub(crate) async fn the_python_library_of_standard_webhooks_accepts_our_signature(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "signature").await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/hook?a=b", listener.local_addr()?);
    let endpoint = json!({"url": url, "events": ["message.received"]});
    let endpoint = scene.api.create("/v1/endpoints", &endpoint).await?;
    scene.customer_writes("signed, sealed — ✍🏽 𝄞").await?;

    let (stream, _from) = listener.accept().await?;
    let (headers, body) = read_request(stream).await?;
    assert!(body.contains("𝄞"), "{body}");
    let given = json!({"secret": text_at(&endpoint, "/secret"), "headers": headers, "body": body});
    let mut python = Command::new(&scene.stack.places().python)
        .args(["-c", CHECK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = python.stdin.take() {
        stdin.write_all(given.to_string().as_bytes()).await?;
    }
    let output = python.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), "good", "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The headers, in lower case, and the body as it came; answered with 200.
async fn read_request(
    mut stream: TcpStream,
) -> Result<(BTreeMap<String, String>, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let headers: BTreeMap<_, _> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length = headers.get("content-length").map_or(Ok(0), |text| text.parse())?;
            let body = bytes.get(head.len() + 4..).unwrap_or_default();
            if body.len() >= length {
                let body = String::from_utf8(body.to_vec())?;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
                return Ok((headers, body));
            }
        }
        if count == 0 {
            return Err("the request ended early".into());
        }
    }
}

//! The content store against servers that play Apple's (reliability F091–F110, M154).

use super::*;
use crate::testing::{Scripted, Server, read_request};
use amb_service::port::Chunks as _;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};

mod gateway;
mod store;
mod uploads;

const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
const SIGNATURE: &str = "gZ+G0IGITH1lmi/qoMVa0BWjv08b";

#[derive(Clone, Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(1_795_000_000).unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

fn content(gateway: &str) -> AppleContent<Noon> {
    named(gateway, ContentHeaders::Plain)
}

fn named(gateway: &str, headers: ContentHeaders) -> AppleContent<Noon> {
    let base = EndpointUrl::unvetted(gateway);
    let hosts = "127.0.0.1".parse().unwrap();
    AppleContent::new(base, msp(), Noon, Policy::with_loopback(), hosts, headers)
}

/// A store of which only the content hosts are asked.
fn store() -> AppleContent<Noon> {
    content("http://127.0.0.1:1/v1")
}

/// A store of production, with names that lead where the test says.
fn production(addresses: &[&str]) -> (AppleContent<Noon>, Scripted) {
    let lookup = Scripted::new(&[addresses]);
    let store = AppleContent::with_lookup(
        "https://gw.example.com/v1".parse().unwrap(),
        msp(),
        Noon,
        Policy::production(),
        lookup.clone(),
        ContentHosts::APPLE.parse().unwrap(),
        ContentHeaders::Plain,
    );
    (store, lookup)
}

fn msp() -> MspId {
    MspId::parse("3b241101-e2bb-4255-8caf-4136c566a962").unwrap()
}

fn business() -> BusinessId {
    BusinessId::parse(BUSINESS).unwrap()
}

fn key() -> ApiSecret {
    ApiSecret::from_base64("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=").unwrap()
}

fn json(body: &str) -> String {
    answer(200, body)
}

fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A server that tells what it was asked.
async fn recording(answer: String) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (seen, requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let (seen, answer) = (seen.clone(), answer.clone());
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    (server, requests)
}

/// The lines of a request that every client sends alike left out.
fn told(request: &str) -> Vec<&str> {
    let usual = ["host: ", "user-agent: ", "authorization: Bearer ey"];
    let mut lines: Vec<&str> = request
        .split("\r\n")
        .filter(|line| !line.is_empty() && !usual.iter().any(|usual| line.starts_with(usual)))
        .collect();
    lines.sort_unstable();
    lines
}

async fn read(mut body: Download) -> Result<Vec<u8>, ContentError> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.chunk().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

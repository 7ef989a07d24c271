//! Connections by mutual TLS: a caller without a merchant's certificate gets no further than the
//! handshake.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::identity::fingerprint;
use crate::line::{Exchange, Line, Scissors};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Connections whose handshake is done; each has one in its own task, so that a slow caller keeps
/// nobody waiting.
#[derive(Debug)]
pub(super) struct Sealed {
    ready: mpsc::Receiver<(TlsStream<Line>, SocketAddr)>,
    address: SocketAddr,
    _door: JoinSet<()>,
}

/// Who is at the other end, and how to cut the connection.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Of the certificate shown.
    pub(super) fingerprint: String,
    pub(super) line: Scissors,
}

impl Sealed {
    pub(super) fn new(
        listener: TcpListener,
        config: Arc<rustls::ServerConfig>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (send, ready) = mpsc::channel(16);
        let mut door = JoinSet::new();
        door.spawn(async move {
            let mut exchange = Exchange(listener);
            let acceptor = TlsAcceptor::from(config);
            let mut handshakes = JoinSet::new();
            loop {
                let (line, peer) = exchange.accept().await;
                while handshakes.try_join_next().is_some() {}
                let (acceptor, send) = (acceptor.clone(), send.clone());
                handshakes.spawn(async move {
                    let handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(line));
                    if let Ok(Ok(stream)) = handshake.await {
                        drop(send.send((stream, peer)).await);
                    }
                });
            }
        });
        Ok(Self { ready, address, _door: door })
    }
}

impl Listener for Sealed {
    type Io = TlsStream<Line>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<Line>, SocketAddr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The door is open as long as this lives.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Sealed>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Sealed>) -> Self {
        let (line, session) = stream.io().get_ref();
        let shown = session.peer_certificates().and_then(<[_]>::first);
        Self { fingerprint: shown.map(fingerprint).unwrap_or_default(), line: line.scissors() }
    }
}

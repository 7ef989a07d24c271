//! Apple Pay's server for merchant sessions, `paymentSession`, on a port of its own with mutual TLS
//! (Apple, Requesting an Apple Pay payment session; spec/payments §1.2).

mod identity;
mod line;
mod session;
mod signature;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

pub(crate) use self::identity::Authority;
pub use self::identity::PkiError;
use self::line::{Caller, Sealed};
use self::signature::SessionKey;
pub(crate) use self::signature::holds as session_holds;
use crate::model::SessionCall;
use crate::server::StartError;
use crate::world::State;

/// What Apple knows of payments.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Whose certificate it is, by its fingerprint.
    pub(crate) merchants: BTreeMap<String, String>,
    pub(crate) session_calls: Vec<SessionCall>,
    session_key: SessionKey,
}

/// The session server, listening.
#[derive(Debug)]
pub(crate) struct SessionServer {
    sealed: Sealed,
    address: SocketAddr,
}

impl SessionServer {
    /// On a free port of loopback.
    pub(crate) async fn bind(authority: &Authority) -> Result<Self, StartError> {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let cannot_listen = |error| StartError::Listen(any, error);
        let listener = TcpListener::bind(any).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let sealed = Sealed::new(listener, authority.server()?).map_err(cannot_listen)?;
        Ok(Self { sealed, address })
    }

    /// `https://127.0.0.1:<port>`
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Serves until dropped.
    pub(crate) async fn serve(self, state: State) {
        let service = session::routes(state).into_make_service_with_connect_info::<Caller>();
        // Its type says it may fail; it runs until told to stop.
        drop(axum::serve(self.sealed, service).await);
    }
}

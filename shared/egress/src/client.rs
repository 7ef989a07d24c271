//! The HTTP client behind every caller.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect, retry,
};

use crate::{
    CallError, Policy,
    journey::WatchConnector,
    resolver::{Lookup, WalledResolver},
};

/// A client that is built at its first use, see "Cold start" in the crate's documentation.
pub(crate) struct WalledClient {
    resolver: Arc<dyn reqwest::dns::Resolve>,
    policy: Arc<Policy>,
    pool: Pool,
    client: OnceLock<Client>,
    identity: Option<reqwest::Identity>,
    #[cfg(test)]
    extra_root: Option<reqwest::Certificate>,
}

/// Whether connections are kept for a next call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pool {
    /// Each call resolves, vets and connects anew.
    Off,
    /// Kept this long. Short, since a frozen function does not notice that the peer hung up.
    Idle(Duration),
    /// As [`Idle`](Self::Idle), but few: for large files, one after another.
    Few(Duration),
}

impl WalledClient {
    pub(crate) fn new(policy: Policy, lookup: impl Lookup, pool: Pool) -> Self {
        let policy = Arc::new(policy);
        Self {
            resolver: Arc::new(WalledResolver::new(Arc::new(lookup), Arc::clone(&policy))),
            policy,
            pool,
            client: OnceLock::new(),
            identity: None,
            #[cfg(test)]
            extra_root: None,
        }
    }

    /// The same, showing this certificate to whoever asks for one. It has connections of its own.
    pub(crate) fn with_identity(&self, identity: reqwest::Identity) -> Self {
        Self {
            resolver: Arc::clone(&self.resolver),
            policy: Arc::clone(&self.policy),
            pool: self.pool,
            client: OnceLock::new(),
            identity: Some(identity),
            #[cfg(test)]
            extra_root: self.extra_root.clone(),
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether a call may go over a connection that was made for another.
    pub(crate) fn keeps_connections(&self) -> bool {
        !matches!(self.pool, Pool::Off)
    }

    /// The client; the first call builds it.
    pub(crate) fn client(&self) -> Result<Client, CallError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = self.build().map_err(|source| CallError::NoClient { source })?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where clients are built")]
    fn build(&self) -> Result<Client, reqwest::Error> {
        let mut always = HeaderMap::new();
        always.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let builder = Client::builder()
            .dns_resolver(Arc::clone(&self.resolver))
            .connector_layer(WatchConnector)
            .default_headers(always)
            .user_agent(USER_AGENT)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .https_only(!self.policy.allows_loopback())
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .tcp_nodelay(true);
        let builder = match self.pool {
            Pool::Off => builder.pool_max_idle_per_host(0),
            Pool::Idle(idle) => builder.pool_idle_timeout(idle),
            Pool::Few(idle) => builder.pool_idle_timeout(idle).pool_max_idle_per_host(FEW),
        };
        let builder = match self.identity.clone() {
            Some(identity) => builder.identity(identity),
            None => builder,
        };
        #[cfg(test)]
        let builder = builder.tls_certs_merge(self.extra_root.clone());
        builder.build()
    }

    /// Trusts one more root.
    #[cfg(test)]
    pub(crate) fn trusting(mut self, root: reqwest::Certificate) -> Self {
        self.extra_root = Some(root);
        self
    }
}

impl fmt::Debug for WalledClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalledClient")
            .field("policy", &self.policy)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

/// Connections to one host that are kept where few are.
const FEW: usize = 2;
/// The sum of the names and values of an answer's headers, in bytes.
pub(crate) const MAX_HEADER_BYTES: u32 = 32 * 1024;
/// More headers than this is a broken or hostile answer.
const MAX_HEADERS: usize = 100;
const USER_AGENT: &str = concat!("amb-msp/", env!("CARGO_PKG_VERSION"));

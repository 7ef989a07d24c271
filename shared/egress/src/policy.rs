//! What the wall lets through.

use std::net::IpAddr;

use url::Url;

use crate::is_global;

/// What the wall lets through.
///
/// There are two: [`Policy::production`], and [`Policy::with_loopback`] for the local stack, where
/// the businesses and Apple are processes on 127.0.0.1. The second is reached only through the
/// setting `AMB_EGRESS_LOOPBACK`, which the deployed template has no parameter for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    loopback: bool,
    ipv6: bool,
    own: Vec<Own>,
}

/// A host that is ourselves: calling it would make a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    host: String,
    /// On 127.0.0.1 everything shares the host, so there the port decides.
    port: Option<u16>,
}

impl Policy {
    /// https to public DNS names, IPv4 only: Lambda outside a VPC has no IPv6 egress.
    pub const fn production() -> Self {
        Self { loopback: false, ipv6: false, own: Vec::new() }
    }

    /// As production, and in addition plain http to the literal host 127.0.0.1 on any port, and
    /// names that resolve to a loopback address.
    pub const fn with_loopback() -> Self {
        Self { loopback: true, ipv6: false, own: Vec::new() }
    }

    /// The policy of a deployment: whether its configuration allows loopback, and its own API's URL
    /// if it knows one.
    pub fn of_deployment(loopback: bool, own_url: Option<&str>) -> Self {
        let policy = if loopback { Self::with_loopback() } else { Self::production() };
        match own_url {
            Some(url) => policy.with_own_url(url),
            None => policy,
        }
    }

    /// Lets IPv6 addresses through as well, for a function in a dual-stack VPC.
    #[must_use]
    pub const fn with_ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    /// Refuses our own API as a destination. A text that is no URL with a host changes nothing.
    #[must_use]
    pub fn with_own_url(mut self, url: &str) -> Self {
        if let Ok(url) = Url::parse(url)
            && let Some(host) = url.host_str()
        {
            let port = if host == LOOPBACK_HOST { url.port_or_known_default() } else { None };
            self.own.push(Own { host: host.trim_end_matches('.').to_owned(), port });
        }
        self
    }

    /// Whether a connection to this address may be made.
    pub fn permits(&self, address: IpAddr) -> bool {
        is_global(address) || (self.loopback && address.is_loopback())
    }

    pub(crate) fn allows_ipv6(&self) -> bool {
        self.ipv6
    }

    pub(crate) fn allows_loopback(&self) -> bool {
        self.loopback
    }

    /// `host` is lower case, without a final dot.
    pub(crate) fn is_own(&self, host: &str, port: Option<u16>) -> bool {
        self.own.iter().any(|own| match own.port {
            Some(own_port) => host == own.host && port == Some(own_port),
            None => is_same_or_below(host, &own.host),
        })
    }
}

pub(crate) const LOOPBACK_HOST: &str = "127.0.0.1";

/// Whether a host is this one, or lies below it.
pub(crate) fn is_same_or_below(host: &str, top: &str) -> bool {
    match host.strip_suffix(top) {
        Some("") => true,
        Some(rest) => rest.ends_with('.'),
        None => false,
    }
}

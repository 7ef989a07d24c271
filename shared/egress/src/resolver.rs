//! Name resolution behind the wall.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net, time};

use crate::{Policy, journey::Journey};

/// Looks names up. The system's own in production; tests answer as an attacker's server would.
pub trait Lookup: Send + Sync + 'static {
    /// Every address of a name, both families.
    fn addresses(&self, host: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The system's resolver, which follows CNAMEs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why a name cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveFault {
    #[error("an address of the name is not globally routable")]
    NotGlobal,
    #[error("the name has IPv6 addresses only")]
    Ipv6Only,
    #[error("the name has no address")]
    NoAddress,
    #[error("the name could not be looked up")]
    Lookup(#[source] io::Error),
    #[error("the name was not looked up in time")]
    TooSlow,
}

/// Resolves once for each connection and hands on vetted addresses only.
pub(crate) struct WalledResolver<L> {
    lookup: Arc<L>,
    policy: Arc<Policy>,
}

impl<L: Lookup> WalledResolver<L> {
    pub(crate) fn new(lookup: Arc<L>, policy: Arc<Policy>) -> Self {
        Self { lookup, policy }
    }
}

impl<L: Lookup> Resolve for WalledResolver<L> {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, policy) = (Arc::clone(&self.lookup), Arc::clone(&self.policy));
        Box::pin(async move {
            let found = time::timeout(PATIENCE, lookup.addresses(name.as_str()))
                .await
                .map_err(|_elapsed| ResolveFault::TooSlow)?
                .map_err(ResolveFault::Lookup)?;
            let vetted = vet(found, &policy)?;
            Journey::note_addresses(&vetted);
            // Port 0 stands for the port of the URL.
            let addresses = vetted.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

impl<L> fmt::Debug for WalledResolver<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalledResolver").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// All or nothing: one address that is not permitted spoils the answer. Filtering would let an
/// attacker hide a private address among public ones and wait for a slip.
fn vet(found: Vec<IpAddr>, policy: &Policy) -> Result<Vec<IpAddr>, ResolveFault> {
    if found.is_empty() {
        return Err(ResolveFault::NoAddress);
    }
    if !found.iter().all(|address| policy.permits(*address)) {
        return Err(ResolveFault::NotGlobal);
    }
    let mut usable = found;
    usable.retain(|address| address.is_ipv4() || policy.allows_ipv6());
    usable.dedup();
    usable.truncate(MAX_ADDRESSES);
    if usable.is_empty() { Err(ResolveFault::Ipv6Only) } else { Ok(usable) }
}

/// How long a lookup may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many addresses of a name are tried.
const MAX_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn vetted(addresses: &[&str], policy: &Policy) -> Result<usize, ResolveFault> {
        vet(addresses.iter().map(|a| a.parse().unwrap()).collect(), policy).map(|v| v.len())
    }

    #[test]
    fn w014_one_private_address_spoils_the_answer() {
        let production = Policy::production();
        for spoiler in
            ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:1.1.1.1", "fd00::1"]
        {
            let fault = vetted(&["1.1.1.1", spoiler], &production);
            assert!(matches!(fault, Err(ResolveFault::NotGlobal)), "{spoiler}");
        }
        assert_eq!(vetted(&["1.1.1.1", "8.8.8.8"], &production).unwrap(), 2);
    }

    #[test]
    fn w016_ipv6_alone_is_not_callable_unless_enabled() {
        let only = ["2606:4700::6810:84e5"];
        assert!(matches!(vetted(&only, &Policy::production()), Err(ResolveFault::Ipv6Only)));
        assert_eq!(vetted(&only, &Policy::production().with_ipv6()).unwrap(), 1);
        assert_eq!(vetted(&["1.1.1.1", only[0]], &Policy::production()).unwrap(), 1);
    }

    #[test]
    fn at_most_eight_addresses_are_tried_and_all_are_vetted() {
        let mut many: Vec<String> = (1..=20).map(|n| format!("1.1.1.{n}")).collect();
        let borrowed: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(vetted(&borrowed, &Policy::production()).unwrap(), 8);
        many.push("192.168.0.1".to_owned());
        let borrowed: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(vetted(&borrowed, &Policy::production()).is_err());
    }

    #[test]
    fn loopback_is_permitted_only_by_the_local_policy() {
        assert!(vetted(&["127.0.0.1"], &Policy::production()).is_err());
        assert_eq!(vetted(&["127.0.0.1"], &Policy::with_loopback()).unwrap(), 1);
        assert!(vetted(&["10.0.0.1"], &Policy::with_loopback()).is_err());
        assert!(vetted(&[], &Policy::with_loopback()).is_err());
    }
}

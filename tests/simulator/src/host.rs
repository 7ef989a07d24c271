//! What the simulator takes from the machine it runs on: the time, random bytes, an HTTP client.
//! Nothing else in this crate reads a clock, draws entropy or builds a client.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// How long a connect may take before a webhook counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than servers keep idle connections (five seconds is common), so that none is closed
/// under a request: the simulator fails when told to, and only then.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Now, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the far side has a clock of its own")]
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Now, in seconds since 1970.
pub(crate) fn now_seconds() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX)
}

/// `N` random bytes.
#[expect(clippy::disallowed_methods, reason = "the far side draws ids of its own")]
#[expect(clippy::expect_used, reason = "the operating system's generator does not fail once up")]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A random (version 4) UUID, lower case with hyphens.
pub(crate) fn new_uuid() -> String {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid().to_string()
}

/// `true` when `text` is a UUID as Apple writes message ids.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::parse_str(text).is_ok()
}

/// `true` for an address on this machine.
pub(crate) fn is_loopback_url(text: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(text) else { return false };
    let name = url.host_str().unwrap_or_default();
    let ip = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// The client that Apple's side, the phone and the sample business share. It follows no redirect,
/// asks no proxy, and has no overall deadline: each call sets its own.
#[expect(clippy::disallowed_methods, reason = "the far side is not behind the product's wall")]
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_36_characters() {
        assert!(is_uuid(&new_uuid()));
        assert!(!is_uuid("5d0b1f2e7a344c1b9a550c9e2f6b1001"));
        assert!(!is_uuid(""));
    }
}

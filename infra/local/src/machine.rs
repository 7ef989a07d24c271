//! What the local stack takes from the machine it runs on: time, random bytes, free ports, an HTTP
//! client. Nothing else in this crate reads a clock, draws entropy or builds a client.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use data_encoding::BASE64;

/// How long a connect on loopback may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than the emulator keeps idle connections, so that none is closed under a request.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of a messaging secret; Apple's have at least 32.
const SECRET_BYTES: usize = 32;

/// Measures how long something took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the local stack runs in real time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A messaging secret as Apple Business Register would show it, base64.
#[expect(clippy::disallowed_methods, reason = "stands in for Apple, who draws this secret")]
#[expect(clippy::expect_used, reason = "the operating system's generator does not fail once up")]
pub(crate) fn messaging_secret() -> String {
    let mut bytes = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    BASE64.encode(&bytes)
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// `true` when nobody listens on this port of 127.0.0.1.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A client for loopback: no proxy, no redirects, each call with its own deadline.
#[expect(clippy::disallowed_methods, reason = "speaks to loopback only, not through the wall")]
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
    fn a_port_that_is_listened_on_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }

    #[test]
    fn a_messaging_secret_is_long_enough_and_drawn_anew() {
        let secret = messaging_secret();
        assert_eq!(BASE64.decode(secret.as_bytes()).unwrap().len(), SECRET_BYTES);
        assert_ne!(secret, messaging_secret());
    }
}

//! One request and its answer, within deadlines and caps.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Request, Response,
    header::{CONTENT_ENCODING, HeaderMap},
};
use tokio::time;

use crate::{
    CallError, Phase, Policy,
    client::{MAX_HEADER_BYTES, WalledClient},
    fault,
    journey::Journey,
};

/// How long each phase may take, and how much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Name, connection and TLS.
    pub(crate) connect: Duration,
    /// From the connection to the end of the answer's headers.
    pub(crate) headers: Duration,
    /// Waiting for the answer's body, which only serves people.
    pub(crate) body: Duration,
    /// All of it.
    pub(crate) total: Duration,
    /// How much of the body is read before the connection is closed.
    pub(crate) body_bytes: usize,
}

/// An answer whose status line and headers were good.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// As much of it as came in time; empty when it is encoded.
    pub(crate) body: Vec<u8>,
}

/// A call without an answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: CallError,
    /// Whether the other side may have got the request.
    pub(crate) may_have_sent: bool,
}

/// Sends a request. The answer counts from the moment its headers are there: what happens to the
/// connection afterwards changes nothing.
pub(crate) async fn exchange(
    client: &WalledClient,
    request: Request,
    limits: &Limits,
) -> Result<Reply, Failure> {
    let deadline = time::Instant::now() + limits.total;
    let response = open(client, request, limits).await?;
    Ok(read(response, limits, deadline).await)
}

/// Sends a request; the answer's body is still to be read.
pub(crate) async fn open(
    client: &WalledClient,
    request: Request,
    limits: &Limits,
) -> Result<Response, Failure> {
    let http = client.client().map_err(|error| Failure { error, may_have_sent: false })?;
    let deadline = time::Instant::now() + limits.total;
    let journey = Arc::new(Journey::default());

    // The call's future is gone when this has an outcome.
    let outcome = tokio::select! {
        biased;
        answered = journey.follow(http.execute(request)) => Ok(answered),
        phase = journey.overdue(limits) => Err(phase),
        () = time::sleep_until(deadline) => Err(Phase::Total),
    };
    let answered = outcome.map_err(|phase| Failure {
        error: CallError::Timeout(phase),
        may_have_sent: !journey.never_left(),
    })?;
    // Of what goes wrong without an answer, only the connector's own errors are certainly from before
    // the request: the same fault can end a connection that carries one.
    let response = answered.map_err(|error| Failure {
        error: fault::classify(&error),
        may_have_sent: !error.is_connect(),
    })?;
    let vetted_for_it = if client.keeps_connections() { None } else { journey.addresses() };
    check_peer(response.remote_addr(), vetted_for_it, client.policy())
        .and_then(|()| check_headers(response.headers()))
        .map_err(|error| Failure { error, may_have_sent: true })?;
    Ok(response)
}

/// The resolver's answer is what was connected to; this would catch a client that looked elsewhere.
///
/// Every connection is made to addresses that were vetted for it. Where connections are kept, the one
/// that brought the answer may be older than the call, and the name may lead elsewhere by now: then
/// there is nothing to compare with, and the policy alone is asked, once more.
fn check_peer(
    peer: Option<SocketAddr>,
    vetted_for_it: Option<&[IpAddr]>,
    policy: &Policy,
) -> Result<(), CallError> {
    let peer = peer.ok_or(CallError::Blocked)?.ip();
    let vetted = vetted_for_it.is_none_or(|addresses| addresses.contains(&peer));
    if vetted && policy.permits(peer) { Ok(()) } else { Err(CallError::Blocked) }
}

fn check_headers(headers: &HeaderMap) -> Result<(), CallError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES as usize { Err(CallError::Protocol) } else { Ok(()) }
}

async fn read(mut response: Response, limits: &Limits, deadline: time::Instant) -> Reply {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    let until = deadline.min(time::Instant::now() + limits.body);
    if is_plain(&headers) {
        while body.len() < limits.body_bytes
            && let Ok(Ok(Some(chunk))) = time::timeout_at(until, response.chunk()).await
        {
            body.extend(chunk.iter().take(limits.body_bytes - body.len()));
        }
    }
    Reply { status, headers, body }
}

/// We asked for identity; what is compressed all the same is not worth inflating.
pub(crate) fn is_plain(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

/// The first `max_chars` characters of a body, as text for people: no control characters, and what
/// is not UTF-8 replaced.
pub(crate) fn excerpt(body: &[u8], max_chars: usize) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(max_chars)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests;

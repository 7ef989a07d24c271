//! Gets what businesses name by URL: pictures, pages for their preview, and files to send.

use std::time::Duration;

use amb_service::port::{Web, WebAsk, WebFault, WebPage};
use reqwest::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION},
};
use tokio::time;

use crate::{
    CallError, EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits},
    resolver::{Lookup, SystemLookup},
};

mod files;

pub use files::WebDownload;

/// The public web behind the wall.
///
/// Connections are not kept, so that every request, a redirect's too, resolves and vets its name.
#[derive(Debug)]
pub struct WalledWeb {
    client: WalledClient,
    limits: Limits,
}

/// How many redirects are followed.
pub const MAX_REDIRECTS: usize = 3;

impl WalledWeb {
    /// The web behind the wall.
    pub fn new(policy: Policy) -> Self {
        Self::with_lookup(policy, SystemLookup)
    }

    /// The web, with names resolved its own way.
    pub fn with_lookup(policy: Policy, lookup: impl Lookup) -> Self {
        Self { client: WalledClient::new(policy, lookup, Pool::Off), limits: LIMITS }
    }

    /// A URL that passed the wall's rules for text. A fragment is the browser's own and never sent.
    fn vet(&self, url: &str) -> Result<EndpointUrl, WebFault> {
        let sent = url.split('#').next().unwrap_or_default();
        EndpointUrl::parse(sent, self.client.policy())
            .map_err(|fault| WebFault::Refused(fault.to_string()))
    }

    /// What is at a URL in the end, and where that is.
    async fn follow(
        &self,
        url: &str,
        accept: &'static str,
        deadline: time::Instant,
    ) -> Result<(EndpointUrl, Response), WebFault> {
        let mut url = self.vet(url)?;
        for _hop in 0..=MAX_REDIRECTS {
            let response = self.open(&url, accept, deadline).await?;
            match next(&url, &response)? {
                Some(location) => url = self.vet(&location)?,
                None => return Ok((url, response)),
            }
        }
        Err(WebFault::Redirects)
    }

    async fn open(
        &self,
        url: &EndpointUrl,
        accept: &'static str,
        deadline: time::Instant,
    ) -> Result<Response, WebFault> {
        let mut request = Request::new(Method::GET, url.to_url());
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        let total = deadline.saturating_duration_since(time::Instant::now());
        let limits = Limits { total, ..self.limits };
        exchange::open(&self.client, request, &limits).await.map_err(|failure| {
            tracing::debug!(code = failure.error.code(), "a URL was not to be had");
            match failure.error {
                CallError::Blocked => WebFault::Refused(PRIVATE.to_owned()),
                _ => WebFault::Unreachable,
            }
        })
    }
}

impl Web for WalledWeb {
    async fn get(&self, url: &str, ask: &WebAsk) -> Result<WebPage, WebFault> {
        let deadline = time::Instant::now() + ask.within;
        let (url, response) = self.follow(url, ask.accept, deadline).await?;
        let content_type = content_type(response.headers());
        let bytes = read(response, ask, deadline).await?;
        Ok(WebPage { url: url.as_str().to_owned(), content_type, bytes })
    }
}

/// Where an answer sends us to; none if it is what was asked for.
fn next(url: &EndpointUrl, response: &Response) -> Result<Option<String>, WebFault> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(None);
    }
    let fault = WebFault::Status(status.as_u16());
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Err(fault);
    }
    let location = response.headers().get(LOCATION).ok_or_else(|| fault.clone())?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_bytes| fault.clone())?;
    let location = url.to_url().join(location).map_err(|_location| fault)?;
    Ok(Some(location.into()))
}

/// The whole body, or as much as is wanted. One that breaks off is as good as none.
async fn read(
    mut response: Response,
    ask: &WebAsk,
    deadline: time::Instant,
) -> Result<Vec<u8>, WebFault> {
    if !exchange::is_plain(response.headers()) {
        return Err(WebFault::Refused(COMPRESSED.to_owned()));
    }
    let announced = response.content_length().unwrap_or_default();
    if !ask.cut && usize::try_from(announced).is_ok_and(|announced| announced > ask.max_bytes) {
        return Err(WebFault::TooLarge(ask.max_bytes));
    }
    let mut body = Vec::new();
    loop {
        let chunk = match time::timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(_)) | Err(_) => return Err(WebFault::Unreachable),
        };
        let room = ask.max_bytes - body.len();
        if chunk.len() <= room {
            body.extend_from_slice(&chunk);
        } else if ask.cut {
            body.extend(chunk.iter().take(room));
            return Ok(body);
        } else {
            return Err(WebFault::TooLarge(ask.max_bytes));
        }
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE)?.to_str().ok().map(str::to_ascii_lowercase)
}

const PRIVATE: &str = "it leads to an address that may not be called";
const COMPRESSED: &str = "it answers compressed, which was not asked for";

/// reliability §6.4. All of it and the body are the caller's to limit.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    headers: Duration::from_secs(5),
    body: Duration::ZERO,
    total: Duration::ZERO,
    body_bytes: 0,
};

#[cfg(test)]
mod tests;

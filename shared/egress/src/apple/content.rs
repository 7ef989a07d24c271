//! Takes files from Apple's content store and brings them there (spec/apple-protocol §4, §5).
//!
//! The gateway says where a file is, or where one may be put; the store itself is another host, which
//! is shown no token. What a customer's message names and what the gateway answers is held against
//! [`ContentHosts`] before anything is asked of it, and goes through the wall besides.

use std::{pin::pin, sync::Arc, time::Duration};

use amb_protocol::{
    attachment::Signature,
    id::{BusinessId, MspId},
    jwt::ApiSecret,
};
use amb_service::port::{
    Bytes, Clock, ContentError, ContentStore, Opened, PortError, Reference, UploadTicket,
};
use futures_util::Stream;
use reqwest::{
    Body, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue, RANGE},
};
use serde::Deserialize;
use tokio::time;

use self::upload::{Outgoing, State};
use super::access::Access;
use crate::{
    CallError, EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits},
    resolver::{Lookup, SystemLookup},
};

mod answer;
mod download;
mod headers;
mod hosts;
mod upload;

pub use download::Download;
pub use headers::{ContentHeaders, HeadersFault};
pub use hosts::{ContentHosts, HostsFault};

/// Apple's content store, for one Messaging Service Provider.
#[derive(Debug)]
pub struct AppleContent<C> {
    access: Access<C>,
    store: WalledClient,
    hosts: ContentHosts,
    headers: ContentHeaders,
}

impl<C: Clock> AppleContent<C> {
    /// The store whose gateway is below `base`, such as `https://mspgw.push.apple.com/v1`.
    pub fn new(
        base: EndpointUrl,
        msp: MspId,
        clock: C,
        policy: Policy,
        hosts: ContentHosts,
        headers: ContentHeaders,
    ) -> Self {
        Self::with_lookup(base, msp, clock, policy, SystemLookup, hosts, headers)
    }

    /// The store, with names resolved another way.
    pub fn with_lookup(
        base: EndpointUrl,
        msp: MspId,
        clock: C,
        policy: Policy,
        lookup: impl Lookup + Clone,
        hosts: ContentHosts,
        headers: ContentHeaders,
    ) -> Self {
        let store = WalledClient::new(policy.clone(), lookup.clone(), Pool::Few(POOL_IDLE));
        Self { access: Access::new(base, msp, clock, policy, lookup), store, hosts, headers }
    }

    fn vet(&self, link: &str) -> Result<EndpointUrl, ContentError> {
        self.hosts.vet(link, self.store.policy()).ok_or(ContentError::Host)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        key: &ApiSecret,
    ) -> Result<Request, ContentError> {
        self.access.request(method, path, key).ok_or(ContentError::Unavailable)
    }

    /// Asks the gateway; its answer's body, if it is a good answer.
    async fn ask(
        &self,
        operation: &'static str,
        request: Request,
        limits: &Limits,
    ) -> Result<Response, ContentError> {
        let answered = exchange::open(self.access.client(), request, limits).await;
        let response = answered.map_err(|failure| {
            tracing::warn!(
                operation,
                code = failure.error.code(),
                "Apple's gateway gave no answer"
            );
            ContentError::Unavailable
        })?;
        let status = response.status();
        self.access.answered(status.as_u16());
        if status == StatusCode::OK {
            return Ok(response);
        }
        tracing::warn!(operation, status = status.as_u16(), "Apple's gateway refused");
        Err(answer::gateway_fault(status))
    }

    /// Asks for a file from this byte on; none if what comes begins elsewhere.
    async fn get(
        &self,
        link: &EndpointUrl,
        from: u64,
    ) -> Result<Option<Opened<Download>>, ContentError> {
        let mut request = Request::new(Method::GET, link.to_url());
        if from > 0 {
            let range = HeaderValue::try_from(format!("bytes={from}-"));
            let range = range.map_err(|_unfit| ContentError::Refused(416))?;
            request.headers_mut().insert(RANGE, range);
        }
        let answered = exchange::open(&self.store, request, &OPEN).await;
        let response = answered.map_err(|failure| store_fault("download", &failure.error))?;
        let status = response.status();
        if let Some(offset) = download::offset(status, response.headers(), from) {
            let body = Download::of(response)?;
            return Ok(Some(Opened { offset, length: body.length(), body }));
        }
        tracing::warn!(
            operation = "download",
            status = status.as_u16(),
            from,
            "Apple's content store refused"
        );
        match status {
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => Ok(None),
            _ => Err(answer::store_fault(status)),
        }
    }
}

impl<C: Clock> ContentStore for AppleContent<C> {
    type Body = Download;

    async fn pre_download(
        &self,
        reference: &Reference<'_>,
        key: &ApiSecret,
    ) -> Result<String, ContentError> {
        self.vet(reference.url)?;
        let mut request = self.request(Method::GET, "preDownload", key)?;
        self.headers.reference(reference, request.headers_mut())?;
        let response = self.ask("preDownload", request, &ASK).await?;
        let link: Link = answer::json(response, ANSWER_BYTES).await?;
        Ok(link.download_url)
    }

    async fn open(&self, link: &str, from: u64) -> Result<Opened<Download>, ContentError> {
        let link = self.vet(link)?;
        if from > 0
            && let Some(opened) = self.get(&link, from).await?
        {
            return Ok(opened);
        }
        // A server that misunderstands ranges may still have the file.
        self.get(&link, 0).await?.ok_or(ContentError::BrokenOff)
    }

    async fn decode_payload(
        &self,
        business: &BusinessId,
        bid: &str,
        plain: Vec<u8>,
        key: &ApiSecret,
    ) -> Result<Vec<u8>, ContentError> {
        let mut request = self.request(Method::POST, "decodePayload", key)?;
        let headers = request.headers_mut();
        headers::add_business(business, headers)?;
        headers::add("bid", bid, headers)?;
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        *request.body_mut() = Some(plain.into());
        let answered = self.ask("decodePayload", request, &DECODE).await;
        let response = answered.map_err(answer::of_the_key)?;
        let decoded = Download::of(response)?.whole(DECODED_BYTES).await?;
        answer::interactive_data(decoded).ok_or(ContentError::Refused(200))
    }

    async fn pre_upload(
        &self,
        business: &BusinessId,
        size: u64,
        key: &ApiSecret,
    ) -> Result<UploadTicket, ContentError> {
        let mut request = self.request(Method::GET, "preUpload", key)?;
        self.headers.size(business, size, request.headers_mut())?;
        let answered = self.ask("preUpload", request, &ASK).await;
        let response = answered.map_err(answer::of_the_key)?;
        let slot: Slot = answer::json(response, ANSWER_BYTES).await?;
        self.vet(&slot.upload_url)?;
        Ok(UploadTicket { upload_url: slot.upload_url, url: slot.url, owner: slot.owner })
    }

    async fn upload(
        &self,
        ticket: &UploadTicket,
        size: u64,
        bytes: impl Stream<Item = Result<Bytes, PortError>> + Send + 'static,
    ) -> Result<Signature, ContentError> {
        let place = self.vet(&ticket.upload_url)?;
        let state = Arc::new(State::default());
        let mut request = Request::new(Method::POST, place.to_url());
        let kind = HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(Body::wrap(Outgoing::new(bytes, size, Arc::clone(&state))));

        let answered = tokio::select! {
            biased;
            answered = exchange::open(&self.store, request, &UPLOAD) => answered,
            error = pin!(overdue(&state, size)) => return Err(error),
        };
        let response = answered.map_err(|failure| {
            if state.failed() { ContentError::Source } else { upload_fault(&failure.error) }
        })?;
        let status = response.status();
        if status != StatusCode::OK {
            let status_code = status.as_u16();
            tracing::warn!(operation = "upload", status_code, "Apple's content store refused");
            return Err(answer::store_fault(status));
        }
        if state.sent.bytes() < size {
            // An answer to a part of the file is none.
            return Err(if state.failed() {
                ContentError::Source
            } else {
                ContentError::BrokenOff
            });
        }
        let uploaded: Uploaded = answer::json(response, ANSWER_BYTES).await?;
        Signature::from_base64(&uploaded.single_file.file_checksum)
            .ok_or(ContentError::Refused(status.as_u16()))
    }
}

/// What `/preDownload` answers.
#[derive(Deserialize)]
struct Link {
    #[serde(rename = "download-url")]
    download_url: String,
}

/// What `/preUpload` answers.
#[derive(Deserialize)]
struct Slot {
    #[serde(rename = "upload-url")]
    upload_url: String,
    #[serde(rename = "mmcs-url")]
    url: String,
    #[serde(rename = "mmcs-owner")]
    owner: String,
}

/// What an upload is answered with. Apple's samples have more in it; only this is documented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    single_file: SingleFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SingleFile {
    file_checksum: String,
}

/// Waits until an upload goes too slowly, or its answer is late.
async fn overdue(state: &State, size: u64) -> ContentError {
    match state.sent.through(size).await {
        Err(_too_slow) => ContentError::TooSlow,
        Ok(()) => {
            time::sleep(UPLOAD_ANSWER).await;
            ContentError::Unavailable
        }
    }
}

/// A name that is Apple's and leads to an address that may not be called is not Apple's.
fn store_fault(operation: &'static str, error: &CallError) -> ContentError {
    tracing::warn!(operation, code = error.code(), "Apple's content store gave no answer");
    match error {
        CallError::Blocked => ContentError::Host,
        _ => ContentError::Unavailable,
    }
}

fn upload_fault(error: &CallError) -> ContentError {
    match (store_fault("upload", error), error) {
        (_, CallError::Lost) => ContentError::BrokenOff,
        (fault, _) => fault,
    }
}

/// reliability §8.6: connect 2 s, whole 10 s, as in Apple's samples. Here as below, the body is read
/// at its own pace.
const ASK: Limits = Limits {
    connect: Duration::from_secs(2),
    headers: Duration::from_secs(10),
    body: Duration::ZERO,
    total: Duration::from_secs(10),
    body_bytes: 0,
};
/// As [`ASK`], with the longest time of Apple's samples: ten megabytes may go up before the answer.
const DECODE: Limits =
    Limits { headers: Duration::from_secs(30), total: Duration::from_secs(30), ..ASK };
/// As [`ASK`], from the content store, up to its answer's headers.
const OPEN: Limits = ASK;
/// The longest life of a function (AWS, Lambda quotas): before it the pace decides.
const UPLOAD: Limits =
    Limits { headers: Duration::from_mins(15), total: Duration::from_mins(15), ..ASK };
/// From the last byte of an upload to the answer's headers; the store reads it all once more for its
/// checksum, so it gets the longest time of Apple's samples.
const UPLOAD_ANSWER: Duration = Duration::from_secs(30);
/// Links, owners and checksums: Apple's samples have less than a tenth of it.
const ANSWER_BYTES: usize = 64 * 1024;
/// reliability F108.
const DECODED_BYTES: usize = 10 * 1024 * 1024;
/// As long as the gateway's are kept.
const POOL_IDLE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;

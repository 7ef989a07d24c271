use amb_protocol::{attachment::Signature, id::BusinessId, jwt::ApiSecret};
use futures_util::Stream;
use std::future::Future;

use super::{Bytes, Chunks, PortError, WebFault};

/// Apple's content store, and what Apple makes of what lies there (spec/apple-protocol §4, §5). Hosts
/// that are not Apple's are refused before anything is asked of them (F107).
pub trait ContentStore: Send + Sync {
    /// A file being downloaded.
    type Body: Chunks<Error = ContentError>;

    /// `GET /preDownload`: a link to a file, good for seconds.
    fn pre_download(
        &self,
        reference: &Reference<'_>,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<String, ContentError>> + Send;

    /// Opens what a link leads to, from this byte on where the server takes ranges.
    fn open(
        &self,
        link: &str,
        from: u64,
    ) -> impl Future<Output = Result<Opened<Self::Body>, ContentError>> + Send;

    /// `POST /decodePayload`: the interactive data, as a JSON object, of at most ten megabytes.
    fn decode_payload(
        &self,
        business: &BusinessId,
        bid: &str,
        plain: Vec<u8>,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<Vec<u8>, ContentError>> + Send;

    /// `GET /preUpload`: a place for a file of so many bytes.
    fn pre_upload(
        &self,
        business: &BusinessId,
        size: u64,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<UploadTicket, ContentError>> + Send;

    /// Puts a file of exactly so many bytes there; answers its `fileChecksum`. A source that fails
    /// breaks the upload off.
    fn upload(
        &self,
        ticket: &UploadTicket,
        size: u64,
        bytes: impl Stream<Item = Result<Bytes, PortError>> + Send + 'static,
    ) -> impl Future<Output = Result<Signature, ContentError>> + Send;
}

/// What a message says of where a file lies.
#[derive(Clone, Copy)]
pub struct Reference<'r> {
    /// The business whose message it is.
    pub business: &'r BusinessId,
    /// `url`
    pub url: &'r str,
    /// `owner`
    pub owner: &'r str,
    /// The signature, in base64.
    pub signature: &'r str,
}

impl std::fmt::Debug for Reference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reference")
    }
}

/// A file being downloaded.
#[derive(Debug)]
pub struct Opened<B> {
    /// The byte that it begins with: the one asked for, or 0 where the server takes no ranges.
    pub offset: u64,
    /// How many bytes follow, if the server says.
    pub length: Option<u64>,
    /// The bytes.
    pub body: B,
}

/// A place for a file in Apple's content store.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadTicket {
    /// `upload-url`: where to post it.
    pub upload_url: String,
    /// `mmcs-url`: what messages call it.
    pub url: String,
    /// `mmcs-owner`
    pub owner: String,
}

impl std::fmt::Debug for UploadTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UploadTicket")
    }
}

/// Why Apple's content store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The key was refused (401; 403 where no file is named).
    #[error("Apple refused the key")]
    Unauthorized,
    /// A host that is not Apple's.
    #[error("the host is not Apple's")]
    Host,
    /// 403, 404 or 410: the link died, or the file is gone.
    #[error("there is nothing any more ({0})")]
    Gone(u16),
    /// Another 4xx, or an answer that is none: the same again will do no better.
    #[error("Apple refused it ({0})")]
    Refused(u16),
    /// More than the cap.
    #[error("the answer is too large")]
    TooLarge,
    /// Slower than 64 KB/s over 20 s (F099).
    #[error("it came too slowly")]
    TooSlow,
    /// It broke off.
    #[error("it broke off")]
    BrokenOff,
    /// Nobody answered, 429 or 5xx.
    #[error("Apple's content store is not to be had")]
    Unavailable,
    /// The source of an upload failed.
    #[error("what was to be uploaded could not be read")]
    Source,
}

/// The public web, behind the SSRF wall, a piece at a time.
pub trait WebFiles: Send + Sync {
    /// A file being fetched.
    type Body: Chunks<Error = WebFault>;

    /// Opens what is at an https URL, redirects followed, each through the wall. More than `max_bytes`
    /// is refused: at once where the server says how much it is, in the middle where it does not.
    fn open_web(
        &self,
        url: &str,
        max_bytes: u64,
    ) -> impl Future<Output = Result<WebFile<Self::Body>, WebFault>> + Send;
}

/// A file on the web.
#[derive(Debug)]
pub struct WebFile<B> {
    /// The last segment of the path it was found at.
    pub name: Option<String>,
    /// `Content-Type`, in lower case, with its parameters.
    pub content_type: Option<String>,
    /// Bytes, if the server says.
    pub length: Option<u64>,
    /// The bytes.
    pub body: B,
}

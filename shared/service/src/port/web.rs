use std::{future::Future, time::Duration};

/// The public web, behind the SSRF wall: pictures that a business names, and pages that it links to.
pub trait Web: Send + Sync {
    /// Gets what is at an https URL, redirects followed, each through the wall.
    fn get(
        &self,
        url: &str,
        ask: &WebAsk,
    ) -> impl Future<Output = Result<WebPage, WebFault>> + Send;
}

/// What is asked for, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAsk {
    /// `Accept`.
    pub accept: &'static str,
    /// Bytes taken at most.
    pub max_bytes: usize,
    /// Whether more than that is cut off instead of refused.
    pub cut: bool,
    /// How long all of it may take.
    pub within: Duration,
}

/// What was there.
#[derive(Clone, PartialEq, Eq)]
pub struct WebPage {
    /// Where it was in the end.
    pub url: String,
    /// `Content-Type`, in lower case, with its parameters.
    pub content_type: Option<String>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for WebPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebPage").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Why there is nothing. Texts are written for whoever named the URL; they tell nothing of the inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebFault {
    /// The URL is none that is fetched: not https, a private address, credentials in it.
    #[error("the URL cannot be used: {0}")]
    Refused(String),
    /// Nobody answered, or not in time.
    #[error("the URL did not answer in time")]
    Unreachable,
    /// Another status than 200.
    #[error("the URL answered {0}")]
    Status(u16),
    /// More than was asked for.
    #[error("what is there is larger than {0} bytes")]
    TooLarge(usize),
    /// Too many redirects.
    #[error("the URL redirects too often")]
    Redirects,
}

impl WebFault {
    /// Whether a later try may do better.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Refused(_) | Self::TooLarge(_) | Self::Redirects => false,
        }
    }
}

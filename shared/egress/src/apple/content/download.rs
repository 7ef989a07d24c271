//! What comes out of Apple's content store.

use amb_service::port::{Bytes, Chunks, ContentError};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_RANGE, HeaderMap},
};

use crate::{
    exchange,
    pace::{Pace, Stop},
};

/// A file being downloaded.
#[derive(Debug)]
pub struct Download {
    response: Response,
    pace: Pace,
}

impl Download {
    /// The body of an answer; one that is compressed is none, since nobody asked for it.
    pub(super) fn of(response: Response) -> Result<Self, ContentError> {
        if exchange::is_plain(response.headers()) {
            Ok(Self { response, pace: Pace::default() })
        } else {
            Err(ContentError::Refused(response.status().as_u16()))
        }
    }

    /// How much there is, if the server says.
    pub(super) fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// All of it, unless it is more than this.
    pub(super) async fn whole(mut self, max_bytes: usize) -> Result<Vec<u8>, ContentError> {
        let announced = self.length().unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > max_bytes {
            return Err(ContentError::TooLarge);
        }
        let mut whole = Vec::with_capacity(announced);
        while let Some(piece) = self.chunk().await? {
            if piece.len() > max_bytes - whole.len() {
                return Err(ContentError::TooLarge);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

impl Chunks for Download {
    type Error = ContentError;

    async fn chunk(&mut self) -> Result<Option<Bytes>, ContentError> {
        self.pace.next(&mut self.response).await.map_err(|stop| match stop {
            Stop::TooSlow => ContentError::TooSlow,
            Stop::BrokenOff => ContentError::BrokenOff,
        })
    }
}

/// Where the answer to a request for a range begins: at its first byte, or at the file's. None if it
/// is neither.
pub(super) fn offset(status: StatusCode, headers: &HeaderMap, from: u64) -> Option<u64> {
    match status {
        StatusCode::OK => Some(0),
        StatusCode::PARTIAL_CONTENT => first_byte(headers).filter(|first| *first == from),
        _ => None,
    }
}

/// The first position in `Content-Range: bytes 4096-8191/10000` (RFC 9110, section 14.4).
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    range.trim_start().split_once('-')?.0.parse().ok()
}

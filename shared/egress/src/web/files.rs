//! Files of any size that a business names by URL, a piece at a time.

use std::time::Duration;

use amb_service::port::{Bytes, Chunks, WebFault, WebFile, WebFiles};
use percent_encoding::percent_decode_str;
use reqwest::Response;
use tokio::time;

use super::{COMPRESSED, WalledWeb, content_type};
use crate::{
    EndpointUrl, exchange,
    pace::{Pace, Stop},
};

/// A file being fetched.
#[derive(Debug)]
pub struct WebDownload {
    response: Response,
    pace: Pace,
    max_bytes: u64,
    left: u64,
}

impl WebFiles for WalledWeb {
    type Body = WebDownload;

    async fn open_web(&self, url: &str, max_bytes: u64) -> Result<WebFile<WebDownload>, WebFault> {
        let deadline = time::Instant::now() + OPEN;
        let (url, response) = self.follow(url, "*/*", deadline).await?;
        if !exchange::is_plain(response.headers()) {
            return Err(WebFault::Refused(COMPRESSED.to_owned()));
        }
        let length = response.content_length();
        if length.is_some_and(|announced| announced > max_bytes) {
            return Err(too_large(max_bytes));
        }
        Ok(WebFile {
            name: name(&url),
            content_type: content_type(response.headers()),
            length,
            body: WebDownload { response, pace: Pace::default(), max_bytes, left: max_bytes },
        })
    }
}

impl Chunks for WebDownload {
    type Error = WebFault;

    async fn chunk(&mut self) -> Result<Option<Bytes>, WebFault> {
        let piece = self.pace.next(&mut self.response).await.map_err(|stop| match stop {
            Stop::TooSlow | Stop::BrokenOff => WebFault::Unreachable,
        })?;
        if let Some(piece) = &piece {
            let left = self.left.checked_sub(piece.len() as u64);
            self.left = left.ok_or_else(|| too_large(self.max_bytes))?;
        }
        Ok(piece)
    }
}

fn too_large(max_bytes: u64) -> WebFault {
    WebFault::TooLarge(usize::try_from(max_bytes).unwrap_or(usize::MAX))
}

/// The last segment of the path, as whoever wrote it meant it. It may have any character in it.
fn name(url: &EndpointUrl) -> Option<String> {
    let url = url.to_url();
    let segment = url.path_segments()?.next_back().filter(|segment| !segment.is_empty())?;
    percent_decode_str(segment).decode_utf8().ok().map(Into::into)
}

/// Redirects and all, up to the headers of the last answer.
const OPEN: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;

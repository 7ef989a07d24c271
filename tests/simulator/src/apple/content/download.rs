//! `GET /preDownload`, then a GET of the encrypted file at the address it gives.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::blob::{Blob, PIECE};
use super::store::{Download, Object, new_ticket};
use super::trouble;
use super::upload::{header, without_token};
use crate::apple::gateway::{Call, Refusal, bad_request};
use crate::host;
use crate::line::Scissors;
use crate::model::{ContentSettings, Place, Spoil};
use crate::world::State;

/// The two sets of header names that Apple takes.
const SPELLINGS: [[&str; 3]; 2] =
    [["url", "signature", "owner"], ["mmcs-url", "mmcs-signature", "mmcs-owner"]];
/// How often a slow server sends something.
const BEAT: Duration = Duration::from_millis(100);

/// `GET /apple/v1/preDownload`: an address at which the file can be had for a while.
pub(super) async fn pre_download(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
) -> Response {
    let mut call = Call::new("GET /v1/preDownload", &headers, &Bytes::new());
    if let Err(refusal) = call.authorize(&state, &headers) {
        return call.refuse(&state, &refusal);
    }
    let found = named(&state, &headers);
    let customer = found.as_ref().ok().and_then(|object| object.customer.clone());
    let struck = trouble::strike(&state, &line, call, Place::PreDownload, customer.as_deref());
    let (call, trouble) = match struck.await {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let object = match found {
        Ok(object) => object,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let ticket = new_ticket();
    let answer =
        json!({"download-url": format!("{}/apple/content/download/{ticket}", state.url())});
    let download = Download { object, at: host::now_ms(), used: false };
    state.change(|world| world.content.downloads.insert(ticket, download));
    trouble.answer(&state, &line, call, |call| call.accept(&state, Some(answer))).await
}

fn named(state: &State, headers: &HeaderMap) -> Result<Object, Refusal> {
    header(headers, "source-id")?;
    let [current, samples] = SPELLINGS;
    let names = if headers.contains_key(samples[0]) { samples } else { current };
    let [url, signature, owner] = names.map(|name| header(headers, name));
    let (url, signature, owner) = (url?, signature?, owner?);
    let object = state
        .read(|world| world.content.find(url).cloned())
        .filter(|object| object.owner == owner)
        .ok_or_else(|| Refusal(StatusCode::NOT_FOUND, "no such content".to_owned()))?;
    if state.read(|world| object.has_expired(&world.account.gateway.content)) {
        return Err(Refusal(StatusCode::NOT_FOUND, "content has expired".to_owned()));
    }
    if signature == object.base64() {
        return Ok(object);
    }
    let is_hex = signature.eq_ignore_ascii_case(&object.hex());
    let why = if is_hex { "signature is hex, not base64" } else { "signature does not match" };
    Err(bad_request(why))
}

/// `GET /apple/content/download/{ticket}`: the file, or the part of it asked for.
pub(super) async fn download(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Response {
    let call = Call::new("GET /content/download", &headers, &Bytes::new());
    let known = state.read(|world| {
        world.content.downloads.get(&ticket).and_then(|it| it.object.customer.clone())
    });
    let struck = trouble::strike(&state, &line, call, Place::Content, known.as_deref()).await;
    let (call, mut trouble) = match struck {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let redeemed = without_token(&headers).and_then(|()| redeem(&state, &ticket));
    let (object, settings) = match redeemed {
        Ok(redeemed) => redeemed,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let (ranges, spoil) = (settings.ranges, trouble.spoil.take());
    let length = match spoil {
        Some(Spoil::Truncated { bytes }) => object.size().saturating_sub(bytes),
        Some(Spoil::Longer { bytes }) => object.size().saturating_add(bytes),
        _ => object.size(),
    };
    let asked = headers.get(RANGE).filter(|_| ranges).and_then(|range| range.to_str().ok());
    let (status, from, to) = match asked.map(|range| part(range, length)) {
        None | Some(Part::Whole) => (StatusCode::OK, 0, length),
        Some(Part::From(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Part::None) => {
            let beyond = Refusal(StatusCode::RANGE_NOT_SATISFIABLE, "beyond the end".to_owned());
            let mut answer = call.refuse(&state, &beyond);
            add(&mut answer, CONTENT_RANGE, &format!("bytes */{length}"));
            return answer;
        }
    };
    let outlet = Outlet { blob: object.blob, at: from, from, to, spoil, line: line.clone() };
    let body = Body::from_stream(pour(outlet));
    let answer = trouble.answer(&state, &line, call, |call| {
        drop(call.accept(&state, None));
        (status, body).into_response()
    });
    let mut answer = answer.await;
    add(&mut answer, CONTENT_TYPE, "application/octet-stream");
    if settings.lengths {
        add(&mut answer, CONTENT_LENGTH, &(to - from).to_string());
    }
    add(&mut answer, ACCEPT_RANGES, if ranges { "bytes" } else { "none" });
    if status == StatusCode::PARTIAL_CONTENT {
        add(&mut answer, CONTENT_RANGE, &format!("bytes {from}-{}/{length}", to - 1));
    }
    answer
}

/// 404 for an address nobody was given, 403 for one whose time is over.
fn redeem(state: &State, ticket: &str) -> Result<(Object, ContentSettings), Refusal> {
    state.change(|world| {
        let settings = world.account.gateway.content.clone();
        let unknown = || Refusal(StatusCode::NOT_FOUND, "no such download".to_owned());
        let download = world.content.downloads.get_mut(ticket).ok_or_else(unknown)?;
        let age = host::now_ms().saturating_sub(download.at);
        if age > settings.download_life_ms || (settings.download_once && download.used) {
            return Err(Refusal(StatusCode::FORBIDDEN, "the address has expired".to_owned()));
        }
        download.used = true;
        Ok((download.object.clone(), settings))
    })
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// No range, or one that is ignored: several, or not understood.
    Whole,
    /// From, and up to but not including.
    From(u64, u64),
    /// Beyond the end.
    None,
}

pub(crate) fn part(range: &str, length: u64) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|it| it.split_once('-')) else {
        return Part::Whole;
    };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= length => Part::None,
        (Ok(first), Ok(last)) if last >= first => Part::From(first, (last + 1).min(length)),
        (Ok(first), Err(_)) if last.is_empty() => Part::From(first, length),
        (Err(_), Ok(0)) if first.is_empty() => Part::None,
        (Err(_), Ok(last)) if first.is_empty() => Part::From(length.saturating_sub(last), length),
        _ => Part::Whole,
    }
}

/// A file on its way out.
struct Outlet {
    blob: Arc<Blob>,
    at: u64,
    from: u64,
    to: u64,
    spoil: Option<Spoil>,
    line: Scissors,
}

fn pour(outlet: Outlet) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(outlet, async |mut outlet| {
        let bytes = outlet.next().await?;
        Ok((!bytes.is_empty()).then_some((bytes, outlet)))
    })
}

impl Outlet {
    async fn next(&mut self) -> io::Result<Bytes> {
        let left = self.to - self.at;
        if left == 0 {
            return Ok(Bytes::new());
        }
        let mut most = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
        match self.spoil {
            Some(Spoil::Drip { bytes_per_second }) => {
                tokio::time::sleep(BEAT).await;
                most = most.min(usize::try_from(bytes_per_second / 10).unwrap_or(PIECE).max(1));
            }
            Some(Spoil::Reset { after }) => {
                let sent = self.at - self.from;
                if sent >= after {
                    // What was sent must arrive before the line is cut.
                    tokio::time::sleep(BEAT).await;
                    self.line.cut();
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                most = most.min(usize::try_from(after - sent).unwrap_or(PIECE));
            }
            _ => {}
        }
        let mut bytes = self.blob.after(self.at, most);
        if bytes.is_empty() {
            bytes = vec![0; most].into();
        }
        let at = self.at;
        self.at += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.spoilt(at, bytes))
    }

    fn spoilt(&self, at: u64, bytes: Bytes) -> Bytes {
        let flip = |byte: &mut u8, position: u64| match self.spoil {
            Some(Spoil::FlippedBit { bit }) if bit / 8 == position => *byte ^= 1 << (bit % 8),
            // Noise instead of what the key opens; never the byte itself.
            Some(Spoil::OtherKey) => {
                *byte ^= position.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0] | 1;
            }
            _ => {}
        };
        if !matches!(self.spoil, Some(Spoil::FlippedBit { .. } | Spoil::OtherKey)) {
            return bytes;
        }
        let mut bytes = bytes.to_vec();
        bytes.iter_mut().zip(at..).for_each(|(byte, position)| flip(byte, position));
        bytes.into()
    }
}

fn add(answer: &mut Response, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_part_or_none() {
        for (range, expected) in [
            ("bytes=0-0", Part::From(0, 1)),
            ("bytes=3-", Part::From(3, 10)),
            ("bytes=3-99", Part::From(3, 10)),
            ("bytes=-4", Part::From(6, 10)),
            ("bytes=-99", Part::From(0, 10)),
            ("bytes=10-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-0,5-6", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::None);
    }
}

//! A file on its way into Apple's content store.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use amb_service::port::{Bytes, PortError};
use futures_util::Stream;
use hyper::body::{Body, Frame, SizeHint};

use crate::pace::Progress;

/// A request's body of exactly the announced length. One whose source fails, ends early or has more
/// breaks the request off: the other side must never take a part of a file for the whole.
pub(super) struct Outgoing {
    /// Never locked: a body has to be `Sync`, and this makes one of a stream that is not.
    source: Mutex<Pin<Box<Pieces>>>,
    left: u64,
    /// The last piece waits for the end of the source, after which the other side has all.
    last: Option<Bytes>,
    over: bool,
    state: Arc<State>,
}

type Pieces = dyn Stream<Item = Result<Bytes, PortError>> + Send;

/// How an upload stands, for whoever waits for its answer.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What has been handed to the connection.
    pub(super) sent: Progress,
    failed: AtomicBool,
}

impl State {
    /// Whether it broke off because of its source.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

/// The source failed, or has not as many bytes as announced.
#[derive(Debug, thiserror::Error)]
#[error("the file could not be read to its end")]
pub(super) struct SourceFailed(#[source] Option<PortError>);

impl Outgoing {
    pub(super) fn new(
        source: impl Stream<Item = Result<Bytes, PortError>> + Send + 'static,
        size: u64,
        state: Arc<State>,
    ) -> Self {
        Self { source: Mutex::new(Box::pin(source)), left: size, last: None, over: false, state }
    }

    fn fail(&mut self, error: Option<PortError>) -> SourceFailed {
        self.over = true;
        self.last = None;
        self.state.failed.store(true, Ordering::Relaxed);
        SourceFailed(error)
    }

    fn hand_over(&self, piece: Bytes) -> Frame<Bytes> {
        self.state.sent.add(&piece);
        Frame::data(piece)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = SourceFailed;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SourceFailed>>> {
        let this = self.get_mut();
        while !this.over {
            let source = this.source.get_mut().unwrap_or_else(PoisonError::into_inner);
            let piece = match ready!(source.as_mut().poll_next(context)) {
                Some(Ok(piece)) if piece.is_empty() => continue,
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Poll::Ready(Some(Err(this.fail(Some(error))))),
                None if this.left > 0 => return Poll::Ready(Some(Err(this.fail(None)))),
                None => {
                    this.over = true;
                    let last = this.last.take().map(|piece| Ok(this.hand_over(piece)));
                    return Poll::Ready(last);
                }
            };
            let Some(left) = this.left.checked_sub(piece.len() as u64) else {
                return Poll::Ready(Some(Err(this.fail(None))));
            };
            this.left = left;
            if left > 0 {
                return Poll::Ready(Some(Ok(this.hand_over(piece))));
            }
            this.last = Some(piece);
        }
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        let last = self.last.as_ref().map_or(0, |piece| piece.len() as u64);
        SizeHint::with_exact(self.left + last)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("left", &self.left).finish_non_exhaustive()
    }
}

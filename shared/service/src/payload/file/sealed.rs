//! A file on its way out: read a piece at a time, and encrypted where it lies.

use amb_protocol::attachment::{AttachmentKey, Cipher, content_type::HEAD_BYTES};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use std::{collections::VecDeque, sync::Arc};

use crate::{
    payload::hold::Hold,
    port::{Chunks, Clock, Payloads, PortError},
};

/// A file that is being read; what was read of it already, to tell what it is, comes again.
pub(super) struct Plain<B> {
    read: VecDeque<Bytes>,
    head: Vec<u8>,
    rest: B,
}

impl<B: Chunks<Error = PortError> + 'static> Plain<B> {
    /// Reads as much as it takes to tell what it is.
    pub(super) async fn begun(mut rest: B) -> Result<Self, PortError> {
        let (mut read, mut head) = (VecDeque::new(), Vec::new());
        while head.len() < HEAD_BYTES
            && let Some(piece) = rest.chunk().await?
        {
            head.extend(piece.iter().take(HEAD_BYTES - head.len()));
            read.push_back(piece);
        }
        Ok(Self { read, head, rest })
    }

    /// Its first bytes.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// All of it, encrypted. It breaks off when the time is over.
    pub(super) fn sealed<S: Payloads + 'static, C: Clock + 'static>(
        self,
        key: &AttachmentKey,
        hold: Arc<Hold<S, C>>,
    ) -> impl Stream<Item = Result<Bytes, PortError>> + Send + 'static {
        stream::unfold(Some((self, Cipher::new(key))), move |on_its_way| {
            let hold = Arc::clone(&hold);
            async move {
                let (mut plain, mut cipher) = on_its_way?;
                hold.keep().await;
                if hold.is_over() {
                    return Some((Err(PortError::unavailable("upload", "the time is over")), None));
                }
                match plain.next().await {
                    Ok(piece) => {
                        let piece = seal(piece?, &mut cipher);
                        Some((Ok(piece), Some((plain, cipher))))
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        match self.read.pop_front() {
            Some(piece) => Ok(Some(piece)),
            None => self.rest.chunk().await,
        }
    }
}

/// In place where nobody else holds the bytes, else in a copy of this piece.
fn seal(piece: Bytes, cipher: &mut Cipher) -> Bytes {
    let mut piece = piece.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
    cipher.apply(&mut piece);
    piece.freeze()
}

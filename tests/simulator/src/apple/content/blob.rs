//! Bytes as they came, in pieces of one size, shared by everybody who streams them.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use axum::body::{Body, Bytes};
use futures_util::StreamExt;

use super::seal::Seal;

/// Bytes of each piece but the last; whole blocks of the cipher.
pub(crate) const PIECE: usize = 256 * 1024;
/// How a signature begins; the other 20 bytes are the SHA-1 of what is stored. Apple does not say
/// what they are.
const SIGNATURE_KIND: u8 = 0x81;

/// What is stored of one file.
#[derive(Default)]
pub(crate) struct Blob {
    pieces: Vec<Bytes>,
    length: u64,
}

impl Blob {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// What follows `from`, up to the end of its piece and `at_most` bytes; empty at the end.
    pub(crate) fn after(&self, from: u64, at_most: usize) -> Bytes {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let Some(piece) = self.pieces.get(from / PIECE) else { return Bytes::new() };
        let start = (from % PIECE).min(piece.len());
        piece.slice(start..start.saturating_add(at_most).min(piece.len()))
    }

    pub(crate) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.length)
    }
}

/// Why a body was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// It has more bytes than may come.
    TooLong,
    /// It ended before its end.
    CutOff,
}

/// Takes bytes in, sealing them on the way if they are plain.
pub(crate) struct Intake<'s> {
    seal: Option<&'s Seal>,
    piece: Vec<u8>,
    blob: Blob,
    digest: Context,
}

impl<'s> Intake<'s> {
    pub(crate) fn new(seal: Option<&'s Seal>) -> Self {
        let digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        Self { seal, piece: Vec::new(), blob: Blob::default(), digest }
    }

    /// Everything a request brings, at most `longest` bytes.
    pub(crate) async fn body(
        mut self,
        body: Body,
        longest: u64,
    ) -> Result<(Blob, [u8; 21]), Incomplete> {
        let mut stream = body.into_data_stream();
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|_reset| Incomplete::CutOff)?;
            self.add(&bytes);
            if self.length() > longest {
                return Err(Incomplete::TooLong);
            }
        }
        Ok(self.finish())
    }

    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            if self.piece.len() == PIECE {
                self.store();
            }
            bytes = later;
        }
    }

    /// What was stored, and the signature of it.
    pub(crate) fn finish(mut self) -> (Blob, [u8; 21]) {
        self.store();
        let mut signature = [SIGNATURE_KIND; 21];
        for (byte, of_digest) in signature.iter_mut().skip(1).zip(self.digest.finish().as_ref()) {
            *byte = *of_digest;
        }
        (self.blob, signature)
    }

    fn length(&self) -> u64 {
        self.blob.length + u64::try_from(self.piece.len()).unwrap_or(u64::MAX)
    }

    fn store(&mut self) {
        let mut piece = std::mem::take(&mut self.piece);
        if piece.is_empty() {
            return;
        }
        if let Some(seal) = self.seal {
            seal.apply(self.blob.length, &mut piece);
        }
        self.digest.update(&piece);
        self.blob.length += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        piece.shrink_to_fit();
        self.blob.pieces.push(piece.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_at_any_place() {
        let bytes: Vec<u8> = (0..PIECE * 2 + 5).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let mut intake = Intake::new(None);
        bytes.chunks(1000).for_each(|chunk| intake.add(chunk));
        let (blob, signature) = intake.finish();
        assert_eq!((blob.length(), signature[0]), (bytes.len() as u64, 0x81));
        for from in [0, 1, PIECE - 1, PIECE, PIECE * 2, PIECE * 2 + 4, PIECE * 2 + 5] {
            let some = blob.after(from as u64, 100);
            assert!(bytes[from..].starts_with(&some), "{from}");
            assert_eq!(some.is_empty(), from == bytes.len());
        }
        assert!(blob.after(u64::MAX, 1).is_empty());
    }
}

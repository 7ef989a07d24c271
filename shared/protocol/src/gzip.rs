//! Apple's webhook bodies arrive gzip-compressed (Apple, Messages Received; all of Apple's samples
//! inflate). Inflating is capped: a request of 6 MB can otherwise become 6 GB, as deflate reaches a
//! ratio of about 1,030 to 1.

use std::io::{self, Read, Write};

use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};

/// Ratio that a first allocation assumes; JSON of this protocol shrinks two- to sixfold.
const USUAL_RATIO: usize = 4;

/// Why a compressed body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It holds more bytes than the cap; inflating stopped one byte beyond it.
    #[error("the body is larger than {cap} bytes when inflated")]
    TooLarge {
        /// The cap in bytes.
        cap: usize,
    },
    /// It is not gzip, is cut short, fails its checksum or length, or has bytes behind its end.
    #[error("the body is not one sound gzip stream")]
    BadGzip,
}

/// Whether the bytes start like a gzip stream (RFC 1952, section 2.3.1).
///
/// Apple sends `Content-Encoding: gzip`, but a proxy may drop the header, so the first two bytes are
/// asked too.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Inflates a whole gzip body, at most `cap` bytes of it.
///
/// Several members in a row are one body, as RFC 1952 has it. Each member's CRC-32 and length must
/// hold, and nothing may follow the last. Empty input is refused.
pub fn inflate(bytes: &[u8], cap: usize) -> Result<Vec<u8>, InflateError> {
    let mut plain = Vec::with_capacity(bytes.len().saturating_mul(USUAL_RATIO).min(cap));
    let mut rest = bytes;
    loop {
        if !is_gzip(rest) {
            return Err(InflateError::BadGzip);
        }
        let room = cap - plain.len();
        // One byte more than fits tells "exactly full" from "too large" without inflating on.
        let mut member = GzDecoder::new(rest).take(room as u64 + 1);
        match member.read_to_end(&mut plain) {
            Ok(count) if count > room => return Err(InflateError::TooLarge { cap }),
            Ok(_) => {}
            Err(_) => return Err(InflateError::BadGzip),
        }
        rest = member.into_inner().into_inner();
        if rest.is_empty() {
            return Ok(plain);
        }
    }
}

/// Compresses a body the way Apple does, for the simulator and for tests.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    in_memory(written)
}

/// Writing to a vector has no way to fail.
#[expect(clippy::expect_used, reason = "a Vec<u8> takes every write")]
fn in_memory(written: io::Result<Vec<u8>>) -> Vec<u8> {
    written.expect("a Vec<u8> takes every write")
}

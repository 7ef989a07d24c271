//! Apple's webhook bodies arrive gzip-compressed (Apple, Messages Received; all of Apple's samples
//! inflate). Inflating is capped: a request of 6 MB can otherwise become 6 GB, as deflate reaches a
//! ratio of about 1,030 to 1.

use std::io::{self, Read, Write};

use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};

/// Ratio that a first allocation assumes; JSON of this protocol shrinks two- to sixfold.
const USUAL_RATIO: usize = 4;

/// Most members of one body: our choice. Apple sends one; each costs a decoder's tables.
const MAX_MEMBERS: usize = 64;

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
/// Several members in a row are one body, as RFC 1952 has it (64 at most). Each member's CRC-32 and length must
/// hold, and nothing may follow the last. Empty input is refused.
pub fn inflate(bytes: &[u8], cap: usize) -> Result<Vec<u8>, InflateError> {
    let mut plain = Vec::with_capacity(bytes.len().saturating_mul(USUAL_RATIO).min(cap));
    let mut rest = bytes;
    for _ in 0..MAX_MEMBERS {
        if !is_gzip(rest) {
            break;
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
    Err(InflateError::BadGzip)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAP: usize = 8 << 20;

    #[test]
    fn m108_a_body_cut_anywhere_is_refused() {
        let whole = deflate("Grüße 👋 ".repeat(40).as_bytes());
        for end in 0..whole.len() {
            assert_eq!(inflate(&whole[..end], CAP), Err(InflateError::BadGzip), "{end}");
        }
        assert!(inflate(&whole, CAP).is_ok());
    }

    #[test]
    fn m109_a_wrong_checksum_or_length_is_refused() {
        let whole = deflate(b"a customer's words");
        for at in whole.len() - 8..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert_eq!(inflate(&broken, CAP), Err(InflateError::BadGzip), "{at}");
        }
    }

    #[test]
    fn m109_bytes_behind_the_end_are_refused() {
        let mut body = deflate(b"x");
        body.push(0);
        assert_eq!(inflate(&body, CAP), Err(InflateError::BadGzip));
        body.extend_from_slice(&deflate(b"y"));
        assert_eq!(inflate(&body, CAP), Err(InflateError::BadGzip));
    }

    #[test]
    fn m109_members_in_a_row_are_one_body_under_one_cap() {
        let body = [deflate(b"one "), deflate(b""), deflate(b"two")].concat();
        assert_eq!(inflate(&body, CAP).unwrap(), b"one two");
        assert_eq!(inflate(&body, 7).unwrap(), b"one two");
        assert_eq!(inflate(&body, 6), Err(InflateError::TooLarge { cap: 6 }));
        assert_eq!(inflate(&deflate(b"").repeat(65), CAP), Err(InflateError::BadGzip));
    }

    #[test]
    fn m109_an_endless_file_name_in_the_header_is_refused() {
        let mut body = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
        body.resize(1 << 20, b'n');
        assert_eq!(inflate(&body, CAP), Err(InflateError::BadGzip));
    }

    #[test]
    fn m110_a_bomb_is_left_at_the_cap() {
        let bomb = deflate(&vec![0; 64 << 20]);
        assert!(bomb.len() < 70_000);
        assert_eq!(inflate(&bomb, CAP), Err(InflateError::TooLarge { cap: CAP }));
    }

    #[test]
    fn m112_nothing_is_not_gzip() {
        assert_eq!(inflate(b"", CAP), Err(InflateError::BadGzip));
        assert_eq!(inflate(b"{}", CAP), Err(InflateError::BadGzip));
        assert!(!is_gzip(b"\x1f") && is_gzip(&deflate(b"")));
    }

    #[test]
    fn m113_the_cap_itself_still_fits() {
        let body = deflate(&vec![b' '; CAP]);
        assert_eq!(inflate(&body, CAP).unwrap().len(), CAP);
        assert_eq!(inflate(&body, CAP - 1), Err(InflateError::TooLarge { cap: CAP - 1 }));
    }

    proptest! {
        #[test]
        fn what_was_deflated_inflates_to_itself(bytes in prop::collection::vec(any::<u8>(), 0..4_096)) {
            prop_assert_eq!(inflate(&deflate(&bytes), bytes.len()).unwrap(), bytes);
        }

        #[test]
        fn any_bytes_inflate_or_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            bytes.splice(..0, [0x1f, 0x8b, 8]);
            let _ = inflate(&bytes, 1_024);
        }
    }
}

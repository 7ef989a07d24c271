//! Whether a PNG can go as it came.

use amb_protocol::compose::Slot;

use crate::{Format, Source};

/// A PNG of the slot's size, within the limit, of at most eight bits a channel, and with nothing in
/// it but the picture: no colours other than sRGB, no animation, no text, nothing behind its end.
/// The caller has decoded it.
pub(crate) fn is_fit(bytes: &[u8], source: Source, slot: Slot, limit: usize) -> bool {
    let (width, height) = slot.pixels();
    let size = if slot.is_exact() {
        (source.width, source.height) == (width, height)
    } else {
        source.width <= width && source.height <= height
    };
    source.format == Format::Png && size && bytes.len() <= limit && is_plain(bytes)
}

fn is_plain(bytes: &[u8]) -> bool {
    // Signature, length and name of IHDR, width and height.
    let depth = bytes.get(24);
    if depth.is_none_or(|depth| *depth > 8) {
        return false;
    }
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let Some((name, after)) = after.split_first_chunk::<4>() else { return false };
        if !CHUNKS.contains(&name) {
            return false;
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        rest = after.get(length.saturating_add(CHECKSUM)..).unwrap_or_default();
        if name == b"IEND" {
            return rest.is_empty();
        }
    }
    false
}

const SIGNATURE: usize = 8;
const CHECKSUM: usize = 4;

/// What a picture of sRGB colours consists of.
const CHUNKS: [&[u8; 4]; 9] =
    [b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"IDAT", b"IEND"];

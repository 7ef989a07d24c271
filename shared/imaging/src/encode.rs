//! PNG out.

use image::{Pixel, RgbaImage};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter, SrgbRenderingIntent};

use crate::palette::Indexed;

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// A first look at how large it will be.
    Glance,
    /// What leaves.
    Final,
}

/// A picture of any colours; its alpha channel only if it has transparency.
pub(crate) fn full(image: &RgbaImage, effort: Effort) -> Option<Vec<u8>> {
    let compression = match effort {
        Effort::Glance => DeflateCompression::FdeflateUltraFast,
        Effort::Final => DeflateCompression::Level(LEVEL),
    };
    let write = |colour, data: &[u8]| {
        write(image.dimensions(), data, |encoder| {
            encoder.set_color(colour);
            encoder.set_filter(Filter::Adaptive);
            encoder.set_deflate_compression(compression);
        })
    };
    if is_opaque(image) {
        let rgb: Vec<u8> = image.pixels().flat_map(|pixel| pixel.to_rgb().0).collect();
        write(ColorType::Rgb, &rgb)
    } else {
        write(ColorType::Rgba, image)
    }
}

/// A picture of at most 256 colours.
pub(crate) fn indexed(image: &Indexed) -> Option<Vec<u8>> {
    let colours: Vec<u8> = image.palette.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
    let solid = image.palette.iter().rposition(|[.., alpha]| *alpha != u8::MAX);
    let alphas = image.palette.iter().take(solid.map_or(0, |last| last + 1));
    let alphas: Vec<u8> = alphas.map(|[.., alpha]| *alpha).collect();
    write(image.size, &image.indices, |encoder| {
        encoder.set_color(ColorType::Indexed);
        encoder.set_filter(Filter::NoFilter);
        encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
        encoder.set_palette(colours);
        if !alphas.is_empty() {
            encoder.set_trns(alphas);
        }
    })
}

pub(crate) fn is_opaque(image: &RgbaImage) -> bool {
    image.pixels().all(|pixel| pixel.0[3] == u8::MAX)
}

/// None only if the data does not match the size, which it does here.
fn write(
    (width, height): (u32, u32),
    data: &[u8],
    set: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, width, height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
    set(&mut encoder);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(data).ok()?;
    writer.finish().ok()?;
    Some(png)
}

/// zlib's own middle: level 9 takes three times as long for a hundredth less.
const LEVEL: u8 = 6;

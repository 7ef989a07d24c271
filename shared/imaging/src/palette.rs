//! Fewer colours: exactly those that are there, or the 256 and less that come closest.

use std::collections::BTreeMap;

use color_quant::NeuQuant;
use image::{Pixel, Rgba, RgbaImage};
use quantette::{ImageRef, PaletteSize, Pipeline, deps::palette::Srgb, dither::FloydSteinberg};

use crate::encode::is_opaque;

/// A picture whose pixels name colours.
pub(crate) struct Indexed {
    pub(crate) size: (u32, u32),
    /// Red, green, blue, alpha; at most 256.
    pub(crate) palette: Vec<[u8; 4]>,
    /// One a pixel.
    pub(crate) indices: Vec<u8>,
}

impl Indexed {
    /// The same picture with its pixels repeated.
    pub(crate) fn grown(self, size: (u32, u32)) -> Self {
        if self.size == size {
            return self;
        }
        let from =
            |at: u32, to: u32, length: u32| u64::from(at) * u64::from(length) / u64::from(to);
        let row = |y| {
            let start = from(y, size.1, self.size.1) * u64::from(self.size.0);
            (0..size.0).map(move |x| start + from(x, size.0, self.size.0))
        };
        let index = |at: u64| usize::try_from(at).ok().and_then(|at| self.indices.get(at));
        let indices = (0..size.1).flat_map(row).filter_map(index).copied().collect();
        Self { size, indices, ..self }
    }
}

/// The picture with the very colours it has, if they are at most 256: logos and charts mostly.
pub(crate) fn exact(image: &RgbaImage) -> Option<Indexed> {
    let mut known: BTreeMap<[u8; 4], u8> = BTreeMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(image.len() / 4);
    let mut last = None;
    for pixel in image.pixels() {
        let colour = pixel.0;
        let index = match (last, known.get(&colour)) {
            (Some((same, index)), _) if same == colour => index,
            (_, Some(index)) => *index,
            (_, None) => {
                let index = u8::try_from(palette.len()).ok()?;
                palette.push(colour);
                known.insert(colour, index);
                index
            }
        };
        last = Some((colour, index));
        indices.push(index);
    }
    Some(Indexed { size: image.dimensions(), palette, indices })
}

/// The picture with the colours that come closest. `dither` is how much of the error goes to the
/// neighbours, which looks better and packs worse.
pub(crate) fn nearest(image: &RgbaImage, colours: u16, dither: f32) -> Option<Indexed> {
    if is_opaque(image) { opaque(image, colours, dither) } else { Some(clear(image, colours)) }
}

fn opaque(image: &RgbaImage, colours: u16, dither: f32) -> Option<Indexed> {
    let pixels: Vec<Srgb<u8>> = image.pixels().map(|pixel| Srgb::from(pixel.to_rgb().0)).collect();
    let (width, height) = image.dimensions();
    let pixels = ImageRef::new(width, height, pixels.as_slice()).ok()?;
    let (palette, indices) = Pipeline::new()
        .palette_size(PaletteSize::from_u16_clamped(colours))
        .ditherer(FloydSteinberg::with_error_diffusion(dither))
        .input_image(pixels)
        .output_srgb8_indexed_image()
        .into_parts();
    let palette = palette.into_iter().map(|c| [c.red, c.green, c.blue, u8::MAX]).collect();
    Some(Indexed { size: image.dimensions(), palette, indices })
}

/// With transparency among the colours, in which edges need no dithering.
fn clear(image: &RgbaImage, colours: u16) -> Indexed {
    let network = NeuQuant::new(SAMPLE, usize::from(colours.max(FEWEST)), image);
    let palette = network.color_map_rgba().as_chunks().0.to_vec();
    let index = |pixel: &Rgba<u8>| u8::try_from(network.index_of(&pixel.0)).unwrap_or(u8::MAX);
    let indices = image.pixels().map(index).collect();
    Indexed { size: image.dimensions(), palette, indices }
}

/// The network learns from one pixel in three.
const SAMPLE: i32 = 3;
/// The network has no fewer colours.
const FEWEST: u16 = 64;

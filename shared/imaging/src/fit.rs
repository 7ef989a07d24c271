//! Into the limit of bytes: first without any loss, then fewer colours, then less detail.

use image::RgbaImage;

use crate::{
    ImageFault,
    encode::{self, Effort},
    palette,
    shape::{resize, side},
};

/// A packed picture.
pub(crate) struct Fitted {
    pub(crate) png: Vec<u8>,
    pub(crate) size: (u32, u32),
}

/// One way to make a picture smaller, each smaller than the one before.
#[derive(Clone, Copy, Debug)]
struct Step {
    colours: u16,
    /// How much of a pixel's error its neighbours make up for.
    dither: f32,
    /// How many pixels in a row become one.
    coarser: f64,
}

/// Packs a picture. One of a size that may change gets smaller instead of coarser.
pub(crate) fn fit(image: &RgbaImage, exact: bool, limit: usize) -> Result<Fitted, ImageFault> {
    if let Some(png) = lossless(image, limit) {
        return Ok(Fitted { png, size: image.dimensions() });
    }
    // Each step takes a while: the first that fits is searched for by halves. Whether one fits is
    // always seen by doing it, so a step that packs better than a later one costs nothing but
    // quality.
    let (mut from, mut to, mut found) = (0, STEPS.len(), None);
    while from < to {
        let middle = usize::midpoint(from, to);
        let step = STEPS.get(middle).ok_or(ImageFault::TooLarge { limit })?;
        match step.take(image, exact)? {
            fitted if fitted.png.len() <= limit => (to, found) = (middle, Some(fitted)),
            _ => from = middle + 1,
        }
    }
    found.ok_or(ImageFault::TooLarge { limit })
}

/// The picture as it is, if that fits.
fn lossless(image: &RgbaImage, limit: usize) -> Option<Vec<u8>> {
    let fits = |png: &Vec<u8>| png.len() <= limit;
    if let Some(indexed) = palette::exact(image) {
        return encode::indexed(&indexed).filter(fits);
    }
    let glance = encode::full(image, Effort::Glance)?;
    // The full effort saves a third at most.
    if glance.len() / 3 * 2 > limit {
        return None;
    }
    encode::full(image, Effort::Final).filter(fits)
}

impl Step {
    fn take(self, image: &RgbaImage, exact: bool) -> Result<Fitted, ImageFault> {
        let size = image.dimensions();
        let small = |length: u32| side(f64::from(length) / self.coarser);
        let small = resize(image.clone().into(), (small(size.0), small(size.1)))?.into_rgba8();
        let indexed = palette::nearest(&small, self.colours, self.dither);
        let indexed = if exact { indexed.map(|indexed| indexed.grown(size)) } else { indexed };
        let png = indexed.as_ref().and_then(encode::indexed).ok_or(ImageFault::Damaged)?;
        Ok(Fitted { png, size: indexed.map_or(size, |indexed| indexed.size) })
    }
}

const fn step(colours: u16, dither: f32, coarser: f64) -> Step {
    Step { colours, dither, coarser }
}

/// Ordered by what a photograph of fine detail keeps, measured at the size of a time picker: colours
/// are worth more than pixels, since these are the pixels of a screen with three to a point, and
/// pixels that are repeated pack better than ones that are blurred.
const STEPS: [Step; 16] = [
    step(256, 0.75, 1.0),
    step(256, 0.5, 1.0),
    step(256, 0.0, 1.0),
    step(256, 0.75, 1.5),
    step(256, 0.0, 1.5),
    step(256, 0.75, 2.0),
    step(256, 0.0, 2.0),
    step(256, 0.75, 3.0),
    step(256, 0.0, 3.0),
    step(256, 0.5, 4.0),
    step(128, 0.5, 4.0),
    step(64, 0.0, 4.0),
    step(64, 0.0, 6.0),
    step(64, 0.0, 8.0),
    step(64, 0.0, 16.0),
    step(64, 0.0, 48.0),
];

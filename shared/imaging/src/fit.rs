//! Into the limit of bytes: first without any loss, then fewer colours, then less detail.

use image::{DynamicImage, RgbaImage};

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
    dither: bool,
    /// How many pixels of the picture become one.
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
        let reduced = (small(size.0), small(size.1));
        let mut taken = DynamicImage::ImageRgba8(image.clone());
        if reduced != size {
            taken = resize(taken, reduced)?;
            if exact {
                taken = resize(taken, size)?;
            }
        }
        let taken = taken.into_rgba8();
        let indexed = palette::nearest(&taken, self.colours, self.dither);
        let png = indexed.and_then(|indexed| encode::indexed(&indexed));
        Ok(Fitted { png: png.ok_or(ImageFault::Damaged)?, size: taken.dimensions() })
    }
}

const fn step(colours: u16, dither: bool, coarser: f64) -> Step {
    Step { colours, dither, coarser }
}

const STEPS: [Step; 15] = [
    step(256, true, 1.0),
    step(128, true, 1.0),
    step(64, true, 1.0),
    step(64, false, 1.0),
    step(64, false, 1.25),
    step(64, false, 1.5),
    step(64, false, 2.0),
    step(64, false, 2.5),
    step(64, false, 3.0),
    step(64, false, 4.0),
    step(64, false, 6.0),
    step(64, false, 8.0),
    step(64, false, 12.0),
    step(64, false, 24.0),
    step(64, false, 48.0),
];

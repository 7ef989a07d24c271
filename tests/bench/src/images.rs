//! A photograph into each of Apple's sizes, beside the `image` crate by itself: decode, its own
//! resize, its own PNG, whatever its size.

use std::{error::Error, hint::black_box, io::Cursor};

use amb_imaging::render;
use amb_protocol::compose::Slot;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops::FilterType};

use crate::{clock::cpu_ms, report::Report};

/// What a phone sends: six million pixels.
const WIDTH: u32 = 3000;
const HEIGHT: u32 = 2000;
/// Bytes of a picture by the August 2026 rules, and of an app's icon.
const LIMIT: usize = 200_000;
const ICON_LIMIT: usize = 15_000;

/// The slots of different sizes, by the names of their figures.
const SLOTS: [(&str, Slot); 7] = [
    ("icon", Slot::Icon),
    ("small", Slot::Small),
    ("large", Slot::Large),
    ("time_picker", Slot::TimePicker),
    ("rich_link", Slot::RichLink),
    ("form", Slot::Form),
    ("app_icon", Slot::AppIcon),
];

/// Measures every slot.
pub(crate) fn measure(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let jpeg = photo()?;
    for (name, slot) in SLOTS {
        let limit = if slot == Slot::AppIcon { ICON_LIMIT } else { LIMIT };
        let made = render(&jpeg, slot, limit)?;
        let ours = cpu_ms(|| drop(black_box(render(black_box(&jpeg), slot, limit))));
        let alone_bytes = alone(&jpeg, slot)?.len();
        let alone = cpu_ms(|| drop(black_box(alone(black_box(&jpeg), slot))));
        let ratio = ours / alone;
        let note = format!(
            "{WIDTH} x {HEIGHT} JPEG to {} x {} PNG of {} bytes; {ratio:.2} x the image crate \
             alone, {alone:.0} ms and {alone_bytes} bytes",
            made.width,
            made.height,
            made.png.len()
        );
        report.figure(format!("images.{name}_ms"), ours, "ms", note);
        report.figure(format!("images.{name}_ratio"), ratio, "x", "over the image crate alone");
    }
    Ok(())
}

/// The same with nothing but the `image` crate, and no limit.
fn alone(jpeg: &[u8], slot: Slot) -> image::ImageResult<Vec<u8>> {
    let (width, height) = slot.pixels();
    let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)?;
    let image = if slot.is_exact() {
        image.resize_to_fill(width, height, FilterType::Lanczos3)
    } else {
        image.resize(width, height, FilterType::Lanczos3)
    };
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// Shapes of every size with some grain, as packers see a photograph.
fn photo() -> image::ImageResult<Vec<u8>> {
    let mut state = 0x9e37_79b9_u32;
    let mut grain = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        i32::from(state.to_le_bytes()[0]) / 16 - 8
    };
    let image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let grain = grain();
        Rgb([1, 2, 3].map(|channel: u32| {
            let wave = |size: u32| triangle(x + y / channel, size) + triangle(y + x / 3, size * 2);
            let shapes = wave(900) / 4 + wave(170) / 8 + wave(37 * channel) / 12;
            u8::try_from((shapes + grain).clamp(0, 255)).unwrap_or_default()
        }))
    });
    let mut jpeg = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut jpeg, ImageFormat::Jpeg)?;
    Ok(jpeg.into_inner())
}

/// From 0 to 255 and back, every `size` pixels.
fn triangle(at: u32, size: u32) -> i32 {
    let place = at % size * 510 / size;
    i32::try_from(place.min(510 - place)).unwrap_or_default()
}

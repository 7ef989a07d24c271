//! Every slot, every format, and what a picture keeps.

mod hostile;
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "colours are drawn with fractions"
)]
mod pictures;

use image::{DynamicImage, GenericImageView, ImageFormat, ImageReader, Rgba, RgbaImage};
use std::io::Cursor;

use self::pictures::{checksum, encoded, oriented, photo, quarters, snow};
use super::*;

/// The August 2026 limit.
const LIMIT: usize = 200_000;

fn limit(slot: Slot) -> usize {
    if slot == Slot::AppIcon { 15_000 } else { LIMIT }
}

fn decoded(png: &[u8]) -> DynamicImage {
    ImageReader::with_format(Cursor::new(png), ImageFormat::Png).decode().unwrap()
}

/// Renders, and holds what every rendered picture keeps.
fn rendered(bytes: &[u8], slot: Slot, limit: usize) -> Rendered {
    let rendered = render(bytes, slot, limit).unwrap();
    assert!(rendered.png.len() <= limit, "{slot:?}: {}", rendered.png.len());
    let image = decoded(&rendered.png);
    assert_eq!((image.width(), image.height()), (rendered.width, rendered.height));
    let (width, height) = slot.pixels();
    if slot.is_exact() {
        assert_eq!((rendered.width, rendered.height), (width, height), "{slot:?}");
    } else {
        assert!(rendered.width <= width && rendered.height <= height, "{slot:?}");
    }
    rendered
}

fn near(image: &DynamicImage, x: u32, y: u32, wanted: [u8; 3]) -> bool {
    let Rgba([red, green, blue, _]) = image.get_pixel(x, y);
    [red, green, blue].iter().zip(wanted).all(|(is, wanted)| is.abs_diff(wanted) < 40)
}

#[test]
fn ap14_ap15_ap16_ap22_lc01_a_noisy_photo_fits_every_slot() {
    let jpeg = encoded(&photo(4000, 3000), ImageFormat::Jpeg);
    for slot in Slot::ALL {
        let once = rendered(&jpeg, slot, limit(slot));
        assert!(once.changed);
        assert_eq!(once.source.format, Format::Jpeg);
        assert_eq!((once.source.width, once.source.height), (4000, 3000));
    }
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    for image in [photo(1300, 900), snow(900, 700)] {
        let bytes = encoded(&image, ImageFormat::Png);
        for slot in [Slot::Large, Slot::AppIcon] {
            assert_eq!(rendered(&bytes, slot, limit(slot)), rendered(&bytes, slot, limit(slot)));
        }
    }
}

#[test]
fn noise_with_transparency_fits_every_slot() {
    let png = encoded(&snow(1200, 800), ImageFormat::Png);
    for slot in Slot::ALL {
        rendered(&png, slot, limit(slot));
    }
}

#[test]
fn every_format_is_read() {
    for (format, name) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::WebP, Format::WebP),
    ] {
        let bytes = encoded(&quarters(400, 400), format);
        let source = inspect(&bytes).unwrap();
        assert_eq!(source, Source { format: name, width: 400, height: 400, bytes: bytes.len() });
        let image = decoded(&rendered(&bytes, Slot::Small, LIMIT).png);
        assert!(near(&image, 45, 45, [255, 0, 0]), "{name:?}");
        assert!(near(&image, 135, 45, [0, 255, 0]), "{name:?}");
        assert!(near(&image, 45, 135, [0, 0, 255]), "{name:?}");
        assert!(near(&image, 135, 135, [255, 255, 255]), "{name:?}");
    }
}

#[test]
fn exact_slots_show_the_middle() {
    // A white bar between two black ones, wider than any slot.
    let wide = RgbaImage::from_fn(1200, 300, |x, _| {
        Rgba(if (450..750).contains(&x) { [255; 4] } else { [0, 0, 0, 255] })
    });
    let png = encoded(&DynamicImage::ImageRgba8(wide), ImageFormat::Png);
    let image = decoded(&rendered(&png, Slot::Small, LIMIT).png);
    for x in [3, 90, 176] {
        assert!(near(&image, x, 90, [255; 3]), "{x}");
    }
}

#[test]
fn exact_slots_are_enlarged_to_and_a_form_is_not() {
    let png = encoded(&quarters(40, 20), ImageFormat::Png);
    for slot in Slot::ALL {
        let rendered = rendered(&png, slot, LIMIT);
        if slot == Slot::Form {
            assert_eq!((rendered.width, rendered.height, rendered.changed), (40, 20, false));
        }
    }
}

#[test]
fn a_form_picture_keeps_its_proportions() {
    for (from, to) in [
        ((3000, 1000), (789, 263)),
        ((500, 1000), (225, 450)),
        ((789, 450), (789, 450)),
        ((8000, 2), (789, 1)),
    ] {
        let jpeg = encoded(&quarters(from.0, from.1), ImageFormat::Jpeg);
        let rendered = rendered(&jpeg, Slot::Form, LIMIT);
        assert_eq!((rendered.width, rendered.height), to);
    }
}

#[test]
fn a_fit_png_stays_untouched_and_an_odd_one_does_not() {
    let png = encoded(&quarters(120, 120), ImageFormat::Png);
    let same = rendered(&png, Slot::Icon, LIMIT);
    assert_eq!((&same.png, same.changed), (&png, false));
    assert!(rendered(&png, Slot::Icon, png.len() - 1).changed);
    assert!(rendered(&png, Slot::Small, LIMIT).changed);

    let mut trailed = png.clone();
    trailed.extend(b"what came behind the end");
    assert!(rendered(&trailed, Slot::Icon, LIMIT).changed);
    let deep = DynamicImage::ImageRgb16(quarters(120, 120).into_rgb16());
    assert!(rendered(&encoded(&deep, ImageFormat::Png), Slot::Icon, LIMIT).changed);
    let mut commented = png[..33].to_vec();
    commented.extend(b"\0\0\0\x04tEXta\0bc");
    commented.extend(checksum(b"tEXta\0bc").to_be_bytes());
    commented.extend(&png[33..]);
    let made = rendered(&commented, Slot::Icon, LIMIT);
    assert!(made.changed && !made.png.windows(4).any(|name| name == b"tEXt"));
}

#[test]
fn transparency_stays() {
    let disc = RgbaImage::from_fn(500, 500, |x, y| {
        let (dx, dy) = (i64::from(x) - 250, i64::from(y) - 250);
        let inside = dx * dx + dy * dy < 200 * 200;
        Rgba(if inside { [200, 30, (x / 2).to_le_bytes()[0], 255] } else { [9, 9, 9, 0] })
    });
    let image = DynamicImage::ImageRgba8(disc);
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        for (slot, limit) in [(Slot::Small, LIMIT), (Slot::AppIcon, 15_000), (Slot::Small, 6_000)] {
            let image = decoded(&rendered(&encoded(&image, format), slot, limit).png);
            assert_eq!(image.get_pixel(0, 0).0[3], 0, "{format:?} {slot:?} {limit}");
            assert!(image.get_pixel(60, 60).0[3] > 240, "{format:?} {slot:?} {limit}");
        }
    }
}

#[test]
fn few_colours_are_kept_exactly() {
    let png = encoded(&quarters(2400, 1331), ImageFormat::Png);
    let made = rendered(&png, Slot::TimePicker, LIMIT);
    assert!(made.png.len() < 10_000, "{}", made.png.len());
    assert_eq!(decoded(&made.png).get_pixel(2, 2).0, [255, 0, 0, 255]);
}

#[test]
fn a_picture_lies_as_its_exif_says() {
    let upright = quarters(400, 400);
    // What a camera stores when it was turned, and what it notes: EXIF orientation 3, 6 and 8.
    for (orientation, stored) in
        [(3, upright.rotate180()), (6, upright.rotate270()), (8, upright.rotate90())]
    {
        let jpeg = encoded(&stored, ImageFormat::Jpeg);
        let image = decoded(&rendered(&oriented(&jpeg, orientation), Slot::Small, LIMIT).png);
        assert!(near(&image, 45, 45, [255, 0, 0]), "{orientation}");
        assert!(near(&image, 135, 45, [0, 255, 0]), "{orientation}");
        assert!(near(&image, 45, 135, [0, 0, 255]), "{orientation}");
    }
    let tall = encoded(&photo(600, 300), ImageFormat::Jpeg);
    let made = rendered(&oriented(&tall, 6), Slot::Form, LIMIT);
    assert_eq!((made.width, made.height), (225, 450));
}

#[test]
fn display_p3_becomes_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let mut png = Vec::new();
    let mut info = png::Info::with_size(120, 120);
    info.icc_profile = Some(profile.into());
    (info.color_type, info.bit_depth) = (png::ColorType::Rgb, png::BitDepth::Eight);
    let mut writer = png::Encoder::with_info(&mut png, info).unwrap().write_header().unwrap();
    writer.write_image_data(&[200, 100, 50].repeat(120 * 120)).unwrap();
    writer.finish().unwrap();

    let made = rendered(&png, Slot::Icon, LIMIT);
    assert!(made.changed);
    // Reckoned by hand with the matrices of both spaces (CSS Color 4).
    let Rgba([r, g, b, _]) = decoded(&made.png).get_pixel(60, 60);
    for (is, wanted) in [(r, 215), (g, 93), (b, 31)] {
        assert!(is.abs_diff(wanted) <= 3, "{r} {g} {b}");
    }
}

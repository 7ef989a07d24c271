//! Every slot, every format, and what is refused.

use image::{DynamicImage, GenericImageView, ImageFormat, ImageReader, Rgba, RgbaImage};
use proptest::{
    collection,
    prelude::*,
    sample::{Index, select},
};
use std::io::Cursor;

use super::*;
use crate::testing::{encoded, photo, quarters, snow};

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
fn s031_other_formats_are_refused() {
    let svg: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
    let html: &[u8] = b"<!doctype html><title>no picture</title>";
    for bytes in [&b""[..], b"x", b"BM\x9a\0\0\0", b"%PDF-1.7", svg, html, b"\0\0\0\x20ftypheic"] {
        assert_eq!(inspect(bytes), Err(ImageFault::Format));
        assert_eq!(render(bytes, Slot::Icon, LIMIT), Err(ImageFault::Format));
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
    commented.extend(crc(b"tEXta\0bc").to_be_bytes());
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

#[test]
fn a_file_that_was_cut_off_is_damaged() {
    let image = photo(300, 200);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = encoded(&image, format);
        for part in [bytes.len() / 2, bytes.len() * 9 / 10, 40] {
            let outcome = render(&bytes[..part], Slot::Icon, LIMIT);
            assert_eq!(outcome, Err(ImageFault::Damaged), "{format:?} {part}");
        }
    }
}

#[test]
fn s031_a_bomb_is_refused_by_its_header() {
    for (width, height) in [(60_000_u32, 60_000_u32), (20_000, 1), (1, u32::MAX / 2)] {
        let png = header(width, height);
        assert_eq!(inspect(&png), Err(ImageFault::TooLong { limit: MAX_SIDE }));
    }
    let many = Err(ImageFault::TooManyPixels { limit: MAX_PIXELS });
    assert_eq!(inspect(&header(6000, 4001)), many);
    assert!(inspect(&header(6000, 4000)).is_ok());

    // A screen of one pixel, and a frame of four thousand million.
    let gif = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;";
    assert!(render(gif, Slot::Icon, LIMIT).is_err());
    let mut jpeg = encoded(&quarters(64, 64), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(inspect(&jpeg), Err(ImageFault::TooLong { limit: MAX_SIDE }));
}

#[test]
fn a_limit_that_nothing_fits_into_is_named() {
    let png = encoded(&photo(300, 200), ImageFormat::Png);
    assert_eq!(render(&png, Slot::Large, 50), Err(ImageFault::TooLarge { limit: 50 }));
}

const FORMATS: [ImageFormat; 4] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

const SIGNATURES: [&[u8]; 5] =
    [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\xff\0\0\0WEBPVP8 "];

proptest! {
    #[test]
    fn a013_random_bytes_never_panic(
        signature in select(&SIGNATURES[..]),
        bytes in collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = render(&[signature, &bytes].concat(), Slot::Icon, LIMIT);
    }

    #[test]
    fn a_damaged_file_never_panics(
        format in select(&FORMATS[..]), size in 1..40_u32, at: Index, byte: u8,
    ) {
        let mut bytes = encoded(&photo(size, 41 - size), format);
        *at.get_mut(&mut bytes) = byte;
        let _ = render(&bytes, Slot::Form, LIMIT);
    }

    #[test]
    fn any_size_and_limit_is_kept_or_refused(
        width in 1..200_u32, height in 1..200_u32, limit in 0..3_000_usize,
    ) {
        let png = encoded(&snow(width, height), ImageFormat::Png);
        for slot in [Slot::Icon, Slot::Form] {
            match render(&png, slot, limit) {
                Ok(made) => prop_assert!(made.png.len() <= limit),
                Err(fault) => prop_assert_eq!(fault, ImageFault::TooLarge { limit }),
            }
        }
    }
}

/// A JPEG with an EXIF segment that says nothing but the orientation.
fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// The beginning of a PNG, right checksum included.
fn header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&chunk);
    png.extend(crc(&chunk).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png.extend(crc(b"IDAT").to_be_bytes());
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

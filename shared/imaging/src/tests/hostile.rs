//! What is no picture, no whole one, or one to harm the decoder.

use proptest::{
    collection,
    prelude::*,
    sample::{Index, select},
};

use super::pictures::header;
use super::*;

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
    fn a_damaged_profile_never_panics(
        changes in collection::vec((any::<Index>(), any::<u8>()), 1..12), end: Index,
    ) {
        let mut profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        for (at, byte) in changes {
            *at.get_mut(&mut profile) = byte;
        }
        let mut image = photo(4, 4).into_rgba8();
        colour::to_srgb(&mut image, &profile);
        colour::to_srgb(&mut image, &profile[..end.index(profile.len())]);
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

//! Pictures that the tests draw.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A photograph as a packer sees one: shapes of every size with noise on them.
pub(crate) fn photo(width: u32, height: u32) -> DynamicImage {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut octaves: Vec<(u32, Vec<[f32; 3]>)> = Vec::new();
    for cells in [3, 9, 27, 81, 243] {
        let grid = (0..(cells + 2) * (cells + 2)).map(|_| [0; 3].map(|_: u8| noise(&mut state)));
        octaves.push((cells, grid.collect()));
    }
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let mut colour = [128.0_f32 + 12.0 * noise(&mut state); 3];
        for (number, (cells, grid)) in octaves.iter().enumerate() {
            let at =
                |v: u32, size: u32| (v * cells / size, (v * cells % size) as f32 / size as f32);
            let ((cx, fx), (cy, fy)) = (at(x, width), at(y, height));
            let corner = |dx, dy| grid[((cy + dy) * (cells + 2) + cx + dx) as usize];
            for (channel, value) in colour.iter_mut().enumerate() {
                let top = corner(0, 0)[channel] * (1.0 - fx) + corner(1, 0)[channel] * fx;
                let bottom = corner(0, 1)[channel] * (1.0 - fx) + corner(1, 1)[channel] * fx;
                *value += (top * (1.0 - fy) + bottom * fy) * 110.0 / (1 << number) as f32;
            }
        }
        Rgb(colour.map(|value| value.clamp(0.0, 255.0) as u8))
    }))
}

/// Nothing but noise, with every degree of transparency: nothing packs worse.
pub(crate) fn snow(width: u32, height: u32) -> DynamicImage {
    let mut state = 88_172_645_463_325_252_u64;
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |_, _| {
        Rgba([0; 4].map(|_: u8| (noise(&mut state) * 127.5 + 127.5) as u8))
    }))
}

/// Four quarters: red, green, blue, white.
pub(crate) fn quarters(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        match (x < width / 2, y < height / 2) {
            (true, true) => Rgb([255, 0, 0]),
            (false, true) => Rgb([0, 255, 0]),
            (true, false) => Rgb([0, 0, 255]),
            (false, false) => Rgb([255, 255, 255]),
        }
    }))
}

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with an EXIF segment that says nothing but the orientation.
pub(crate) fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
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
pub(crate) fn header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&chunk);
    png.extend(checksum(&chunk).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png.extend(checksum(b"IDAT").to_be_bytes());
    png
}

/// The CRC-32 of a PNG's chunk.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// From -1 to 1.
fn noise(state: &mut u64) -> f32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
}

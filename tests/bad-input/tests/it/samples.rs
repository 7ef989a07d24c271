//! The smallest files of many formats: as much as tells them.

pub(crate) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";
pub(crate) const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9";
pub(crate) const WEBP: &[u8] =
    b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
pub(crate) const BMP: &[u8] =
    b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0";
pub(crate) const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
pub(crate) const MOV: &[u8] = b"\0\0\0\x14ftypqt  \0\0\0\0qt  \0\0\0\x08wide";
pub(crate) const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2mp41";
pub(crate) const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n";
pub(crate) const PDF_SCRIPT: &[u8] =
    b"%PDF-1.4\n1 0 obj\n<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>\nendobj\n";
pub(crate) const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0pass.json\0\0\0\0\0\0\0\0\0\0\0";
pub(crate) const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
pub(crate) const MACRO: &[u8] =
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x3e\0\x03\0\xfe\xff\x09\0";
pub(crate) const ELF: &[u8] =
    b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\
    \x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x38\0\0\0\0\0\0\0\0\0";
pub(crate) const RAR: &[u8] = b"Rar!\x1a\x07\x01\0\0\0\0\0\0\0";
pub(crate) const CAF: &[u8] = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20";
pub(crate) const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
pub(crate) const SVG: &[u8] =
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script><foreignObject/></svg>";
pub(crate) const VCARD: &[u8] = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n";
pub(crate) const EICAR: &[u8] =
    b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

/// Formats that one file can have two of, and what the first one tells.
pub(crate) const FORMATS: &[(&str, &[u8], &str)] = &[
    ("PNG", PNG, "image/png"),
    ("GIF", GIF, "image/gif"),
    ("JPEG", JPEG, "image/jpeg"),
    ("WebP", WEBP, "image/webp"),
    ("BMP", BMP, "image/bmp"),
    ("HEIC", HEIC, "image/heif"),
    ("MOV", MOV, "video/quicktime"),
    ("MP4", MP4, "video/mp4"),
    ("PDF", PDF, "application/pdf"),
    ("ZIP", ZIP, "application/zip"),
    ("gzip", GZIP, "application/gzip"),
    ("ELF", ELF, "application/x-executable"),
    ("RAR", RAR, "application/vnd.rar"),
    ("CAF", CAF, "audio/x-caf"),
];

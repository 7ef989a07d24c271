use proptest::prelude::*;

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
const HEIF: &[u8] = b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf";
const MOV: &[u8] = b"\0\0\0\x14ftypqt  \0\0\0\0qt  ";
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2mp41";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0pass.json";
const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const EICAR: &[u8] = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

#[test]
fn a007_a009_each_kind_is_told_by_its_first_bytes() {
    for (head, media_type) in [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a\x01\0\x01\0\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (HEIC, "image/heif"),
        (HEIF, "image/heif"),
        (MOV, "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\x10\0mdat", "video/quicktime"),
        (MP4, "video/mp4"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0", "application/pdf"),
        (b"%PDF-1.4\n1 0 obj", "application/pdf"),
        (ZIP, "application/zip"),
        (b"caff\0\x01\0\0desc", "audio/x-caf"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard"),
        (b"Hello there", "text/plain"),
        (b"BMW or VW?", "text/plain"),
        (b"\xff\xfeH\0i\0", "text/plain"),
        (b"Stra\xdfe", "text/plain"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>", "text/html"),
        (b"  <script>alert(1)</script>", "text/html"),
        (b"<!-- x --><html><svg>", "text/html"),
        (b"<svg xmlns='x'><script/></svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><!-- x --><SVG>", "image/svg+xml"),
        (b"<?xml version='1.0'?><feed/>", "text/xml"),
        (b"{\\rtf1 x}", "application/rtf"),
        (b"#!/bin/sh\nrm -rf /", "text/x-shellscript"),
        (ELF, "application/x-executable"),
        (b"MZ\x90\0\x03\0\0\0", "application/vnd.microsoft.portable-executable"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "application/gzip"),
        (EICAR, "text/plain"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ] {
        assert_eq!(sniff(head).media_type, media_type, "{}", head.escape_ascii());
    }
}

#[test]
fn a009_files_of_a_phone_agree_with_what_they_are_called() {
    let caf: &[u8] = b"caff\0\x01\0\0desc";
    for (declared, head, name) in [
        ("image/heic", HEIC, "IMG_0007.HEIC"),
        ("image/heic", JPEG, "IMG_0007.HEIC"),
        ("image/jpeg", JPEG, "IMG_0007.jpeg"),
        ("video/quicktime", MOV, "IMG_0008.MOV"),
        ("video/quicktime", MP4, "IMG_0008.MOV"),
        ("audio/x-caf", caf, "Audio Message.caf"),
        ("application/vnd.apple.pkpass", ZIP, "ticket.pkpass"),
        ("vnd.usdz+zip", ZIP, "chair.usdz"),
        ("model/vnd.usdz+zip", ZIP, "chair.usdz"),
        ("text/vcard", b"BEGIN:VCARD\r\n", "Ada.vcf"),
        ("application/pdf", b"%PDF-1.7\n", "contract.pdf"),
        ("text/html", b"<p>x", "page.html"),
        ("text/html", b"x", "page.html"),
        ("application/x-dwg", b"\x01\x02", "plan.dwg"),
        ("application/octet-stream", ELF, "firmware.bin"),
        ("audio/amr", b"\x01\x02", "a.amr"),
        ("text/plain", b"", "empty.txt"),
    ] {
        assert!(agrees(Some(declared), sniff(head), Some(name)), "{declared} {name}");
    }
    assert!(agrees(None, sniff(ELF), None));
    assert_eq!(sniff(ZIP).media_type_of(Some("vnd.usdz+zip"), None), "model/vnd.usdz+zip");
    assert_eq!(sniff(ZIP).media_type_of(None, Some("x.PKPASS")), "application/vnd.apple.pkpass");
    assert_eq!(sniff(ZIP).media_type_of(Some("image/png"), Some("x.png")), "application/zip");
    assert_eq!(sniff(PNG).media_type_of(None, Some("x.pkpass")), "image/png");
}

#[test]
fn a007_a008_f103_content_that_betrays_its_name_is_seen() {
    let html: &[u8] = b"<!doctype html><script>";
    let svg: &[u8] = b"<svg onload='x'>";
    for (declared, head, name) in [
        ("image/png", html, "photo.png"),
        ("image/png", svg, "photo.png"),
        ("image/png", ELF, "photo.png"),
        ("image/png", b"MZ\x90\0\x03\0\0\0", "photo.png"),
        ("image/png", EICAR, "photo.png"),
        ("image/png", b"%PDF-1.7\n", "photo.png"),
        ("image/png", ZIP, "photo.png"),
        ("image/png", b"\x1f\x8b\x08\0\0\0\0\0", "photo.png"),
        ("text/plain", html, "notes.txt"),
        ("text/plain", ELF, "notes.txt"),
        ("application/pdf", html, "contract.pdf"),
        ("application/zip", PNG, "x.zip"),
        ("application/octet-stream", ELF, "photo.png"),
        ("image/png", PNG, "photo.png.exe"),
        ("image/png", ELF, "photo.png.exe"),
    ] {
        assert!(!agrees(Some(declared), sniff(head), Some(name)), "{declared} {name}");
    }
}

#[test]
fn a007_a_polyglot_is_what_it_begins_as() {
    let png_then_zip = [PNG, ZIP].concat();
    let jpeg_with_page = [JPEG, b"<html><script>alert(1)</script>"].concat();
    let page_then_zip = [b"<!-- ", ZIP, b" --><script>"].concat();
    let late_pdf = [&[0; 9][..], b"%PDF-1.7\n"].concat();
    for (head, media_type, is_picture) in [
        (&png_then_zip[..], "image/png", true),
        (&jpeg_with_page, "image/jpeg", true),
        (&page_then_zip, "text/html", false),
        // Readers take a PDF that begins late.
        (&late_pdf, "application/pdf", false),
        // A picture that is a script as well has no byte that a script could not have.
        (b"GIF89a=1;alert(1)//", "text/plain", false),
        (b"BM=1;alert(1)//", "text/plain", false),
        (b"RIFF=1;WEBP=2;//", "text/plain", false),
        (b"\x89PNG\r\n\x1a", "image/png", true),
    ] {
        let sniffed = sniff(head);
        assert_eq!(sniffed.media_type, media_type, "{}", head.escape_ascii());
        for declared in ["image/png", "image/gif", "image/heic"] {
            assert_eq!(agrees(Some(declared), sniffed, None), is_picture, "{media_type}");
        }
    }
}

#[test]
fn f094_the_noise_of_a_wrong_key_is_no_picture() {
    let noise: &[u8] = &[0x9d, 0x01, 0xe7, 0x5c, 0x00, 0x83, 0x1a, 0xf2, 0x77, 0x06, 0xcb, 0x40];
    for declared in ["image/png", "image/heic", "application/pdf", "text/plain", "vnd.usdz+zip"] {
        assert!(!agrees(Some(declared), sniff(noise), None), "{declared}");
    }
    assert!(agrees(Some("application/octet-stream"), sniff(noise), None));
}

#[test]
fn a013_an_odd_declaration_neither_panics_nor_hides_anything() {
    let long = format!("image/{}", "x".repeat(10_240));
    for (declared, agreed) in [
        ("image/png; x=\"", true),
        ("IMAGE/PNG", true),
        (" image/png ", true),
        ("png", true),
        ("", true),
        ("/", true),
        (";", true),
        (long.as_str(), true),
        ("text/html", false),
        ("application/x-msdownload", false),
    ] {
        assert_eq!(agrees(Some(declared), sniff(PNG), Some("photo.png")), agreed, "{declared:.40}");
    }
    for name in ["", ".", "..", "x.", ".png", "x.tar.gz.png", "日本語.png"] {
        assert!(agrees(Some("image/png"), sniff(PNG), Some(name)), "{name}");
    }
}

proptest! {
    #[test]
    fn a013_no_head_and_no_name_panics(
        head in prop::collection::vec(any::<u8>(), 0..300),
        magic in prop::sample::select(vec![PNG, JPEG, HEIC, MOV, ZIP, ELF, b"RIFF", b"%PDF-", b"<", b""]),
        cut in 0_usize..32,
        declared in any::<Option<String>>(),
        name in any::<Option<String>>(),
    ) {
        let mut bytes = magic[..cut.min(magic.len())].to_vec();
        bytes.extend(head);
        let sniffed = sniff(&bytes);
        agrees(declared.as_deref(), sniffed, name.as_deref());
        sniffed.media_type_of(declared.as_deref(), name.as_deref());
    }
}

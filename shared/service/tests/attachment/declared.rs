//! What is declared is data: nothing is believed, and nothing of it becomes a place.

use amb_service::model::{EventType, PayloadFault};
use serde_json::{Value, json};

use super::scene::{PDF, PNG, Scene};

/// A sound entry with one member changed, fetched to its end: why it failed, and what Apple was asked.
fn failed_with(name: &str, value: &Value) -> PayloadFault {
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let mut entry = left.attachment("terms.pdf", "application/pdf");
    entry[name] = value.clone();
    if name == "signature" {
        entry["signature-base64"] = Value::Null;
    }
    let id = scene.sends(entry);
    let (code, attempts) = scene.failed(&id);
    assert_eq!(attempts, 1, "{name} {value}");
    scene.apple(|apple| assert!(apple.pre_downloads.is_empty() && apple.opened.is_empty()));
    code
}

#[test]
fn m152_what_is_missing_parks_the_file() {
    for name in ["url", "owner", "signature", "key", "size"] {
        assert_eq!(failed_with(name, &Value::Null), PayloadFault::Incomplete, "{name}");
    }
    assert_eq!(failed_with("signature", &json!("zz")), PayloadFault::Incomplete);
    // A name and a type are no part of it.
    let mut scene = Scene::new();
    let left = scene.left("M1", PDF);
    let mut entry = left.attachment("", "");
    for name in ["name", "mimeType"] {
        entry[name] = Value::Null;
    }
    let id = scene.sends(entry);
    assert_eq!(scene.stored(&id).media_type, "application/pdf");
    assert_eq!(scene.told(&id).0, EventType::AttachmentReady);
}

#[test]
fn m153_a_size_that_is_none_parks_the_file() {
    assert_eq!(failed_with("size", &json!(-1)), PayloadFault::BadSize);
    assert_eq!(failed_with("size", &json!("x")), PayloadFault::Incomplete);
    assert_eq!(
        failed_with("size", &json!(9_223_372_036_854_775_808_u64)),
        PayloadFault::Incomplete
    );
}

#[test]
fn ap07_f098_one_byte_more_than_a_hundred_megabytes_is_refused_before_a_byte_comes() {
    assert_eq!(failed_with("size", &json!(104_857_601)), PayloadFault::BadSize);
    assert_eq!(failed_with("size", &json!(4_294_967_296_u64)), PayloadFault::BadSize);
}

#[test]
fn f107_m154_a_place_that_is_not_apples_is_not_asked() {
    for url in [
        "file:///etc/passwd",
        "http://p00-content.example.com/M1",
        "https://169.254.169.254/latest/meta-data",
        "https://cdn.example.net/M1",
    ] {
        assert_eq!(failed_with("url", &json!(url)), PayloadFault::BadHost, "{url}");
    }
}

#[test]
fn a002_f094_a_key_that_is_none_parks_the_file() {
    let bytes: Vec<_> = (1..=32).map(|byte| format!("{byte:02x}")).collect();
    let sound = bytes.concat();
    for key in [
        String::new(),
        "00".to_owned(),
        bytes[..31].concat(),
        format!("{}2", bytes[..31].concat()),
        format!("00{}2", bytes[..31].concat()),
        format!("01{sound}"),
        format!("0000{sound}"),
        format!("0x{sound}"),
        "zz".repeat(33),
        "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=".to_owned(),
    ] {
        assert_eq!(failed_with("key", &json!(key)), PayloadFault::BadKey, "{key}");
    }
}

#[test]
fn a002_f094_a_key_may_lack_its_prefix_and_be_in_upper_case() {
    for spelt in
        [str::to_owned, |key: &str| key.trim_start_matches("00").to_owned(), str::to_uppercase]
    {
        let mut scene = Scene::new();
        let left = scene.left("M1", PDF);
        let mut entry = left.attachment("terms.pdf", "application/pdf");
        entry["key"] = spelt(&left.key.wire()).into();
        let id = scene.sends(entry);
        assert!(scene.bytes_of(&scene.stored(&id)) == PDF);
    }
}

#[test]
fn f094_a_wrong_key_gives_a_file_that_is_kept_and_not_given_out() {
    let mut scene = Scene::new();
    let left = scene.left("M1", PNG);
    let mut entry = left.attachment("photo.png", "image/png");
    let mut key = left.key.wire();
    let last = key.pop().unwrap().to_digit(16).unwrap();
    key.push(char::from_digit(last ^ 1, 16).unwrap());
    entry["key"] = key.into();
    let id = scene.sends(entry);
    let file = scene.stored(&id);
    assert!(file.quarantined);
    assert_eq!(file.size, PNG.len() as u64);
    assert!(scene.bytes_of(&file) != PNG);
    let (kind, data) = scene.told(&id);
    assert_eq!(kind, EventType::AttachmentFailed);
    assert_eq!(
        (&data["code"], &data["attachment"]["quarantined"]),
        (&json!("integrity_suspect"), &json!(true))
    );
    assert_eq!(data["attachment"]["sha256"], file.sha256);
}

#[test]
fn f102_a001_no_name_becomes_part_of_a_place() {
    for name in [
        "../../etc/passwd",
        "..\\..\\x",
        "/abs",
        "C:\\x",
        "\\\\srv\\share",
        "a/b",
        ".",
        "..",
        "",
        &"x".repeat(255),
        &"x".repeat(256),
        &"x".repeat(1_000),
        "x.",
        "x ",
        "CON",
        "NUL.txt",
        "-rf",
        ".hidden",
        "a\0b",
        "a\r\nb",
        "\"quoted\"",
        "a;b",
        "%2e%2e%2f",
        "\u{202e}gpj.exe",
        "a\u{ff0f}b",
        "e\u{301}",
        "\u{e9}",
        "\u{1f4ce}.pdf",
        "   ",
    ] {
        let mut scene = Scene::new();
        let left = scene.left("M1", b"just words");
        let id = scene.sends(left.attachment(name, "text/plain"));
        let file = scene.stored(&id);
        let drawn = file.file.as_str().strip_prefix("attachments/30d/ten_").unwrap();
        let (tenant, drawn) = drawn.split_once('/').unwrap();
        assert_eq!(tenant.len(), 26);
        assert!(drawn.len() == 26 && drawn.bytes().all(|b| b.is_ascii_alphanumeric()), "{drawn}");
        assert_eq!(file.name.as_deref(), Some(name), "it is data");
        assert_eq!(scene.told(&id).1["attachment"]["name"], name);
    }
}

#[test]
fn f103_a007_a008_a_type_that_lies_is_found_out() {
    let elf = [&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat();
    for (name, declared, bytes, found) in [
        ("photo.png", "image/png", &b"<html><script>alert(1)</script>"[..], "text/html"),
        ("photo.png", "image/png", b"<svg xmlns='x'><script/></svg>", "image/svg+xml"),
        (
            "photo.jpg",
            "image/jpeg",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
            "application/vnd.microsoft.portable-executable",
        ),
        ("photo.jpg", "image/jpeg", &elf, "application/x-executable"),
        ("photo.png", "image/png", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "application/gzip"),
        ("film.mov", "video/quicktime", PDF, "application/pdf"),
        ("terms.pdf", "application/pdf", PNG, "image/png"),
        ("terms.pdf.exe", "application/pdf", PDF, "application/pdf"),
    ] {
        let mut scene = Scene::new();
        let left = scene.left("M1", bytes);
        let id = scene.sends(left.attachment(name, declared));
        let file = scene.stored(&id);
        assert!(file.quarantined, "{name} {found}");
        assert_eq!(file.media_type, found, "{name}");
        assert_eq!(scene.told(&id).0, EventType::AttachmentFailed);
    }
}

#[test]
fn a009_what_phones_send_is_what_it_says() {
    for (name, declared, bytes, found) in [
        ("IMG_1.HEIC", "image/heic", &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], "image/heif"),
        ("IMG_1.HEIC", "image/heic", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "image/jpeg"),
        ("film.mov", "video/quicktime", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        ("me.vcf", "text/vcard", b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard"),
        ("voice.caf", "audio/x-caf", b"caff\0\x01\0\0desc\0\0\0\0", "audio/x-caf"),
        (
            "pass.pkpass",
            "application/vnd.apple.pkpass",
            b"PK\x03\x04\x14\0\0\0",
            "application/vnd.apple.pkpass",
        ),
        ("desk.usdz", "model/vnd.usdz+zip", b"PK\x03\x04\x0a\0\0\0", "model/vnd.usdz+zip"),
    ] {
        let mut scene = Scene::new();
        let left = scene.left("M1", bytes);
        let id = scene.sends(left.attachment(name, declared));
        let file = scene.stored(&id);
        assert!(!file.quarantined, "{name}");
        assert_eq!(file.media_type, found, "{name}");
        assert_eq!(scene.told(&id).0, EventType::AttachmentReady);
    }
}

#[test]
fn f104_f105_nothing_is_decoded_and_nobody_has_looked() {
    let bomb = [&PNG[..16], &[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 8, 6, 0, 0, 0]].concat();
    let eicar = br"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    let words = [b"PK\x03\x04", &[0; 500][..]].concat();
    for (name, bytes) in [("huge.png", &bomb[..]), ("test.txt", eicar), ("zip.zip", &words)] {
        let mut scene = Scene::new();
        let left = scene.left("M1", bytes);
        let id = scene.sends(left.attachment(name, "application/octet-stream"));
        let file = scene.stored(&id);
        assert!(scene.bytes_of(&file) == bytes, "{name}");
        assert_eq!(file.scan, amb_service::model::Scan::Unscanned);
    }
}

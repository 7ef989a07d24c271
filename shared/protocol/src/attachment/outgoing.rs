//! What a business's file is called and said to be on the customer's device.

use percent_encoding::percent_decode_str;

use super::{content_type::sniff, file_name};

/// Types that say nothing: what stores give to files that came without one.
const NOTHING: [&str; 3] =
    ["application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded"];

/// Apple's own types by the endings of names. Source: Apple, type-text.
const APPLES: [(&str, &str); 3] =
    [("caf", "audio/x-caf"), ("pkpass", "application/vnd.apple.pkpass"), ("usdz", "vnd.usdz+zip")];

/// Endings of files that come without a name.
const ENDINGS: [(&str, &str); 28] = [
    ("application/json", "json"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/rtf", "rtf"),
    ("application/vnd.apple.pkpass", "pkpass"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/zip", "zip"),
    ("audio/mpeg", "mp3"),
    ("audio/m4a", "m4a"),
    ("audio/mp4", "m4a"),
    ("audio/x-caf", "caf"),
    ("audio/x-wav", "wav"),
    ("image/gif", "gif"),
    ("image/heic", "heic"),
    ("image/heif", "heif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/tiff", "tiff"),
    ("image/webp", "webp"),
    ("text/calendar", "ics"),
    ("text/csv", "csv"),
    ("text/plain", "txt"),
    ("text/vcard", "vcf"),
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("vnd.usdz+zip", "usdz"),
];

/// The media type of a file: what the business says; Apple's own where the name ends that way; what
/// the place says that it lies at, unless that is nothing; what its first bytes tell. Apple refuses
/// none.
pub fn media_type(
    said: Option<&str>,
    name: Option<&str>,
    place: Option<&str>,
    head: &[u8],
) -> String {
    if let Some(said) = said {
        return said.to_owned();
    }
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let apples = APPLES.iter().find(|(known, _)| ending.is_some_and(|it| is(it, known)));
    if let Some((_, media_type)) = apples {
        return (*media_type).to_owned();
    }
    let place = place.and_then(|place| place.split(';').next()).map(str::trim);
    let tells =
        |it: &&str| !it.is_empty() && it.len() <= 255 && !NOTHING.iter().any(|no| is(it, no));
    match place.filter(tells) {
        Some(place) => place.to_ascii_lowercase(),
        None => sniff(head).media_type.to_owned(),
    }
}

/// The name of a file: what the business says, what the place calls it, or one with the ending of its
/// type. It is harmless to whoever saves it.
pub fn name(said: Option<&str>, place: Option<&str>, media_type: &str) -> String {
    if let Some(said) = said {
        return file_name::harmless(said);
    }
    let place = place.map(|place| percent_decode_str(place).decode_utf8_lossy());
    if let Some(place) = place.filter(|place| !place.trim().is_empty()) {
        return file_name::harmless(&place);
    }
    let ending = ENDINGS.iter().find(|(known, _)| is(media_type, known));
    ending.map_or_else(|| "attachment".to_owned(), |(_, ending)| format!("attachment.{ending}"))
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";

    #[test]
    fn ap07_caf_pkpass_and_usdz_carry_apples_types() {
        for (name, expected) in [
            ("memo.caf", "audio/x-caf"),
            ("ticket.PKPASS", "application/vnd.apple.pkpass"),
            ("desk.usdz", "vnd.usdz+zip"),
        ] {
            for place in [None, Some("application/zip"), Some("binary/octet-stream")] {
                assert_eq!(media_type(None, Some(name), place, ZIP), expected, "{name}");
            }
            let said = media_type(Some("model/vnd.usdz+zip"), Some(name), None, ZIP);
            assert_eq!(said, "model/vnd.usdz+zip");
        }
    }

    #[test]
    fn ap07_the_business_is_believed_first_then_the_place_then_the_bytes() {
        for (said, place, head, expected) in [
            (Some("x-anything"), Some("image/gif"), PNG, "x-anything"),
            (None, Some("Image/GIF; q=1"), PNG, "image/gif"),
            (None, Some("application/octet-stream"), PNG, "image/png"),
            (None, Some(" "), PNG, "image/png"),
            (None, None, b"\x01\x02\x03", "application/octet-stream"),
            (None, None, b"", "application/octet-stream"),
        ] {
            assert_eq!(media_type(said, Some("file.bin"), place, head), expected);
        }
    }

    #[test]
    fn s047_a_name_is_harmless_wherever_it_comes_from() {
        for (said, place, kind, expected) in [
            (Some("Invoice 7.pdf"), Some("x.bin"), "application/pdf", "Invoice 7.pdf"),
            (Some("../../etc/passwd"), None, "text/plain", "_._.._etc_passwd"),
            (None, Some("gr%C3%B6%C3%9Fe.pdf"), "application/pdf", "größe.pdf"),
            (None, Some("..%2f..%2fx"), "application/pdf", "_._.._x"),
            (None, Some("%00"), "application/pdf", "attachment"),
            (None, Some(""), "application/pdf", "attachment.pdf"),
            (None, None, "video/quicktime", "attachment.mov"),
            (None, None, "x-unknown/x", "attachment"),
        ] {
            assert_eq!(name(said, place, kind), expected);
        }
    }
}

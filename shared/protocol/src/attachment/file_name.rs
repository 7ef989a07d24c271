//! A customer's file name where a browser or a disk may act on it.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest name in bytes: what common file systems take.
const LONGEST: usize = 255;
/// A longer ending is no ending.
const LONGEST_ENDING: usize = 16;
/// The name of a file that has none.
const NAMELESS: &str = "attachment";
/// What may stand in RFC 5987's `filename*` as it is.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Devices of Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A `Content-Disposition` that saves the file and never opens it: an ASCII name for old clients and
/// the whole name after RFC 5987 and RFC 6266. Any name gives a header of printable ASCII.
///
/// ```
/// use amb_protocol::attachment::file_name;
///
/// assert_eq!(
///     file_name::disposition("Größe.pdf"),
///     "attachment; filename=\"Gr__e.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"
/// );
/// ```
pub fn disposition(name: &str) -> String {
    let name = harmless(name);
    let mut header = String::from("attachment; filename=\"");
    header.extend(name.chars().map(|it| if is_plain(it) { it } else { '_' }));
    header.push('"');
    // Writing to a String does not fail.
    let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(&name, ATTRIBUTE));
    header
}

/// The name without what a path, a shell, a header or a reader could take for something else: no
/// separators, no controls, no turned text, nothing hidden, at most 255 bytes with its ending kept.
/// A harmless name comes back as it is, in whichever Unicode form it was.
pub fn harmless(name: &str) -> String {
    let plain: String = name.chars().filter(|it| !is_invisible(*it)).map(in_place_of).collect();
    let trimmed = without_end(plain.trim_start());
    let first = trimmed.chars().next();
    let mut name = String::with_capacity(trimmed.len() + 1);
    if is_device(trimmed) {
        name.push('_');
    }
    if first.is_some_and(|it| matches!(it, '.' | '-' | '~')) {
        name.push('_');
        name.extend(trimmed.chars().skip(1));
    } else {
        name.push_str(trimmed);
    }
    if name.is_empty() {
        return NAMELESS.to_owned();
    }
    shortened(name)
}

/// Controls, text direction, zero width, and what is no character at all.
fn is_invisible(it: char) -> bool {
    it.is_control()
        || matches!(u32::from(it),
            0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF
            | 0xFFF9..=0xFFFC | 0xE0000..=0xE007F)
}

/// Separators, also those that only look like one, and what Windows or a shell reads.
fn in_place_of(it: char) -> char {
    match it {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{2044}' | '\u{2215}'
        | '\u{2216}' | '\u{29F5}' | '\u{29F8}' | '\u{FE68}' | '\u{FF0F}' | '\u{FF3C}'
        | '\u{FF1A}' | '\u{FF0E}' | '\u{2024}' => '_',
        it => it,
    }
}

/// May stand between quotes: `%` could be decoded, `;` and quotes could end the value.
fn is_plain(it: char) -> bool {
    it == ' ' || (it.is_ascii_graphic() && !matches!(it, '%' | '"' | '\\' | ';' | '\'' | '`' | '$'))
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let (word, number) = match stem.strip_suffix(|it: char| it.is_ascii_digit()) {
        Some(word) => (word.to_owned(), true),
        None => (stem, false),
    };
    DEVICES.contains(&word.as_str()) && number == matches!(word.as_str(), "com" | "lpt")
}

/// Windows forgets dots and spaces at the end.
fn without_end(name: &str) -> &str {
    name.trim_end_matches(|it: char| it == '.' || it.is_whitespace())
}

/// At most [`LONGEST`] bytes, cut before the ending.
fn shortened(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let (stem, ending) = name
        .rsplit_once('.')
        .filter(|(_, ending)| ending.len() <= LONGEST_ENDING)
        .map_or((name.as_str(), String::new()), |(stem, ending)| (stem, format!(".{ending}")));
    let room = LONGEST - ending.len();
    let mut short = String::with_capacity(LONGEST);
    for it in stem.chars() {
        if short.len() + it.len_utf8() > room {
            break;
        }
        short.push(it);
    }
    if ending.is_empty() { without_end(&short).to_owned() } else { short + &ending }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    /// What a browser reads out of the header: the old name and the new one.
    fn read(header: &str) -> (String, String) {
        let rest = header.strip_prefix("attachment; filename=\"").unwrap();
        let (old, new) = rest.split_once("\"; filename*=UTF-8''").unwrap();
        (old.to_owned(), percent_decode_str(new).decode_utf8().unwrap().into_owned())
    }

    #[test]
    fn a001_f102_a_hostile_name_is_a_name_and_nothing_else() {
        let long = format!("{}.jpeg", "x".repeat(995));
        let cut = format!("{}.jpeg", "x".repeat(250));
        let at_limit = format!("{}.png", "y".repeat(251));
        let cases = [
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("..\\..\\x", "_._.._x"),
            ("/abs", "_abs"),
            ("C:\\x", "C__x"),
            ("\\\\srv\\share", "__srv_share"),
            ("a/b", "a_b"),
            (".", "attachment"),
            ("..", "attachment"),
            ("", "attachment"),
            (&at_limit, &at_limit),
            (&long, &cut),
            ("trailing. ", "trailing"),
            ("trailing .", "trailing"),
            ("CON", "_CON"),
            ("NUL.txt", "_NUL.txt"),
            ("com1.log", "_com1.log"),
            ("lpt9", "_lpt9"),
            ("common.txt", "common.txt"),
            ("-rf", "_rf"),
            (".htaccess", "_htaccess"),
            ("~root", "_root"),
            ("a\0b.png", "ab.png"),
            ("a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"),
            ("say \"hi\".txt", "say _hi_.txt"),
            ("a;b=c.txt", "a;b=c.txt"),
            ("%2e%2e%2fetc", "%2e%2e%2fetc"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{ff0f}b", "a_b"),
            ("\u{ff0e}\u{ff0e}\u{ff0f}x", "___x"),
            ("caf\u{e9}.txt", "caf\u{e9}.txt"),
            ("cafe\u{301}.txt", "cafe\u{301}.txt"),
            ("😀.heic", "😀.heic"),
            ("   ", "attachment"),
            ("\u{200b}\u{feff}", "attachment"),
            ("$(id)`id`'x'", "$(id)`id`'x'"),
            ("photo.png.exe", "photo.png.exe"),
            ("日本語の書類.pdf", "日本語の書類.pdf"),
        ];
        assert!(cases.len() >= 26);
        for (name, expected) in cases {
            let header = disposition(name);
            let (old, new) = read(&header);
            assert_eq!(new, expected, "{name:?}");
            assert!(old.chars().all(is_plain), "{name:?} {old}");
            assert!(header.bytes().all(|it| (0x20..0x7f).contains(&it)), "{name:?}");
        }
        assert_eq!(read(&disposition("%2e%2e%2fetc")).0, "_2e_2e_2fetc");
        assert_eq!(read(&disposition("a;b=c.txt")).0, "a_b=c.txt");
    }

    #[test]
    fn a001_a_long_name_is_cut_between_characters() {
        let name = harmless(&format!("{}.heic", "ä".repeat(500)));
        assert_eq!(name, format!("{}.heic", "ä".repeat(125)));
        assert_eq!(harmless(&"b".repeat(256)).len(), 255);
    }

    #[test]
    fn a001_naughty_strings_are_names() {
        let Some(path) = crate::tests::corpora::corpus("blns.json") else { return };
        let names: Vec<String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert!(names.len() > 500);
        for name in names {
            let (old, new) = read(&disposition(&name));
            assert!(old.chars().all(is_plain) && new == harmless(&name), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a001_any_name_gives_a_header_that_reads_back(name in any::<String>()) {
            let header = disposition(&name);
            prop_assert!(header.bytes().all(|it| (0x20..0x7f).contains(&it)));
            let (old, new) = read(&header);
            prop_assert!(!old.is_empty() && old.chars().all(is_plain));
            prop_assert_eq!(&new, &harmless(&name));
            prop_assert!((1..=LONGEST).contains(&new.len()));
            prop_assert!(!new.contains(['/', '\\', '"', '\0', '\r', '\n']));
            prop_assert!(new != "." && new != ".." && !new.starts_with('.'));
        }

        #[test]
        fn a001_what_is_harmless_stays_so(name in any::<String>()) {
            let once = harmless(&name);
            prop_assert_eq!(harmless(&once), once);
        }
    }
}

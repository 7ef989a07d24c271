//! What a file is, by its first bytes, against what it is said to be.
//!
//! The verdict decides on quarantine and on nothing else: every file is served as a download with
//! `nosniff`, whatever it is.

mod kind;

pub use self::kind::Kind;

/// First bytes that are enough to tell: the farthest mark (`tar`, `.docx`) lies in the first 4 KiB.
pub const HEAD_BYTES: usize = 4_096;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// The media type; `application/octet-stream` for what is not known.
    pub media_type: &'static str,
    /// What sort of thing that is.
    pub kind: Kind,
}

impl Sniffed {
    const fn new(media_type: &'static str, kind: Kind) -> Self {
        Self { media_type, kind }
    }

    /// The media type, with Apple's own packages told from other ZIP archives by what they are
    /// declared or named: their bytes are alike.
    pub fn media_type_of(self, declared: Option<&str>, name: Option<&str>) -> &'static str {
        if self.kind != Kind::Zip || self.media_type != "application/zip" {
            return self.media_type;
        }
        let ending = name.and_then(ending).unwrap_or_default();
        match (essence(declared).as_deref(), ending.as_str()) {
            (Some("application/vnd.apple.pkpass"), _) | (_, "pkpass") => {
                "application/vnd.apple.pkpass"
            }
            (Some("vnd.usdz+zip" | "model/vnd.usdz+zip"), _) | (_, "usdz") => "model/vnd.usdz+zip",
            _ => self.media_type,
        }
    }
}

/// Tells a file by its first [`HEAD_BYTES`]; fewer are enough when there are no more.
pub fn sniff(head: &[u8]) -> Sniffed {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    if head.is_empty() {
        return Sniffed::new("application/octet-stream", Kind::Empty);
    }
    // Text first: some magic numbers are letters, and "BM…" is no picture in a letter about cars.
    if let Some(text) = text(head) {
        return text;
    }
    if head.starts_with(b"caff") {
        return Sniffed::new("audio/x-caf", Kind::Audio);
    }
    if let Some(known) = infer::get(head) {
        let media_type = known.mime_type();
        return Sniffed::new(media_type, Kind::of(media_type).unwrap_or(Kind::Unknown));
    }
    // A film whose index is at the end begins with padding or with nothing but data.
    let atom = head.get(4..8).unwrap_or_default();
    if [b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"].iter().any(|it| atom == *it) {
        return Sniffed::new("video/quicktime", Kind::Video);
    }
    Sniffed::new("application/octet-stream", Kind::Unknown)
}

/// `true` unless the content betrays what was declared or what the name ends in. Within one kind
/// there is no betrayal: phones name a JPEG `.HEIC` and a MOV film `.mp4`. A type that cannot be
/// told by its bytes, or that nobody knows, passes.
///
/// ```
/// use amb_protocol::attachment::content_type::{agrees, sniff};
///
/// let page = sniff(b"<html><script>alert(1)</script>");
/// assert_eq!(page.media_type, "text/html");
/// assert!(!agrees(Some("image/png"), page, Some("photo.png")));
/// ```
pub fn agrees(declared: Option<&str>, sniffed: Sniffed, name: Option<&str>) -> bool {
    let declared = essence(declared).and_then(|it| Kind::of(&it));
    let named = name.and_then(ending).and_then(|it| Kind::of_ending(&it));
    [declared, named].into_iter().flatten().all(|said| fits(said, sniffed.kind))
}

/// Whether content of a kind may go by what was said.
fn fits(said: Kind, found: Kind) -> bool {
    match (said, found) {
        // Nothing known begins like this, and what was said has a beginning: a wrong key, most likely.
        (said, Kind::Unknown) => !said.is_always_told(),
        // Nothing betrays nothing. Markup is text, and text that is not seen to be markup may still be
        // some. Office files are archives of one of two sorts. Films and sound share their containers.
        (_, Kind::Empty)
        | (Kind::Markup, Kind::Text)
        | (Kind::Office, Kind::Zip)
        | (Kind::Zip, Kind::Office)
        | (Kind::Audio, Kind::Video)
        | (Kind::Video, Kind::Audio) => true,
        (said, found) => said == found,
    }
}

/// Text of any kind, if nothing in the bytes says otherwise.
fn text(head: &[u8]) -> Option<Sniffed> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(Sniffed::new("text/plain", Kind::Text));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.iter().any(|byte| is_binary(*byte)) {
        return None;
    }
    let starts =
        |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let holds =
        |what: &[u8]| text.windows(what.len()).any(|window| window.eq_ignore_ascii_case(what));
    let (media_type, kind) = if starts(b"%PDF-") {
        ("application/pdf", Kind::Pdf)
    } else if starts(b"{\\rtf") {
        ("application/rtf", Kind::Rtf)
    } else if starts(b"BEGIN:VCARD") {
        ("text/vcard", Kind::Text)
    } else if starts(b"BEGIN:VCALENDAR") {
        ("text/calendar", Kind::Text)
    } else if starts(b"#!") {
        ("text/x-shellscript", Kind::Program)
    } else if starts(b"<svg") || (is_tag(text) && holds(b"<svg") && !holds(b"<html")) {
        ("image/svg+xml", Kind::Markup)
    } else if starts(b"<?xml") && !holds(b"<html") {
        ("text/xml", Kind::Markup)
    } else if is_tag(text) {
        ("text/html", Kind::Markup)
    } else {
        ("text/plain", Kind::Text)
    };
    Some(Sniffed::new(media_type, kind))
}

/// A tag, a comment, a declaration or an instruction comes first.
fn is_tag(text: &[u8]) -> bool {
    matches!(text, [b'<', next, ..] if next.is_ascii_alphabetic() || matches!(next, b'!' | b'?'))
}

/// Controls that no text has. Bytes from 0x80 on may be any encoding's letters.
const fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)
}

/// `type/subtype` in lower case without parameters; nothing for what is absent.
fn essence(declared: Option<&str>) -> Option<String> {
    let essence = declared?.split(';').next()?.trim();
    // Longer than RFC 6838 allows is no media type.
    (!essence.is_empty() && essence.len() <= 255).then(|| essence.to_ascii_lowercase())
}

/// What stands after the last dot, in lower case.
fn ending(name: &str) -> Option<String> {
    let (_, ending) = name.trim_end().rsplit_once('.')?;
    Some(ending.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;

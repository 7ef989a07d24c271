//! Sorts of files, and which media types and endings belong to each.

/// A sort of file. Content and declaration must be of one sort, not of one media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No bytes at all.
    Empty,
    /// A picture of pixels.
    Picture,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// A PDF.
    Pdf,
    /// A ZIP archive, or what is made of one: passes, 3D scenes, books, office files.
    Zip,
    /// Another archive.
    Archive,
    /// An office file in an older container.
    Office,
    /// Rich text.
    Rtf,
    /// Text without a meaning of its own.
    Text,
    /// HTML, SVG and other XML: a browser may run what is in it.
    Markup,
    /// Something a computer runs.
    Program,
    /// A font.
    Font,
    /// Nothing that is known.
    Unknown,
}

impl Kind {
    /// Of a media type in lower case; nothing for one that says nothing. Apple writes
    /// `vnd.usdz+zip` without a slash.
    pub fn of(media_type: &str) -> Option<Self> {
        let (group, sub) = media_type.split_once('/').unwrap_or(("", media_type));
        Some(match (group, sub) {
            (_, "svg+xml" | "html" | "xhtml+xml" | "xml") => Self::Markup,
            (_, "pdf" | "x-pdf") => Self::Pdf,
            (_, "rtf") => Self::Rtf,
            (_, "x-shellscript") => Self::Program,
            ("image", "vnd.dwg" | "vnd.djvu") => Self::Unknown,
            ("image", "openraster")
            | (_, "zip" | "x-zip-compressed" | "epub+zip" | "java-archive") => Self::Zip,
            ("image", _) => Self::Picture,
            ("video", _) => Self::Video,
            ("audio", _) => Self::Audio,
            ("font", _) | ("application", "font-woff" | "font-sfnt") => Self::Font,
            ("text", _) | ("application", "json") => Self::Text,
            ("application", "msword" | "vnd.ms-excel" | "vnd.ms-powerpoint" | "x-ole-storage") => {
                Self::Office
            }
            ("application", sub) => return Self::of_application(sub),
            (_, sub) if sub.ends_with("+zip") => Self::Zip,
            _ => return None,
        })
    }

    fn of_application(sub: &str) -> Option<Self> {
        Some(match sub {
            "vnd.apple.pkpass" | "vnd.apple.pkpasses" | "vnd.android.package-archive" => Self::Zip,
            "wasm"
            | "x-executable"
            | "vnd.microsoft.portable-executable"
            | "x-msdownload"
            | "x-dosexec"
            | "x-msdos-program"
            | "java"
            | "x-llvm"
            | "x-mach-binary"
            | "vnd.android.dex"
            | "vnd.android.dey"
            | "x-sh"
            | "x-elf"
            | "javascript" => Self::Program,
            "gzip"
            | "x-gzip"
            | "x-tar"
            | "x-bzip2"
            | "vnd.rar"
            | "x-rar-compressed"
            | "x-xz"
            | "x-7z-compressed"
            | "zstd"
            | "x-lz4"
            | "x-lzip"
            | "x-compress"
            | "x-cpio"
            | "vnd.ms-cab-compressed"
            | "vnd.debian.binary-package"
            | "x-unix-archive"
            | "x-rpm" => Self::Archive,
            sub if sub.starts_with("vnd.openxmlformats-officedocument.")
                || sub.starts_with("vnd.oasis.opendocument.")
                || sub.ends_with("+zip") =>
            {
                Self::Zip
            }
            sub if sub.ends_with("+xml") => Self::Markup,
            sub if sub.ends_with("+json") => Self::Text,
            _ => return None,
        })
    }

    /// Of a file name's ending in lower case; nothing for one that says nothing.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "png" | "jpg" | "jpeg" | "jpe" | "gif" | "webp" | "heic" | "heif" | "hif" | "avif"
            | "bmp" | "tif" | "tiff" | "ico" => Self::Picture,
            "mov" | "qt" | "mp4" | "m4v" | "3gp" | "avi" | "mkv" | "webm" => Self::Video,
            "caf" | "m4a" | "mp3" | "wav" | "aif" | "aiff" | "aac" | "amr" | "ogg" | "flac" => {
                Self::Audio
            }
            "pdf" => Self::Pdf,
            "zip" | "pkpass" | "pkpasses" | "usdz" | "docx" | "xlsx" | "pptx" | "pages"
            | "numbers" | "key" | "epub" | "odt" | "ods" | "odp" | "jar" | "apk" => Self::Zip,
            "gz" | "tgz" | "tar" | "bz2" | "rar" | "xz" | "7z" | "zst" | "cab" | "deb" | "rpm" => {
                Self::Archive
            }
            "doc" | "xls" | "ppt" | "msg" => Self::Office,
            "rtf" => Self::Rtf,
            "txt" | "csv" | "vcf" | "ics" | "json" | "log" | "md" => Self::Text,
            "html" | "htm" | "xhtml" | "svg" | "xml" => Self::Markup,
            "exe" | "dll" | "scr" | "com" | "elf" | "so" | "dylib" | "wasm" | "sh" => Self::Program,
            _ => return None,
        })
    }

    /// Whether all common files of this sort are told by their first bytes, so that content which is
    /// not told is none.
    pub(super) const fn is_always_told(self) -> bool {
        matches!(
            self,
            Self::Picture
                | Self::Pdf
                | Self::Zip
                | Self::Office
                | Self::Rtf
                | Self::Text
                | Self::Markup
        )
    }
}

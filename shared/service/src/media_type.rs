//! The one media type there is in front of us.

/// Whether a `Content-Type` is JSON in UTF-8, which is what JSON is unless it says otherwise
/// (RFC 8259, section 8.1).
pub fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            matches!(charset.trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8")
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn m103_utf8_is_taken_and_utf16_is_not() {
        for yes in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"; profile=x",
        ] {
            assert!(is_json(yes), "{yes}");
        }
        for no in [
            "",
            "text/plain",
            "application/json; charset=utf-16",
            "application/json-patch+json",
            "multipart/form-data; boundary=application/json",
        ] {
            assert!(!is_json(no), "{no}");
        }
    }
}

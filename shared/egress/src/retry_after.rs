//! The `Retry-After` header (RFC 9110, section 10.2.3).

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// How long the other side asks us to wait: at most [`LONGEST`], none when it does not ask or when
/// what it says is neither a number of seconds nor a date.
///
/// A date is measured from the answer's own `Date`, so neither clock has to be right.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a very long time, not garbage.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let sent = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
        until.duration_since(sent).unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

/// A longer wish is cut: the retry schedule decides what happens after a day.
const LONGEST: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn read(value: &[u8]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sat, 21 Nov 2026 12:00:00 GMT"));
        headers.insert(RETRY_AFTER, HeaderValue::from_bytes(value).unwrap());
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn f061_seconds_and_dates_are_honoured_up_to_a_day_and_garbage_is_ignored() {
        for (value, wait) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("86400", Some(86_400)),
            ("86401", Some(86_400)),
            ("1000000000000000000", Some(86_400)),
            ("99999999999999999999999999", Some(86_400)),
            ("Sat, 21 Nov 2026 12:01:30 GMT", Some(90)),
            ("Saturday, 21-Nov-26 12:00:05 GMT", Some(5)),
            ("Sat Nov 21 12:00:05 2026", Some(5)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", Some(0)),
            ("Fri, 01 Jan 2100 00:00:00 GMT", Some(86_400)),
            ("-1", None),
            ("+5", None),
            ("1e18", None),
            ("1.5", None),
            ("0x10", None),
            ("", None),
            ("soon", None),
            ("2026-11-21T12:00:05Z", None),
            ("120, 240", None),
        ] {
            assert_eq!(read(value.as_bytes()), wait, "{value:?}");
        }
        assert_eq!(read(b"1\xff"), None);
    }

    #[test]
    fn f061_a_date_without_the_date_of_the_answer_is_ignored() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("Sat, 21 Nov 2026 12:01:30 GMT"));
        assert_eq!(retry_after(&headers), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}

//! Instants as Apple writes them.

/// Whether this is a date and time in GMT: `2026-06-01T14:00`, seconds or none, then `Z`, `+0000` or
/// `+00:00`. Source: Apple, Interactive Message Types, `TimeItem`; without seconds: Apple's samples.
pub(super) fn is_gmt(text: &str) -> bool {
    let zones = ["Z", "+0000", "+00:00"];
    let Some(local) = zones.iter().find_map(|zone| text.strip_suffix(zone)) else { return false };
    let Some((date, time)) = local.split_once('T') else { return false };
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let date = (digits(year, 4), digits(month, 2), digits(day, 2));
    let (Some(year), Some(month), Some(day)) = date else { return false };
    let mut parts = time.splitn(3, ':');
    let (hour, minute, second) = (parts.next(), parts.next(), parts.next());
    is_date(year, month, day)
        && digits(hour, 2).is_some_and(|hour| hour < 24)
        && digits(minute, 2).is_some_and(|minute| minute < 60)
        && (second.is_none() || digits(second, 2).is_some_and(|second| second < 60))
}

/// Whether the day is in the calendar.
pub(super) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=last).contains(&day)
}

fn digits(text: Option<&str>, count: usize) -> Option<u32> {
    let text =
        text.filter(|text| text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap15_lc02_a_start_has_the_documented_spellings_and_the_one_without_seconds() {
        for good in [
            "2017-05-26T08:27:55+00:00",
            "2017-05-26T08:27:55+0000",
            "2017-05-26T08:27:55Z",
            "2020-12-15T17:00+0000",
            "2024-02-29T00:00Z",
        ] {
            assert!(is_gmt(good), "{good}");
        }
        for bad in [
            "",
            "Z",
            "2017-05-26",
            "2017-05-26T08:27:55",
            "2017-05-26T08:27:55+0200",
            "2017-05-26T08:27:55-05:00",
            "2017-05-26 08:27:55Z",
            "2017-13-01T00:00Z",
            "2023-02-29T00:00Z",
            "2017-05-26T24:00Z",
            "2017-05-26T08:60Z",
            "2017-05-26T08:00:60Z",
            "2017-5-26T08:00Z",
            "17-05-26T08:00Z",
            "2017-05-26T08:00:00:00Z",
            "2017-05-26T08Z",
            "２０１７-05-26T08:00Z",
        ] {
            assert!(!is_gmt(bad), "{bad}");
        }
    }
}

//! A time picker: the event with one slot left.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::{Choice, Request, array, feature, not_answerable, text};
use crate::phone::roster::DeviceError;

/// The slot tapped. The bubble names it in the event's time zone, or else in the device's.
pub(super) fn choose(request: &Request<'_>, identifier: &str) -> Result<Choice, DeviceError> {
    let event = feature(request, "event")?;
    let slot = array(event, "timeslots")
        .iter()
        .find(|slot| text(slot, "identifier") == identifier)
        .ok_or_else(|| not_answerable(format!("it has no slot '{identifier}'")))?;
    let zone = event.get("timezoneOffset").and_then(Value::as_i64);
    let start = text(slot, "startTime");
    let title = spoken(start, zone.unwrap_or(i64::from(request.device.timezone_offset)))
        .unwrap_or_else(|| start.to_owned());
    let mut event = event.clone();
    event.insert("timeslots".to_owned(), json!([slot]));
    Ok(Choice::new("event", Value::Object(event), title))
}

/// `Jun 1 at 11:00`, at this many minutes from GMT.
fn spoken(start: &str, minutes: i64) -> Option<String> {
    let start: Timestamp = start.parse().ok()?;
    let offset = Offset::from_seconds(i32::try_from(minutes.checked_mul(60)?).ok()?).ok()?;
    Some(offset.to_datetime(start).strftime("%b %-d at %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_start_is_understood() {
        for start in [
            "2026-06-01T15:00+0000",
            "2026-06-01T15:00:55+0000",
            "2026-06-01T15:00:00+00:00",
            "2026-06-01T15:00:00Z",
        ] {
            assert_eq!(spoken(start, -240).as_deref(), Some("Jun 1 at 11:00"), "{start}");
        }
        assert_eq!(spoken("tomorrow", 0), None);
    }
}

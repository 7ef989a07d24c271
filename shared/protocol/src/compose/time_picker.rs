//! Time picker: slots of an appointment. Source: Apple, Interactive Message Types, Time Picker.

use serde::Serialize;
use serde_json::Number;

use super::{check::Check, image, instant, names::Names, object::Object, private};
use crate::rules::Fault;

/// `event`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimePicker {
    /// What comes back.
    pub identifier: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The picture that a tap on the reply shows, 1125 × 624 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_identifier: Option<String>,
    /// Where it takes place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// One or more.
    pub timeslots: Vec<Timeslot>,
    /// Minutes from GMT of the place; the customer's own zone if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone_offset: Option<i64>,
}

/// Where an appointment takes place.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Number>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Number>,
    /// Metres around it; ignored without latitude and longitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<Number>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A time to choose.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeslot {
    /// What comes back.
    pub identifier: String,
    /// When it begins, in GMT: `2026-06-01T14:00+0000`, with or without seconds, or with `Z` or
    /// `+00:00` for the zone.
    pub start_time: String,
    /// How long it takes, in seconds.
    pub duration: i64,
}

private!(TimePicker, Location, Timeslot);

impl TimePicker {
    pub(super) fn read(event: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let identifier = event.identifier(|| "1".to_owned(), check);
        let title = event.optional_shown("title", "time_picker_title_length", check);
        let image_identifier = image::named(event, check);
        let location = event.optional_object("location", check).map(|mut object| {
            let location = Location::read(&mut object, check);
            object.finish(check);
            location
        });
        let timezone_offset = event.integer("timezoneOffset", check);
        if let Some(offset) = timezone_offset {
            within(
                offset,
                "time_picker_timezone_offset",
                || event.pointer("timezoneOffset"),
                check,
            );
        }
        let entries = event.list("timeslots", check)?;
        check.count(entries.len(), "time_picker_timeslots", || event.pointer("timeslots"));
        let mut names = Names::of(entries);
        let timeslots = event.each("timeslots", entries, check, |at, slot, check| {
            let identifier = slot.identifier(|| names.default(at), check);
            names.unique(identifier.as_deref(), slot, "time_picker_identifier_unique", check);
            Timeslot::read(slot, identifier, check)
        });
        let timeslots = timeslots?;
        let identifier = identifier?;
        Some(Self { identifier, title, image_identifier, location, timeslots, timezone_offset })
    }
}

impl Timeslot {
    fn read(
        slot: &mut Object<'_>,
        identifier: Option<String>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let start_time = slot.string("startTime", check);
        if start_time.is_some_and(|text| !instant::is_gmt(text)) {
            let message = "a date and time in GMT is expected, such as 2026-06-01T14:00+0000";
            let fault = Fault::new(slot.pointer("startTime"), "time_picker_start_time", message);
            check.fault(fault.fix("convert it to GMT; `timezoneOffset` says which zone is shown"));
        }
        let duration = match slot.required("duration", check) {
            Some(_) => slot.integer("duration", check),
            None => None,
        };
        if duration.is_some_and(|seconds| seconds < 1) {
            let message = "a time slot takes at least one second";
            let fault = Fault::new(slot.pointer("duration"), "time_picker_duration", message);
            check.fault(fault.limit(1, duration));
        }
        let start_time = start_time?.to_owned();
        Some(Self { identifier: identifier?, start_time, duration: duration? })
    }
}

impl Location {
    fn read(object: &mut Object<'_>, check: &mut Check<'_>) -> Self {
        let latitude = degrees(object, "latitude", "location_latitude", check);
        let longitude = degrees(object, "longitude", "location_longitude", check);
        let radius = object.number("radius", check);
        if radius.as_ref().is_some_and(|(_, metres)| *metres < 0.0) {
            let message = "a distance in metres is expected";
            check.fault(Fault::new(object.pointer("radius"), "location_radius", message));
        }
        let title = object.optional_shown("title", "location_title_length", check);
        if check.is_content() {
            if latitude.is_some() != longitude.is_some() {
                let message = "`latitude` and `longitude` go together";
                check.fault(Fault::new(object.at(), "location_coordinates", message));
            } else if radius.is_some() && latitude.is_none() {
                let message = "Messages ignores the radius without `latitude` and `longitude`";
                check.warn(Fault::new(object.pointer("radius"), "location_radius", message));
            }
        }
        Self { latitude, longitude, radius: radius.map(|(number, _)| number), title }
    }
}

fn degrees(
    object: &mut Object<'_>,
    name: &'static str,
    rule: &'static str,
    check: &mut Check<'_>,
) -> Option<Number> {
    let (number, degrees) = object.number(name, check)?;
    let most = check.limit(rule).unwrap_or(180);
    #[expect(clippy::cast_precision_loss, reason = "90 and 180 are exact")]
    if !(-(most as f64)..=most as f64).contains(&degrees) {
        let message = format!("-{most} to {most} degrees are expected");
        check.fault(Fault::new(object.pointer(name), rule, message).limit(most, number.clone()));
    }
    Some(number)
}

/// A number between minus and plus the rule's limit.
fn within(
    number: i64,
    rule: &'static str,
    pointer: impl FnOnce() -> String,
    check: &mut Check<'_>,
) {
    let Some(most) = check.limit(rule).filter(|most| number.unsigned_abs() > *most) else { return };
    let message = format!("-{most} to {most} minutes are expected");
    check.fault(Fault::new(pointer(), rule, message).limit(most, number));
}

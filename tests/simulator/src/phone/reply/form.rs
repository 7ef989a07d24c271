//! A form: the pages walked, each with what was entered.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use serde_json::{Map, Value, json};

use super::{Choice, Request, array, feature, not_answerable, text};
use crate::model::AnsweredPage;
use crate::phone::roster::DeviceError;

/// What a form's date looks like unless it says otherwise.
const DATE_FORMAT: &str = "MM/dd/yyyy";

/// The answered pages, which must be those the form leads through.
pub(super) fn fill(
    request: &Request<'_>,
    answered: &[AnsweredPage],
) -> Result<Choice, DeviceError> {
    let form = feature(request, "dynamic")?;
    let data = form
        .get("data")
        .and_then(Value::as_object)
        .ok_or_else(|| not_answerable("the form has no data"))?;
    let pages = array(data, "pages");
    let mut next = data.get("startPageIdentifier").and_then(Value::as_str);
    let mut selections = Vec::new();
    for answer in answered {
        let wanted = next.ok_or_else(|| not_answerable("the form ends before that page"))?;
        if answer.page_identifier != wanted {
            return Err(not_answerable(format!("the next page is '{wanted}'")));
        }
        let page = pages
            .iter()
            .find(|page| text(page, "pageIdentifier") == wanted)
            .ok_or_else(|| not_answerable(format!("the form has no page '{wanted}'")))?;
        let items = items(request, page, answer)?;
        selections.push(selection(page, items));
        next = following(page, answer);
    }
    if let Some(wanted) = next {
        return Err(not_answerable(format!("page '{wanted}' is not answered")));
    }

    let mut answer = Map::new();
    for echoed in ["version", "template"] {
        if let Some(value) = form.get(echoed) {
            answer.insert(echoed.to_owned(), value.clone());
        }
    }
    answer.insert("selections".to_owned(), Value::Array(selections));
    if data.get("private").and_then(Value::as_bool) == Some(true) {
        answer.insert("private".to_owned(), json!(true));
    }
    let title = "Form".to_owned();
    let choice = Choice::new("dynamic", Value::Object(answer), title);
    Ok(Choice { keeps_title: true, ..choice })
}

/// Title and subtitle come back in each other's place, as in Apple's sample.
fn selection(page: &Value, items: Vec<Value>) -> Value {
    let mut selection = Map::new();
    selection.insert("pageIdentifier".to_owned(), json!(text(page, "pageIdentifier")));
    match (page.get("title"), page.get("subtitle")) {
        (Some(title), Some(subtitle)) => {
            selection.insert("title".to_owned(), subtitle.clone());
            selection.insert("subtitle".to_owned(), title.clone());
        }
        (title, subtitle) => {
            for (name, value) in [("title", title), ("subtitle", subtitle)] {
                if let Some(value) = value {
                    selection.insert(name.to_owned(), value.clone());
                }
            }
        }
    }
    selection.insert("items".to_owned(), Value::Array(items));
    Value::Object(selection)
}

/// The page after this one, given the answer.
fn following<'f>(page: &'f Value, answer: &AnsweredPage) -> Option<&'f str> {
    if page.get("submitForm").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let chosen = page_items(page).iter().find(|item| {
        answer.identifiers.first().is_some_and(|chosen| text(item, "identifier") == chosen)
    });
    chosen
        .and_then(|item| item.get("nextPageIdentifier"))
        .or_else(|| page.get("nextPageIdentifier"))
        .and_then(Value::as_str)
}

fn items(
    request: &Request<'_>,
    page: &Value,
    answer: &AnsweredPage,
) -> Result<Vec<Value>, DeviceError> {
    let own = text(page, "pageIdentifier");
    let value = answer.value.as_deref();
    match text(page, "type") {
        // A picker answers as a select.
        "select" | "picker" => chosen(page, answer),
        "datePicker" => {
            let value = value.ok_or_else(|| not_answerable(format!("'{own}' needs a date")))?;
            let format = page.pointer("/options/dateFormat").and_then(Value::as_str);
            let (title, value) =
                date(value, request.device.timezone_offset, format.unwrap_or(DATE_FORMAT))
                    .ok_or_else(|| not_answerable(format!("'{own}' needs a date")))?;
            let item = json!({
                "identifier": own, "type": "datePicker", "title": title, "value": value,
            });
            Ok(vec![item])
        }
        "input" => {
            let value = value.unwrap_or_default();
            let required = page.pointer("/options/required").and_then(Value::as_bool);
            if required == Some(true) && value.is_empty() {
                return Err(not_answerable(format!("'{own}' must be filled in")));
            }
            let prefix = page.pointer("/options/prefixText").and_then(Value::as_str);
            let title = format!("{}{value}", prefix.unwrap_or_default());
            Ok(vec![json!({
                "identifier": own, "type": "input", "title": title, "value": value,
            })])
        }
        other => Err(not_answerable(format!("no device has a page of type '{other}'"))),
    }
}

fn chosen(page: &Value, answer: &AnsweredPage) -> Result<Vec<Value>, DeviceError> {
    let own = text(page, "pageIdentifier");
    let several = page.get("multipleSelection").and_then(Value::as_bool) == Some(true);
    if answer.identifiers.is_empty() || (answer.identifiers.len() > 1 && !several) {
        return Err(not_answerable(format!("'{own}' takes one choice")));
    }
    let item = |identifier: &String| {
        let item = page_items(page).iter().find(|item| text(item, "identifier") == identifier);
        item.map(|item| {
            json!({
                "identifier": identifier, "type": "select",
                "title": text(item, "title"), "value": text(item, "value"),
            })
        })
        .ok_or_else(|| not_answerable(format!("'{own}' has no item '{identifier}'")))
    };
    answer.identifiers.iter().map(item).collect()
}

fn page_items(page: &Value) -> &[Value] {
    page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A date as the form writes dates, and the instant in UTC. A day begins where the device is.
fn date(entered: &str, minutes_from_gmt: i32, format: &str) -> Option<(String, String)> {
    let here = Offset::from_seconds(minutes_from_gmt.checked_mul(60)?).ok()?;
    let instant: Timestamp = match entered.parse() {
        Ok(instant) => instant,
        Err(_no_instant) => {
            let day: Date = entered.parse().ok()?;
            here.to_timestamp(day.to_datetime(civil::Time::midnight())).ok()?
        }
    };
    let title = written(here.to_datetime(instant).date(), format);
    Some((title, instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
}

/// A date in the letters of Unicode's date patterns that forms use: `yyyy`, `MM`, `dd`.
fn written(date: Date, format: &str) -> String {
    format
        .replace("yyyy", &format!("{:04}", date.year()))
        .replace("MM", &format!("{:02}", date.month()))
        .replace("dd", &format!("{:02}", date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_device_is() {
        let told = date("2021-03-30", -420, DATE_FORMAT).unwrap();
        assert_eq!(told, ("03/30/2021".to_owned(), "2021-03-30T07:00:00Z".to_owned()));
        let told = date("2021-03-30T23:00:00-02:00", 0, "yyyy-MM-dd").unwrap();
        assert_eq!(told, ("2021-03-31".to_owned(), "2021-03-31T01:00:00Z".to_owned()));
        assert_eq!(date("soon", 0, DATE_FORMAT), None);
    }
}

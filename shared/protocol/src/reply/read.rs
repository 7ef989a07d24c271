//! Reads the feature of a reply, with as much tolerance as devices need: numbers may be strings and
//! strings numbers, what is optional may be null.

use serde_json::{Map, Value, value::RawValue};

use super::answer::{Answer, FormItem, FormPage, ListItem, SignIn, Slot};
use crate::json::members::Members;

/// The one member of `data` that says what kind of answer it is.
pub(super) struct Feature<'a> {
    read: fn(&Map<String, Value>, &Context<'_>) -> Option<Answer>,
    value: &'a RawValue,
    data: &'a Members<'a>,
}

/// What stands around the feature.
struct Context<'a> {
    outer: &'a Members<'a>,
    data: &'a Members<'a>,
}

impl<'a> Feature<'a> {
    pub(super) fn of(data: &'a Members<'a>) -> Option<Self> {
        type Read = fn(&Map<String, Value>, &Context<'_>) -> Option<Answer>;
        let features: [(&str, Read); 7] = [
            ("listPicker", |picker, _| list_picker(picker)),
            ("event", |event, _| time_picker(event)),
            ("quick-reply", |reply, _| quick_reply(reply)),
            ("dynamic", |form, _| Some(self::form(form))),
            ("notification", invitation),
            ("authenticate", |result, _| Some(authenticate(result))),
            ("payment", |payment, _| Some(Answer::Payment { state: text(payment, "state") })),
        ];
        let found = |(name, read)| Some(Self { read, value: data.value(name)?, data });
        features.into_iter().find_map(found)
    }

    pub(super) fn answer(&self, outer: &Members<'_>) -> Option<Answer> {
        let value: Map<String, Value> = serde_json::from_str(self.value.get()).ok()?;
        (self.read)(&value, &Context { outer, data: self.data })
    }
}

/// The answer of a custom app.
pub(super) fn app(outer: &Members<'_>) -> Option<Answer> {
    Some(Answer::App {
        url: outer.text(&["URL", "url"])?,
        app_id: outer.text(&["appId"]),
        app_name: outer.text(&["appName"]),
        bid: outer.text(&["bid"]),
    })
}

/// The first section is what was chosen, whatever it is called in the customer's language.
fn list_picker(picker: &Map<String, Value>) -> Option<Answer> {
    let sections = picker.get("sections")?.as_array()?;
    let items = |section: &Value| -> Vec<ListItem> {
        // Apple's table of keys has another name for it than Apple's samples.
        ["items", "listPickerItem"]
            .into_iter()
            .find_map(|name| section.get(name)?.as_array())
            .map(|items| items.iter().filter_map(|item| list_item(item.as_object()?)).collect())
            .unwrap_or_default()
    };
    let (chosen, rest) = sections.split_first()?;
    let others = rest.iter().map(|section| items(section).len()).sum();
    Some(Answer::ListPicker { selected: items(chosen), others })
}

fn list_item(item: &Map<String, Value>) -> Option<ListItem> {
    Some(ListItem {
        identifier: text(item, "identifier")?,
        title: text(item, "title"),
        subtitle: text(item, "subtitle"),
        order: integer(item, "order"),
    })
}

/// Exactly one slot is left: with several, nobody could say which was meant.
fn time_picker(event: &Map<String, Value>) -> Option<Answer> {
    let [slot] = event.get("timeslots")?.as_array()?.as_slice() else { return None };
    let slot = slot.as_object()?;
    let slot = Slot {
        identifier: text(slot, "identifier"),
        start_time: text(slot, "startTime"),
        duration: integer(slot, "duration"),
    };
    let told = slot.identifier.is_some() || slot.start_time.is_some();
    told.then(|| Answer::TimePicker { event_identifier: text(event, "identifier"), slot })
}

/// The index and the identifier say the same; either alone is enough.
fn quick_reply(reply: &Map<String, Value>) -> Option<Answer> {
    let items: Vec<_> = reply
        .get("items")
        .and_then(Value::as_array)
        .map(|items| items.iter().map(Value::as_object).collect())
        .unwrap_or_default();
    let told = integer(reply, "selectedIndex").and_then(|index| u64::try_from(index).ok());
    let identifier = text(reply, "selectedIdentifier");
    let place = identifier.as_ref().and_then(|wanted| {
        let mut names = items.iter().map(|item| item.and_then(|item| text(item, "identifier")));
        u64::try_from(names.position(|name| name.as_ref() == Some(wanted))?).ok()
    });
    let index = told.or(place);
    let at = place.or(told).and_then(|at| usize::try_from(at).ok());
    let item = at.and_then(|at| items.get(at).copied().flatten());
    if index.is_none() && identifier.is_none() {
        return None;
    }
    Some(Answer::QuickReply {
        index,
        identifier: identifier.or_else(|| text(item?, "identifier")),
        title: item.and_then(|item| text(item, "title")),
    })
}

/// Whatever else is wrong with it, a form that is private stays so.
fn form(form: &Map<String, Value>) -> Answer {
    let selections = form.get("selections").and_then(Value::as_array);
    let pages = selections
        .map(|pages| pages.iter().filter_map(|page| form_page(page.as_object()?)).collect())
        .unwrap_or_default();
    let inner = form.get("data").and_then(Value::as_object);
    let private = truth(form, "private") || inner.is_some_and(|data| truth(data, "private"));
    Answer::Form { private, pages: Some(pages) }
}

fn form_page(page: &Map<String, Value>) -> Option<FormPage> {
    let items = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(FormPage {
        page_identifier: text(page, "pageIdentifier")?,
        title: text(page, "title"),
        subtitle: text(page, "subtitle"),
        items: items
            .iter()
            .filter_map(Value::as_object)
            .map(|item| FormItem {
                identifier: text(item, "identifier"),
                kind: text(item, "type"),
                title: text(item, "title"),
                value: text(item, "value"),
            })
            .collect(),
    })
}

/// Observed: `id` says it, and `displayContent.determinateResponse.type` has a member of that name.
/// The reference has been seen beside it, and is looked for around it.
fn invitation(notification: &Map<String, Value>, around: &Context<'_>) -> Option<Answer> {
    let word = text(notification, "id").map(|word| word.to_ascii_lowercase());
    let shown = notification.get("displayContent").and_then(|shown| {
        let kinds = shown.get("determinateResponse")?.get("type")?.as_object()?;
        kinds.keys().next().cloned()
    });
    let decided = [word, shown].into_iter().flatten().find_map(|word| match word.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let reference_id = text(notification, "referenceId")
        .or_else(|| around.data.text(&["referenceId"]))
        .or_else(|| around.outer.text(&["referenceId"]));
    Some(Answer::Invitation { accepted: decided?, reference_id })
}

/// Four words of the new flow, three of the old; `completed`, which a sample of Apple's has, says
/// neither.
fn authenticate(result: &Map<String, Value>) -> Answer {
    let word = text(result, "status");
    let status = match word.as_deref().unwrap_or_default() {
        "success" | "authenticated" => SignIn::Success,
        "failure" | "failed" => SignIn::Failure,
        "cancel" => SignIn::Cancel,
        _ => SignIn::Unknown,
    };
    let error = result.get("errors").and_then(|errors| errors.get(0)?.as_object());
    let error_code = text(result, "error_code").or_else(|| text(error?, "code"));
    Answer::Authenticate { status, word, error_code }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn integer(object: &Map<String, Value>, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::String(digits) => digits.trim().parse().ok(),
        Value::Number(number) => number.as_i64().or_else(|| {
            // `1.0`, as some serializers write whole numbers.
            number.to_string().strip_suffix(".0")?.parse().ok()
        }),
        _ => None,
    }
}

/// A number or a word that means yes, too: what is private must not depend on its spelling.
fn truth(object: &Map<String, Value>, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(word)) => {
            !matches!(word.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no")
        }
        _ => false,
    }
}

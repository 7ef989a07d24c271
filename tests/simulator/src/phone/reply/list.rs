//! A list picker: what was chosen in one section, everything else in another.

use serde_json::{Value, json};

use super::{Choice, Request, array, feature, not_answerable, text, words};
use crate::phone::roster::DeviceError;

/// The choice of items, wherever they stood; the business's sections and their titles are gone.
pub(super) fn choose(request: &Request<'_>, identifiers: &[String]) -> Result<Choice, DeviceError> {
    let picker = feature(request, "listPicker")?;
    let sections = array(picker, "sections");
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    let mut touched = 0;
    for section in sections {
        let (mine, rest): (Vec<&Value>, Vec<&Value>) = section
            .get("items")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .partition(|item| identifiers.iter().any(|it| it == text(item, "identifier")));
        let several = section.get("multipleSelection").or(picker.get("multipleSelection"));
        if mine.len() > 1 && !is_set(several) {
            return Err(not_answerable("a section takes one choice"));
        }
        touched += usize::from(!mine.is_empty());
        chosen.extend(mine);
        others.extend(rest);
    }
    let one_in_all = picker.get("multipleSelection").and_then(Value::as_bool) == Some(false);
    if touched > 1 && one_in_all {
        return Err(not_answerable("it takes one choice"));
    }
    if chosen.is_empty() || chosen.len() != identifiers.len() {
        return Err(not_answerable("not every identifier names an item of it"));
    }

    let titles: Vec<_> = chosen.iter().map(|item| text(item, "title")).collect();
    let title = titles.join(", ");
    let [selected, rest] = words::sections(&request.customer.locale);
    let mut answer = vec![json!({"title": selected, "order": 0, "items": chosen})];
    if !others.is_empty() {
        answer.push(json!({"title": rest, "order": 1, "items": others}));
    }
    Ok(Choice::new("listPicker", json!({"sections": answer}), title))
}

fn is_set(flag: Option<&Value>) -> bool {
    flag.and_then(Value::as_bool).unwrap_or_default()
}

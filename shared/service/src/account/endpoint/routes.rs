//! The member `routes` of an endpoint: `[{"businessId"?, "intent"?, "group"?, "locale"?}]`.

use amb_protocol::id::BusinessId;
use serde_json::Value;

use crate::{
    account::member,
    model::Route,
    problem::{Fault, Faults, Reader},
};

/// Longest intent or group in a rule, in characters: our choice. All rules of a tenant are read with
/// every message.
pub const MAX_ENTRY: usize = 256;

/// Longest locale in a rule, in characters: what is kept of a customer's.
const MAX_LOCALE: usize = amb_protocol::inbound::LOCALE_MAX_CHARS;

/// Reads the rules; an empty list is that there are none.
pub(super) fn read(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<Vec<Route>> {
    let pointer = reader.pointer("routes");
    let Value::Array(rules) = reader.optional("routes")? else {
        faults.push(Fault::new(pointer, "type", "a list of rules is expected"));
        return None;
    };
    let (most, given) = (Route::MAX_PER_ENDPOINT, rules.len());
    if given > most {
        let message = format!("at most {most} rules are expected");
        faults.push(Fault::new(pointer, "length", message).limit(most, given));
        return None;
    }
    // Every rule is read, whatever is wrong with those before it.
    let read: Vec<_> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| self::rule(rule, format!("{pointer}/{at}"), faults))
        .collect();
    read.into_iter().collect()
}

fn rule(rule: &Value, pointer: String, faults: &mut Faults) -> Option<Route> {
    let Value::Object(members) = rule else {
        faults.push(Fault::new(pointer, "type", "an object is expected"));
        return None;
    };
    let mut reader = Reader::at(members, pointer.clone());
    let route = Route {
        business: member::optional_parsed(&mut reader, "businessId", BusinessId::parse, faults),
        intent: reader.optional_text("intent", MAX_ENTRY, faults).map(str::to_owned),
        group: reader.optional_text("group", MAX_ENTRY, faults).map(str::to_owned),
        locale: member::optional_parsed(&mut reader, "locale", locale, faults),
    };
    reader.finish(faults);
    if members.values().all(Value::is_null) {
        let message = "a rule names a businessId, an intent, a group or a locale";
        let fix = "leave `routes` empty to hear everything";
        faults.push(Fault::new(pointer, "required", message).fix(fix));
        return None;
    }
    Some(route)
}

/// `en`, `en_US`, `zh-Hans-CN`.
fn locale(text: &str) -> Result<String, &'static str> {
    let subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_locale = text.len() <= MAX_LOCALE && text.split(['_', '-']).all(subtag);
    let expected = "a language such as en, or a language and a region such as en_US";
    if is_locale { Ok(text.to_owned()) } else { Err(expected) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_from(routes: &Value) -> (Option<Vec<Route>>, Vec<(String, &'static str)>) {
        let body = json!({ "routes": routes });
        let mut faults = Faults::default();
        let mut reader = Reader::new(body.as_object().unwrap());
        let read = read(&mut reader, &mut faults);
        reader.finish(&mut faults);
        match faults.finish(Some(())) {
            Ok(()) => (read, Vec::new()),
            Err(problem) => {
                let found = problem.errors.iter().map(|f| (f.pointer.clone(), f.rule));
                (read, found.collect())
            }
        }
    }

    #[test]
    fn rules_are_read_member_by_member() {
        let (read, faults) = read_from(&json!([
            { "businessId": "b-1", "intent": "buy", "group": "shoes", "locale": "en_US" },
            { "locale": "zh-Hans", "intent": null },
        ]));
        assert_eq!(faults, []);
        let read = read.unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].business.as_ref().map(BusinessId::as_str), Some("b-1"));
        assert_eq!((read[1].intent.as_deref(), read[1].locale.as_deref()), (None, Some("zh-Hans")));
        assert_eq!(read_from(&json!([])).0, Some(Vec::new()));
        assert_eq!(read_from(&json!(null)), (None, Vec::new()));
    }

    #[test]
    fn every_fault_of_every_rule_is_named_with_its_place() {
        let (_, faults) = read_from(&json!([
            {},
            "buy",
            { "intent": "", "group": 7, "locale": "en US", "language": "en" },
            { "businessId": "a b" },
            { "intent": "x".repeat(MAX_ENTRY + 1) },
            { "group": null },
        ]));
        let found: Vec<_> =
            faults.iter().map(|(pointer, rule)| (pointer.as_str(), *rule)).collect();
        assert_eq!(
            found,
            [
                ("/routes/0", "required"),
                ("/routes/1", "type"),
                ("/routes/2/intent", "length"),
                ("/routes/2/group", "type"),
                ("/routes/2/locale", "format"),
                ("/routes/2/language", "unknown_field"),
                ("/routes/3/businessId", "format"),
                ("/routes/4/intent", "length"),
                ("/routes/5", "required"),
            ]
        );
        assert_eq!(read_from(&json!({})).1, [("/routes".to_owned(), "type")]);
        let many = vec![json!({ "intent": "x" }); Route::MAX_PER_ENDPOINT + 1];
        assert_eq!(read_from(&many.into()).1, [("/routes".to_owned(), "length")]);
    }
}

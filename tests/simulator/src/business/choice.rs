//! What a customer chose, as the product tells it in `interactive.replied`.

use serde_json::Value;

/// How the identifiers in the demo's menus begin; a keyword follows.
const MENU: &str = "demo-";

/// The keyword, if the customer chose one from a menu of the demo's.
pub(super) fn keyword(reply: &Value) -> Option<&str> {
    let identifier = match reply.get("kind")?.as_str()? {
        "quickReply" => reply.get("identifier"),
        "listPicker" => reply.pointer("/selected/0/identifier"),
        _ => None,
    };
    identifier?.as_str()?.strip_prefix(MENU)
}

/// What the bot says to any other choice.
pub(super) fn sentence(reply: &Value) -> String {
    let text = |pointer: &str| reply.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let chosen = match text("/kind") {
        "quickReply" => text("/identifier").to_owned(),
        "listPicker" => identifiers(reply.get("selected")).join(", "),
        "timePicker" => format!("{} at {}", text("/slot/identifier"), text("/slot/startTime")),
        "form" => pages(reply),
        "iMessageApp" => text("/url").to_owned(),
        "invitation" => {
            let accepted = reply.get("accepted").and_then(Value::as_bool) == Some(true);
            if accepted { "yes".to_owned() } else { "no".to_owned() }
        }
        other => other.to_owned(),
    };
    format!("You chose: {chosen}")
}

fn identifiers(items: Option<&Value>) -> Vec<&str> {
    let items = items.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.get("identifier")?.as_str()).collect()
}

/// `page = value, value; page = …`
fn pages(reply: &Value) -> String {
    let Some(pages) = reply.get("pages").and_then(Value::as_array) else {
        return "something private".to_owned();
    };
    let page = |page: &Value| {
        let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
        let values: Vec<_> = items.filter_map(|item| item.get("value")?.as_str()).collect();
        let name = page.get("pageIdentifier").and_then(Value::as_str).unwrap_or_default();
        format!("{name} = {}", values.join(", "))
    };
    pages.iter().map(page).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_choice_is_told_by_its_identifiers() {
        for (reply, told) in [
            (json!({"kind": "quickReply", "index": 1, "identifier": "bad"}), "bad"),
            (
                json!({"kind": "listPicker", "selected": [{"identifier": "a"}, {"identifier": "b"}]}),
                "a, b",
            ),
            (
                json!({"kind": "timePicker", "slot": {"identifier": "s2", "startTime": "now"}}),
                "s2 at now",
            ),
            (
                json!({"kind": "form", "pages": [
                    {"pageIdentifier": "p", "items": [{"value": "x"}, {"value": "y"}]},
                    {"pageIdentifier": "q", "items": [{"value": "z"}]},
                ]}),
                "p = x, y; q = z",
            ),
            (json!({"kind": "form", "private": true}), "something private"),
            (json!({"kind": "iMessageApp", "url": "?a=1"}), "?a=1"),
            (json!({"kind": "invitation", "accepted": true}), "yes"),
            (json!({"kind": "other"}), "other"),
        ] {
            assert_eq!(sentence(&reply), format!("You chose: {told}"));
        }
    }

    #[test]
    fn a_choice_from_the_menu_is_a_keyword() {
        let reply = json!({"kind": "quickReply", "identifier": "demo-link"});
        assert_eq!(keyword(&reply), Some("link"));
        let reply = json!({"kind": "listPicker", "selected": [{"identifier": "demo-list multi"}]});
        assert_eq!(keyword(&reply), Some("list multi"));
        assert_eq!(keyword(&json!({"kind": "quickReply", "identifier": "link"})), None);
    }
}

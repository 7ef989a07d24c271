use serde_json::{Map, Value};

/// Puts a value at a JSON Pointer into a body. Objects on the way that are missing are made; a place
/// that cannot be, such as beyond the end of a list, stays as it is.
pub(super) fn put(body: &mut Map<String, Value>, pointer: &str, value: Value) {
    let mut tokens = pointer.split('/').skip(1).map(unescape);
    let Some(first) = tokens.next() else { return };
    let mut place = body.entry(first).or_insert(Value::Null);
    for token in tokens {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let next = match place {
            Value::Object(members) => Some(members.entry(token).or_insert(Value::Null)),
            Value::Array(items) => token.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
            _ => None,
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    *place = value;
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_comes_to_its_place() {
        let mut body = json!({ "a": { "list": [{ "x": 1 }, {}] }, "s": "t" });
        let body = body.as_object_mut().unwrap();
        put(body, "/a/list/1/data", "one".into());
        put(body, "/a/list/0/x", "two".into());
        put(body, "/new/quick~1reply", "three".into());
        put(body, "/a/list/2/data", "nowhere".into());
        put(body, "/s/t", "nowhere".into());
        put(body, "", "nowhere".into());
        let expected = json!({
            "a": { "list": [{ "x": "two" }, { "data": "one" }] },
            "s": "t",
            "new": { "quick/reply": "three" },
        });
        assert_eq!(Value::Object(body.clone()), expected);
    }
}

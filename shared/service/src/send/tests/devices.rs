use serde_json::json;

use super::{World, faults, good, request, with_fallback};
use crate::model::Scope;

/// A device that has the capability is sent the thing; one that has not is sent the fallback, or the
/// request is refused.
fn has_and_has_not(kind: &str, capability: &str) {
    let world = World::with_scopes(&[Scope::Send, Scope::SendUnchecked]);
    let content = match kind {
        "raw" => json!({ "unchecked": true, "apple": {
            "type": "interactive",
            "interactiveData": { "data": { "version": "2.0", "authenticate": { "oauth2": {} } } },
        } }),
        kind => good(kind),
    };
    let alone = request(kind, &content);
    let other = with_fallback(kind, &content, "text", &good("text"));

    world.device(capability);
    assert_eq!(world.send(&alone).unwrap().kind, kind);
    assert_eq!(world.check(&other).unwrap().chosen.unwrap().index, 0);

    let all = ["AUTH", "AUTH2", "FORM", "LIST", "QUICK", "TIME"];
    let rest: Vec<_> = all.into_iter().filter(|word| *word != capability).collect();
    world.device(&rest.join(","));
    let refused = world.send_as("key-2", alone.to_string().as_bytes()).unwrap_err();
    assert_eq!((refused.status, refused.code), (422, "not_showable"));
    assert_eq!(faults(&refused), [("/type", "capability")]);
    assert_eq!(world.send_as("key-3", other.to_string().as_bytes()).unwrap().kind, kind);
    let verdict = world.check(&other).unwrap();
    let chosen = verdict.chosen.unwrap();
    assert_eq!((chosen.index, chosen.kind, verdict.valid), (1, "text", true));
    assert_eq!(verdict.missing.len(), 1, "{:?}", verdict.missing);
}

#[test]
fn sc09_a_list_picker_goes_to_devices_with_list() {
    has_and_has_not("listPicker", "LIST");
}

#[test]
fn sc09_a_time_picker_goes_to_devices_with_time() {
    has_and_has_not("timePicker", "TIME");
}

#[test]
fn sc09_a_form_goes_to_devices_with_form() {
    has_and_has_not("form", "FORM");
}

#[test]
fn sc09_a_quick_reply_goes_to_devices_with_quick() {
    has_and_has_not("quickReply", "QUICK");
}

#[test]
fn sc09_a_sign_in_goes_to_devices_with_auth2() {
    has_and_has_not("raw", "AUTH2");
}

#[test]
fn ap27_a_device_that_can_show_none_of_it_is_sent_nothing() {
    let world = World::new();
    world.device("TIME");
    let body = with_fallback("form", &good("form"), "listPicker", &good("listPicker"));
    let refused = world.send(&body).unwrap_err();
    assert_eq!(refused.code, "not_showable");
    assert_eq!(faults(&refused), [("/type", "capability"), ("/fallback/0/type", "capability")]);
    assert!(world.memory.world().outbound.is_empty());
    let verdict = world.check(&body).unwrap();
    assert!(!verdict.valid && verdict.chosen.is_none());
    assert_eq!(verdict.errors, refused.errors);
}

#[test]
fn ap27_a_list_that_grew_shorter_does_not_undo_what_was_taken() {
    let world = World::new();
    let body = request("listPicker", &good("listPicker"));
    let first = world.send(&body).unwrap();
    world.device("TIME");
    let again = world.send(&body).unwrap();
    assert!(again.replayed);
    assert_eq!((again.pointer, again.kind), (first.pointer, "listPicker"));
}

#[test]
fn s049_a_check_may_name_the_capabilities_itself() {
    let world = World::new();
    let mut body = request("listPicker", &good("listPicker"));
    body["capabilities"] = json!(["QUICK"]);
    assert!(!world.check(&body).unwrap().valid);
    let body = json!({ "type": "listPicker", "content": good("listPicker") });
    let verdict = world.check(&body).unwrap();
    assert!(verdict.valid && verdict.missing.is_empty(), "{:?}", verdict.errors);
    assert_eq!(serde_json::to_value(&verdict.requires).unwrap(), json!(["LIST"]));
}

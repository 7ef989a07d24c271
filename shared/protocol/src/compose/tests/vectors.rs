//! Messages in the shape of every sample of Apple's: each is taken or refused as its file says, and
//! what is typed comes back as it went in.

use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::capability::Capability;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    /// What it is like.
    #[serde(rename = "like")]
    _like: String,
    /// What is decided about it.
    #[serde(default, rename = "note")]
    _note: Option<String>,
    channel: Channel,
    requires: Option<Capability>,
    /// Whether there is a type that holds all of it.
    typed: bool,
    faults: Expected,
    /// What it is refused for as raw content alone, though Apple takes it.
    #[serde(default)]
    raw: Vec<(String, String)>,
    message: Value,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(rename = "apple-2022")]
    published: Vec<(String, String)>,
    #[serde(rename = "apple-2026-08")]
    august: Vec<(String, String)>,
}

fn vectors() -> Vec<(String, Vector)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/messages");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let vector = serde_json::from_slice(&std::fs::read(&path).unwrap());
        (name.clone(), vector.unwrap_or_else(|why| panic!("{name}: {why}")))
    };
    files.map(read).collect()
}

#[test]
fn every_sample_is_taken_or_refused_for_its_recorded_reason() {
    let vectors = vectors();
    assert!(vectors.len() >= 22);
    for (name, vector) in &vectors {
        let packs =
            [("apple-2022", &vector.faults.published), ("apple-2026-08", &vector.faults.august)];
        for (pack, expected) in packs {
            let faults = check_wire(&vector.message, RulePack::named(pack).unwrap());
            let found: Vec<_> =
                faults.iter().map(|fault| (fault.pointer.clone(), fault.rule.to_owned())).collect();
            assert_eq!(found, *expected, "{name} by {pack}");
        }
    }
}

#[test]
fn ap27_every_sample_goes_raw_by_its_channel_and_names_what_the_device_needs() {
    for (name, vector) in vectors() {
        let content = json!({"apple": vector.message});
        let composed = compose_by("apple-2022", ContentType::Raw, &content, false);
        if !vector.raw.is_empty() {
            let found = short(&composed.unwrap_err());
            let found: Vec<_> = found.into_iter().map(|(at, rule)| (at, rule.to_owned())).collect();
            assert_eq!(found, vector.raw, "{name}");
            continue;
        }
        assert_eq!(composed.is_err(), !vector.faults.published.is_empty(), "{name}");
        let Ok(Composed { draft, warnings, .. }) = composed else { continue };
        assert_eq!((draft.channel, draft.requires), (vector.channel, vector.requires), "{name}");
        assert_eq!(Value::Object(draft.body), without_envelope(&vector.message), "{name}");
        assert_eq!(warnings.len(), 4, "{name}");
        assert!(!draft.drawn && draft.needs.is_empty(), "{name}");
    }
}

#[test]
fn every_typed_sample_comes_back_as_it_went_in() {
    let pack = RulePack::named("apple-2022").unwrap();
    let mut count = 0;
    for (name, vector) in vectors().into_iter().filter(|(_, vector)| vector.typed) {
        let message = &vector.message;
        let draft = match vector.message["type"].as_str() {
            Some("richLink") => RichLink::parse(message, pack).unwrap().draft(pack),
            _ if message["interactiveData"]["bid"] != BUSINESS_BID => {
                IMessageApp::parse(message, pack).unwrap().draft(pack)
            }
            _ if vector.channel == Channel::Notification => {
                Invitation::parse(message, pack).unwrap().draft(pack)
            }
            _ => Interactive::parse(message, pack).unwrap().draft(pack),
        };
        assert_eq!((draft.channel, draft.requires), (vector.channel, vector.requires), "{name}");
        assert_eq!(filled_from_itself(&draft), without_envelope(message), "{name}");
        count += 1;
    }
    assert_eq!(count, 9);
}

/// Every picture put back where it came from.
fn filled_from_itself(draft: &Draft) -> Value {
    let mut body = Value::Object(draft.body.clone());
    for need in &draft.needs {
        let Need::Image(PendingImage { pointer, source: ImageSource::Data(data), .. }) = need
        else {
            panic!("{need:?}")
        };
        *body.pointer_mut(pointer).unwrap() = json!(data);
    }
    body
}

fn without_envelope(message: &Value) -> Value {
    let mut message = message.clone();
    for name in ["v", "id", "sourceId", "destinationId"] {
        message.as_object_mut().unwrap().remove(name);
    }
    message
}

//! Public corpora of hostile JSON and text. They lie beside the project, in the folder that
//! `CORPUS_DIR` names; without it these tests say so and pass, unless `CORPORA=required`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::id::{BusinessId, MessageId, OpaqueId};
use crate::inbound::{Envelope, EnvelopeError};
use crate::outbound::{Message, OutboundType};

const ID: &str = "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001";
const CUSTOMER: &str = "urn:mbid:AQAAY1madeUpOpaque01=";
const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";

/// A file or folder of the corpora, or `None` when there are none and none are required.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where corpora lie"
)]
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CORPUS_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora")),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("CORPORA").is_some_and(|value| value == "required");
    assert!(!required, "CORPORA=required, and there is no {}", path.display());
    eprintln!("CORPUS ABSENT, TEST SKIPPED: {} (set CORPUS_DIR)", path.display());
    None
}

/// The files of `JSONTestSuite` whose names start so, with their content.
fn json_test_suite(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = corpus("JSONTestSuite/test_parsing") else { return Vec::new() };
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (file_name(&path), fs::read(&path).unwrap()))
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no {prefix} files");
    files
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// A good message that carries these bytes as the value of a member that nobody reads.
fn around(value: &[u8]) -> Vec<u8> {
    let head = format!(
        r#"{{"v":1,"type":"text","id":"{ID}","sourceId":"{CUSTOMER}","destinationId":"{BUSINESS}","future":"#
    );
    [head.as_bytes(), value, br#","body":"Hello"}"#].concat()
}

#[test]
fn m119_every_valid_document_of_the_suite_is_carried() {
    for (name, document) in json_test_suite("y_") {
        let message = Envelope::parse(&around(&document)).map_err(EnvelopeError::code);
        assert_eq!(message.map(|m| m.body), Ok(Some("Hello".to_owned())), "{name}");
    }
}

#[test]
fn m120_every_invalid_document_of_the_suite_is_refused() {
    for (name, document) in json_test_suite("n_") {
        for body in [document.clone(), around(&document)] {
            let error = Envelope::parse(&body).expect_err(&name);
            let expected = [EnvelopeError::BadJson, EnvelopeError::NotUtf8, EnvelopeError::Empty];
            assert!(expected.contains(&error), "{name}: {error:?}");
        }
    }
}

/// What parsers may decide for themselves. Ours reads numbers that vanish or lose digits, and mends
/// lone surrogates; it refuses what is infinite, not UTF-8, or deeper than the limit. (A byte order mark is
/// taken in front of a message, not inside one.)
const ACCEPTED: [&str; 15] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
];

#[test]
fn m121_what_the_suite_leaves_open_is_decided() {
    let files = json_test_suite("i_");
    let accepted: Vec<_> = files
        .iter()
        .filter(|(_, document)| Envelope::parse(&around(document)).is_ok())
        .map(|(name, _)| name.as_str())
        .collect();
    if !files.is_empty() {
        assert_eq!(accepted, ACCEPTED);
    }
}

#[test]
fn m148_naughty_strings_arrive_and_leave_unchanged() {
    let Some(path) = corpus("blns.json") else { return };
    let strings: Vec<String> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(strings.len() > 500);
    for words in strings {
        let sent = Message {
            id: MessageId::parse(ID).unwrap(),
            from: BusinessId::parse(BUSINESS).unwrap(),
            to: OpaqueId::parse(CUSTOMER).unwrap(),
            kind: OutboundType::Text { body: words.clone() },
            bot: false,
            agent: Some(words.clone()),
            include_data_ref: false,
        };
        assert!(sent.headers().iter().all(|(_, v)| v.bytes().all(|b| (b' '..0x7f).contains(&b))));
        // Read back as a webhook: the envelope is the same in both directions, the ids aside.
        let read = Envelope::parse(&sent.to_json()).unwrap();
        assert_eq!(read.body.as_deref(), Some(words.as_str()));
        let escaped = serde_json::to_string(&words).unwrap();
        let json = String::from_utf8(around(b"0")).unwrap().replace("\"Hello\"", &escaped);
        let received = Envelope::parse(json.as_bytes()).unwrap();
        assert_eq!(received.body, Some(words));
    }
}

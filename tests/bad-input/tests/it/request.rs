//! M069–M071, M101–M105, M171–M174: the request around the body.

use amb_bad_input::{InboundWebhook, Row, refused, taken};
use amb_support::{canary::CANARY, gateway_event::GatewayEvent, message, token::Token};

fn apple() -> GatewayEvent {
    GatewayEvent::from_apple()
}

#[test]
fn m069_another_method() {
    Row::run("M069", |row| {
        for method in ["GET", "PUT", "OPTIONS", "HEAD", "DELETE", "PATCH", "TRACE", "MK COL", ""] {
            let outcome = InboundWebhook::default().send(&apple().method(method));
            row.check(method, &outcome, refused(405, "method"));
            row.holds("Allow says which", outcome.header("allow") == Some("POST"));
        }
        let bare = apple().method("GET").without("authorization");
        row.apple("before the token", &bare, refused(405, "method"));
    });
}

#[test]
fn m070_another_path() {
    Row::run("M070", |row| {
        for path in [
            "/message/",
            "//message",
            "/Message",
            "/message;x",
            "/message%2f",
            "/message%00",
            "/./message",
            "/",
            "",
            "/messages",
            "/v1/message",
        ] {
            row.apple(path, &apple().path(path), refused(404, "unknown_path"));
        }
        let both = apple().path("/other").method("GET");
        row.apple("the path is looked at first", &both, refused(404, "unknown_path"));
    });
}

#[test]
fn m071_headers_that_claim_another_request() {
    Row::run("M071", |row| {
        for (name, value) in [
            ("x-http-method-override", "DELETE"),
            ("x-method-override", "GET"),
            ("x-forwarded-host", "evil.example"),
            ("x-original-url", "/v1/tenants"),
            ("x-rewrite-url", "/v1/tenants"),
            ("x-forwarded-proto", "\u{0}"),
            ("host", "["),
        ] {
            row.apple(name, &apple().header(name, value), taken());
        }
        let event = apple().method("GET").header("x-http-method-override", "POST");
        row.apple("nor a way in", &event, refused(405, "method"));
    });
}

#[test]
fn m101_no_content_type() {
    Row::run("M101", |row| {
        row.apple("sound JSON", &apple().without("content-type"), taken());
        let event = apple().without("content-type").plain("x=1");
        row.apple("no JSON", &event, refused(400, "bad_json"));
    });
}

#[test]
fn m102_another_content_type() {
    Row::run("M102", |row| {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "application/json, text/plain",
            "*/*",
            "json",
            "",
        ] {
            row.apple(kind, &apple().header("content-type", kind), refused(415, "content_type"));
        }
        let event = apple().header("content-type", "text/plain").without("authorization");
        row.apple("the token is looked at first", &event, refused(401, "auth_missing"));
    });
}

#[test]
fn m103_the_charset() {
    Row::run("M103", |row| {
        for kind in [
            "application/json; charset=utf-8",
            "Application/JSON;charset=\"UTF-8\"",
            "application/json; v=1",
        ] {
            row.apple(kind, &apple().header("content-type", kind), taken());
        }
        for kind in ["application/json; charset=utf-16", "application/json;charset=latin1"] {
            row.apple(kind, &apple().header("content-type", kind), refused(415, "content_type"));
        }
    });
}

#[test]
fn m104_gzip() {
    Row::run("M104", |row| {
        row.apple("gzip", &apple(), taken());
        row.apple("in capitals", &apple().header("content-encoding", "GZIP"), taken());
    });
}

#[test]
fn m105_another_content_encoding() {
    Row::run("M105", |row| {
        for encoding in ["gzip, gzip", "gzip,identity", "br", "deflate", "zstd", "x-gzip", "aes128"]
        {
            let event = apple().header("content-encoding", encoding);
            row.apple(encoding, &event, refused(415, "content_encoding"));
        }
        let plain = message::text().to_string();
        let event = apple().plain(plain.as_str()).header("content-encoding", "identity");
        row.apple("identity", &event, taken());
        let event = apple().header("content-encoding", "br").header("content-type", "text/plain");
        row.apple("the content type is looked at first", &event, refused(415, "content_type"));
    });
}

#[test]
fn m172_header_names() {
    Row::run("M172", |row| {
        let token = Token::good().bearer();
        let shouted = apple().without("authorization").header("AUTHORIZATION", &token);
        row.apple("in capitals", &shouted, taken());
        let event = apple().without("source-id").header("Source-ID", "urn:mbid:other");
        row.apple("which count", &event, refused(400, "source_mismatch"));
        let event = apple().without("source-id").header("source_id", "urn:mbid:other");
        row.apple("with an underscore it is another header", &event, taken());
    });
}

#[test]
fn m173_unicode_in_header_values() {
    Row::run("M173", |row| {
        for value in ["é", "%0d%0a", "\u{202e}abc", "a%00b", "👋", "%c0%af"] {
            row.apple(value, &apple().header("x-probe", value), taken());
            row.apple(value, &apple().header("capability-list", value), taken());
            row.apple(value, &apple().header("user-agent", value), taken());
            row.apple(value, &apple().header("id", value), refused(400, "id_mismatch"));
        }
    });
}

#[test]
fn m174_line_breaks_in_what_could_be_logged() {
    // The runner looks at every line: one object each, and no canary in it.
    Row::run("M174", |row| {
        let forged = format!("x\r\n{{\"Stage\":\"{CANARY}\"}}\n\u{2028}\u{85}");
        for name in ["user-agent", "x-amzn-trace-id", "x-forwarded-for", "capability-list"] {
            row.apple(name, &apple().header(name, &forged), taken());
        }
        row.apple("path", &apple().path(&format!("/{forged}")), refused(404, "unknown_path"));
        row.apple("method", &apple().method(&forged), refused(405, "method"));
        row.apple("query", &apple().query(&forged), taken());
        row.apple("source-id", &apple().header("source-id", &forged), taken());
        let event = apple().header("source-id", &forged.replace(['\r', '\n'], " "));
        row.apple("on one line", &event, refused(400, "source_mismatch"));
        let event = apple().authorization(&format!("Bearer {forged}"));
        row.apple("token", &event, refused(401, "auth_missing"));
        for member in ["type", "id", "sourceId"] {
            let event = GatewayEvent::from_apple_with(&message::with(member, forged.as_str()));
            let code = format!("bad_{member}");
            let code = ["bad_type", "bad_id", "bad_sourceId"].into_iter().find(|c| *c == code);
            row.apple(member, &event, refused(400, code.unwrap()));
        }
    });
}

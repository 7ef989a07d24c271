//! M106–M118, M122–M124, M127–M130 and M177: the bytes of Apple's body.

use amb_bad_input::{Row, refused, taken};
use amb_protocol::gzip::deflate;
use amb_service::receive::{MAX_INFLATED_BODY, MAX_WIRE_BODY};
use amb_support::{gateway_event::GatewayEvent, message};

fn apple() -> GatewayEvent {
    GatewayEvent::from_apple()
}

fn good() -> Vec<u8> {
    message::text().to_string().into_bytes()
}

/// A sound message of exactly this many bytes.
fn of_length(length: usize) -> Vec<u8> {
    let mut body = good();
    body.resize(length, b' ');
    body
}

/// Bytes that say they are gzip.
fn zipped(bytes: impl Into<Vec<u8>>) -> GatewayEvent {
    apple().bytes(bytes)
}

#[test]
fn m106_gzip_by_name_only() {
    Row::run("M106", |row| {
        row.apple("plain JSON", &zipped(good()), refused(400, "bad_gzip"));
        row.apple("nothing", &zipped([]), refused(400, "bad_gzip"));
        row.apple("one byte of it", &zipped([0x1f]), refused(400, "bad_gzip"));
    });
}

#[test]
fn m107_gzip_without_its_name() {
    Row::run("M107", |row| {
        row.apple("no header", &apple().plain(deflate(&good())), taken());
        let event = apple().plain(deflate(&good())).header("content-encoding", "identity");
        row.apple("identity", &event, taken());
    });
}

#[test]
fn m108_gzip_cut_anywhere() {
    Row::run("M108", |row| {
        let whole = deflate(&good());
        for end in 0..whole.len() {
            row.apple(&end.to_string(), &zipped(&whole[..end]), refused(400, "bad_gzip"));
        }
        row.apple("whole", &zipped(whole), taken());
    });
}

#[test]
fn m109_gzip_that_is_damaged() {
    Row::run("M109", |row| {
        let whole = deflate(&good());
        for back in 1..=8 {
            let mut broken = whole.clone();
            let at = broken.len() - back;
            broken[at] ^= 1;
            row.apple("checksum or length", &zipped(broken), refused(400, "bad_gzip"));
        }
        let behind = [&whole[..], b"x"].concat();
        row.apple("bytes behind the end", &zipped(behind), refused(400, "bad_gzip"));
        let (first, second) = (&good()[..10], &good()[10..]);
        let members = [deflate(first), deflate(second)].concat();
        row.apple("two members", &zipped(members), taken());
        for flag in [0x04, 0x08] {
            let mut endless = vec![0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 3, 0xff, 0xff];
            endless.resize(1 << 20, b'n');
            row.apple("a huge header", &zipped(endless), refused(400, "bad_gzip"));
        }
        let over = deflate(&vec![b' '; MAX_INFLATED_BODY / 4]).repeat(5);
        row.apple("members beyond the cap", &zipped(over), refused(413, "too_large"));
    });
}

#[test]
fn m110_a_bomb() {
    Row::run("M110", |row| {
        let bomb = deflate(&vec![0; 48 << 20]);
        row.holds("a thousand to one", bomb.len() < 64 << 10);
        row.apple("48 MiB", &zipped(bomb.as_slice()), refused(413, "too_large"));
        row.apple("48 MiB unnamed", &apple().plain(bomb.as_slice()), refused(413, "too_large"));
        let nobody = zipped(bomb).without("authorization");
        row.apple("not inflated without a token", &nobody, refused(401, "auth_missing"));
    });
}

#[test]
fn m111_gzip_in_gzip() {
    Row::run("M111", |row| {
        row.apple("twice", &zipped(deflate(&deflate(&good()))), refused(400, "bad_utf8"));
    });
}

#[test]
fn m112_nothing() {
    Row::run("M112", |row| {
        for empty in ["", " ", "\r\n\t "] {
            row.apple("plain", &apple().plain(empty), refused(400, "empty"));
            row.apple("zipped", &apple().gzip(empty.as_bytes()), refused(400, "empty"));
        }
    });
}

#[test]
fn m113_the_caps() {
    Row::run("M113", |row| {
        let cap = MAX_INFLATED_BODY;
        row.apple("one below the cap", &apple().gzip(&of_length(cap - 1)), taken());
        row.apple("at the cap", &apple().gzip(&of_length(cap)), taken());
        row.apple(
            "one above the cap",
            &apple().gzip(&of_length(cap + 1)),
            refused(413, "too_large"),
        );
        row.apple("as it came: at the cap", &apple().plain(of_length(MAX_WIRE_BODY)), taken());
        let over = apple().plain(of_length(MAX_WIRE_BODY + 1));
        row.apple("one above", &over, refused(413, "too_large").without_ports());
        let nobody = over.without("authorization");
        row.apple("before the token", &nobody, refused(413, "too_large").without_ports());
    });
}

#[test]
fn m114_base64_that_is_none() {
    Row::run("M114", |row| {
        for text in ["not base64 !", "e30", "====", "é", "ey\nJ9"] {
            let event = apple().without("content-encoding").raw_body(text, true);
            row.apple(text, &event, refused(400, "bad_json"));
        }
        let plain = message::text().to_string();
        let event = apple().without("content-encoding").raw_body(&plain, true);
        row.apple("a sound message", &event, taken());
        let event = apple().raw_body("not base64 !", true);
        row.apple("that should be gzip", &event, refused(400, "bad_gzip"));
    });
}

#[test]
fn m116_a_byte_order_mark() {
    Row::run("M116", |row| {
        let marked = [&b"\xef\xbb\xbf"[..], &good()].concat();
        row.apple("one", &apple().gzip(&marked), taken());
        let twice = [&b"\xef\xbb\xbf"[..], &marked].concat();
        row.apple("two", &apple().gzip(&twice), refused(400, "bad_json"));
    });
}

#[test]
fn m117_other_encodings_of_text() {
    Row::run("M117", |row| {
        let text = message::text().to_string().replace('👋', "!");
        for (case, bytes) in [
            ("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
            ("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ] {
            row.apple(case, &apple().gzip(&bytes), refused(400, "bad_json"));
        }
        let with_mark = [&b"\xff\xfe"[..], text.as_bytes()].concat();
        row.apple("UTF-16 mark", &apple().gzip(&with_mark), refused(400, "bad_utf8"));
        for (case, bytes) in [
            ("Latin-1", &b"\xe9"[..]),
            ("overlong", b"\xc0\xaf"),
            ("surrogate", b"\xed\xa0\x80"),
            ("truncated", b"\xf0\x9f\x91"),
            ("beyond Unicode", b"\xf4\x90\x80\x80"),
        ] {
            let (head, tail) = text.as_bytes().split_at(text.len() - 3);
            let body = [head, bytes, tail].concat();
            row.apple(case, &apple().gzip(&body), refused(400, "bad_utf8"));
            row.apple(case, &apple().plain(body), refused(400, "bad_utf8"));
        }
    });
}

#[test]
fn m118_half_an_emoji() {
    Row::run("M118", |row| {
        for half in [r"\ud83d", r"\udc4b", r"\ud83d\ud83d", r"\udc4b\ud83d", r"\ud83dx\udc4b"] {
            let body = message::text().to_string().replace('👋', half);
            row.apple(half, &apple().gzip(body.as_bytes()), taken());
        }
    });
}

#[test]
fn m122_depth() {
    Row::run("M122", |row| {
        let arrays = |depth: usize| {
            let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            apple().gzip(&message::text_and(&format!(r#""future":{value}"#)))
        };
        // The message itself is the first level.
        for depth in [1, 126, 127] {
            row.apple(&depth.to_string(), &arrays(depth), taken());
        }
        for depth in [128, 129, 500, 100_000] {
            row.apple(&depth.to_string(), &arrays(depth), refused(400, "bad_json"));
        }
        for depth in [128, 100_000] {
            let value = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
            for member in ["interactiveData", "interactiveDataRef", "future", "locale", "group"] {
                let text = message::without(member).to_string();
                let open = text.strip_suffix('}').unwrap();
                let body = format!(r#"{open},"{member}":{value}}}"#).into_bytes();
                row.apple(member, &apple().gzip(&body), refused(400, "bad_json"));
            }
            let unclosed = "[".repeat(depth);
            row.apple("unclosed", &apple().gzip(unclosed.as_bytes()), refused(400, "bad_json"));
        }
    });
}

#[test]
fn m123_a_million_members() {
    Row::run("M123", |row| {
        let array = format!("[{}1]", "1,".repeat(1_000_000));
        for member in ["future", "attachments"] {
            let body = message::text_and(&format!(r#""{member}":{array}"#));
            row.apple(member, &apple().gzip(&body), refused(400, "too_many"));
        }
        let members: Vec<_> = (0..400_000).map(|n| format!(r#""{n}":1"#)).collect();
        let object = members.join(",");
        let inside = message::text_and(&format!(r#""interactiveData":{{{object}}}"#));
        row.apple("inside", &apple().gzip(&inside), refused(400, "too_many"));
        row.apple(
            "at the top",
            &apple().gzip(&message::text_and(&object)),
            refused(400, "too_many"),
        );
    });
}

#[test]
fn m124_one_huge_member() {
    Row::run("M124", |row| {
        let huge = "x".repeat(MAX_INFLATED_BODY);
        let value = message::text_and(&format!(r#""future":"{huge}""#));
        row.apple("a string", &apple().gzip(&value), refused(413, "too_large"));
        let name = message::text_and(&format!(r#""{huge}":1"#));
        row.apple("a name", &apple().gzip(&name), refused(413, "too_large"));
        let fits = "x".repeat(MAX_INFLATED_BODY / 2);
        let both = message::text_and(&format!(r#""a{fits}":"{}""#, "x".repeat(1 << 20)));
        row.apple("a name and a string that fit", &apple().gzip(&both), taken());
    });
}

#[test]
fn m127_numbers_that_are_none() {
    Row::run("M127", |row| {
        for number in ["1e400", "-1e400", "0.1e", "0x10", "NaN", "Infinity", "-", "01", "+1", ".5"]
        {
            for member in ["v", "future", "interactiveData", "body", "locale", "intent", "group"] {
                let value = match member {
                    "interactiveData" => format!(r#"{{"n":{number}}}"#),
                    _ => number.to_owned(),
                };
                let text = message::without(member).to_string();
                let open = text.strip_suffix('}').unwrap();
                let body = format!(r#"{open},"{member}":{value}}}"#);
                let case = format!("{member}: {number}");
                row.apple(&case, &apple().gzip(body.as_bytes()), refused(400, "bad_json"));
            }
        }
        let long = format!(r#""future":[-0,1e-400,0.{}]"#, "1".repeat(10_000));
        row.apple("10,000 digits", &apple().gzip(&message::text_and(&long)), taken());
    });
}

#[test]
fn m128_no_object() {
    Row::run("M128", |row| {
        for body in ["[]", "\"x\"", "1", "null", "true", " [{}] "] {
            row.apple(body, &apple().gzip(body.as_bytes()), refused(400, "not_an_object"));
        }
    });
}

#[test]
fn m129_json_with_liberties() {
    Row::run("M129", |row| {
        let good = message::text().to_string();
        for (case, body) in [
            ("a comment in front", format!("/* c */{good}")),
            ("a comment behind", format!("{good} // c")),
            ("a trailing comma", good.replace("\"v\":1", "\"v\":1,")),
            ("a comma before the brace", format!("{},}}", good.strip_suffix('}').unwrap())),
            ("single quotes", good.replace('"', "'")),
            ("bare names", good.replacen("\"v\"", "v", 1)),
        ] {
            row.apple(case, &apple().gzip(body.as_bytes()), refused(400, "bad_json"));
        }
    });
}

#[test]
fn m130_more_than_one_document() {
    Row::run("M130", |row| {
        let good = message::text().to_string();
        for body in
            [format!("{good}x"), format!("{good}{good}"), format!("{good}\0"), format!("{good}]")]
        {
            row.apple("behind it", &apple().gzip(body.as_bytes()), refused(400, "bad_json"));
        }
        let spaced = format!("\n {good} \r\n\t");
        row.apple("white space may be", &apple().gzip(spaced.as_bytes()), taken());
    });
}

#[test]
fn m177_two_lines_of_messages() {
    Row::run("M177", |row| {
        let good = message::text().to_string();
        let lines = format!("{good}\n{good}\n");
        row.apple("NDJSON", &apple().gzip(lines.as_bytes()), refused(400, "bad_json"));
    });
}

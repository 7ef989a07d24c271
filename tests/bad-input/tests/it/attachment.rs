//! A001–A006, A018–A020: the name, the key and the size of a customer's file, and how it comes.

use amb_bad_input::{Ending, Row};
use amb_service::{memory::Download, port::ContentError};
use amb_support::canary::CANARY;
use serde_json::{Value, json};

use crate::samples::PNG;

const PICTURE: Ending = Ending::Ready("image/png");
/// Half the hex digits of a key.
const HALF: &str = "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7";

#[test]
fn a001_hostile_names() {
    Row::run("A001", |row| {
        let bytes = |count: usize| format!("{}.png", "n".repeat(count - 4));
        let names: Vec<String> = [
            "../../etc/passwd",
            "..\\..\\x",
            "/abs",
            "C:\\x",
            "\\\\srv\\share",
            "a/b",
            ".",
            "..",
            "",
            "dot.png.",
            "space.png ",
            "CON",
            "NUL.txt.png",
            "-rf",
            ".htaccess",
            "a\0b.png",
            "a\r\nSet-Cookie: x=1",
            "say \"hi\".png",
            "a;b=c.png",
            "%2e%2e%2fetc",
            "photo\u{202e}gpj.png",
            "a\u{ff0f}b",
            "caf\u{e9}.png",
            "cafe\u{301}.png",
            "\u{1f600}.png",
            "   ",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([255, 256, 1000].map(bytes))
        .collect();
        row.holds("as many as the plan says", names.len() >= 26);
        for name in names {
            let fetched = row.file(&name, PNG, |_, entry| entry["name"] = json!(name), PICTURE);
            row.holds(&format!("{name:?} is told as it came"), {
                let told = &fetched.data["attachment"]["name"];
                *told == json!(name) || (name.is_empty() && told.is_null())
            });
            let key = fetched.stored.map(|(file, _)| file.as_str().to_owned()).unwrap_or_default();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
            row.holds(
                &format!("{name:?} has no part in {key}"),
                !key.is_empty() && key.bytes().all(plain) && !key.contains("..") && key.len() < 128,
            );
        }
    });
}

#[test]
fn a002_keys() {
    Row::run("A002", |row| {
        let whole = [HALF, HALF].concat();
        for good in [whole.clone(), format!("00{whole}"), format!("00{}", whole.to_uppercase())] {
            row.file(&good, PNG, |_, entry| entry["key"] = json!(good), PICTURE);
        }
        let bad = [
            format!("01{whole}"),
            format!("00{whole}0"),
            format!("0{whole}"),
            format!("00{}", "zz".repeat(32)),
            format!("0x{whole}"),
            HALF.to_owned(),
            format!("00{whole}00"),
            data_encoding::BASE64.encode(&[0xa7; 32]),
            String::new(),
        ];
        for key in bad {
            let change = |_: &_, entry: &mut Value| entry["key"] = json!(key);
            let fetched = row.file(&format!("{key:?}"), PNG, change, Ending::Failed("bad_key"));
            row.holds(&format!("{key:?} asks nothing of Apple"), fetched.asked == 0);
        }
        // One bit off: nothing tells but what comes out.
        let other = format!("00{}a6", &whole[..62]);
        let change = |_: &_, entry: &mut Value| entry["key"] = json!(other);
        row.file("another key", PNG, change, Ending::Failed("integrity_suspect"));
    });
}

#[test]
fn a003_sizes() {
    Row::run("A003", |row| {
        let size = PNG.len();
        for good in [json!(size), json!(size.to_string())] {
            row.file(&good.to_string(), PNG, |_, entry| entry["size"] = good.clone(), PICTURE);
        }
        for (odd, code, asked) in [
            (json!(size - 1), "oversize", 1),
            (json!(size + 1), "truncated", 3),
            (json!(-1), "bad_size", 0),
            (json!(104_857_601), "bad_size", 0),
            (json!(1.5), "incomplete", 0),
            (json!("seven"), "incomplete", 0),
            (json!(9_223_372_036_854_775_808_u64), "incomplete", 0),
            (json!([]), "incomplete", 0),
        ] {
            let change = |_: &_, entry: &mut Value| entry["size"] = odd.clone();
            let fetched = row.file(&odd.to_string(), PNG, change, Ending::Failed(code));
            row.holds(&format!("{odd} asks Apple {asked} times"), fetched.asked == asked);
        }
    });
}

#[test]
fn a004_a_file_with_nothing_in_it() {
    Row::run("A004", |row| {
        for size in [json!(0), json!("0")] {
            let change = |_: &_, entry: &mut Value| entry["size"] = size.clone();
            let empty = Ending::Ready("application/octet-stream");
            let fetched = row.file(&size.to_string(), b"", change, empty);
            row.holds("nothing is fetched for it", fetched.asked == 0);
            row.holds("its size is told", fetched.data["attachment"]["size"] == 0);
        }
    });
}

#[test]
fn a005_pieces_of_any_size() {
    Row::run("A005", |row| {
        for (piece, bytes) in
            [(1, 2_000), (15, 20_000), (16, 20_000), (17, 20_000), (65_535, 200_000)]
        {
            let mut file = PNG.to_vec();
            file.resize(bytes, 0x33);
            let change = |world: &amb_service::memory::Memory, _: &mut Value| {
                world.world().piece = piece;
            };
            row.file(&format!("{piece} bytes at a time"), &file, change, PICTURE);
        }
    });
}

#[test]
fn a006_a_file_that_breaks_off_anywhere() {
    /// Of the parts that are kept.
    const PART: usize = 8 << 20;
    Row::run("A006", |row| {
        let mut file = PNG.to_vec();
        file.resize(PART + 100_003, 0x5c);
        for takes_ranges in [true, false] {
            for at in [7, PART - 1, PART, PART + 7, PART + 100_002] {
                let case = format!("breaks off at {at}, ranges {takes_ranges}");
                let change = |world: &amb_service::memory::Memory, _: &mut Value| {
                    let mut world = world.world();
                    world.piece = 1 << 20;
                    let content = &mut world.far_side.content;
                    let broken = Download::StopsAt(at, ContentError::BrokenOff);
                    content.download_script.push_back(broken);
                    content.contents.values_mut().for_each(|it| it.takes_ranges = takes_ranges);
                };
                let fetched = row.file(&case, &file, change, PICTURE);
                row.holds(&format!("{case}: a new link each time"), fetched.asked == 2);
            }
        }
    });
}

#[test]
fn a018_nothing_comes_of_what_was_to_be_something() {
    Row::run("A018", |row| {
        let change = |_: &_, entry: &mut Value| entry["size"] = json!(PNG.len());
        row.file("no byte", b"", change, Ending::Failed("truncated"));
    });
}

#[test]
fn a019_a_file_of_zeros() {
    Row::run("A019", |row| {
        let zeros = vec![0; 1 << 20];
        row.file("a picture", &zeros, |_, _| (), Ending::Failed("integrity_suspect"));
        let change = |_: &_, entry: &mut Value| {
            entry["mimeType"] = json!("application/octet-stream");
            entry["name"] = json!(format!("{CANARY}.img"));
        };
        row.file("anything", &zeros, change, Ending::Ready("application/octet-stream"));
    });
}

#[test]
fn a020_four_gibibytes() {
    Row::run("A020", |row| {
        for size in [json!(1_u64 << 32), json!("4294967296"), json!(i64::MAX)] {
            let change = |_: &_, entry: &mut Value| entry["size"] = size.clone();
            let fetched = row.file(&size.to_string(), PNG, change, Ending::Failed("bad_size"));
            row.holds("Apple is not asked", fetched.asked == 0);
        }
    });
}

//! A007–A009, A013–A017, A021–A030: what a customer's file is, and what it is said to be. The plan
//! counts A013–A030 together; here each has its own.

use amb_bad_input::{Ending, Row};
use amb_protocol::attachment::content_type::{Kind, agrees, sniff};
use amb_support::{canary::CANARY, corpora};
use serde_json::{Value, json};

use crate::samples::{
    EICAR, ELF, FORMATS, GIF, GZIP, HEIC, HTML, JPEG, MACRO, MOV, PDF, PDF_SCRIPT, PNG, SVG, VCARD,
    WEBP, ZIP,
};

const SUSPECT: Ending = Ending::Failed("integrity_suspect");

/// Declares the type and the name.
fn said<W>(mime_type: &str, ending: &str) -> impl FnOnce(&W, &mut Value) {
    move |_: &W, entry: &mut Value| {
        entry["mimeType"] = json!(mime_type);
        entry["name"] = json!(format!("{CANARY}{ending}"));
    }
}

#[test]
fn a007_a_file_of_two_formats() {
    Row::run("A007", |row| {
        let mut pairs = 0;
        for (first, head, media_type) in FORMATS {
            for (second, tail, _) in FORMATS.iter().filter(|(name, ..)| name != first) {
                let both = [head, &[b'\n'; 64][..], tail].concat();
                let sniffed = sniff(&both);
                let case = format!("{first} and {second}");
                row.holds(&format!("{case} is {first}"), sniffed.media_type == *media_type);
                let picture = sniffed.kind == Kind::Picture;
                let passes = agrees(Some("image/png"), sniffed, Some("photo.png"));
                row.holds(&format!("{case} is a picture or none"), passes == picture);
                pairs += 1;
            }
        }
        row.holds("as many as the plan says", pairs >= 40);
        let picture_and_archive = [PNG, ZIP].concat();
        row.file(
            "a picture that opens",
            &picture_and_archive,
            |_, _| (),
            Ending::Ready("image/png"),
        );
        let page_and_picture = [HTML, PNG].concat();
        row.file("a page that shows", &page_and_picture, |_, _| (), SUSPECT);
        let archive_and_picture = [ZIP, PNG].concat();
        row.file("an archive that shows", &archive_and_picture, |_, _| (), SUSPECT);
    });
}

#[test]
fn a007_what_others_have_collected() {
    Row::run("A007", |row| {
        row.holds("nothing panics on nothing", sniff(b"").kind == Kind::Empty);
        for folder in
            ["mitra/input", "fuzzdb/attack/file-upload/malicious-images", "image-rs/tests/bad"]
        {
            for (name, bytes) in corpora::files(folder).unwrap_or_default() {
                judged(row, &name, &bytes);
            }
        }
    });
}

/// Nothing panics, and only what begins as a picture passes for one.
fn judged(row: &mut Row, name: &str, bytes: &[u8]) {
    let sniffed = sniff(bytes);
    let passes = agrees(Some("image/png"), sniffed, None);
    let may = matches!(sniffed.kind, Kind::Picture | Kind::Empty);
    row.holds(&format!("{name} ({}) is a picture or none", sniffed.media_type), passes == may);
    let again = sniff(bytes.get(..4096).unwrap_or(bytes));
    row.holds(&format!("{name} is told by its head"), again == sniffed);
}

#[test]
fn a008_what_could_run() {
    Row::run("A008", |row| {
        for (case, bytes, mime_type, ending, media_type) in [
            ("a drawing with a script", SVG, "image/svg+xml", ".svg", "image/svg+xml"),
            ("a page", HTML, "text/html", ".html", "text/html"),
            ("a PDF with a script", PDF_SCRIPT, "application/pdf", ".pdf", "application/pdf"),
            ("a macro", MACRO, "application/msword", ".doc", "application/msword"),
        ] {
            row.file(case, bytes, said(mime_type, ending), Ending::Ready(media_type));
            row.file(&format!("{case} as a picture"), bytes, |_, _| (), SUSPECT);
        }
    });
}

#[test]
fn a009_what_phones_send() {
    Row::run("A009", |row| {
        for (bytes, mime_type, ending, media_type) in [
            (HEIC, "image/heic", ".HEIC", "image/heif"),
            (JPEG, "image/heic", ".HEIC", "image/jpeg"),
            (JPEG, "image/jpeg", ".jpeg", "image/jpeg"),
            (MOV, "video/quicktime", ".MOV", "video/quicktime"),
            (VCARD, "text/vcard", ".vcf", "text/vcard"),
            (ZIP, "application/vnd.apple.pkpass", ".pkpass", "application/vnd.apple.pkpass"),
            (ZIP, "vnd.usdz+zip", ".usdz", "model/vnd.usdz+zip"),
            (b"caff\0\x01\0\0desc", "audio/x-caf", ".caf", "audio/x-caf"),
        ] {
            row.file(mime_type, bytes, said(mime_type, ending), Ending::Ready(media_type));
        }
    });
}

/// A sound file of a format, every beginning of it, every byte of it changed, and what fuzzers found.
fn format(row: &mut Row, sound: &[u8], corpus: &str) {
    for end in 0..sound.len() {
        judged(row, &format!("the first {end} bytes"), &sound[..end]);
    }
    for at in 0..sound.len() {
        for other in [0x00, 0x3c, 0x7f, 0xff] {
            let mut changed = sound.to_vec();
            changed[at] = other;
            judged(row, &format!("{other:#04x} at {at}"), &changed);
        }
    }
    for (name, bytes) in corpora::files(corpus).unwrap_or_default() {
        judged(row, &name, &bytes);
    }
}

#[test]
fn a013_gif() {
    Row::run("A013", |row| format(row, GIF, "go-fuzz-corpus/gif/corpus"));
}

#[test]
fn a014_jpeg() {
    Row::run("A014", |row| format(row, JPEG, "go-fuzz-corpus/jpeg/corpus"));
}

#[test]
fn a015_png() {
    Row::run("A015", |row| format(row, PNG, "go-fuzz-corpus/png/corpus"));
}

#[test]
fn a016_webp() {
    Row::run("A016", |row| format(row, WEBP, "go-fuzz-corpus/webp/corpus"));
}

#[test]
fn a017_the_test_virus() {
    Row::run("A017", |row| {
        let text = Ending::Ready("text/plain");
        row.file("as text", EICAR, said("text/plain", ".txt"), text);
        row.file("as a picture", EICAR, |_, _| (), SUSPECT);
        row.file("as a program", EICAR, said("text/plain", ".com"), SUSPECT);
    });
}

#[test]
fn a021_an_archive_named_as_a_picture() {
    Row::run("A021", |row| {
        row.file("gzip", GZIP, |_, _| (), SUSPECT);
        row.file("ZIP", ZIP, |_, _| (), SUSPECT);
        row.file("a program", ELF, |_, _| (), SUSPECT);
    });
}

#[test]
fn a022_two_endings() {
    Row::run("A022", |row| {
        row.file("an exe", PNG, said("image/png", ".png.exe"), SUSPECT);
        row.file("a picture", PNG, said("image/png", ".exe.png"), Ending::Ready("image/png"));
        let archive = Ending::Ready("application/gzip");
        row.file("an archive", GZIP, said("application/gzip", ".tar.gz"), archive);
        row.file("a page", HTML, said("application/pdf", ".pdf.html"), SUSPECT);
    });
}

/// A picture whose type is declared so.
fn declared(row: &mut Row, mime_type: &str, ending: Ending) {
    let change = |_: &_, entry: &mut Value| entry["mimeType"] = json!(mime_type);
    row.file(&mime_type[..mime_type.len().min(40)], PNG, change, ending);
}

#[test]
fn a023_a_type_with_parameters() {
    Row::run("A023", |row| {
        for mime_type in
            ["image/png; x=\"", "image/png;charset=utf-8", "image/png;;;", " image/png "]
        {
            declared(row, mime_type, Ending::Ready("image/png"));
        }
    });
}

#[test]
fn a024_a_type_of_ten_kilobytes() {
    Row::run("A024", |row| {
        let long = format!("image/{}", "x".repeat(10 << 10));
        declared(row, &long, Ending::Ready("image/png"));
    });
}

#[test]
fn a025_a_picture_declared_as_a_page() {
    Row::run("A025", |row| {
        declared(row, "text/html", SUSPECT);
        declared(row, "application/x-msdownload", SUSPECT);
    });
}

#[test]
fn a026_a_type_in_capitals() {
    Row::run("A026", |row| declared(row, "IMAGE/PNG", Ending::Ready("image/png")));
}

#[test]
fn a027_a_type_without_its_slash() {
    Row::run("A027", |row| {
        for mime_type in ["png", "", "/", ";", "\0", "image"] {
            declared(row, mime_type, Ending::Ready("image/png"));
        }
    });
}

#[test]
fn a028_a_type_that_is_no_text() {
    Row::run("A028", |row| {
        for mime_type in [json!(7), Value::Null, json!([]), json!({}), json!(true)] {
            let change = |_: &_, entry: &mut Value| entry["mimeType"] = mime_type.clone();
            row.file(&mime_type.to_string(), PNG, change, Ending::Ready("image/png"));
        }
    });
}

#[test]
fn a029_neither_name_nor_type() {
    Row::run("A029", |row| {
        for (bytes, media_type) in
            [(PNG, "image/png"), (HTML, "text/html"), (PDF, "application/pdf")]
        {
            let change = |_: &_, entry: &mut Value| {
                let entry = entry.as_object_mut().unwrap();
                entry.remove("name");
                entry.remove("mimeType");
            };
            row.file(media_type, bytes, change, Ending::Ready(media_type));
        }
    });
}

#[test]
fn a030_a_file_of_a_few_bytes() {
    Row::run("A030", |row| {
        let odd = |_: &_, entry: &mut Value| {
            entry["mimeType"] = json!("application/octet-stream");
            entry["name"] = json!("x");
        };
        for end in 1..8 {
            row.file(
                &format!("{end} bytes"),
                &ELF[..end],
                odd,
                Ending::Ready(sniff(&ELF[..end]).media_type),
            );
        }
    });
}

//! Public collections of hostile input. They lie in the folder that `CORPUS_DIR` names, or beside the
//! project. A test whose corpus is absent says so in one loud line and passes, unless
//! `CORPORA=required`.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

/// A file or folder of the corpora.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what they need")]
pub fn path(name: &str) -> Option<PathBuf> {
    let found = optional(name);
    let required = std::env::var_os("CORPORA").is_some_and(|value| value == "required");
    assert!(found.is_some() || !required, "CORPORA=required, and there is no {name}");
    found
}

/// A file or folder of a larger collection, which nobody is required to have.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where they lie")]
fn optional(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");
    let folder = std::env::var_os("CORPUS_DIR").map_or_else(|| beside.into(), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    loud(&format!("CORPUS ABSENT, NOTHING CHECKED: {} (set CORPUS_DIR)", path.display()));
    None
}

/// A file of the corpora.
pub fn file(name: &str) -> Option<Vec<u8>> {
    let path = path(name)?;
    match fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => panic!("{} cannot be read: {error}", path.display()),
    }
}

/// The files in a folder of a larger collection (mitra, fuzzdb, image-rs, go-fuzz-corpus), by name;
/// nobody is required to have it, and folders in it are not looked into.
pub fn files(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let folder = optional(folder)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder of a corpus") {
        let path = entry.expect("an entry of a corpus").path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read(&path).expect("a file of a corpus")));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    Some(files)
}

/// The files of `JSONTestSuite` whose names start so (`y_`, `n_`, `i_`), by name.
pub fn json_test_suite(prefix: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let folder = path("JSONTestSuite/test_parsing")?;
    let entries = fs::read_dir(&folder).expect("the folder of the suite");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry of the suite").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(prefix) {
            files.push((name, fs::read(&path).expect("a file of the suite")));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no {prefix} files in {}", folder.display());
    Some(files)
}

/// The strings of the Big List of Naughty Strings.
pub fn naughty_strings() -> Option<Vec<String>> {
    let bytes = file("blns.json")?;
    Some(serde_json::from_slice(&bytes).expect("an array of strings"))
}

/// Past the test harness, which would show it only when the test fails.
fn loud(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

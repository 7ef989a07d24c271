//! Finance's commands, run on made-up exports: what they say, and what they end with.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "finance/exported.rs"]
mod exported;
#[path = "finance/matching.rs"]
mod matching;
#[path = "finance/verifying.rs"]
mod verifying;

use std::{ffi::OsStr, process::Command};

/// What a run came to: its exit code, and what it said on either stream.
fn amb<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_amb")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

//! `amb-bench`: the numbers of the design, measured.
//!
//! ```text
//! amb-bench [ack] [compose] [images] [functions] [stack] [payload] [payments] [price]
//!           [--functions <folder>]
//! ```
//!
//! Without arguments every section runs. A section that cannot run says so in one line, and the rest
//! goes on. The table goes to stdout, the same numbers to `target/bench/results.json`. The functions
//! are those in `<folder>`, or beside this binary. Tokens are verified if it was built with the feature
//! `test-root`: they are the simulator's.

// The layout of the SDK's nested futures is a deep query for the compiler.
#![recursion_limit = "256"]

mod ack;
mod aws;
mod clock;
mod compose;
mod customer;
mod functions;
mod http;
mod images;
mod item;
mod journey;
mod message;
mod outbound;
mod payload;
mod payments;
mod price;
mod report;
mod runtime_api;
mod stack;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use amb_local::chain;

use crate::report::Report;

const SECTIONS: [&str; 8] =
    ["ack", "compose", "images", "functions", "stack", "payload", "payments", "price"];

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("amb-bench: {}", chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = arguments.collect();
    if let [argument, rows] = arguments.as_slice()
        && argument == payments::EXPORT
    {
        say(&payments::export(rows)?);
        return Ok(());
    }
    let (sections, folder) = parse(arguments.into_iter())?;
    let root = root()?;
    let program = std::env::current_exe()?;
    let built = folder.or_else(|| program.parent().map(Path::to_owned)).unwrap_or_default();
    let mut report = Report::default();
    for section in sections {
        say(&format!("measuring: {section}"));
        let outcome = match section {
            "ack" => ack::measure(&mut report),
            "compose" => compose::measure(&mut report),
            "images" => images::measure(&mut report),
            "functions" => functions::measure(&root, &built, &mut report),
            "stack" => stack::measure(&mut report),
            "payload" => payload::measure(&mut report),
            "payments" => payments::measure(&root, &mut report),
            _ => price::measure(&mut report),
        };
        if let Err(error) = outcome {
            report.missing(section, chain(error.as_ref()));
        }
    }
    say(&format!("\n{report}"));
    let results = root.join("target/bench/results.json");
    report.write(&results)?;
    say(&format!("written to {}", results.display()));
    Ok(())
}

/// The repository: here or above.
fn root() -> Result<PathBuf, Box<dyn Error>> {
    let here = std::env::current_dir()?;
    let root = here.ancestors().find(|folder| folder.join("infra/template.yaml").is_file());
    Ok(root.ok_or("start this inside the repository")?.to_owned())
}

fn parse(
    mut arguments: impl Iterator<Item = String>,
) -> Result<(Vec<&'static str>, Option<PathBuf>), String> {
    let (mut sections, mut folder) = (Vec::new(), None);
    while let Some(argument) = arguments.next() {
        if argument == "--functions" {
            folder = Some(arguments.next().ok_or("--functions takes a folder")?.into());
        } else {
            let known = SECTIONS.into_iter().find(|section| *section == argument);
            sections.push(known.ok_or_else(|| format!("{argument} is none of {SECTIONS:?}"))?);
        }
    }
    if sections.is_empty() {
        sections.extend(SECTIONS);
    }
    Ok((sections, folder))
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn say(what: &str) {
    println!("{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<(Vec<&'static str>, Option<PathBuf>), String> {
        parse(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn every_section_runs_unless_some_are_named() {
        assert_eq!(parsed(&[]).unwrap(), (SECTIONS.to_vec(), None));
        let some = parsed(&["price", "--functions", "f"]).unwrap();
        assert_eq!(some, (vec!["price"], Some(PathBuf::from("f"))));
    }

    #[test]
    fn an_unknown_section_is_named() {
        assert!(parsed(&["colds"]).unwrap_err().contains("colds"));
    }
}

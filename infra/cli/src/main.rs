//! `amb`, the command line of this service: for those who run a payment server of their own, and for
//! finance.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use amb_service::problem::chain;
use clap::{Parser, Subcommand};

mod check_endpoint;
mod match_report;
mod verify_journal;

/// What the command line says.
#[derive(Debug, Parser)]
#[command(name = "amb", version, about = "Checks payment servers and finance's exports")]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Proves that a business's own payment server keeps the contract of payments.
    CheckEndpoint(check_endpoint::Options),
    /// Recomputes the journal from exported days alone.
    VerifyJournal(verify_journal::Options),
    /// Holds a provider's report against exported days.
    Match(match_report::Options),
}

/// Ends with 0 if all is well, with 1 if something was found, with 2 if nothing could be checked.
fn main() -> ExitCode {
    let line = Line::parse();
    let mut out = io::stdout().lock();
    let ended = match line.task {
        Task::CheckEndpoint(options) => {
            check_endpoint::run(&options, &mut out).map_err(|error| error.to_string())
        }
        Task::VerifyJournal(options) => {
            verify_journal::run(&options, &mut out).map_err(|error| chain(&error))
        }
        Task::Match(options) => {
            match_report::run(&options, &mut out).map_err(|error| chain(&error))
        }
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nowhere else is left to say that this cannot be said.
            drop(writeln!(io::stderr(), "amb: {error}"));
            ExitCode::from(2)
        }
    }
}

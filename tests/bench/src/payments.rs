//! Apple Pay: what a token, a price and a row of the journal cost, a day of a million rows on its way
//! to finance, and sheets on a phone through the deployed template on the local stack. Processor time
//! is of the code alone; what the phone waits for is the emulator's ceiling.

mod export;
mod journal;
mod price;
mod sheets;
#[cfg(feature = "test-root")]
mod token;

use std::{error::Error, path::Path};

use crate::report::Report;

pub(crate) use export::{ARGUMENT as EXPORT, child as export};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Measures what needs no stack first.
pub(crate) fn measure(root: &Path, report: &mut Report) -> Fallible<()> {
    tokens(root, report)?;
    price::measure(report)?;
    journal::measure(report)?;
    export::measure(report)?;
    sheets::measure(report)
}

#[cfg(feature = "test-root")]
fn tokens(root: &Path, report: &mut Report) -> Fallible<()> {
    token::measure(&root.join("tests/vectors/applepay"), report)
}

#[cfg(not(feature = "test-root"))]
#[expect(clippy::unnecessary_wraps, reason = "as the other one, which reads files")]
fn tokens(_root: &Path, report: &mut Report) -> Fallible<()> {
    report.missing("payments", "tokens: built without the feature `test-root`".to_owned());
    Ok(())
}

//! `finance-export`: every hour, the days that are over and not exported; on request, one of them, or a
//! provider's report to be matched.
//!
//! What one invocation does not finish, the next goes on with: a day is done when its control file is
//! there, a report when its result is.

mod ask;

#[cfg(test)]
mod tests;

pub use ask::{Ask, AskFault};

use amb_lambda::telemetry::stage;
use amb_service::{
    finance::{
        ExportError, Finance, Ran,
        export::Scope,
        settle::{MatchError, Matched},
    },
    port::{Clock, Entropy, Exports, Journal, Payments},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Why an invocation fails. Lambda tries again by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The event asks for nothing that is done here.
    #[error(transparent)]
    Ask(#[from] AskFault),
    /// Days were not exported; the log says whose and why.
    #[error("{0} merchants' days could not be exported")]
    Days(u64),
    /// No journal could be read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A report was not matched.
    #[error(transparent)]
    Match(#[from] MatchError),
}

/// One invocation: what it came to, for whoever asked.
pub async fn answer<S, X, C>(
    finance: &Finance<S, X, C>,
    clock: &C,
    until: Timestamp,
    event: &Value,
) -> Result<Value, Failed>
where
    S: Payments + Journal,
    X: Exports,
    C: Clock + Entropy,
{
    match Ask::read(event).inspect_err(|fault| refused(event, fault))? {
        Ask::Days(scope) => days(finance, clock, until, &scope).await,
        Ask::Report { tenant, merchant, form, key } => {
            let began = clock.now();
            let matched = finance.match_report((&tenant, &merchant), form, &key).await;
            let line = stage("matching").tenant(&tenant).word("psp", form.as_str());
            let line = line.took(began.duration_until(clock.now()).unsigned_abs());
            match matched {
                Ok(matched) => {
                    let exceptions = matched.exceptions.values().sum();
                    let line = line.count("lines", matched.lines).count("exceptions", exceptions);
                    // The word that an alarm listens for.
                    let pages = matched.pages.then_some("told_failure_but_settled");
                    line.outcome(pages.unwrap_or("ok")).emit();
                    Ok(report_view(&matched))
                }
                Err(error) => {
                    line.outcome("failed").error(&error).emit();
                    Err(error.into())
                }
            }
        }
    }
}

/// Nobody waits for an answer about a file that was dropped, or at night: only this line tells.
fn refused(event: &Value, fault: &AskFault) {
    let is_report = event.get("detail").is_some() || event.get("report").is_some();
    let line = stage(if is_report { "matching" } else { "export" });
    line.outcome("failed").error(fault).emit();
}

async fn days<S, X, C>(
    finance: &Finance<S, X, C>,
    clock: &C,
    until: Timestamp,
    scope: &Scope,
) -> Result<Value, Failed>
where
    S: Payments + Journal,
    X: Exports,
    C: Clock + Entropy,
{
    let began = clock.now();
    let ran = finance
        .run(scope, until, |tenant, error| {
            stage("export-day").tenant(tenant).outcome("failed").error(error).emit();
        })
        .await?;
    let line = stage("export").took(began.duration_until(clock.now()).unsigned_abs());
    let Ran { days, rows, broken, left, failed } = ran;
    // The word that an alarm listens for: the files are there, and say where.
    let outcome = if broken > 0 { "chain_broken" } else { "ok" };
    line.outcome(outcome)
        .count("days", days)
        .count("rows", rows)
        .count("broken", broken)
        .count("left", left)
        .count("failed", failed)
        .emit();
    if failed > 0 {
        return Err(Failed::Days(failed));
    }
    Ok(json!({ "days": days, "rows": rows, "broken": broken, "left": left }))
}

fn report_view(matched: &Matched) -> Value {
    json!({
        "report": matched.report,
        "lines": matched.lines,
        "exceptions": matched.exceptions,
        "pages": matched.pages,
        "wasBefore": matched.was_before,
    })
}

//! `amb-local`: the whole product on this machine, with one conversation played.
//!
//! ```text
//! amb-local [--once] [--port N] [--simulator-port N] [--profile debug|release] [--folder NAME]
//! ```
//!
//! Stays up until Ctrl-C, then ends everything it started. With `--once` it ends after the
//! conversation, and fails if a step failed.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use amb_local::{Options, Profile, Stack, chain, conversation};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: amb-local [--once] [--port N] [--simulator-port N] \
                     [--profile debug|release] [--folder NAME]";
/// What shells report of a program that Ctrl-C ended before it was up.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(std::env::args().skip(1))));
    match ended {
        Ok(code) => code,
        Err(error) => {
            say(&format!("amb-local: {}", chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode, Box<dyn Error>> {
    let (options, once) = parse(arguments)?;
    let folder = options.folder.clone();
    let interrupted = interrupted()?;
    tokio::pin!(interrupted);
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        () = &mut interrupted => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let played = tokio::select! {
        played = conversation::play(&stack) => played,
        () = &mut interrupted => return Ok(end(stack, ExitCode::from(INTERRUPTED)).await),
    };
    let failed = match played {
        Ok(conversation) => {
            say(&format!("\n{conversation}"));
            false
        }
        Err(error) => {
            let logs = stack.file.logs.display();
            say(&format!("amb-local: {}; the logs are in {logs}", chain(&error)));
            true
        }
    };
    if !once {
        say(&directions(&stack, &folder));
        interrupted.await;
    }
    let code = if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    Ok(end(stack, code).await)
}

async fn end(stack: Stack, code: ExitCode) -> ExitCode {
    say("ending what was started");
    stack.shutdown().await;
    code
}

/// Ctrl-C, or the signal that `kill` sends.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(Options, bool), Box<dyn Error>> {
    let (mut options, mut once) = (Options::default(), false);
    options.progress = Arc::new(|what| say(&format!("  {what}")));
    while let Some(name) = arguments.next() {
        if name == "--once" {
            once = true;
            continue;
        }
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--port" => options.port = Some(number(&value)?),
            "--simulator-port" => options.simulator_port = Some(number(&value)?),
            "--profile" if value == "debug" => options.profile = Profile::Debug,
            "--profile" if value == "release" => options.profile = Profile::Release,
            "--folder" if is_name(&value) => options.folder = value.into(),
            _ => return Err(USAGE.into()),
        }
    }
    Ok((options, once))
}

fn number(value: &str) -> Result<u16, &'static str> {
    value.parse().map_err(|_not_a_port| USAGE)
}

/// A folder right under `target`, and none of Cargo's own.
fn is_name(value: &str) -> bool {
    let plain = value.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    plain && !value.is_empty() && !matches!(value, "debug" | "release")
}

fn directions(stack: &Stack, folder: &Path) -> String {
    let file = &stack.file;
    let api = &file.api_url;
    let key = &file.api_key;
    format!(
        "Phone      {phone}\n\
         API        {api}\n\
         API key    {key}\n\
         Operator   {operator}\n\
         Business   {business}\n\
         Emulator   {emulator}\n\
         Logs       {logs}\n\
         All of it  target/{folder}/stack.json\n\n\
         The conversation so far, then a message to the phone:\n\n\
         curl -s '{api}/v1/conversations?businessId={business}' -H 'Authorization: Bearer {key}'\n\n\
         curl -s '{api}/v1/messages' -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: first' \\\n  \
           -H 'Content-Type: application/json' \\\n  \
           -d '{{\"from\":\"{business}\",\"to\":\"{customer}\",\"type\":\"text\",\"content\":{{\"text\":\"Hello from curl\"}}}}'\n\n\
         Ctrl-C ends everything.",
        phone = file.phone_url,
        operator = file.operator_key,
        business = file.business_id,
        emulator = file.emulator_url,
        logs = file.logs.display(),
        folder = folder.display(),
        customer = stack.customer.opaque_id,
    )
}

/// One line, or several, for the person at the terminal.
fn say(what: &str) {
    drop(writeln!(std::io::stdout(), "{what}")); // nobody reads it: then nobody is told
}

//! The Lambda Runtime API on loopback: says when a function asks for its first event, hands events
//! out and takes the answers.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

use crate::{
    clock::Stopwatch,
    http::{Answer, Request, Server},
};

/// How long a function may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running function. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Function {
    child: Child,
    asked: Receiver<Stopwatch>,
    answered: Receiver<(Stopwatch, Vec<u8>)>,
    events: Sender<Vec<u8>>,
    _server: Server,
    /// From the start of the process to its first request for an event.
    pub(crate) init: Duration,
}

/// A function that does not do what a function does.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAFunction {
    /// The process cannot be started, or the stub cannot listen.
    #[error("it cannot be started")]
    Start(#[source] io::Error),
    /// It ended.
    #[error("it ended before it asked for an event")]
    Ended,
    /// It is up and silent.
    #[error("it was silent for {} s", PATIENCE.as_secs())]
    Silent,
    /// Linux's account of the process cannot be read.
    #[error("its memory cannot be read")]
    Memory(#[source] io::Error),
}

impl Function {
    /// Starts a function and waits until it asks for its first event.
    pub(crate) fn start(
        binary: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, NotAFunction> {
        let (asked_tx, asked) = mpsc::channel();
        let (answered_tx, answered) = mpsc::channel();
        let (events, events_rx) = mpsc::channel();
        let events_rx = Arc::new(Mutex::new(events_rx));
        let server =
            Server::start(move |request| serve(&request, &asked_tx, &answered_tx, &events_rx))
                .map_err(NotAFunction::Start)?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", server.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let began = Stopwatch::start();
        let child = command.spawn().map_err(NotAFunction::Start)?;
        let init = Duration::ZERO;
        let mut function = Self { child, asked, answered, events, _server: server, init };
        function.init = began.until(function.first_request()?);
        Ok(function)
    }

    /// One invocation: how long from handing the event out to having the answer, and the answer.
    pub(crate) fn invoke(&self, event: Vec<u8>) -> Result<(Duration, Vec<u8>), NotAFunction> {
        let began = Stopwatch::start();
        self.events.send(event).map_err(|_closed| NotAFunction::Ended)?;
        let answered = self.answered.recv_timeout(PATIENCE);
        let (at, answer) = answered.map_err(|_nothing| NotAFunction::Silent)?;
        self.asked.recv_timeout(PATIENCE).map_err(|_nothing| NotAFunction::Silent)?;
        Ok((began.until(at), answer))
    }

    /// The most memory it has ever held, in MiB.
    pub(crate) fn peak_rss_mb(&self) -> Result<f64, NotAFunction> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.map_err(NotAFunction::Memory)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(kib.unwrap_or_default() / 1024.0)
    }

    fn first_request(&mut self) -> Result<Stopwatch, NotAFunction> {
        let began = Stopwatch::start();
        while began.elapsed() < PATIENCE {
            match self.asked.recv_timeout(Duration::from_millis(100)) {
                Ok(at) => return Ok(at),
                Err(RecvTimeoutError::Timeout) if matches!(self.child.try_wait(), Ok(None)) => {}
                Err(_) => return Err(NotAFunction::Ended),
            }
        }
        Err(NotAFunction::Silent)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(
    request: &Request,
    asked: &Sender<Stopwatch>,
    answered: &Sender<(Stopwatch, Vec<u8>)>,
    events: &Mutex<Receiver<Vec<u8>>>,
) -> Option<Answer> {
    let now = Stopwatch::start();
    if request.line.contains("/invocation/next") {
        asked.send(now).ok()?;
        let event = events.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()?;
        let headers = vec![
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
            ("lambda-runtime-deadline-ms", u64::MAX.to_string().get(..13)?.to_owned()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-west-1:1:function:f".to_owned(),
            ),
            ("content-type", "application/json".to_owned()),
        ];
        return Some(Answer { status: 200, headers, body: event });
    }
    answered.send((now, request.body.clone())).ok()?;
    Some(Answer { status: 202, ..Answer::default() })
}

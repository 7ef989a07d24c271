//! The emulator as a child process: started, awaited, ended.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, kill_process_group, prlimit};

use crate::machine::Stopwatch;
use crate::places::Places;

/// How long the emulator may take until it answers: a second here, more on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// How long it may take to end its functions before it is killed with them.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(25);

/// The emulator at work. Dropping it ends it and every function it runs.
#[derive(Debug)]
pub(crate) struct Emulator {
    child: Child,
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub(crate) url: String,
}

/// Why the emulator does not run.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Its log cannot be written.
    #[error("cannot write the emulator's log")]
    Log(#[source] io::Error),
    /// Python cannot be run.
    #[error("cannot start the emulator")]
    Spawn(#[source] io::Error),
    /// It ended at once. The text is the last thing it said.
    #[error("{0}")]
    Ended(String),
    /// It runs, but does not answer.
    #[error("the emulator does not answer after {} s", START_TIMEOUT.as_secs())]
    Silent,
}

impl Emulator {
    /// Starts it on `port` with its logs in `logs` and scratch files in `state`, and waits until it
    /// answers.
    pub(crate) async fn start(
        places: &Places,
        port: u16,
        region: &str,
        state: &Path,
        logs: &Path,
        http: &reqwest::Client,
    ) -> Result<Self, EmulatorError> {
        let log = logs.join("emulator.log");
        let output = File::create(&log).map_err(EmulatorError::Log)?;
        let errors = output.try_clone().map_err(EmulatorError::Log)?;
        let child = Command::new(&places.python)
            .arg(places.script("emulator.py"))
            .args(["--port", &port.to_string(), "--region", region, "--with-parent"])
            .arg("--state")
            .arg(state)
            .arg("--logs")
            .arg(logs)
            .current_dir(&places.root)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0) // Ctrl-C reaches us alone; we end it in order
            .spawn()
            .map_err(EmulatorError::Spawn)?;
        let mut emulator = Self { child, url: format!("http://127.0.0.1:{port}") };
        emulator.wait_for_health(http, &log).await?;
        Ok(emulator)
    }

    async fn wait_for_health(
        &mut self,
        http: &reqwest::Client,
        log: &Path,
    ) -> Result<(), EmulatorError> {
        let url = format!("{}/_ministack/health", self.url);
        let began = Stopwatch::start();
        while began.elapsed() < START_TIMEOUT {
            if !self.is_running() {
                return Err(EmulatorError::Ended(last_line(log)));
            }
            let answer = http.get(&url).timeout(Duration::from_secs(5)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(EmulatorError::Silent)
    }

    /// The running processes of one deployed function.
    pub(crate) fn function_processes(&self, function: &str) -> Vec<FunctionProcess> {
        let wanted = format!("AWS_LAMBDA_FUNCTION_NAME={function}");
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|&id: &u32| parent_of(id) == Some(self.child.id()))
            .filter(|id| {
                let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
                environment.split(|byte| *byte == 0).any(|pair| pair == wanted.as_bytes())
            })
            .map(FunctionProcess)
            .collect()
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, which ends its functions too; kills all of them when it does not.
    fn stop(&mut self) {
        let Some(group) = pid(self.child.id()) else { return };
        if self.is_running() {
            let _ended_already = kill_process(group, Signal::TERM);
        }
        let began = Stopwatch::start();
        while self.is_running() && began.elapsed() < STOP_TIMEOUT {
            thread::sleep(POLL);
        }
        let _nobody_is_left = kill_process_group(group, Signal::KILL);
        drop(self.child.wait());
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One process of a function, for tests that disturb it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionProcess(u32);

/// Processor time, in steps of ten milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// The process's own.
    pub user: Duration,
    /// The system's on its behalf.
    pub system: Duration,
}

impl FunctionProcess {
    /// Freezes it: it keeps what it took and does nothing.
    pub fn freeze(self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(self) {
        self.signal(Signal::CONT);
    }

    /// Kills it where it stands, as the platform does with a sandbox.
    pub fn kill(self) {
        self.signal(Signal::KILL);
    }

    /// Lets it have so many bytes of address space from now on, and no more.
    pub fn limit_memory(self, bytes: u64) -> io::Result<()> {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(pid(self.0), Resource::As, limit)?;
        Ok(())
    }

    /// The most memory that it ever held, in KiB.
    pub fn peak_memory_kib(self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        peak.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The processor time that it has used.
    pub fn cpu_time(self) -> io::Result<CpuTime> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        cpu_time(&stat).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn signal(self, signal: Signal) {
        if let Some(pid) = pid(self.0) {
            let _gone_already = kill_process(pid, signal);
        }
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Field 4 of `/proc/<id>/stat`; the name before it is in parentheses and may hold anything.
fn parent_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

/// Fields 14 and 15 of `/proc/<id>/stat`.
fn cpu_time(stat: &str) -> Option<CpuTime> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut ticks = after_name.split(' ').skip(11).map(|field| field.parse::<u64>().ok());
    let mut next = || Some(Duration::from_millis(ticks.next()?? * TICK_MS));
    Some(CpuTime { user: next()?, system: next()? })
}

/// What Linux shows to programs on every processor that we build for (`USER_HZ` is 100).
const TICK_MS: u64 = 10;

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("the emulator ended without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_of_this_process_is_the_one_that_the_system_names() {
        let expected = rustix::process::getppid().map(Pid::as_raw_nonzero).unwrap().get();
        assert_eq!(parent_of(std::process::id()), u32::try_from(expected).ok());
    }

    #[test]
    fn processor_time_is_read_whatever_the_process_is_called() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 1 0 99 1 1";
        let expected =
            CpuTime { user: Duration::from_millis(1230), system: Duration::from_millis(450) };
        assert_eq!(cpu_time(stat), Some(expected));
        assert_eq!(cpu_time("7 (a) S 1"), None);
    }
}

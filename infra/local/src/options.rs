use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// How a local stack is set up. The default takes free ports and says nothing.
#[derive(Clone)]
pub struct Options {
    /// Port of the emulator and of the deployed API on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// Port of the simulator on 127.0.0.1; `None` takes a free one.
    pub simulator_port: Option<u16>,
    /// Which build of the functions is deployed.
    pub profile: Profile,
    /// Seconds until an unfinished queue message comes back; `None`: as the template says. A test
    /// that kills a function does not want to wait three minutes.
    pub visibility_seconds: Option<u32>,
    /// Name of the folder under `target` for `stack.json`, logs and scratch files.
    pub folder: PathBuf,
    /// Told about each step as it begins.
    pub progress: Progress,
}

type Progress = Arc<dyn Fn(&str) + Send + Sync>;

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            simulator_port: None,
            profile: Profile::of_this_build(),
            visibility_seconds: None,
            folder: PathBuf::from("local"),
            progress: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("port", &self.port)
            .field("simulator_port", &self.simulator_port)
            .field("profile", &self.profile)
            .field("visibility_seconds", &self.visibility_seconds)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// A Cargo profile that functions are built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `cargo build`
    Debug,
    /// `cargo build --release`
    Release,
}

impl Profile {
    /// The one this crate was built with.
    pub const fn of_this_build() -> Self {
        if cfg!(debug_assertions) { Self::Debug } else { Self::Release }
    }

    /// Its folder under `target`.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

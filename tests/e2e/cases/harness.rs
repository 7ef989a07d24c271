//! Cases, and the one stack they share.

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use amb_local::{Options, Stack, chain};
use amb_simulator::model::{AccountSettings, RetrySchedule};
use libtest_mimic::{Failed, Trial};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What a case comes to; assertions may panic as well.
pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Queue messages of a function that was killed come back after this, not after three minutes, but as
/// in the template not before its lease of 35 s is over. A payload's lease is longer: there the sweep
/// comes first, as in the template.
const VISIBILITY_SECONDS: u32 = 40;
/// Patience of Apple's side: many cold starts at once take their time on a small machine.
const WEBHOOK_TIMEOUT_MS: u64 = 90_000;

/// What the cases share.
#[derive(Debug)]
pub(crate) struct Shared {
    runtime: Runtime,
    stack: OnceCell<Result<Stack, String>>,
    quiet: RwLock<()>,
    folder: PathBuf,
}

/// The stack, for one case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'s> {
    pub(crate) stack: &'s Stack,
    quiet: &'s RwLock<()>,
}

/// A case that needs the stack.
pub(crate) type Case = for<'s> fn(Ground<'s>) -> Pin<Box<dyn Future<Output = Outcome> + 's>>;

/// Trials of functions in a module; the name of a trial is `module::function`.
macro_rules! cases {
    ($shared:expr, plain: $module:ident::{$($case:ident),+ $(,)?}) => {
        vec![$(libtest_mimic::Trial::test(
            concat!(stringify!($module), "::", stringify!($case)),
            || $crate::$module::$case().map_err(Into::into),
        ),)+]
    };
    ($shared:expr, async: $module:ident::{$($case:ident),+ $(,)?}) => {
        vec![$($crate::harness::trial(
            &$shared,
            concat!(stringify!($module), "::", stringify!($case)),
            |ground| Box::pin($crate::$module::$case(ground)),
        ),)+]
    };
}
pub(crate) use cases;

/// A trial of a case that needs the stack.
pub(crate) fn trial(shared: &Arc<Shared>, name: &str, case: Case) -> Trial {
    let shared = Arc::clone(shared);
    Trial::test(name, move || shared.run(case))
}

impl Shared {
    /// Nothing is started before the first case needs it.
    pub(crate) fn new() -> std::io::Result<Arc<Self>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let folder = PathBuf::from("e2e").join(std::process::id().to_string());
        Ok(Arc::new(Self { runtime, stack: OnceCell::new(), quiet: RwLock::new(()), folder }))
    }

    fn run(&self, case: Case) -> Result<(), Failed> {
        self.runtime.block_on(async {
            let stack = self.stack.get_or_init(|| self.start()).await;
            let stack = stack.as_ref().map_err(Clone::clone)?;
            Ok(case(Ground { stack, quiet: &self.quiet }).await?)
        })
    }

    async fn start(&self) -> Result<Stack, String> {
        let options = Options {
            visibility_seconds: Some(VISIBILITY_SECONDS),
            folder: self.folder.clone(),
            ..Options::default()
        };
        let stack = Stack::start(options).await.map_err(|error| chain(&error))?;
        let retry = RetrySchedule { timeout_ms: WEBHOOK_TIMEOUT_MS, ..RetrySchedule::default() };
        let patient = AccountSettings { retry: Some(retry), ..AccountSettings::default() };
        stack.simulator().change_account(&patient).await.map_err(|error| chain(&error))?;
        Ok(stack)
    }

    /// Ends the stack. Its folder stays when there is something to look for in it.
    pub(crate) fn end(self: Arc<Self>, clean: bool) {
        let Ok(Self { runtime, stack, .. }) = Arc::try_unwrap(self) else { return };
        let Some(Ok(stack)) = stack.into_inner() else { return };
        let logs = stack.file.logs.clone();
        runtime.block_on(stack.shutdown());
        if clean {
            let _stays = logs.parent().map(std::fs::remove_dir_all);
        } else {
            tell(&format!("the logs are in {}", logs.display()));
        }
    }
}

impl<'s> Ground<'s> {
    /// Held by every case that expects functions to be left in peace.
    pub(crate) async fn in_peace(&self) -> RwLockReadGuard<'s, ()> {
        self.quiet.read().await
    }

    /// Held by a case while it disturbs functions. Asked for first of all by one that takes long: whoever
    /// is in peace already is waited for.
    pub(crate) async fn alone(&self) -> RwLockWriteGuard<'s, ()> {
        self.quiet.write().await
    }
}

/// Reports that not even the runtime starts.
pub(crate) fn cannot_start(error: &dyn Error) -> ExitCode {
    tell(&chain(error));
    ExitCode::FAILURE
}

fn tell(what: &str) {
    let _nobody_reads = writeln!(std::io::stderr(), "e2e: {what}");
}

//! The local stack: the real template on an embedded emulator, the simulator on the far side, a demo
//! tenant. `make run` is the binary of this crate; the end-to-end tests use the library.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use amb_local::{Options, Stack, conversation};
//!
//! let stack = Stack::start(Options::default()).await?;
//! let played = conversation::play(&stack).await?;
//! println!("{played}");
//! stack.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! Everything listens on 127.0.0.1. A [`Stack`] ends what it started when it is shut down or dropped;
//! the emulator ends by itself when this process is killed.

pub mod api;
pub mod conversation;
mod deployment;
mod emulator;
mod machine;
mod merchant;
mod options;
mod places;
mod secret;
mod seed;
mod stack;
mod stack_file;

pub use self::deployment::{Deployment, Queues, SecretNames, TableNames};
pub use self::emulator::{CpuTime, FunctionProcess};
pub use self::merchant::Merchant;
pub use self::options::{Options, Profile};
pub use self::places::Places;
pub use self::seed::{DEMO_BUSINESS, NewTenant, SeedError, Tenant};
pub use self::stack::{Stack, StackError};
pub use self::stack_file::StackFile;
pub use amb_service::problem::chain;

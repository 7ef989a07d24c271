//! The customer's side: a device that writes, reacts and leaves, and the page that shows it.

pub(crate) mod device;
pub(crate) mod file;
pub(crate) mod kept;
pub(crate) mod page;
pub(crate) mod pay;
pub(crate) mod picture;
pub(crate) mod reply;
pub(crate) mod roster;
mod tapback;
pub(crate) mod view;
mod writing;

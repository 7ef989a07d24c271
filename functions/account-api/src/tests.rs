mod administration;
mod endpoints;
mod history;
mod keys;
mod lists;
pub(crate) mod samples;
pub(crate) mod schema;
mod walls;
pub(crate) mod world;

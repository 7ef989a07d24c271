//! What devices are told, and what stands behind it.

mod contact;
mod crash;
mod doubt;
mod late;
mod page;
mod price;
mod repeat;
mod together;
mod tracking;
mod unread;
mod update;
mod world;

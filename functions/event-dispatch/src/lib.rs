//! The event-dispatch function.

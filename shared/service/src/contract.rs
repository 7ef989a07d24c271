//! Contracts (in progress).

//! Administration (in progress).

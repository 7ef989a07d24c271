//! What devices are told, and what stands behind it.

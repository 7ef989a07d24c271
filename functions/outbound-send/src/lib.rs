//! The outbound-send function.

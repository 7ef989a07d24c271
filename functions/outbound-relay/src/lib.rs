//! The outbound-relay function.

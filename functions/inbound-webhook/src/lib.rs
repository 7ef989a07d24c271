//! The inbound-webhook function.

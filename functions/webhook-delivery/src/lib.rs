//! The webhook-delivery function.

//! End-to-end tests through the deployed template.

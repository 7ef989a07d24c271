//! The account-api function.

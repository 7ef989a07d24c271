//! Builders, clocks and fakes for the tests.

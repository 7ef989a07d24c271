//! Tokens: the shared vectors, attacks on them, and other people's vectors of what they are made with.

mod hostile;
mod vectors;
mod wycheproof;

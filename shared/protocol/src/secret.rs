//! A value that does not find its way into a log.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// Holds a secret: it cannot be displayed or serialised, its `Debug` is masked, and its memory is
/// wiped when it is dropped. Reading it takes a call that a reviewer can search for.
///
/// ```
/// use amb_protocol::secret::Secret;
///
/// let key = Secret::new(String::from("hunter2"));
/// assert_eq!(format!("{key:?}"), "Secret(***)");
/// assert_eq!(key.expose(), "hunter2");
/// ```
///
/// ```compile_fail
/// # use amb_protocol::secret::Secret;
/// println!("{}", Secret::new(String::from("hunter2"))); // there is no Display
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value_at_any_depth() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "only its Debug output is looked at")]
        struct Outer {
            key: Option<Secret<Vec<u8>>>,
        }
        let shown = format!("{:?}", Outer { key: Some(Secret::new(b"canary".to_vec())) });
        assert_eq!(shown, "Outer { key: Some(Secret(***)) }");
    }

    #[test]
    fn a_secret_is_read_from_json_but_never_written() {
        let secret: Secret<String> = serde_json::from_str(r#""canary""#).unwrap();
        assert_eq!(secret.expose(), "canary");
    }
}

//! URLs of endpoints. The rules for them live behind the wall (`amb-egress`); here they arrive as a
//! function, and what it let through as a type.

/// A URL that the wall's rules let through, in the form in which it is stored and called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VettedUrl(String);

impl VettedUrl {
    /// Takes the URL as the rules' own parser wrote it again. Only the rules should call this.
    pub fn new(written_again: impl Into<String>) -> Self {
        Self(written_again.into())
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why the rules refuse a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlRefusal {
    /// A stable code, such as `https_only`.
    pub rule: &'static str,
    /// What is wrong, for a person; without the URL.
    pub message: String,
}

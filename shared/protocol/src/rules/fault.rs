use serde::Serialize;
use serde_json::Value;

/// One fault of a message, written for whoever wrote the message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// Where, as a JSON Pointer (RFC 6901); empty for the whole of it.
    pub pointer: String,
    /// The rule that is broken.
    pub rule: &'static str,
    /// What is wrong, for a person.
    pub message: String,
    /// The limit, where the rule has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Value>,
    /// What was found instead, where showing it helps: a size or a count, never the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// What would make it right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            rule,
            message: message.into(),
            limit: None,
            actual: None,
            fix: None,
        }
    }

    /// Names the limit and what was found.
    #[must_use]
    pub fn limit(mut self, limit: impl Into<Value>, actual: impl Into<Value>) -> Self {
        self.limit = Some(limit.into());
        self.actual = Some(actual.into());
        self
    }

    /// Names what would make it right.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

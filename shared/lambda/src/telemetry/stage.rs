//! The one line that a stage of the work writes.

use std::{fmt, time::Duration};

use amb_service::model::{EndpointId, TenantId};
use serde_json::{Map, Value, json};

use super::{LogId, line::clip};

/// Begins the line of a stage.
pub fn stage(name: &'static str) -> Stage {
    Stage { name, outcome: "ok", took: None, metrics: Vec::new(), fields: Map::new() }
}

/// A line in the making. What can be put into it is fixed by types: hashed ids, ids that we drew
/// ourselves, codes from closed lists, and numbers.
#[derive(Clone, Debug)]
#[must_use = "a stage is written by `emit`"]
pub struct Stage {
    name: &'static str,
    outcome: &'static str,
    took: Option<Duration>,
    metrics: Vec<(&'static str, Unit, f64)>,
    fields: Map<String, Value>,
}

/// The unit of a metric, as CloudWatch spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Stage {
    /// What it came to; `ok` unless told. A word from a closed list: it is a dimension.
    pub fn outcome(mut self, outcome: &'static str) -> Self {
        self.outcome = outcome;
        self
    }

    /// How long it took.
    pub fn took(mut self, duration: Duration) -> Self {
        self.took = Some(duration);
        self
    }

    /// The tenant, an id that we drew.
    pub fn tenant(self, tenant: &TenantId) -> Self {
        self.field("tenant", tenant.as_str().into())
    }

    /// The endpoint, an id that we drew.
    pub fn endpoint(self, endpoint: &EndpointId) -> Self {
        self.field("endpoint", endpoint.as_str().into())
    }

    /// The conversation.
    pub fn conversation(self, id: &LogId) -> Self {
        self.id("conversation", id)
    }

    /// The message.
    pub fn message(self, id: &LogId) -> Self {
        self.id("message", id)
    }

    /// The event.
    pub fn event(self, id: &LogId) -> Self {
        self.id("event", id)
    }

    /// Another identifier.
    pub fn id(self, name: &'static str, id: &LogId) -> Self {
        self.field(name, id.as_str().into())
    }

    /// A stable code that says more than the outcome.
    pub fn code(self, code: &'static str) -> Self {
        self.field("code", code.into())
    }

    /// A word from a closed list.
    pub fn word(self, name: &'static str, word: &'static str) -> Self {
        self.field(name, word.into())
    }

    /// A number.
    pub fn count(self, name: &'static str, number: u64) -> Self {
        self.field(name, number.into())
    }

    /// The operator's text of an error. Display of our errors names the situation; it must not quote
    /// what was sent.
    pub fn error(self, error: &dyn std::error::Error) -> Self {
        self.field("error", clip(&amb_service::problem::chain(error)).into())
    }

    /// A metric of its own beside count and duration. CloudWatch bills every name and outcome.
    pub fn metric(mut self, name: &'static str, unit: Unit, value: f64) -> Self {
        // CloudWatch takes no other numbers; 90 keeps the directive under its limit of 100.
        if value.is_finite() && self.metrics.len() < 90 {
            self.metrics.push((name, unit, value));
        }
        self
    }

    /// Writes the line.
    pub fn emit(self) {
        let (document, metrics) = self.render();
        let document = Value::Object(document);
        tracing::info!(target: TARGET, document = %document, metrics = %metrics);
    }

    fn field(mut self, name: &'static str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    /// The members of the line, and which of them are metrics.
    fn render(self) -> (Map<String, Value>, Value) {
        let mut document = Map::new();
        document.insert("Stage".into(), self.name.into());
        document.insert("Outcome".into(), self.outcome.into());
        document.insert("Count".into(), 1.into());
        let mut metrics = vec![json!({"Name": "Count", "Unit": Unit::Count.as_str()})];
        if let Some(took) = self.took {
            let milliseconds = (took.as_secs_f64() * 1e6).round() / 1e3;
            document.insert("Duration".into(), milliseconds.into());
            metrics.push(json!({"Name": "Duration", "Unit": Unit::Milliseconds.as_str()}));
        }
        for (name, unit, value) in self.metrics {
            document.insert(name.to_owned(), value.into());
            metrics.push(json!({"Name": name, "Unit": unit.as_str()}));
        }
        document.extend(self.fields);
        (document, metrics.into())
    }
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes",
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By this target the subscriber knows a stage's line.
pub(super) const TARGET: &str = "amb_lambda::stage";
/// What every metric is told apart by.
pub(super) const DIMENSIONS: [&str; 3] = ["Function", "Stage", "Outcome"];

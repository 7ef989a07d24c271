//! Events of `tracing` as lines of JSON.

use std::fmt;

use amb_service::port::Clock;
use serde_json::{Map, Value, json};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{
    line::{Sink, clip, line},
    stage,
};
use crate::config::DEFAULT_METRICS;

/// Writes each event as one line: when, how bad, which function and invocation, and its fields.
///
/// Events of other crates are written from warnings up, and as their message only: their fields, and
/// whatever they say at finer levels, may quote headers and bodies.
#[derive(Debug)]
pub struct JsonLines<C, S> {
    function: &'static str,
    namespace: String,
    clock: C,
    sink: S,
}

impl<C: Clock, S: Sink> JsonLines<C, S> {
    /// Writes the lines of this function into a sink. [`init`](super::init) does it for stdout; a test
    /// that reads lines makes its own.
    pub fn new(function: &'static str, clock: C, sink: S) -> Self {
        Self { function, namespace: DEFAULT_METRICS.to_owned(), clock, sink }
    }

    /// The same with this namespace of metrics.
    #[must_use]
    pub fn counting_in(self, namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), ..self }
    }

    fn is_ours(&self, target: &str) -> bool {
        let krate = target.split("::").next().unwrap_or_default();
        let same =
            krate.bytes().map(|b| if b == b'_' { b'-' } else { b }).eq(self.function.bytes());
        same || krate.starts_with("amb_")
    }
}

impl<C, S, R> Layer<R> for JsonLines<C, S>
where
    C: Clock + 'static,
    S: Sink,
    R: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, R>) {
        let mut invocation = Invocation::default();
        attributes.record(&mut invocation);
        if let (Some(request_id), Some(span)) = (invocation.request_id, context.span(id)) {
            span.extensions_mut().insert(RequestId(request_id));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, R>) {
        let metadata = event.metadata();
        let ours = self.is_ours(metadata.target());
        if !ours && *metadata.level() > Level::WARN {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);

        let now = self.clock.now();
        let mut object = Map::new();
        object.insert("timestamp".into(), format!("{now:.3}").into());
        object.insert("level".into(), metadata.level().as_str().into());
        object.insert("Function".into(), self.function.into());
        let request_id = context.event_scope(event).and_then(|mut scope| {
            scope.find_map(|span| Some(span.extensions().get::<RequestId>()?.0.clone()))
        });
        if let Some(request_id) = request_id {
            object.insert("requestId".into(), request_id.into());
        }

        if metadata.target() == stage::TARGET {
            // One directive is enough: it is half of the line, and lines are paid for by their length.
            let directive = json!({
                "Namespace": self.namespace,
                "Dimensions": [stage::DIMENSIONS],
                "Metrics": fields.json("metrics"),
            });
            let aws = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
            object.insert("_aws".into(), aws);
            if let Value::Object(document) = fields.json("document") {
                object.extend(document);
            }
        } else {
            object.insert("target".into(), metadata.target().into());
            object.extend(fields.0.into_iter().filter(|(name, _)| ours || name == "message"));
        }
        self.sink.write(&line(object));
    }
}

/// The id of the invocation, remembered with the span that `lambda_runtime` opens for it.
struct RequestId(String);

/// Reads that id.
#[derive(Default)]
struct Invocation {
    request_id: Option<String>,
}

impl Visit for Invocation {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "requestId" {
            self.request_id = Some(clip(value));
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

/// Reads an event's fields.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }

    /// A field that holds JSON, as JSON.
    fn json(&self, name: &str) -> Value {
        let text = self.0.get(name).and_then(Value::as_str).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, clip(value).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        // A stage's own document: its parts are short, and clipping would break it.
        let whole = field.name() == "document" || field.name() == "metrics";
        self.add(field, if whole { text } else { clip(&text) }.into());
    }
}

#[cfg(test)]
mod tests;

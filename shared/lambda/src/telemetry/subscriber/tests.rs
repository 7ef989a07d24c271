use super::*;
use crate::telemetry::{LogHash, Unit, stage};
use amb_service::model::TenantId;
use jiff::Timestamp;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

#[derive(Clone, Copy)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-21T12:00:00.250Z".parse().unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Sink for Lines {
    fn write(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

fn written(work: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    let layer = JsonLines::new("inbound-webhook", Noon, lines.clone()).counting_in("amb-prod");
    let listening = amb_support::logs::listen(Registry::default().with(layer));
    work();
    drop(listening);
    lines.0.lock().unwrap().clone()
}

fn one(work: impl FnOnce()) -> Value {
    let lines = written(work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(!lines[0].contains('\n') && lines[0].len() <= 8192);
    serde_json::from_str(&lines[0]).unwrap()
}

/// What CloudWatch asks of a line in the embedded metric format (its published JSON schema and the
/// limits beside it).
fn assert_is_emf(line: &Value) {
    let aws = line["_aws"].as_object().unwrap();
    assert!(aws["Timestamp"].as_i64().unwrap() > 1_000_000_000_000, "milliseconds");
    let directives = aws["CloudWatchMetrics"].as_array().unwrap();
    assert!(!directives.is_empty());
    for directive in directives {
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=1024).contains(&namespace.len()));
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty());
        for set in sets {
            let names = set.as_array().unwrap();
            assert!(names.len() <= 30);
            for name in names {
                let name = name.as_str().unwrap();
                assert!((1..=250).contains(&name.len()));
                // A dimension's value is a string, at the top of the line.
                assert!((1..=1024).contains(&line[name].as_str().unwrap().len()), "{name}");
                assert!(["Function", "Stage", "Outcome"].contains(&name), "{name} is a dimension");
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1024).contains(&name.len()));
            assert!(line[name].is_number(), "{name}");
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["Bytes", "Count", "Milliseconds", "Seconds"].contains(&unit));
        }
    }
}

#[test]
fn a_stage_is_one_line_that_is_a_log_and_its_metrics() {
    let hash = LogHash::new(b"key");
    let tenant = TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let line = one(|| {
        stage("receive")
            .outcome("stored")
            .tenant(&tenant)
            .conversation(&hash.of("ten_a", "urn:mbid:canary"))
            .message(&hash.of("ten_a", "9c2e6a10-1f00-4f6e-8a01-000000000001"))
            .code("duplicate")
            .count("attempt", 2)
            .metric("InflatedBytes", Unit::Bytes, 2048.0)
            .took(Duration::from_micros(1_234))
            .emit();
    });
    assert_is_emf(&line);
    assert_eq!(
        line,
        json!({
            "timestamp": "2026-11-21T12:00:00.250Z",
            "level": "INFO",
            "Function": "inbound-webhook",
            "_aws": {
                "Timestamp": 1_795_262_400_250_i64,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "amb-prod",
                        "Dimensions": [["Function", "Stage", "Outcome"]],
                        "Metrics": [
                            {"Name": "Count", "Unit": "Count"},
                            {"Name": "Duration", "Unit": "Milliseconds"},
                            {"Name": "InflatedBytes", "Unit": "Bytes"},
                        ],
                    },
                ],
            },
            "Stage": "receive",
            "Outcome": "stored",
            "Count": 1,
            "Duration": 1.234,
            "InflatedBytes": 2048.0,
            "tenant": "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "conversation": line["conversation"],
            "message": line["message"],
            "code": "duplicate",
            "attempt": 2,
        })
    );
    assert!(!line.to_string().contains("canary"));
}

#[test]
fn a_bare_stage_counts_and_a_metric_that_is_no_number_is_left_out() {
    let line = one(|| stage("sweep").metric("Lag", Unit::Seconds, f64::NAN).emit());
    assert_is_emf(&line);
    assert_eq!((&line["Outcome"], &line["Count"]), (&json!("ok"), &json!(1)));
    assert!(line.get("Lag").is_none() && line.get("Duration").is_none());
}

#[test]
fn a_stage_with_everything_in_it_stays_whole_and_short() {
    #[derive(Debug, thiserror::Error)]
    #[error("{}", "x".repeat(20_000))]
    struct Long;
    let line = one(|| {
        let many = (0..200).fold(stage("relay"), |s, _| s.metric("M", Unit::Count, 1.0));
        many.error(&Long).took(Duration::MAX).emit();
    });
    assert!(line["error"].as_str().unwrap().len() <= 1024);
    assert_is_emf(&line);
}

#[test]
fn the_invocation_is_named_in_every_line_below_its_span() {
    let line = one(|| {
        let span =
            tracing::info_span!("Lambda runtime invoke", requestId = "req-1", xrayTraceId = "1-2");
        let _entered = span.enter();
        tracing::info_span!("inner").in_scope(|| stage("send").emit());
    });
    assert_eq!(line["requestId"], "req-1");
}

#[test]
fn our_events_keep_their_fields_and_control_characters_are_escaped() {
    let line = one(|| {
        tracing::warn!(target: "inbound_webhook::x", code = "c\n", n = 3, ok = true, "line\nbreak");
    });
    assert_eq!(line["message"], "line\nbreak");
    assert_eq!(line["target"], "inbound_webhook::x");
    assert_eq!((&line["code"], &line["n"], &line["ok"]), (&json!("c\n"), &json!(3), &json!(true)));
}

#[test]
fn i8_other_crates_write_warnings_only_and_never_their_fields() {
    let lines = written(|| {
        tracing::info!(target: "hyper::proto", "canary");
        tracing::debug!(target: "rustls", header = "canary", "canary");
        tracing::warn!(target: "aws_smithy_runtime", request = "canary", "throttled");
        tracing::debug!(target: "amb_service::deliver", "ours");
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(!lines.concat().contains("canary"));
    assert!(lines[0].contains("throttled") && lines[1].contains("ours"));
}

#[test]
fn a_long_text_is_clipped() {
    let line = one(|| tracing::info!(text = "y".repeat(5000), "m"));
    assert!(line["text"].as_str().unwrap().len() <= 1024);
}

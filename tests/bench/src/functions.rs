//! Cold start, peak memory and zip size of every function, and a warm round trip of the one on the
//! ack path.

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use amb_lambda::adapter::System;
use amb_service::port::Clock;
use data_encoding::BASE64;
use flate2::{Compression, write::DeflateEncoder};
use serde_json::json;

use crate::{
    aws::{APPLE_SECRET, Aws, TABLES},
    clock::{median, millis, percentile},
    journey::seed,
    message::{Webhook, authorization, msp, secret},
    report::Report,
    runtime_api::Function,
};

/// Starts of each function.
const STARTS: usize = 25;
/// Invocations of the warm function.
const INVOCATIONS: u32 = 200;
/// The function on the ack path, which the goals are about (design §12).
const ACK: &str = "inbound-webhook";
const COLD_GOAL_MS: f64 = 12.0;
const RSS_GOAL_MB: f64 = 15.0;
const ZIP_GOAL_MB: f64 = 4.0;
/// Where distributions keep the one bundle of certificates that `SSL_CERT_FILE` names.
const BUNDLES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];

/// Measures the functions that were built into `built`.
pub(crate) fn measure(
    root: &Path,
    built: &Path,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let aws = Aws::start()?;
    let environment = environment(&aws.url());
    let mut found = 0;
    for package in packages(root)? {
        let binary = built.join(&package);
        if !binary.is_file() {
            report.missing("functions", format!("{} is not built", binary.display()));
            continue;
        }
        found += 1;
        if let Err(error) = one(&package, &binary, &environment, report) {
            report.missing("functions", format!("{package}: {error}"));
        }
    }
    if found > 0 {
        warm(&aws, &built.join(ACK), &environment, report)?;
    }
    Ok(())
}

fn one(
    package: &str,
    binary: &Path,
    environment: &BTreeMap<String, String>,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let function = Function::start(binary, environment)?;
        starts.push(millis(function.init));
        memory.push(function.peak_rss_mb()?);
    }
    let p95 = percentile(&mut starts, 95);
    let note = format!("process start to first next, median of {STARTS}, p95 {p95:.1}");
    let cold = median(&mut starts);
    let megabyte = |bytes: u64| f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6;
    let size = megabyte(fs::metadata(binary)?.len());
    let zip = megabyte(zipped(&fs::read(binary)?)?);
    let zip_note = format!("{size:.2} MB unzipped, {}", std::env::consts::ARCH);
    if package == ACK {
        report.at_most(format!("cold.{package}_ms"), cold, "ms", COLD_GOAL_MS, note);
        report.at_most(format!("zip.{package}_mb"), zip, "MB", ZIP_GOAL_MB, zip_note);
    } else {
        report.figure(format!("cold.{package}_ms"), cold, "ms", note);
        report.figure(format!("zip.{package}_mb"), zip, "MB", zip_note);
    }
    let key = format!("rss.{package}_mb");
    report.at_most(key, median(&mut memory), "MiB", RSS_GOAL_MB, "peak, when it asks for work");
    Ok(())
}

/// Bytes of the zip that Lambda gets: the binary deflated, and some headers.
fn zipped(binary: &[u8]) -> io::Result<u64> {
    const HEADERS: u64 = 130;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(binary)?;
    let deflated = encoder.finish()?.len();
    Ok(u64::try_from(deflated).unwrap_or(u64::MAX) + HEADERS)
}

/// Apple's text through the ack function, again and again; AWS is a stub.
fn warm(
    aws: &Aws,
    binary: &Path,
    environment: &BTreeMap<String, String>,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    seed(&aws.url())?;
    let function = Function::start(binary, environment)?;
    let authorization = authorization(&msp(), &secret(), System.now().as_second())?;
    let (first, answer) = function.invoke(event(&Webhook::numbered(0), &authorization))?;
    if !String::from_utf8_lossy(&answer).contains("\"statusCode\":200") {
        return Err(Unanswered.into());
    }
    let mut round_trips = Vec::new();
    for number in 1..=INVOCATIONS {
        let (took, _) = function.invoke(event(&Webhook::numbered(number), &authorization))?;
        round_trips.push(millis(took));
    }
    let first = millis(first);
    let p99 = percentile(&mut round_trips, 99);
    let note = format!("stubs on loopback, no TLS; p99 {p99:.2}, the first {first:.1}");
    report.figure(format!("warm.{ACK}_ms"), median(&mut round_trips), "ms", note);
    let note = format!("peak after {INVOCATIONS} messages, no TLS");
    report.at_most(format!("rss.{ACK}_mb"), function.peak_rss_mb()?, "MiB", RSS_GOAL_MB, note);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("{ACK} does not answer 200")]
struct Unanswered;

/// The event that API Gateway makes of Apple's request.
fn event(webhook: &Webhook, authorization: &str) -> Vec<u8> {
    let headers: BTreeMap<_, _> = webhook.headers(authorization).into_iter().collect();
    let event = json!({
        "version": "2.0",
        "routeKey": "POST /message",
        "rawPath": "/message",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            "http": {
                "method": "POST",
                "path": "/message",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "bench",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /message",
            "stage": "$default",
            "timeEpoch": 0,
        },
        "body": BASE64.encode(&webhook.body),
        "isBase64Encoded": true,
    });
    event.to_string().into_bytes()
}

/// What the template gives the functions, and what Lambda does.
fn environment(aws_url: &str) -> BTreeMap<String, String> {
    let [inbox, conversations, accounts] = TABLES;
    let bundle = BUNDLES.into_iter().find(|bundle| Path::new(bundle).is_file());
    let queue = |name: &str| format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}");
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("AMB_STAGE", "bench");
    set("SSL_CERT_FILE", bundle.unwrap_or_default());
    set("AMB_INBOX_TABLE", inbox);
    set("AMB_CONVERSATIONS_TABLE", conversations);
    set("AMB_ACCOUNTS_TABLE", accounts);
    set("AMB_DELIVERIES_QUEUE_URL", &queue("deliveries"));
    set("AMB_OUTBOUND_QUEUE_URL", &queue("outbound.fifo"));
    set("AMB_PAYLOADS_QUEUE_URL", &queue("payloads"));
    set("AMB_APPLE_SECRET", APPLE_SECRET);
    set("AMB_SERVICE_KEY_SECRET", "service-key");
    set("AMB_OPERATOR_KEY_SECRET", "operator-key");
    set("AMB_MSP_ID", msp().as_str());
    set("AMB_APPLE_GATEWAY_URL", "https://mspgw.push.apple.com/v1");
    set("AMB_FILES_BUCKET", "amb-bench-files");
    set("AMB_PAYMENTS_TABLE", "payments");
    set("AMB_SETTLEMENTS_QUEUE_URL", &queue("settlements"));
    set("AMB_MERCHANT_SECRETS", "amb-bench/merchants");
    set("AMB_PROCESSING_SECRETS", "amb-bench/processing");
    set("AMB_PAY_URL", "https://pay.example.com");
    set("AMB_FINANCE_BUCKET", "amb-bench-finance");
    set("AWS_ENDPOINT_URL", aws_url);
    set("AWS_REGION", "eu-west-1");
    set("AWS_ACCESS_KEY_ID", "bench");
    set("AWS_SECRET_ACCESS_KEY", "bench");
    set("AWS_LAMBDA_FUNCTION_NAME", "bench");
    set("AWS_LAMBDA_FUNCTION_VERSION", "1");
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    set("AWS_LAMBDA_LOG_LEVEL", "INFO");
    variables
}

/// The functions' packages, by name.
fn packages(root: &Path) -> io::Result<Vec<String>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(root.join("functions"))? {
        let path: PathBuf = entry?.path();
        if path.join("Cargo.toml").is_file() {
            packages.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    packages.sort();
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_repository_is_measured() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let packages = packages(root).unwrap();
        assert!(packages.len() >= 7 && packages.contains(&ACK.to_owned()), "{packages:?}");
    }

    #[test]
    fn a_zip_is_smaller_than_what_is_in_it() {
        let size = zipped(&vec![7; 100_000]).unwrap();
        assert!((130..1_000).contains(&size), "{size}");
    }
}

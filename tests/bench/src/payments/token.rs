//! A payment token, from the device's JSON to Apple's word for it.

use std::{fs, hint::black_box, path::Path};

use amb_protocol::apple_pay::token::{Environment, PaymentToken, Verifier};
use jiff::Timestamp;
use serde_json::Value;

use super::Fallible;
use crate::{clock::cpu_us, report::Report};

/// An ordinary token, in BER as Apple writes it.
const VECTOR: &str = "vectors/a01-valid-ber.json";
const ROOT: &str = "pki/root.cert.pem";
/// Runs between two looks at the clock.
const COLD: u32 = 3;
const WARM: u32 = 10;

/// Measures the first token under a leaf and those that follow.
pub(super) fn measure(vectors: &Path, report: &mut Report) -> Fallible<()> {
    let vector: Value = serde_json::from_slice(&fs::read(vectors.join(VECTOR))?)?;
    let root = fs::read_to_string(vectors.join(ROOT))?;
    let token =
        vector.pointer("/request/payment/paymentToken").ok_or("a vector without a token")?;
    let token = token.to_string();
    let now = vector.pointer("/now").and_then(Value::as_str).unwrap_or_default();
    let now = now.parse::<Timestamp>()?.as_second();
    let verifier = || Verifier::new(Environment::Production, &[root.as_str()]);
    let verify = |verifier: &Verifier| {
        let token = PaymentToken::read(black_box(&token))?;
        verifier.verify(&token, now)
    };

    let warm = verifier()?;
    verify(&warm)?;
    let warm_us = cpu_us(WARM, || drop(black_box(verify(&warm))));
    let cold_us = cpu_us(COLD, || drop(black_box(verifier().map(|verifier| verify(&verifier)))));
    let bytes = token.len();
    let note = format!("read and verify a token of {bytes} bytes under a leaf that is known");
    report.figure("payments.token_warm_us", warm_us, "us", note);
    let note =
        "the same with nothing known: the root is read, and three signatures in place of one";
    report.figure("payments.token_cold_us", cold_us, "us", note);
    Ok(())
}

//! The ack path on the processor: each stage beside the primitive that it is made of, the whole use
//! case over the world in memory, and the row on its way to DynamoDB.

mod put;

use std::{error::Error, hint::black_box, io::Read};

use amb_protocol::{gzip, inbound::Envelope, jwt};
use amb_service::{
    memory::{Memory, drive},
    model::{Business, BusinessStatus, Mode, TenantId},
    port::AppleKeySet,
    receive::{MAX_INFLATED_BODY, Receive},
};
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use flate2::bufread::GzDecoder;
use serde::Deserialize;

use self::put::Put;
use crate::{
    clock::cpu_us,
    message::{Webhook, authorization, business, msp, secret, secret_bytes},
    report::Report,
};

const CPU_GOAL_US: f64 = 50.0;
const RATIO_GOAL: f64 = 3.0;
/// Runs between two looks at the clock.
const ITERATIONS: u32 = 250;

/// Measures every stage.
pub(crate) fn measure(report: &mut Report) -> Result<(), Box<dyn Error>> {
    let webhook = Webhook::numbered(0);
    let raw = raw(&webhook)?;
    let Raw { hmac, inflate, parse } = raw;
    let raw = hmac + inflate + parse;
    let note = format!("aws-lc-rs HMAC {hmac:.1} + flate2 {inflate:.1} + serde_json {parse:.1}");
    report.figure("ack.raw_us", raw, "us", note);

    let (verify, inflate, parse) = stages(&webhook)?;
    report.figure("ack.verify_us", verify, "us", "token: claims strictly, then the HMAC");
    report.figure("ack.inflate_us", inflate, "us", "capped, checksum and end checked");
    report.figure("ack.parse_us", parse, "us", "envelope, liberal in what it reads");

    let receive = receive(&webhook)?;
    report.figure("ack.receive_us", receive, "us", "the whole use case over the world in memory");
    let Put { row, json, whole } = put::measure(&webhook, tenant()?)?;
    let serialise = row + json;
    let note = format!("message to row {row:.1} + the SDK's JSON of PutItem {json:.1}");
    report.figure("ack.serialise_us", serialise, "us", note);
    let note = "all of PutItem: SDK, SigV4, HTTP on loopback; no TLS; not in ack.cpu_us";
    report.figure("ack.put_us", whole, "us", note);

    let cpu = receive + serialise;
    let note = format!("receive {receive:.1} + serialise {serialise:.1}, one thread's CPU time");
    report.at_most("ack.cpu_us", cpu, "us", CPU_GOAL_US, note);
    let note = "ack.cpu_us over ack.raw_us";
    report.at_most("ack.ratio", cpu / raw, "x", RATIO_GOAL, note);
    Ok(())
}

/// The primitives by themselves, in microseconds.
struct Raw {
    hmac: f64,
    inflate: f64,
    parse: f64,
}

/// The message as a reader without any care would declare it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    #[serde(rename = "type")]
    _kind: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "sourceId")]
    _source: String,
    #[serde(rename = "destinationId")]
    _destination: String,
    #[serde(rename = "v")]
    _v: i64,
    #[serde(rename = "locale")]
    _locale: Option<String>,
    #[serde(rename = "intent")]
    _intent: Option<String>,
    #[serde(rename = "group")]
    _group: Option<String>,
    #[serde(rename = "body")]
    _body: Option<String>,
}

fn raw(webhook: &Webhook) -> Result<Raw, Box<dyn Error>> {
    let authorization = authorization(&msp(), &secret(), 1_795_262_400)?;
    let token = authorization.trim_start_matches("Bearer ");
    let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret_bytes());
    hmac::verify(&key, signed.as_bytes(), &signature).map_err(|_fault| "the token is not ours")?;
    serde_json::from_slice::<Plain>(&webhook.json)?;
    Ok(Raw {
        hmac: cpu_us(ITERATIONS, || {
            let _verified = black_box(hmac::verify(&key, black_box(signed.as_bytes()), &signature));
        }),
        inflate: cpu_us(ITERATIONS, || {
            let mut plain = Vec::with_capacity(webhook.body.len() * 4);
            let read = GzDecoder::new(black_box(webhook.body.as_slice())).read_to_end(&mut plain);
            drop(black_box((read, plain)));
        }),
        parse: cpu_us(ITERATIONS, || {
            drop(black_box(serde_json::from_slice::<Plain>(black_box(&webhook.json))));
        }),
    })
}

/// Verify, inflate and parse, as the product does them.
fn stages(webhook: &Webhook) -> Result<(f64, f64, f64), Box<dyn Error>> {
    let now = Memory::new(1).world().now.as_second();
    let (msp, keys) = (msp(), [secret()]);
    let authorization = authorization(&msp, &secret(), now)?;
    let token = authorization.trim_start_matches("Bearer ");
    jwt::inspect(token, &msp, now)?.verify(&keys)?;
    Envelope::parse(&webhook.json)?;
    let verify = cpu_us(ITERATIONS, || {
        let inspected = jwt::inspect(black_box(token), &msp, now);
        let _verified = black_box(inspected.and_then(|inspected| inspected.verify(&keys)));
    });
    let inflate = cpu_us(ITERATIONS, || {
        drop(black_box(gzip::inflate(black_box(&webhook.body), MAX_INFLATED_BODY)));
    });
    let parse = cpu_us(ITERATIONS, || drop(black_box(Envelope::parse(black_box(&webhook.json)))));
    Ok((verify, inflate, parse))
}

/// The whole use case, every message a new one.
fn receive(webhook: &Webhook) -> Result<f64, Box<dyn Error>> {
    let memory = Memory::new(1);
    let now = memory.world().now;
    let authorization = authorization(&msp(), &secret(), now.as_second())?;
    {
        let mut world = memory.world();
        world.apple_keys = AppleKeySet { current: Some(secret()), ..AppleKeySet::default() };
        let row = Business {
            id: business(),
            tenant: tenant()?,
            name: "bench".to_owned(),
            mode: Mode::Live,
            status: BusinessStatus::Active,
            created_at: now,
        };
        world.businesses.insert(business(), row);
    }
    let receive = Receive::new(msp(), memory.clone(), memory.clone(), memory.clone());
    let request = webhook.request(&authorization);
    drive(receive.receive(request, webhook.body.clone())).ok_or("the world died")??;
    let messages: Vec<_> = (0..ITERATIONS).map(Webhook::numbered).collect();
    let mut next = messages.iter().cycle();
    Ok(cpu_us(ITERATIONS, || {
        let Some(webhook) = next.next() else { return };
        let request = webhook.request(black_box(&authorization));
        drop(black_box(drive(receive.receive(request, webhook.body.clone()))));
        // As good as a new world, at the price of one look-up.
        memory.world().inbox.clear();
        memory.world().stream.clear();
    }))
}

fn tenant() -> Result<TenantId, Box<dyn Error>> {
    Ok(TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa")?)
}

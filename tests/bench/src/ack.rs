//! The ack path on the processor: each stage beside the primitive that it is made of, the whole use
//! case over the world in memory, and the row on its way to DynamoDB.

use std::{
    error::Error,
    hint::black_box,
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use amb_aws::{Store, Tables};
use amb_protocol::{gzip, inbound::Envelope, jwt};
use amb_service::{
    memory::{Memory, drive},
    model::{
        BodyEncoding, Business, BusinessStatus, ConversationId, InboxMessage, InboxPointer,
        InboxSort, Mode, StoredBody, TenantId, body_hash,
    },
    port::{AppleKeySet, Inbox},
    receive::{MAX_INFLATED_BODY, Receive},
};
use aws_lc_rs::hmac;
use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
};
use data_encoding::BASE64URL_NOPAD;
use flate2::bufread::GzDecoder;
use serde::Deserialize;

use crate::{
    aws::{Aws, TABLES},
    clock::{cpu_us, median, micros, thread_nanos},
    journey::dynamodb,
    message::{Webhook, authorization, business, msp, secret, secret_bytes},
    report::Report,
};

const CPU_GOAL_US: f64 = 50.0;
const RATIO_GOAL: f64 = 3.0;
/// Runs between two looks at the clock.
const ITERATIONS: u32 = 250;
/// Rows written one by one.
const WRITES: u32 = 400;

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
    let Written { serialise, put } = written(&webhook)?;
    report.figure("ack.serialise_us", serialise, "us", "message to row to PutItem's JSON");
    let note = "all of PutItem: SDK, SigV4, HTTP on loopback; no TLS; not in ack.cpu_us";
    report.figure("ack.put_us", put, "us", note);

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

/// Processor time of writing a row, in microseconds.
struct Written {
    serialise: f64,
    put: f64,
}

fn written(webhook: &Webhook) -> Result<Written, Box<dyn Error>> {
    let aws = Aws::start()?;
    let marks = Marks::default();
    let client = dynamodb(&aws.url()).interceptor(marks.clone()).build();
    let [inbox, ..] = TABLES;
    let tables = Tables { inbox: Some(inbox.to_owned()), ..Tables::default() };
    let store = Store::new(aws_sdk_dynamodb::Client::from_conf(client), tables);
    let message = stored(webhook)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut serialise, mut put) = (Vec::new(), Vec::new());
        for _ in 0..WRITES {
            let began = thread_nanos();
            store.commit(&message).await?;
            put.push(micros(thread_nanos() - began));
            serialise.push(micros(marks.serialising(began)));
        }
        Ok(Written { serialise: median(&mut serialise), put: median(&mut put) })
    })
}

/// When the SDK has the row, and around its writing it as JSON, on this thread's own clock.
#[derive(Clone, Debug, Default)]
struct Marks(Arc<[AtomicU64; 3]>);

impl Marks {
    /// Making the row, and writing it as JSON.
    fn serialising(&self, began: u64) -> u64 {
        let [called, before, after] = self.0.each_ref().map(|mark| mark.load(Ordering::Relaxed));
        called.saturating_sub(began) + after.saturating_sub(before)
    }
}

impl Intercept for Marks {
    fn name(&self) -> &'static str {
        "Marks"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let [called, ..] = &*self.0;
        called.store(thread_nanos(), Ordering::Relaxed);
        Ok(())
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let [_, before, _] = &*self.0;
        before.store(thread_nanos(), Ordering::Relaxed);
        Ok(())
    }

    fn read_after_serialization(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let [_, _, after] = &*self.0;
        after.store(thread_nanos(), Ordering::Relaxed);
        Ok(())
    }
}

/// What the ack path puts.
fn stored(webhook: &Webhook) -> Result<InboxMessage, Box<dyn Error>> {
    let envelope = Envelope::parse(&webhook.json)?;
    let conversation = ConversationId::of(&envelope.destination, &envelope.source);
    let sort = InboxSort::Message(envelope.id);
    let hash = body_hash(&webhook.json);
    Ok(InboxMessage {
        pointer: InboxPointer { tenant: tenant()?, conversation, sort },
        id: envelope.id,
        business: envelope.destination,
        opaque: envelope.source,
        kind: envelope.kind.as_str().to_owned(),
        capability_list: Some("LIST,TIME,QUICK,AUTH,AUTH2,FORM".to_owned()),
        body: StoredBody { encoding: BodyEncoding::Gzip, bytes: webhook.body.clone(), hash },
        received_at: Memory::new(1).world().now,
    })
}

fn tenant() -> Result<TenantId, Box<dyn Error>> {
    Ok(TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa")?)
}

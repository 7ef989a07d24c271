//! A hundred megabytes from the phone to the bucket, and from the bucket to the phone.

use std::{
    hint::black_box,
    io::{self, Read as _, Write as _},
    mem,
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use amb_local::CpuTime;
use amb_protocol::attachment::{AttachmentKey, Cipher};
use amb_simulator::{
    model::{Attach, Direction, FileFilter},
    sample::noise,
};
use aws_lc_rs::digest::{Context, SHA256};
use serde_json::{Value, json};

use super::{BUSINESS, Fallible, PATIENCE_MS, Scene, text_at};
use crate::{
    clock::{Stopwatch, cpu_ms, median, millis},
    report::Report,
};

/// Apple's most: 100 MB, read as mebibytes.
const FILM: usize = 100 * 1024 * 1024;
/// Films in each direction.
const FILMS: u64 = 3;
/// In pieces as a socket brings them.
const PIECE: usize = 64 * 1024;
/// As many bytes as hyper reads at once when they are there.
const SOCKET_PIECE: usize = 408 * 1024;
const FUNCTION: &str = "payload-fetch";
const RATIO_GOAL: f64 = 1.5;
const RSS_GOAL_MB: f64 = 96.0;

/// What the bytes of a film cost by themselves, in milliseconds of processor time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw {
    cipher: f64,
    digest: f64,
    sockets: f64,
}

/// Measures the primitives over a film.
pub(super) fn raw() -> io::Result<Raw> {
    let key = AttachmentKey::from_bytes([7; 32]);
    let mut film = noise(FILM, 0);
    let cipher = cpu_ms(|| {
        let mut cipher = Cipher::new(&key);
        film.chunks_mut(PIECE).for_each(|piece| cipher.apply(piece));
    });
    let digest = cpu_ms(|| {
        let mut digest = Context::new(&SHA256);
        film.chunks(PIECE).for_each(|piece| digest.update(piece));
        black_box(digest.finish());
    });
    let mut passed = Ok(());
    let sockets = cpu_ms(|| {
        let again = pass_on(&film);
        passed = mem::replace(&mut passed, Ok(())).and(again);
    });
    passed.map(|()| Raw { cipher, digest, sockets })
}

/// Brings a film in through one socket and out through another, which nobody spares a function that
/// moves one. Those at the other ends work on threads of their own.
fn pass_on(film: &[u8]) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (mut from, mut store) = (TcpStream::connect(address)?, listener.accept()?.0);
    let (mut to, mut bucket) = (TcpStream::connect(address)?, listener.accept()?.0);
    thread::scope(move |ends| {
        ends.spawn(move || store.write_all(film));
        ends.spawn(move || io::copy(&mut bucket, &mut io::sink()));
        let mut piece = vec![0; SOCKET_PIECE];
        loop {
            match from.read(&mut piece)? {
                0 => break,
                read => to.write_all(piece.get(..read).unwrap_or_default())?,
            }
        }
        // Whoever drains the other end waits for this one's.
        drop(to);
        Ok(())
    })
}

/// What a film is held against, in milliseconds of processor time.
#[derive(Debug)]
struct Floor {
    primitives: f64,
    sockets: f64,
}

/// What one film took.
#[derive(Debug)]
struct Took {
    wall: f64,
    cpu: f64,
    user: f64,
}

/// Measures both directions.
pub(super) async fn measure(scene: &Scene<'_>, raw: &Raw, report: &mut Report) -> Fallible<()> {
    let Raw { cipher, digest, sockets } = *raw;
    // The first of each finds the function cold.
    film_in(scene, noise(1_000, 1)).await?;
    film_out(scene, noise(1_000, 2)).await?;

    let both = Floor { primitives: cipher + digest, sockets };
    let of = format!("AES-256-CTR {cipher:.0} ms + SHA-256 {digest:.0} ms by themselves");
    let mut took = Vec::new();
    for number in 0..FILMS {
        took.push(film_in(scene, noise(FILM, 10 + number)).await?);
    }
    tell(report, "in", &took, &both, &of);

    let mut took = Vec::new();
    for number in 0..FILMS {
        took.push(film_out(scene, noise(FILM, 20 + number)).await?);
    }
    let cpu = tell(report, "out", &took, &both, &of);
    // An upload is known by its id: nothing is hashed on its way out.
    let note = format!("payload.out_cpu_ms over AES-256-CTR {cipher:.0} ms, all that it computes");
    report.figure("payload.out_cipher_ratio", cpu / cipher, "x", note);

    let mut peak = 0;
    for process in scene.stack.processes(FUNCTION) {
        peak = peak.max(process.peak_memory_kib()?);
    }
    let peak = f64::from(u32::try_from(peak).unwrap_or(u32::MAX)) / 1024.0;
    let note = format!("peak of {FUNCTION} after {FILMS} films of 100 MiB each way, no TLS");
    report.at_most("payload.rss_mb", peak, "MiB", RSS_GOAL_MB, note);
    Ok(())
}

/// Tells what films took one way; answers their processor time.
fn tell(report: &mut Report, way: &str, took: &[Took], floor: &Floor, of: &str) -> f64 {
    let middle = |what: fn(&Took) -> f64| median(&mut took.iter().map(what).collect::<Vec<_>>());
    let (wall, cpu, user) =
        (middle(|took| took.wall), middle(|took| took.cpu), middle(|took| took.user));
    let note =
        format!("100 MiB, median of {FILMS}; the emulator and the simulator are the ceiling");
    report.figure(format!("payload.{way}_ms"), wall, "ms", note);
    let system = cpu - user;
    let note = format!("of {FUNCTION}: {user:.0} its own, {system:.0} the system's for it; no TLS");
    report.figure(format!("payload.{way}_cpu_ms"), cpu, "ms", note);
    let Floor { primitives, sockets } = *floor;
    let note = format!(
        "payload.{way}_cpu_ms over {of}; {:.2} over those and the {sockets:.0} ms that two bare \
         sockets take for the same bytes; {:.2} without the system's",
        cpu / (primitives + sockets),
        user / primitives,
    );
    report.at_most(format!("payload.{way}_cpu_ratio"), cpu / primitives, "x", RATIO_GOAL, note);
    cpu
}

/// From the phone to `attachment.ready`.
async fn film_in(scene: &Scene<'_>, film: Vec<u8>) -> Fallible<Took> {
    let before = cpu(scene)?;
    let attach = Attach::named("film.mov").to(BUSINESS).wait(PATIENCE_MS);
    let sent = scene.stack.simulator().attach(&scene.customer.name, &attach, film).await?;
    let ready = scene.heard("attachment.ready", &sent.id).await?;
    let began = sent.hops.customer_sent.ok_or("the film was not sent")?;
    let wall = Duration::from_millis(ready.at.saturating_sub(began));
    took(scene, before, wall)
}

/// From the business's message to the phone.
async fn film_out(scene: &Scene<'_>, film: Vec<u8>) -> Fallible<Took> {
    let upload = put(scene, film).await?;
    let before = cpu(scene)?;
    let began = Stopwatch::start();
    let content = json!({"attachments": [{"uploadId": upload, "name": "film.mov"}]});
    let message = scene.post(&upload, "text", content).await?;
    let filter = FileFilter {
        message_id: Some(message),
        direction: Some(Direction::FromBusiness),
        wait: PATIENCE_MS,
        ..FileFilter::default()
    };
    let files = scene.stack.simulator().files(&scene.customer.name, &filter).await?;
    if files.is_empty() {
        return Err("the phone has no film".into());
    }
    took(scene, before, began.elapsed())
}

/// Puts a film into an upload of the tenant's; gives its id.
async fn put(scene: &Scene<'_>, film: Vec<u8>) -> Fallible<String> {
    let asked = json!({"contentType": "video/quicktime", "size": film.len()});
    let slot = scene.stack.api(&scene.tenant.api_key).create("/v1/uploads", &asked).await?;
    let mut request = scene.stack.http().put(text_at(&slot, "/url")).body(film);
    let headers = slot.pointer("/headers").and_then(Value::as_object);
    for (name, value) in headers.into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    let status = request.send().await?.status().as_u16();
    if status == 200 {
        Ok(text_at(&slot, "/id"))
    } else {
        Err(format!("an upload was answered with {status}").into())
    }
}

fn took(scene: &Scene<'_>, before: CpuTime, wall: Duration) -> Fallible<Took> {
    let after = cpu(scene)?;
    let user = after.user.saturating_sub(before.user);
    let system = after.system.saturating_sub(before.system);
    Ok(Took { wall: millis(wall), cpu: millis(user + system), user: millis(user) })
}

/// Processor time of every process of the function so far.
fn cpu(scene: &Scene<'_>) -> Fallible<CpuTime> {
    let mut all = CpuTime::default();
    for process in scene.stack.processes(FUNCTION) {
        let CpuTime { user, system } = process.cpu_time()?;
        all.user += user;
        all.system += system;
    }
    Ok(all)
}

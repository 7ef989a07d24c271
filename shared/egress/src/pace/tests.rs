//! The least pace, by a clock that jumps (reliability F099).

use super::*;
use hyper::body::{Body, Frame};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep};

/// A body that brings pieces of one size at an interval.
struct Drip {
    piece: usize,
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(time::sleep(self.every));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; self.piece])))))
    }
}

fn dripping(piece: usize, every: Duration) -> Response {
    let drip = Drip { piece, every, next: Box::pin(time::sleep(every)) };
    hyper::Response::new(reqwest::Body::wrap(drip)).into()
}

/// Reads until it stops, or so many bytes are there.
async fn read(response: &mut Response, up_to: u64) -> (u64, Option<Stop>) {
    let (mut pace, mut read) = (Pace::default(), 0);
    while read < up_to {
        match pace.next(response).await {
            Ok(piece) => read += length(&piece.unwrap()),
            Err(stop) => return (read, Some(stop)),
        }
    }
    (read, None)
}

#[tokio::test(start_paused = true)]
async fn f099_a_kilobyte_a_second_is_left_after_twenty_seconds() {
    let started = Instant::now();
    let mut drip = dripping(1024, Duration::from_secs(1));
    let (bytes, stop) = read(&mut drip, u64::MAX).await;
    assert_eq!(stop, Some(Stop::TooSlow));
    assert!((19 * 1024..=20 * 1024).contains(&bytes), "{bytes}");
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn f099_sixty_five_kilobytes_a_second_are_enough_and_sixty_three_are_not() {
    let hundred = 100 * 1024 * 1024;
    let mut enough = dripping(65 * 1024, Duration::from_secs(1));
    assert_eq!(read(&mut enough, hundred).await.1, None);
    let mut short = dripping(63 * 1024, Duration::from_secs(1));
    assert_eq!(read(&mut short, hundred).await.1, Some(Stop::TooSlow));
}

#[tokio::test(start_paused = true)]
async fn f099_a_file_that_begins_fast_and_then_drips_is_left_too() {
    let mut fast = dripping(1024 * 1024, Duration::from_millis(10));
    let mut pace = Pace::default();
    for _ in 0..50 {
        pace.next(&mut fast).await.unwrap();
    }
    let started = Instant::now();
    let mut slow = dripping(1024, Duration::from_secs(1));
    while pace.next(&mut slow).await.is_ok() {}
    assert!(started.elapsed() <= WINDOW);
}

#[tokio::test(start_paused = true)]
async fn f099_silence_ends_sooner() {
    let started = Instant::now();
    let mut silent = dripping(1024, Duration::from_hours(1));
    assert_eq!(read(&mut silent, u64::MAX).await, (0, Some(Stop::TooSlow)));
    assert_eq!(started.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn f099_what_the_reader_does_between_two_pieces_does_not_count() {
    let mut quick = dripping(64 * 1024, Duration::from_millis(1));
    let mut pace = Pace::default();
    for _ in 0..40 {
        pace.next(&mut quick).await.unwrap();
        time::sleep(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn f099_an_upload_has_the_same_least_pace() {
    let (piece, progress) = (Bytes::from(vec![b'x'; 1024]), Progress::default());
    let size = 100 * 1024;
    let dripping = async {
        loop {
            time::sleep(Duration::from_secs(1)).await;
            progress.add(&piece);
        }
    };
    let started = Instant::now();
    tokio::select! {
        () = dripping => unreachable!(),
        outcome = progress.through(size) => assert_eq!(outcome, Err(Stop::TooSlow)),
    }
    assert_eq!(started.elapsed(), WINDOW);

    let (silent, started) = (Progress::default(), Instant::now());
    assert_eq!(silent.through(1024).await, Err(Stop::TooSlow));
    assert_eq!(started.elapsed(), IDLE);

    // What is left of a file may be less than a window's worth.
    let small = Progress::default();
    small.add(&piece);
    assert_eq!(small.through(1024).await, Ok(()));
    assert_eq!(small.through(0).await, Ok(()));
}

//! The ports on the operating system.

use std::time::Duration;

use amb_service::port::{Clock, Entropy};
use jiff::Timestamp;

/// The operating system's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "this is the entropy port")]
    #[expect(clippy::expect_used, reason = "going on without randomness would be worse")]
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the operating system gives random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ_and_fill_the_buffer() {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        System.fill(&mut one);
        System.fill(&mut two);
        assert_ne!(one, two);
        assert!(one.chunks(8).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
        System.fill(&mut []);
    }

    #[tokio::test]
    async fn the_clock_goes_on_while_it_sleeps() {
        let before = System.now();
        System.sleep(Duration::from_millis(2)).await;
        assert!(System.now() > before);
    }
}

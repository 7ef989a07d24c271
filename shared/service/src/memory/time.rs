//! Time and randomness of the world: set by the test, the same for the same seed.

use jiff::Timestamp;
use std::time::Duration;

use super::Memory;
use crate::port::{Clock, Entropy};

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        self.world().now
    }

    /// Waiting is what moves this clock.
    async fn sleep(&self, duration: Duration) {
        self.world().now += duration;
    }
}

impl Entropy for Memory {
    /// `SplitMix64`: evenly spread and repeatable, and for tests only.
    fn fill(&self, buffer: &mut [u8]) {
        let mut world = self.world();
        for chunk in buffer.chunks_mut(8) {
            world.entropy = world.entropy.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = world.entropy;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            for (to, from) in chunk.iter_mut().zip(mixed.to_be_bytes()) {
                *to = from;
            }
        }
    }
}

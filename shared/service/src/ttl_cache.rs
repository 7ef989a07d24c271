//! A small cache with an expiry per answer, for look-ups that the hot paths repeat.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Remembers found values for `positive` and absences for `negative`, at most `capacity` of both.
#[derive(Debug)]
pub struct TtlCache<K, V> {
    positive: Duration,
    negative: Duration,
    capacity: usize,
    entries: Mutex<HashMap<K, (Option<V>, Timestamp)>>,
}

impl<K: Clone + Eq + Hash, V: Clone> TtlCache<K, V> {
    /// An empty cache.
    pub fn new(positive: Duration, negative: Duration, capacity: usize) -> Self {
        Self { positive, negative, capacity, entries: Mutex::new(HashMap::new()) }
    }

    /// What is remembered: `None` if nothing is, `Some(None)` if the absence is.
    pub fn recall(&self, key: &K, now: Timestamp) -> Option<Option<V>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, expiry) = entries.get(key)?;
        (now < *expiry).then(|| value.clone())
    }

    /// Remembers an answer. A full cache forgets everything first: a flood of strange keys must not
    /// grow the memory, and a fresh look-up is cheap.
    pub fn remember(&self, key: K, value: Option<V>, now: Timestamp) {
        let life = if value.is_some() { self.positive } else { self.negative };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.capacity {
            entries.clear();
        }
        entries.insert(key, (value, now + life));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn f149_a_value_lives_its_time_and_an_absence_a_shorter_one() {
        let cache = TtlCache::new(Duration::from_secs(60), Duration::from_secs(10), 8);
        cache.remember("known", Some(1), at(0));
        cache.remember("unknown", None, at(0));
        assert_eq!(cache.recall(&"known", at(59)), Some(Some(1)));
        assert_eq!(cache.recall(&"known", at(60)), None);
        assert_eq!(cache.recall(&"unknown", at(9)), Some(None));
        assert_eq!(cache.recall(&"unknown", at(10)), None);
    }

    #[test]
    fn a_flood_of_strange_keys_does_not_grow_it() {
        let cache = TtlCache::new(Duration::from_secs(60), Duration::from_secs(10), 4);
        for key in 0..1000 {
            cache.remember(key, None::<u8>, at(0));
        }
        assert!(cache.entries.lock().unwrap().len() <= 4);
    }
}

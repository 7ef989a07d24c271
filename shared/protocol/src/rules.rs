//! Apple's limits and rules as versioned packs: one table for the API, the simulator and whoever
//! builds a message.
//!
//! A pack is what Apple enforced at a time: `apple-2022` is Interactive Message Types as published,
//! `apple-2026-08` the stricter set in force since 21 August 2026.
//!
//! ```
//! use amb_protocol::rules::RulePack;
//!
//! let limit = |pack: &str| RulePack::named(pack)?.rule("bubble_title_length")?.limit;
//! assert_eq!(limit("apple-2022"), Some(512));
//! assert_eq!(limit("apple-2026-08"), Some(200));
//! ```

mod august;
mod fault;
mod published;

#[cfg(test)]
mod tests;

pub use fault::Fault;

use std::sync::LazyLock;

/// What Apple enforced at a time.
#[derive(Debug)]
pub struct RulePack {
    name: &'static str,
    rules: Vec<Rule>,
}

/// One entry of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name of the rule, as faults give it.
    pub id: &'static str,
    /// Where it applies, in words.
    pub place: &'static str,
    /// The least number, where it has one.
    pub least: Option<u64>,
    /// The most that are taken, where it has such a number.
    pub limit: Option<u64>,
    /// What the numbers count, such as `characters`, `bytes`, `items`; empty without numbers.
    pub unit: &'static str,
    /// Where it is written down.
    pub source: &'static str,
}

impl RulePack {
    /// The names that [`named`](Self::named) knows, oldest first.
    pub const NAMES: [&'static str; 2] = ["apple-2022", "apple-2026-08"];

    /// The pack in force.
    pub fn latest() -> &'static Self {
        &APPLE_2026_08
    }

    /// The pack of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        [&*APPLE_2022, &*APPLE_2026_08].into_iter().find(|pack| pack.name == name)
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its rules, ordered by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        let place = self.rules.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        self.rules.get(place)
    }

    /// Whether any pack has a rule of this id.
    pub(crate) fn any_has(id: &str) -> bool {
        APPLE_2022.rule(id).or_else(|| APPLE_2026_08.rule(id)).is_some()
    }

    fn new(name: &'static str, mut rules: Vec<Rule>) -> Self {
        rules.sort_unstable_by_key(|rule| rule.id);
        Self { name, rules }
    }
}

impl Rule {
    const fn new(id: &'static str, place: &'static str, source: &'static str) -> Self {
        Self { id, place, least: None, limit: None, unit: "", source }
    }

    const fn least(self, least: u64, unit: &'static str) -> Self {
        Self { least: Some(least), unit, ..self }
    }

    const fn most(self, limit: u64, unit: &'static str) -> Self {
        Self { limit: Some(limit), unit, ..self }
    }

    const fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }
}

static APPLE_2022: LazyLock<RulePack> = LazyLock::new(|| {
    let parts = [
        published::MESSAGES,
        published::FILES,
        published::INTERACTIVE_MESSAGES,
        published::PICTURES,
        published::FORMS,
        published::PAYMENTS,
    ];
    RulePack::new("apple-2022", parts.concat())
});

static APPLE_2026_08: LazyLock<RulePack> = LazyLock::new(|| {
    let changed = |id: &str| august::CHANGED.iter().any(|rule| rule.id == id);
    let kept = APPLE_2022.rules.iter().copied();
    let kept = kept.filter(|rule| !changed(rule.id) && !august::DROPPED.contains(&rule.id));
    RulePack::new("apple-2026-08", kept.chain(august::CHANGED.iter().copied()).collect())
});

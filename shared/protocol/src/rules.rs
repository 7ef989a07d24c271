//! Apple's limits and rules as versioned packs: one table for the API, the simulator and whoever
//! builds a message.
//!
//! A pack is what Apple enforced at a time: `apple-2022` is Interactive Message Types as published,
//! `apple-2026-08` the stricter set in force since 21 August 2026.

mod fault;

pub use fault::Fault;

/// What Apple enforced at a time.
#[derive(Debug)]
pub struct RulePack {
    name: &'static str,
    rules: &'static [Rule],
}

/// One entry of a pack.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The stable name of the rule, as faults give it.
    pub id: &'static str,
    /// Where it applies, in words.
    pub place: &'static str,
    /// The number, where it has one.
    pub limit: Option<u64>,
    /// What the number counts: `characters`, `bytes`, `items`, `pixels`.
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
        [&APPLE_2022, &APPLE_2026_08].into_iter().find(|pack| pack.name == name)
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its rules, by id.
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }
}

static APPLE_2022: RulePack = RulePack { name: "apple-2022", rules: &[] };
static APPLE_2026_08: RulePack = RulePack { name: "apple-2026-08", rules: &[] };

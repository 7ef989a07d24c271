//! Identifiers within one list.

use std::collections::HashSet;

use serde_json::Value;

use super::{check::Check, object::Object};
use crate::rules::Fault;

/// The identifiers of a list: which are taken, and which came twice.
#[derive(Debug, Default)]
pub(super) struct Names<'v> {
    given: HashSet<&'v str>,
    seen: HashSet<String>,
}

impl<'v> Names<'v> {
    /// Of these entries.
    pub(super) fn of(entries: impl IntoIterator<Item = &'v Value>) -> Self {
        let given = entries.into_iter().filter_map(|entry| entry.get("identifier")?.as_str());
        Self { given: given.collect(), seen: HashSet::new() }
    }

    /// The identifier of an entry that has none, from its place in the list: "1", "2", ….
    pub(super) fn default(&self, at: usize) -> String {
        let number = (at + 1).to_string();
        if !self.given.contains(number.as_str()) {
            return number;
        }
        (2..self.given.len() + 3)
            .map(|again| format!("{number}-{again}"))
            .find(|name| !self.given.contains(name.as_str()))
            .unwrap_or(number)
    }

    /// Refuses an identifier that an earlier entry has.
    pub(super) fn unique(
        &mut self,
        identifier: Option<&str>,
        entry: &Object<'_>,
        rule: &'static str,
        check: &mut Check<'_>,
    ) {
        let Some(identifier) = identifier else { return };
        if !self.seen.insert(identifier.to_owned()) {
            let message = "another one has this identifier";
            check.fault(Fault::new(entry.pointer("identifier"), rule, message));
        }
    }
}

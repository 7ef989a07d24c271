//! The query of a list, read as strictly as a body: a parameter nobody knows or that comes twice is
//! a fault. Pointers treat the query as an object.

use std::str::FromStr;

use amb_protocol::id::{BusinessId, OpaqueId};

use super::list::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::{
    model::ConversationId,
    problem::{Fault, Faults, Problem},
};

/// A query's names and values, decoded.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pairs: &'a [(String, String)],
    asked: Vec<&'static str>,
    faults: Faults,
}

impl<'a> Query<'a> {
    pub(super) fn new(pairs: &'a [(String, String)]) -> Self {
        Self { pairs, asked: Vec::new(), faults: Faults::default() }
    }

    /// A parameter that may be absent; an empty one is absent.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'a str> {
        self.asked.push(name);
        let mut values = self.pairs.iter().filter(|(found, _)| found == name);
        let first = values.next();
        if values.next().is_some() {
            self.fault(name, "repeated", "the parameter is given more than once");
        }
        first.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that may be absent, parsed.
    pub(super) fn parsed<T, E: ToString>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.optional(name)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(name, "format", why.to_string());
                None
            }
        }
    }

    /// A parameter that has to be there, parsed.
    pub(super) fn required<T, E: ToString>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.pairs.iter().all(|(found, value)| found != name || value.is_empty()) {
            self.asked.push(name);
            self.fault(name, "required", format!("`{name}` is required"));
            return None;
        }
        self.parsed(name, parse)
    }

    /// `conversationId`, which has to be there.
    pub(super) fn conversation(&mut self) -> Option<ConversationId> {
        self.required("conversationId", ConversationId::parse)
    }

    /// `businessId`, which has to be there.
    pub(super) fn business(&mut self) -> Option<BusinessId> {
        self.required("businessId", BusinessId::parse)
    }

    /// `opaqueId`. A `+` that was sent as it is arrives as a space, and an opaque id has none.
    pub(super) fn opaque(&mut self) -> Option<OpaqueId> {
        self.parsed("opaqueId", |text| OpaqueId::parse(&text.replace(' ', "+")))
    }

    /// `limit` and `cursor`.
    pub(super) fn paging(&mut self) -> (usize, Option<&'a str>) {
        (self.limit(MAX_LIMIT).unwrap_or(DEFAULT_LIMIT), self.optional("cursor"))
    }

    fn limit(&mut self, max: usize) -> Option<usize> {
        self.parsed("limit", |text| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let limit = usize::from_str(text).ok().filter(|limit| (1..=max).contains(limit));
            limit.filter(|_| digits).ok_or_else(|| format!("a whole number from 1 to {max}"))
        })
    }

    /// `after` begins a list and `cursor` goes on with one: not both.
    pub(super) fn one_of(&mut self, after: bool, cursor: bool) {
        if after && cursor {
            self.fault("after", "exclusive", "`after` begins a list; `cursor` goes on with one");
        }
    }

    fn fault(&mut self, name: &str, rule: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("/{name}"), rule, message));
    }

    /// What was read, if nothing was wrong and nothing is left.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, Problem> {
        let asked = std::mem::take(&mut self.asked);
        let mut unknown: Vec<&str> = self.pairs.iter().map(|(name, _)| name.as_str()).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for name in unknown.into_iter().filter(|name| !asked.contains(name)) {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let fault = Fault::new(pointer, "unknown_parameter", "no such parameter here");
            self.faults.push(fault.fix("remove it"));
        }
        self.faults.finish(read)
    }
}

//! What a reading has found so far: faults, strings that were cut, what was ignored, pictures.

use std::ops::RangeInclusive;

use super::{image::Images, words};
use crate::rules::{Fault, RulePack};

/// Faults named in one answer: a caller mends no more at once, and an answer has to stay small.
const MOST_FAULTS: usize = 100;

/// Which of the two shapes is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A business's content: short, with defaults; a member that nobody knows is a slip.
    Content,
    /// Apple's own JSON: whole, without defaults; Apple may know members that we do not.
    Wire,
}

/// One reading.
#[derive(Debug)]
pub(super) struct Check<'p> {
    pack: &'p RulePack,
    side: Side,
    truncate: bool,
    faults: Vec<Fault>,
    cuts: Vec<Fault>,
    warnings: Vec<Fault>,
    pub(super) images: Images,
}

/// What a reading came to beside its value: what was cut and what was ignored.
pub(super) type Remarks = (Vec<Fault>, Vec<Fault>);

impl<'p> Check<'p> {
    pub(super) fn content(pack: &'p RulePack, truncate: bool) -> Self {
        Self::new(pack, Side::Content, truncate)
    }

    pub(super) fn wire(pack: &'p RulePack) -> Self {
        Self::new(pack, Side::Wire, false)
    }

    fn new(pack: &'p RulePack, side: Side, truncate: bool) -> Self {
        let images = Images::default();
        Self { pack, side, truncate, faults: vec![], cuts: vec![], warnings: vec![], images }
    }

    pub(super) fn is_content(&self) -> bool {
        self.side == Side::Content
    }

    /// Goes on in Apple's own JSON: what is raw has no defaults.
    pub(super) fn on_the_wire(&mut self) {
        self.side = Side::Wire;
        self.truncate = false;
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        debug_assert!(self.pack.rule(fault.rule).is_some(), "{} is in no pack", fault.rule);
        keep(&mut self.faults, fault);
    }

    /// Whether what is too long is cut; then that is told.
    pub(super) fn cuts(&mut self, fault: &Fault) -> bool {
        if self.truncate {
            keep(&mut self.cuts, fault.clone());
        }
        self.truncate
    }

    pub(super) fn warn(&mut self, warning: Fault) {
        debug_assert!(self.pack.rule(warning.rule).is_some(), "{} is in no pack", warning.rule);
        keep(&mut self.warnings, warning);
    }

    /// The number of a rule, if this pack has the rule and the rule has one.
    pub(super) fn limit(&self, rule: &'static str) -> Option<u64> {
        debug_assert!(RulePack::any_has(rule), "{rule} is in no pack");
        self.pack.rule(rule)?.limit
    }

    /// What a number may be by its rule.
    pub(super) fn range(&self, rule: &'static str) -> RangeInclusive<i64> {
        debug_assert!(RulePack::any_has(rule), "{rule} is in no pack");
        let entry = self.pack.rule(rule);
        let least = entry.and_then(|entry| entry.least).and_then(|n| i64::try_from(n).ok());
        let most = entry.and_then(|entry| entry.limit).and_then(|n| i64::try_from(n).ok());
        least.unwrap_or(i64::MIN)..=most.unwrap_or(i64::MAX)
    }

    /// Whether this pack has the rule.
    pub(super) fn has(&self, rule: &'static str) -> bool {
        debug_assert!(RulePack::any_has(rule), "{rule} is in no pack");
        self.pack.rule(rule).is_some()
    }

    /// A string that Messages shows: within the rule's length, or cut to it where that is wanted.
    pub(super) fn shown(
        &mut self,
        text: &str,
        rule: &'static str,
        pointer: impl FnOnce() -> String,
    ) -> String {
        let Some(limit) = self.limit(rule) else { return text.to_owned() };
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        if text.len() <= most {
            return text.to_owned();
        }
        let length = words::printable(text);
        if length <= most {
            return text.to_owned();
        }
        let message = format!("at most {limit} characters are shown");
        let fault = Fault::new(pointer(), rule, message).limit(limit, length);
        if self.cuts(&fault) {
            return match words::cut(text, most) {
                // One character, as a reader sees it, is longer than all that is shown.
                "" => text.chars().take(most).collect(),
                kept => kept.to_owned(),
            };
        }
        self.fault(fault.fix("shorten it, or let it be cut with `truncate`"));
        text.to_owned()
    }

    /// How many there are: between the rule's least and its most.
    pub(super) fn count(
        &mut self,
        found: usize,
        rule: &'static str,
        pointer: impl FnOnce() -> String,
    ) {
        let Some(entry) = self.pack.rule(rule) else { return };
        let least = entry.least.and_then(|n| usize::try_from(n).ok()).filter(|n| found < *n);
        let most = entry.limit.and_then(|n| usize::try_from(n).ok()).filter(|n| found > *n);
        if let Some(least) = least {
            let message = format!("at least {least} are needed");
            self.fault(Fault::new(pointer(), rule, message).limit(least, found));
        } else if let Some(most) = most {
            let message = format!("at most {most} are taken");
            self.fault(Fault::new(pointer(), rule, message).limit(most, found));
        }
    }

    /// The value with its remarks, if nothing was wrong anywhere.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<(T, Remarks), Vec<Fault>> {
        debug_assert!(value.is_some() || !self.faults.is_empty(), "a refusal names its fault");
        match value {
            Some(value) if self.faults.is_empty() => Ok((value, (self.cuts, self.warnings))),
            _ => Err(self.faults),
        }
    }

    /// The faults alone.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

fn keep(list: &mut Vec<Fault>, fault: Fault) {
    if list.len() < MOST_FAULTS {
        list.push(fault);
    }
}

//! Reads a JSON object member by member and keeps every fault on the way.

use serde_json::{Map, Number, Value};

use super::check::Check;
use crate::rules::Fault;

/// Characters of a caller's own member name that a pointer repeats.
const LONGEST_NAME: usize = 64;

/// One object: every member has to be asked for, or it is unknown. `null` counts as absent.
#[derive(Debug)]
pub(super) struct Object<'v> {
    map: &'v Map<String, Value>,
    at: String,
    asked: Vec<&'static str>,
}

impl<'v> Object<'v> {
    /// The object that stands there.
    pub(super) fn read(value: &'v Value, at: String, check: &mut Check<'_>) -> Option<Self> {
        let Value::Object(map) = value else {
            check.fault(Fault::new(at, "type", "an object is expected"));
            return None;
        };
        Some(Self { map, at, asked: Vec::new() })
    }

    /// Where it stands.
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// Where a member stands or would stand; a name of more than 64 characters is cut.
    pub(super) fn pointer(&self, name: &str) -> String {
        let (name, cut) = match name.char_indices().nth(LONGEST_NAME) {
            Some((end, _)) => (name.get(..end).unwrap_or_default(), "…"),
            None => (name, ""),
        };
        format!("{}/{}{cut}", self.at, name.replace('~', "~0").replace('/', "~1"))
    }

    /// Whether a member is there, without asking for it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| !value.is_null())
    }

    /// A member as it stands there, without asking for it.
    pub(super) fn peek(&self, name: &str) -> Option<&'v Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A member that may be absent or `null`.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'v Value> {
        self.asked.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A member that has to be there.
    pub(super) fn required(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<&'v Value> {
        let found = self.optional(name);
        if found.is_none() {
            check.fault(Fault::new(
                self.pointer(name),
                "required",
                format!("`{name}` is required"),
            ));
        }
        found
    }

    /// A string that has to be there and to hold something.
    pub(super) fn string(&mut self, name: &'static str, check: &mut Check<'_>) -> Option<&'v str> {
        let value = self.required(name, check)?;
        let text = self.as_string(name, value, check)?;
        if text.is_empty() {
            check.fault(Fault::new(self.pointer(name), "empty", "it must not be empty"));
            return None;
        }
        Some(text)
    }

    /// A string that may be absent.
    pub(super) fn optional_string(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<&'v str> {
        let value = self.optional(name)?;
        self.as_string(name, value, check)
    }

    /// A string that is shown and has to be there. Nothing but blanks is a fault of a business's
    /// content; Apple's JSON may hold them.
    pub(super) fn shown(
        &mut self,
        name: &'static str,
        rule: &'static str,
        check: &mut Check<'_>,
    ) -> Option<String> {
        let value = self.required(name, check)?;
        let text = self.as_string(name, value, check)?;
        if check.is_content() && text.trim().is_empty() {
            check.fault(Fault::new(self.pointer(name), "empty", "there is nothing to read in it"));
            return None;
        }
        Some(check.shown(text, rule, || self.pointer(name)))
    }

    /// A string that is shown and may be absent or empty.
    pub(super) fn optional_shown(
        &mut self,
        name: &'static str,
        rule: &'static str,
        check: &mut Check<'_>,
    ) -> Option<String> {
        let text = self.optional_string(name, check)?;
        Some(check.shown(text, rule, || self.pointer(name)))
    }

    /// An identifier: required on the wire, and made by `default` where content leaves it out.
    pub(super) fn identifier(
        &mut self,
        default: impl FnOnce() -> String,
        check: &mut Check<'_>,
    ) -> Option<String> {
        if check.is_content() && !self.has("identifier") {
            self.asked.push("identifier");
            return Some(default());
        }
        self.string("identifier", check).map(str::to_owned)
    }

    /// A boolean that may be absent.
    pub(super) fn flag(&mut self, name: &'static str, check: &mut Check<'_>) -> Option<bool> {
        match self.optional(name)? {
            Value::Bool(value) => Some(*value),
            _ => self.mistyped(name, "true or false is expected", check),
        }
    }

    /// An integer that may be absent.
    pub(super) fn integer(&mut self, name: &'static str, check: &mut Check<'_>) -> Option<i64> {
        let found = self.optional(name)?.as_i64();
        found.or_else(|| self.mistyped(name, "an integer is expected", check))
    }

    /// A number that may be absent, with the number as it was written.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<(Number, f64)> {
        let found = match self.optional(name)? {
            Value::Number(number) => Some(number.clone()).zip(number.as_f64()),
            _ => None,
        };
        found.or_else(|| self.mistyped(name, "a number is expected", check))
    }

    /// One of a few words, that may be absent.
    pub(super) fn word(
        &mut self,
        name: &'static str,
        words: &[&'static str],
        rule: &'static str,
        check: &mut Check<'_>,
    ) -> Option<&'static str> {
        let text = self.optional_string(name, check)?;
        let found = words.iter().find(|word| **word == text);
        if found.is_none() {
            let message = format!("one of: {}", words.join(", "));
            check.fault(Fault::new(self.pointer(name), rule, message));
        }
        found.copied()
    }

    /// An object that has to be there.
    pub(super) fn object(&mut self, name: &'static str, check: &mut Check<'_>) -> Option<Self> {
        let value = self.required(name, check)?;
        Object::read(value, self.pointer(name), check)
    }

    /// An object that may be absent.
    pub(super) fn optional_object(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let value = self.optional(name)?;
        Object::read(value, self.pointer(name), check)
    }

    /// A list that has to be there.
    pub(super) fn list(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<&'v [Value]> {
        let value = self.required(name, check)?;
        self.as_list(name, value, check)
    }

    /// A list that may be absent.
    pub(super) fn optional_list(
        &mut self,
        name: &'static str,
        check: &mut Check<'_>,
    ) -> Option<&'v [Value]> {
        let value = self.optional(name)?;
        self.as_list(name, value, check)
    }

    /// Reads every entry of a list of objects, also after one that is wrong.
    pub(super) fn each<T>(
        &self,
        name: &str,
        entries: &'v [Value],
        check: &mut Check<'_>,
        mut read: impl FnMut(usize, &mut Self, &mut Check<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let object = Object::read(entry, format!("{}/{name}/{at}", self.at), check);
            if let Some(mut object) = object {
                all.extend(read(at, &mut object, check));
                object.finish(check);
            }
        }
        (all.len() == entries.len()).then_some(all)
    }

    /// Members of content that nobody asked for are faults: a slip must not be taken for a default.
    pub(super) fn finish(self, check: &mut Check<'_>) {
        if !check.is_content() {
            return;
        }
        for name in self.map.keys().filter(|name| !self.asked.contains(&name.as_str())) {
            let fault = Fault::new(self.pointer(name), "unknown_field", "no such member here");
            check.fault(fault.fix("remove it"));
        }
    }

    /// Ends the reading where any other member is welcome, and hands them over.
    pub(super) fn rest(self) -> impl Iterator<Item = (&'v String, &'v Value)> {
        let asked = self.asked;
        self.map.iter().filter(move |(name, _)| !asked.contains(&name.as_str()))
    }

    fn as_string(&self, name: &str, value: &'v Value, check: &mut Check<'_>) -> Option<&'v str> {
        value.as_str().or_else(|| self.mistyped(name, "a string is expected", check))
    }

    fn as_list(&self, name: &str, value: &'v Value, check: &mut Check<'_>) -> Option<&'v [Value]> {
        let list = value.as_array().map(Vec::as_slice);
        list.or_else(|| self.mistyped(name, "a list is expected", check))
    }

    fn mistyped<T>(&self, name: &str, message: &str, check: &mut Check<'_>) -> Option<T> {
        check.fault(Fault::new(self.pointer(name), "type", message));
        None
    }
}

//! Reads a JSON object member by member, and keeps every fault on the way.

use serde_json::{Map, Value};

use super::{Fault, Problem};

/// Faults named in one answer. A caller mends no more at once, and a request of a million unknown
/// members must not make an answer beyond the 6 MB that Lambda returns.
const MOST_FAULTS: usize = 100;

/// Characters of a caller's own member name that a pointer repeats.
const LONGEST_NAME: usize = 64;

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds one, unless there are a hundred.
    pub fn push(&mut self, fault: Fault) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(fault);
        }
    }

    /// Adds several.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says something more of every fault from this one on.
    pub fn explain_from(&mut self, first: usize, what: &str) {
        for fault in self.0.iter_mut().skip(first) {
            fault.message.push_str(what);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them breaks this rule.
    pub fn any(&self, rule: &str) -> bool {
        self.0.iter().any(|fault| fault.rule == rule)
    }

    /// The value, if it is there and nothing was wrong anywhere.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::faulty(self.0)),
        }
    }
}

/// One object of a request: every member has to be asked for, or it is unknown.
#[derive(Debug)]
pub struct Reader<'a> {
    map: &'a Map<String, Value>,
    path: String,
    asked: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// Reads the whole body.
    pub fn new(map: &'a Map<String, Value>) -> Self {
        Self::at(map, String::new())
    }

    /// Reads an object inside it.
    pub fn at(map: &'a Map<String, Value>, path: String) -> Self {
        Self { map, path, asked: Vec::new() }
    }

    /// The JSON Pointer of a member; a name of more than 64 characters is cut.
    pub fn pointer(&self, name: &str) -> String {
        let (name, cut) = match name.char_indices().nth(LONGEST_NAME) {
            Some((end, _)) => (name.get(..end).unwrap_or_default(), "…"),
            None => (name, ""),
        };
        format!("{}/{}{cut}", self.path, name.replace('~', "~0").replace('/', "~1"))
    }

    /// A member that may be absent or `null`.
    pub fn optional(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A member that has to be there.
    pub fn required(&mut self, name: &'static str, faults: &mut Faults) -> Option<&'a Value> {
        let found = self.optional(name);
        if found.is_none() {
            let message = format!("`{name}` is required");
            faults.push(Fault::new(self.pointer(name), "required", message));
        }
        found
    }

    /// A string that has to be there, parsed.
    pub fn parsed<T, E: ToString>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        faults: &mut Faults,
    ) -> Option<T> {
        let text = self.required(name, faults)?;
        let text = self.as_text(name, text, faults)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(why) => {
                faults.push(Fault::new(self.pointer(name), "format", why.to_string()));
                None
            }
        }
    }

    /// A string of 1 to `max` characters that has to be there.
    pub fn text(&mut self, name: &'static str, max: usize, faults: &mut Faults) -> Option<&'a str> {
        let value = self.required(name, faults)?;
        self.sized(name, value, max, faults)
    }

    /// A string of 1 to `max` characters that may be absent.
    pub fn optional_text(
        &mut self,
        name: &'static str,
        max: usize,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        let value = self.optional(name)?;
        self.sized(name, value, max, faults)
    }

    /// A boolean that may be absent, then `false`.
    pub fn flag(&mut self, name: &'static str, faults: &mut Faults) -> bool {
        match self.optional(name) {
            None => false,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                faults.push(Fault::new(self.pointer(name), "type", "true or false is expected"));
                false
            }
        }
    }

    /// An object that has to be there.
    pub fn object(&mut self, name: &'static str, faults: &mut Faults) -> Option<Self> {
        match self.required(name, faults)? {
            Value::Object(map) => Some(Reader::at(map, self.pointer(name))),
            _ => {
                faults.push(Fault::new(self.pointer(name), "type", "an object is expected"));
                None
            }
        }
    }

    /// Members nobody asked for are faults: a typing error must not be taken for a default.
    pub fn finish(self, faults: &mut Faults) {
        for name in self.map.keys().filter(|name| !self.asked.contains(&name.as_str())) {
            let fault = Fault::new(self.pointer(name), "unknown_field", "no such member here");
            faults.push(fault.fix("remove it"));
        }
    }

    fn as_text(&self, name: &str, value: &'a Value, faults: &mut Faults) -> Option<&'a str> {
        let text = value.as_str();
        if text.is_none() {
            faults.push(Fault::new(self.pointer(name), "type", "a string is expected"));
        }
        text
    }

    fn sized(
        &self,
        name: &str,
        value: &'a Value,
        max: usize,
        faults: &mut Faults,
    ) -> Option<&'a str> {
        let text = self.as_text(name, value, faults)?;
        let length = text.chars().count();
        if (1..=max).contains(&length) {
            return Some(text);
        }
        let message = format!("1 to {max} characters are expected");
        faults.push(Fault::new(self.pointer(name), "length", message).limit(max, length));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_found_at_once_with_its_pointer() {
        let body = json!({"name": 7, "a/b~c": 1, "inner": {"text": ""}});
        let mut reader = Reader::new(body.as_object().unwrap());
        let mut faults = Faults::default();
        let name = reader.text("name", 10, &mut faults);
        let mut inner = reader.object("inner", &mut faults).unwrap();
        inner.text("text", 10, &mut faults);
        inner.finish(&mut faults);
        reader.flag("missing", &mut faults);
        reader.finish(&mut faults);
        let problem = faults.finish(name).unwrap_err();
        let found: Vec<_> =
            problem.errors.iter().map(|fault| (fault.pointer.as_str(), fault.rule)).collect();
        assert_eq!(
            found,
            [("/name", "type"), ("/inner/text", "length"), ("/a~1b~0c", "unknown_field")]
        );
    }
    #[test]
    fn s016_however_many_faults_and_long_names_the_answer_stays_short() {
        let body: Map<_, _> =
            (0..10_000).map(|n| (format!("{n}{}", "é".repeat(1000)), json!(1))).collect();
        let mut faults = Faults::default();
        Reader::new(&body).finish(&mut faults);
        let problem = faults.finish(None::<()>).unwrap_err();
        assert_eq!(problem.errors.len(), MOST_FAULTS);
        let longest = problem.errors.iter().map(|fault| fault.pointer.chars().count()).max();
        assert_eq!(longest, Some("/".len() + LONGEST_NAME + 1));
    }
}

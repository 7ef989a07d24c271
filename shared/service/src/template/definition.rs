//! What a tenant writes to make a template, checked before it is kept.

use amb_protocol::{
    compose::{Composing, ContentType, MerchantDefaults, compose},
    id::RequestIdentifier,
    rules::RulePack,
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

use super::{
    locale::{is_locale, plain},
    program::{Node, check, pointer},
    render::render,
    sample::sample,
    shape::Shape,
    variables::{check_declared, schema},
};
use crate::problem::{Fault, Faults, Reader};

/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1_000;
/// Locales of a template besides its own.
pub const MAX_LOCALES: usize = 50;

/// A template as it was written, without name and version.
#[derive(Clone, PartialEq)]
pub struct Definition {
    /// What it makes.
    pub kind: ContentType,
    /// What it is for.
    pub description: String,
    /// The locale of `content`.
    pub locale: Option<String>,
    /// The content.
    pub content: Value,
    /// The content in other locales.
    pub locales: BTreeMap<String, Value>,
    /// What is declared of the variables.
    pub variables: Map<String, Value>,
    /// What the variables have to be.
    pub schema: Value,
    /// What would be refused when it is sent, as far as a trial with sample values shows; and what is
    /// declared for nothing.
    pub warnings: Vec<Fault>,
}

impl fmt::Debug for Definition {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Definition {
    /// Reads `type`, `description`, `locale`, `content`, `locales` and `variables`. `drawn` is a request
    /// identifier to try with.
    pub fn read(
        reader: &mut Reader<'_>,
        drawn: &RequestIdentifier,
        faults: &mut Faults,
    ) -> Option<Self> {
        let parse = |word: &str| {
            ContentType::parse(word).ok_or_else(|| {
                format!("one of: {}", ContentType::ALL.map(ContentType::as_str).join(", "))
            })
        };
        let kind = reader.parsed("type", parse, faults);
        let description = reader.optional_text("description", MAX_DESCRIPTION, faults);
        let locale = locale(reader, faults);
        let content = object(reader, "content", true, faults);
        let locales = object(reader, "locales", false, faults);
        let declared = object(reader, "variables", false, faults);

        let nothing = Map::new();
        let (locales, declared) = (locales.unwrap_or(&nothing), declared.unwrap_or(&nothing));
        check_locales(locales, locale, &reader.pointer("locales"), faults);
        check_declared(declared, &reader.pointer("variables"), faults);
        let contents: Vec<(String, &Value)> = reader
            .optional("content")
            .filter(|_| content.is_some())
            .map(|content| (reader.pointer("content"), content))
            .into_iter()
            .chain(locales.iter().map(|(name, content)| (pointer("/locales", name), content)))
            .collect();
        let mut programs = Vec::with_capacity(contents.len());
        for (at, content) in &contents {
            programs.extend(check(content, at, faults));
        }
        let kind = kind?;
        if !faults.is_empty() {
            return None;
        }
        let shape = Shape::of(&programs);
        let schema = schema(&shape, declared);
        let mut warnings = unused(&shape, declared);
        let values = sample(&schema);
        for ((at, _), program) in contents.iter().zip(&programs) {
            warnings.extend(try_out(kind, program, at, &values, drawn));
        }
        Some(Self {
            kind,
            description: description.unwrap_or_default().to_owned(),
            locale: locale.map(str::to_owned),
            content: reader.optional("content")?.clone(),
            locales: locales.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            variables: declared.clone(),
            schema,
            warnings,
        })
    }
}

/// What a trial finds, without what only the sample values are to blame for.
fn try_out(
    kind: ContentType,
    program: &Node<'_>,
    at: &str,
    values: &Value,
    drawn: &RequestIdentifier,
) -> Vec<Fault> {
    let made = match render(program, values) {
        Ok(made) => made,
        Err(fault) => {
            let message = format!("it cannot be tried with sample values: {fault}");
            let fix = "declare the types of the variables, or give them defaults";
            return vec![Fault::new(at, "template_untried", message).fix(fix)];
        }
    };
    let merchant = Some(&MerchantDefaults::sample());
    let pack = RulePack::latest();
    let how = Composing { pack, truncate: false, request_identifier: drawn, merchant };
    let mut faults = compose(kind, &made.content, at, &how).err().unwrap_or_default();
    let decided: Vec<_> = made.decided.iter().map(|place| format!("{at}{place}")).collect();
    faults.retain(|fault| decided.iter().all(|place| !touches(&fault.pointer, place)));
    faults
}

/// Whether a fault is at what the variables decide, or inside it.
fn touches(fault: &str, decided: &str) -> bool {
    fault.strip_prefix(decided).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn unused(shape: &Shape, declared: &Map<String, Value>) -> Vec<Fault> {
    let used: Vec<_> = shape.names().collect();
    let unused = declared.keys().filter(|name| !used.contains(&name.as_str()));
    let fault = |name: &String| {
        let message = "the template does not use this variable";
        Fault::new(pointer("/variables", name), "variable_unused", message)
    };
    unused.map(fault).collect()
}

fn locale<'b>(reader: &mut Reader<'b>, faults: &mut Faults) -> Option<&'b str> {
    let text = reader.optional_text("locale", 35, faults)?;
    if is_locale(text) {
        return Some(text);
    }
    faults.push(Fault::new(reader.pointer("locale"), "format", LOCALE));
    None
}

const LOCALE: &str = "a locale such as en, fr_CA or pt-BR is expected";

fn check_locales(locales: &Map<String, Value>, own: Option<&str>, at: &str, faults: &mut Faults) {
    if locales.len() > MAX_LOCALES {
        let message = format!("at most {MAX_LOCALES} locales are taken");
        faults.push(Fault::new(at, "length", message).limit(MAX_LOCALES, locales.len()));
    }
    let mut seen: Vec<_> = own.map(plain).into_iter().collect();
    for (name, content) in locales {
        let at = pointer(at, name);
        if !is_locale(name) {
            faults.push(Fault::new(&*at, "format", LOCALE));
        } else if seen.contains(&plain(name)) {
            faults.push(Fault::new(&*at, "repeated", "this locale is given twice"));
        }
        seen.push(plain(name));
        if !content.is_object() {
            faults.push(Fault::new(at, "type", "an object is expected"));
        }
    }
}

fn object<'b>(
    reader: &mut Reader<'b>,
    name: &'static str,
    required: bool,
    faults: &mut Faults,
) -> Option<&'b Map<String, Value>> {
    let found = if required { reader.required(name, faults) } else { reader.optional(name) };
    let value = found?;
    if value.as_object().is_none() {
        faults.push(Fault::new(reader.pointer(name), "type", "an object is expected"));
    }
    value.as_object()
}

//! From a compiled template and variables to content. Values become part of the content as values:
//! what stands in a variable is never read as an expression or as JSON.

use minijinja::value::ValueKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::{
    language::{self, Formula, FormulaFault, LOOP},
    program::{Each, Node, Part, pointer, size},
};

/// Elements that repetitions may make.
pub const MOST_ELEMENTS: usize = 2_000;
/// Bytes of the content that a template may make.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
/// Expressions that one rendering may work out.
const MOST_STEPS: usize = 50_000;

/// Why a template makes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RenderFault {
    /// An expression did not come to a value that fits.
    #[error("at {at} of the template: {why}")]
    Formula {
        /// Where, in what is made.
        at: String,
        /// Why.
        why: FormulaFault,
    },
    /// Too many elements.
    #[error("its repetitions make more than {MOST_ELEMENTS} elements")]
    Elements,
    /// Too large.
    #[error("it makes more than {MOST_BYTES} bytes")]
    Bytes,
    /// Too much work.
    #[error("it takes more than {MOST_STEPS} expressions to make")]
    Steps,
}

impl RenderFault {
    /// The rule that is broken.
    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::Formula { .. } => "template_render",
            Self::Elements | Self::Bytes | Self::Steps => "template_too_large",
        }
    }
}

/// What a template made.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) content: Value,
    /// Pointers of what the variables decided: values, and lists and objects that parts of depend on
    /// them.
    pub(super) decided: Vec<String>,
}

/// Makes content.
pub(super) fn render(node: &Node<'_>, variables: &Value) -> Result<Rendered, RenderFault> {
    let mut rendering = Rendering { output: true, ..Rendering::default() };
    let scope = Scope::of(variables);
    let content = rendering.node(node, &scope, &Place::Content)?.unwrap_or_default();
    Ok(Rendered { content, decided: rendering.decided })
}

/// Works out every expression and makes nothing; tells how much work it was, in expressions and
/// elements.
pub(super) fn probe(node: &Node<'_>, variables: &Value) -> Result<usize, RenderFault> {
    let mut rendering = Rendering::default();
    let scope = Scope::of(variables);
    rendering.node(node, &scope, &Place::Content)?;
    Ok(rendering.steps + rendering.elements)
}

#[derive(Default)]
struct Rendering {
    output: bool,
    elements: usize,
    bytes: usize,
    steps: usize,
    decided: Vec<String>,
}

/// What names mean at a place.
struct Scope {
    names: BTreeMap<String, minijinja::Value>,
    variables: minijinja::Value,
}

impl Scope {
    fn of(variables: &Value) -> Self {
        let members = variables.as_object().into_iter().flatten();
        Self::new(members.map(|(name, value)| (name.clone(), language::value(value))).collect())
    }

    fn new(names: BTreeMap<String, minijinja::Value>) -> Self {
        let variables = minijinja::Value::from_pairs(names.clone());
        Self { names, variables }
    }

    /// The same with other meanings for some names.
    fn with<'n>(&self, own: impl IntoIterator<Item = (&'n str, minijinja::Value)>) -> Self {
        let mut names = self.names.clone();
        names.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Self::new(names)
    }
}

/// The place of a value in what is made.
enum Place<'p> {
    Content,
    Member(&'p Self, &'p str),
    Element(&'p Self, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Content => String::new(),
            Self::Member(parent, name) => pointer(&parent.pointer(), name),
            Self::Element(parent, n) => format!("{}/{n}", parent.pointer()),
        }
    }

    fn fault(&self, why: FormulaFault) -> RenderFault {
        let at = self.pointer();
        RenderFault::Formula { at: if at.is_empty() { "/".to_owned() } else { at }, why }
    }
}

impl Rendering {
    /// The value; nothing where a condition leaves it out.
    fn node(
        &mut self,
        node: &Node<'_>,
        scope: &Scope,
        place: &Place<'_>,
    ) -> Result<Option<Value>, RenderFault> {
        Ok(Some(match node {
            Node::Literal(..) if !self.output => Value::Null,
            Node::Literal(value, size) => {
                self.grow(*size)?;
                (*value).clone()
            }
            Node::Value(formula) => {
                let value = self.work_out(formula, scope, place)?;
                let value = serde_json::to_value(&value)
                    .map_err(|_odd| place.fault(FormulaFault::new("it has no form in JSON")))?;
                self.decide(place);
                self.grow(size(&value))?;
                value
            }
            Node::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Words(words) => text.push_str(words),
                        Part::Formula(formula) => {
                            let value = self.work_out(formula, scope, place)?;
                            push_word(&mut text, &value).map_err(|why| place.fault(why))?;
                        }
                    }
                }
                self.decide(place);
                self.grow(text.len() + 3)?;
                Value::String(text)
            }
            Node::List(nodes) => {
                let mut made = Vec::new();
                for node in nodes {
                    if let Node::Each(each) = node {
                        self.each(each, scope, place, &mut made)?;
                        continue;
                    }
                    let element = Place::Element(place, made.len());
                    made.extend(self.node(node, scope, &element)?);
                }
                if nodes.iter().any(|node| matches!(node, Node::Each(_) | Node::If(_))) {
                    self.decide(place);
                }
                self.grow(2)?;
                Value::Array(made)
            }
            Node::Object(members) => {
                let mut made = Map::new();
                for (name, node) in members {
                    let member = Place::Member(place, name);
                    let value = self.node(node, scope, &member)?;
                    if matches!(node, Node::If(_)) {
                        self.decide(&member);
                    }
                    if let Some(value) = value {
                        self.grow(name.len() + 4)?;
                        made.insert((*name).to_owned(), value);
                    }
                }
                Value::Object(made)
            }
            Node::If(choice) => {
                self.step()?;
                let holds =
                    choice.condition.holds(&scope.variables).map_err(|why| place.fault(why))?;
                let chosen = if holds { Some(&choice.then) } else { choice.otherwise.as_ref() };
                return chosen.map_or(Ok(None), |node| self.node(node, scope, place));
            }
            // Repetitions stand in lists only, and are met there.
            Node::Each(_) => return Ok(None),
        }))
    }

    fn each(
        &mut self,
        each: &Each<'_>,
        scope: &Scope,
        place: &Place<'_>,
        made: &mut Vec<Value>,
    ) -> Result<(), RenderFault> {
        let list = self.work_out(&each.list, scope, place)?;
        if !matches!(list.kind(), ValueKind::Seq | ValueKind::Iterable) {
            let why = format!("a list is expected to repeat, not a {}", list.kind());
            return Err(place.fault(FormulaFault::new(why)));
        }
        let items = list.try_iter().map_err(|error| place.fault(error.into()))?;
        let items: Vec<_> = items.take(MOST_ELEMENTS + 1).collect();
        let length = items.len();
        for (n, item) in items.into_iter().enumerate() {
            self.elements += 1;
            if self.elements > MOST_ELEMENTS {
                return Err(RenderFault::Elements);
            }
            let turn = minijinja::context! {
                index => n + 1,
                index0 => n,
                first => n == 0,
                last => n + 1 == length,
                length,
            };
            let scope = scope.with([(each.name, item), (LOOP, turn)]);
            let element = Place::Element(place, made.len());
            made.extend(self.node(&each.item, &scope, &element)?);
        }
        Ok(())
    }

    fn work_out(
        &mut self,
        formula: &Formula,
        scope: &Scope,
        place: &Place<'_>,
    ) -> Result<minijinja::Value, RenderFault> {
        self.step()?;
        formula.value(&scope.variables).map_err(|why| place.fault(why))
    }

    fn step(&mut self) -> Result<(), RenderFault> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(RenderFault::Steps) } else { Ok(()) }
    }

    fn grow(&mut self, bytes: usize) -> Result<(), RenderFault> {
        self.bytes += bytes;
        if self.bytes > MOST_BYTES { Err(RenderFault::Bytes) } else { Ok(()) }
    }

    fn decide(&mut self, place: &Place<'_>) {
        if self.output {
            self.decided.push(place.pointer());
        }
    }
}

/// A value within a string: words, numbers and truths. A list or an object there is a mistake.
fn push_word(text: &mut String, value: &minijinja::Value) -> Result<(), FormulaFault> {
    match value.kind() {
        ValueKind::String => text.push_str(value.as_str().unwrap_or_default()),
        ValueKind::Number | ValueKind::Bool => text.push_str(&value.to_string()),
        ValueKind::None => {}
        kind => {
            let why = format!("a {kind} cannot stand within words; use a filter such as `join`");
            return Err(FormulaFault::new(why));
        }
    }
    Ok(())
}

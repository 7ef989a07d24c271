//! A template's content, compiled: JSON with expressions, repetitions and conditions in it.

use serde_json::{Map, Value};

use super::{
    language::{self, Formula, FormulaFault},
    text::{Piece, pieces},
};
use crate::problem::{Fault, Faults};

/// Deepest nesting of a template's content.
const DEEPEST: usize = 60;
/// Expressions of a template's content at most.
const MOST_FORMULAS: usize = 5_000;
/// What an element is called unless `$as` says so.
const ELEMENT: &str = "item";

/// A compiled value. Literals are borrowed: a template may be ten megabytes of pictures.
pub(super) enum Node<'t> {
    /// A value without expressions, and how large it is.
    Literal(&'t Value, usize),
    /// A string that is one expression: the value it comes to, of whatever kind.
    Value(Formula),
    /// A string with expressions in it.
    Text(Vec<Part<'t>>),
    /// A list, some of whose elements may be repeated or left out.
    List(Vec<Self>),
    /// An object, some of whose members may be left out.
    Object(Vec<(&'t str, Self)>),
    /// An element of a list for each element of another.
    Each(Box<Each<'t>>),
    /// One of two values, or none.
    If(Box<If<'t>>),
}

/// A part of a string.
pub(super) enum Part<'t> {
    Words(&'t str),
    Formula(Formula),
}

/// `{"$each": list, "$as": name, "$item": element}`.
pub(super) struct Each<'t> {
    pub(super) list: Formula,
    pub(super) name: &'t str,
    pub(super) item: Node<'t>,
}

/// `{"$if": condition, "$then": value, "$else": value}`.
pub(super) struct If<'t> {
    pub(super) condition: Formula,
    pub(super) then: Node<'t>,
    pub(super) otherwise: Option<Node<'t>>,
}

/// Compiles content that was checked when it was kept; `at` is its JSON Pointer.
pub(super) fn compile<'t>(content: &'t Value, at: &str, faults: &mut Faults) -> Option<Node<'t>> {
    build(content, at, Formula::compile, faults)
}

/// Compiles content that is new, and finds every fault at once.
pub(super) fn check<'t>(content: &'t Value, at: &str, faults: &mut Faults) -> Option<Node<'t>> {
    build(content, at, Formula::check, faults)
}

fn build<'t>(
    content: &'t Value,
    at: &str,
    read: fn(&str) -> Result<Formula, FormulaFault>,
    faults: &mut Faults,
) -> Option<Node<'t>> {
    let before = faults.len();
    let mut compiler = Compiler { faults, read, formulas: 0 };
    let node = compiler.node(content, at, 0, Place::Whole)?;
    let formulas = compiler.formulas;
    let sound = faults.len() == before;
    if formulas > MOST_FORMULAS {
        let message = format!("at most {MOST_FORMULAS} expressions are taken");
        let fault = Fault::new(at, "template_expressions", message);
        faults.push(fault.limit(MOST_FORMULAS, formulas));
        return None;
    }
    sound.then_some(node)
}

/// Where a value stands: only elements of lists can be repeated, only members and elements left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Member,
    Element,
}

struct Compiler<'f> {
    faults: &'f mut Faults,
    read: fn(&str) -> Result<Formula, FormulaFault>,
    formulas: usize,
}

impl Compiler<'_> {
    fn node<'t>(
        &mut self,
        value: &'t Value,
        at: &str,
        depth: usize,
        place: Place,
    ) -> Option<Node<'t>> {
        if depth > DEEPEST {
            let message = format!("at most {DEEPEST} levels are taken");
            self.fault(at, "template_depth", message);
            return None;
        }
        match value {
            Value::String(text) => self.text(value, text, at),
            Value::Array(values) => {
                let mut nodes = Vec::with_capacity(values.len());
                for (n, element) in values.iter().enumerate() {
                    let at = format!("{at}/{n}");
                    nodes.extend(self.node(element, &at, depth + 1, Place::Element));
                }
                Some(whole(value, nodes, Node::List))
            }
            Value::Object(map) if map.keys().any(|name| name.starts_with('$')) => {
                self.directive(map, at, depth, place)
            }
            Value::Object(map) => {
                let mut members = Vec::with_capacity(map.len());
                for (name, member) in map {
                    let at = pointer(at, name);
                    if let Some(node) = self.node(member, &at, depth + 1, Place::Member) {
                        members.push((name.as_str(), node));
                    }
                }
                let literal = members.iter().all(|(_, node)| matches!(node, Node::Literal(..)));
                let size = if literal { size(value) } else { 0 };
                Some(if literal { Node::Literal(value, size) } else { Node::Object(members) })
            }
            _ => Some(Node::Literal(value, size(value))),
        }
    }

    fn text<'t>(&mut self, value: &'t Value, text: &'t str, at: &str) -> Option<Node<'t>> {
        let found = match pieces(text) {
            Ok(found) => found,
            Err(unclosed) => {
                let fix = "write {{ '{{' }} for the braces themselves";
                let fault = Fault::new(at, "template_expression", unclosed.to_string());
                self.faults.push(fault.fix(fix));
                return None;
            }
        };
        match found.as_slice() {
            [] | [Piece::Words(_)] => Some(Node::Literal(value, size(value))),
            [Piece::Expression(source)] => self.formula(source, at).map(Node::Value),
            _ => {
                let mut parts = Vec::with_capacity(found.len());
                for piece in found {
                    parts.push(match piece {
                        Piece::Words(words) => Part::Words(words),
                        Piece::Expression(source) => Part::Formula(self.formula(source, at)?),
                    });
                }
                Some(Node::Text(parts))
            }
        }
    }

    fn directive<'t>(
        &mut self,
        map: &'t Map<String, Value>,
        at: &str,
        depth: usize,
        place: Place,
    ) -> Option<Node<'t>> {
        let (members, needs): (&[&str], &[&str]) = if map.contains_key("$each") {
            (&["$each", "$as", "$item"], &["$item"])
        } else {
            (&["$if", "$then", "$else"], &["$if", "$then"])
        };
        let before = self.faults.len();
        for name in map.keys().filter(|name| !members.contains(&name.as_str())) {
            let message = format!("beside it only {} are taken", members.join(", "));
            self.fault(&pointer(at, name), "template_directive", message);
        }
        for name in needs.iter().filter(|name| !map.contains_key(**name)) {
            self.fault(&pointer(at, name), "template_directive", format!("`{name}` is required"));
        }
        let each = map.contains_key("$each");
        if place == Place::Whole || each && place != Place::Element {
            let message = if each {
                "`$each` is an element of a list"
            } else {
                "`$if` is a member of an object or an element of a list"
            };
            self.fault(at, "template_directive", message);
        }
        if self.faults.len() > before {
            return None;
        }
        if !each {
            let condition = self.bare(map.get("$if")?, &pointer(at, "$if"))?;
            let mut branch = |name: &str| match map.get(name) {
                Some(value) => {
                    self.node(value, &pointer(at, name), depth + 1, Place::Member).map(Some)
                }
                None => Some(None),
            };
            let (then, otherwise) = (branch("$then")??, branch("$else")?);
            return Some(Node::If(Box::new(If { condition, then, otherwise })));
        }
        let name = match map.get("$as") {
            None => ELEMENT,
            Some(Value::String(name)) if language::is_name(name) && name != language::LOOP => name,
            Some(_) => {
                let message = "a name of letters, digits and `_` is expected";
                self.fault(&pointer(at, "$as"), "template_directive", message);
                return None;
            }
        };
        let list = self.bare(map.get("$each")?, &pointer(at, "$each"))?;
        let item = map.get("$item")?;
        let item = self.node(item, &pointer(at, "$item"), depth + 1, Place::Element)?;
        Some(Node::Each(Box::new(Each { list, name, item })))
    }

    /// An expression that stands without braces; within them it will do as well.
    fn bare(&mut self, value: &Value, at: &str) -> Option<Formula> {
        let Value::String(text) = value else {
            self.fault(at, "template_expression", "an expression in a string is expected");
            return None;
        };
        let source = match pieces(text).as_deref() {
            Ok([Piece::Expression(source)]) => source,
            _ => text.trim(),
        };
        self.formula(source, at)
    }

    fn formula(&mut self, source: &str, at: &str) -> Option<Formula> {
        self.formulas += 1;
        match (self.read)(source) {
            Ok(formula) => Some(formula),
            Err(fault) => {
                self.fault(at, "template_expression", fault.to_string());
                None
            }
        }
    }

    fn fault(&mut self, at: &str, rule: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(at, rule, message));
    }
}

fn whole<'t>(
    value: &'t Value,
    nodes: Vec<Node<'t>>,
    otherwise: impl FnOnce(Vec<Node<'t>>) -> Node<'t>,
) -> Node<'t> {
    if nodes.iter().all(|node| matches!(node, Node::Literal(..))) {
        Node::Literal(value, size(value))
    } else {
        otherwise(nodes)
    }
}

/// About how many bytes of JSON a value is.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 3,
        Value::Array(values) => 2 + values.iter().map(size).sum::<usize>(),
        Value::Object(map) => {
            2 + map.iter().map(|(name, value)| name.len() + 4 + size(value)).sum::<usize>()
        }
    }
}

/// The pointer of a member.
pub(super) fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

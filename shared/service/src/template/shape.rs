//! What a template needs, as JSON Schema (2020-12), derived from how its content uses variables.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::{
    language::{Formula, LOOP},
    program::{Node, Part},
    render::probe,
    sample::sample,
};

/// Work that finding out what may be absent may take: for each path, what one rendering takes.
const MOST_PROBES: usize = 200_000;

/// How a variable, or a part of one, is used.
#[derive(Debug, Default)]
pub(super) struct Shape {
    members: BTreeMap<String, Self>,
    element: Option<Box<Self>>,
    /// It stands within words.
    word: bool,
    /// Every rendering without it fails.
    required: bool,
}

/// A step into a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Element,
}

impl Shape {
    /// How these contents use variables.
    pub(super) fn of(programs: &[Node<'_>]) -> Self {
        let mut shape = Self::default();
        for program in programs {
            shape.walk(program, &Scope::Outside);
        }
        shape.find_required(programs);
        shape
    }

    /// The names of the variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// What the variables have to be, before anything is declared of them.
    pub(super) fn schema(&self) -> Value {
        let mut schema = Map::new();
        if let Some(element) = &self.element
            && self.members.is_empty()
        {
            schema.insert("type".to_owned(), json!("array"));
            schema.insert("items".to_owned(), element.schema());
        } else if self.element.is_none() && !self.members.is_empty() {
            let properties: Map<_, _> =
                self.members.iter().map(|(name, shape)| (name.clone(), shape.schema())).collect();
            let required: Vec<_> = self
                .members
                .iter()
                .filter_map(|(name, shape)| shape.required.then_some(name.as_str()))
                .collect();
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("properties".to_owned(), Value::Object(properties));
            if !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
        } else if self.word {
            schema.insert("type".to_owned(), json!(["string", "number", "boolean"]));
        }
        Value::Object(schema)
    }

    fn walk(&mut self, node: &Node<'_>, scope: &Scope<'_>) {
        match node {
            Node::Literal(..) => {}
            Node::Value(formula) => self.uses(formula, scope, false),
            Node::Text(parts) => {
                for part in parts {
                    if let Part::Formula(formula) = part {
                        self.uses(formula, scope, true);
                    }
                }
            }
            Node::List(nodes) => nodes.iter().for_each(|node| self.walk(node, scope)),
            Node::Object(members) => members.iter().for_each(|(_, node)| self.walk(node, scope)),
            Node::If(choice) => {
                self.uses(&choice.condition, scope, false);
                self.walk(&choice.then, scope);
                choice.otherwise.iter().for_each(|node| self.walk(node, scope));
            }
            Node::Each(each) => {
                self.uses(&each.list, scope, false);
                let path = each.list.list_path().and_then(|path| scope.resolve(path));
                let path = path.map(|mut path| {
                    path.push(Step::Element);
                    self.at(&path);
                    path
                });
                let inside = Scope::Inside { outer: scope, name: each.name, path };
                self.walk(&each.item, &inside);
            }
        }
    }

    fn uses(&mut self, formula: &Formula, scope: &Scope<'_>, within_words: bool) {
        for path in formula.reads() {
            if let Some(steps) = scope.resolve(&path) {
                self.at(&steps);
            }
        }
        let word = formula.path().filter(|_| within_words);
        if let Some(steps) = word.and_then(|path| scope.resolve(path)) {
            self.at(&steps).word = true;
        }
    }

    fn at(&mut self, steps: &[Step]) -> &mut Self {
        steps.iter().fold(self, |shape, step| match step {
            Step::Member(name) => shape.members.entry(name.clone()).or_default(),
            Step::Element => shape.element.get_or_insert_default(),
        })
    }

    /// Leaves out one thing after the other and looks whether the content can still be made.
    fn find_required(&mut self, programs: &[Node<'_>]) {
        let paths = self.paths();
        let whole = sample(&self.schema());
        let makes = |variables: &Value| programs.iter().all(|node| probe(node, variables).is_ok());
        let work: Result<usize, _> = programs.iter().map(|node| probe(node, &whole)).sum();
        let tells = work.is_ok_and(|work| paths.len() * work <= MOST_PROBES);
        for path in paths {
            let required = !tells || {
                let mut without = whole.clone();
                leave_out(&mut without, &path);
                !makes(&without)
            };
            self.at(&path).required = required;
        }
    }

    /// The paths of everything that has a name.
    fn paths(&self) -> Vec<Vec<Step>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, so_far: &mut Vec<Step>, paths: &mut Vec<Vec<Step>>) {
        for (name, shape) in &self.members {
            so_far.push(Step::Member(name.clone()));
            paths.push(so_far.clone());
            shape.collect(so_far, paths);
            so_far.pop();
        }
        if let Some(element) = &self.element {
            so_far.push(Step::Element);
            element.collect(so_far, paths);
            so_far.pop();
        }
    }
}

fn leave_out(value: &mut Value, path: &[Step]) {
    match (path, value) {
        ([Step::Member(name)], Value::Object(map)) => {
            map.shift_remove(name);
        }
        ([Step::Member(name), rest @ ..], Value::Object(map)) => {
            map.get_mut(name).into_iter().for_each(|value| leave_out(value, rest));
        }
        ([Step::Element, rest @ ..], Value::Array(values)) => {
            for value in values {
                leave_out(value, rest);
            }
        }
        _ => {}
    }
}

/// What names mean at a place of the template.
enum Scope<'s> {
    Outside,
    /// Within a repetition: what its element is of the variables, if that can be told.
    Inside {
        outer: &'s Self,
        name: &'s str,
        path: Option<Vec<Step>>,
    },
}

impl Scope<'_> {
    /// The way to a dotted path from the variables; nothing for what is not of the variables.
    fn resolve(&self, path: &str) -> Option<Vec<Step>> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let mut steps = self.root(first)?;
        let members = rest.into_iter().flat_map(|rest| rest.split('.'));
        steps.extend(members.map(|name| Step::Member(name.to_owned())));
        Some(steps)
    }

    fn root(&self, name: &str) -> Option<Vec<Step>> {
        match self {
            Self::Outside => Some(vec![Step::Member(name.to_owned())]),
            Self::Inside { name: own, path, .. } if *own == name => path.clone(),
            Self::Inside { .. } if name == LOOP => None,
            Self::Inside { outer, .. } => outer.root(name),
        }
    }
}

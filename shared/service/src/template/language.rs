//! The expressions: those of minijinja, without statements, includes and anything that reaches
//! outside. A step costs fuel, and so nothing runs for long.

use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value};
use serde::Deserialize;
use std::{borrow::Cow, sync::LazyLock};

/// Steps of one expression.
const FUEL: u64 = 5_000;
/// Longest expression, in bytes.
pub(super) const LONGEST: usize = 1_000;
/// Names that an expression may not give to anything: the loop's own.
pub(super) const LOOP: &str = "loop";

/// Variables as the language has them.
pub(super) fn value(json: &serde_json::Value) -> Value {
    // Every JSON value is one of the language's.
    Value::deserialize(json).unwrap_or_default()
}

/// A compiled expression.
pub(super) struct Formula {
    expression: Expression<'static, 'static>,
    source: String,
}

/// An expression that cannot be compiled, or did not come to a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub(super) struct FormulaFault {
    said: String,
}

impl FormulaFault {
    pub(super) fn new(said: impl Into<String>) -> Self {
        Self { said: said.into() }
    }
}

impl From<Error> for FormulaFault {
    fn from(error: Error) -> Self {
        let kind = error.kind().to_string();
        let said = match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind,
        };
        Self { said }
    }
}

impl Formula {
    /// Compiles an expression.
    pub(super) fn compile(source: &str) -> Result<Self, FormulaFault> {
        if source.is_empty() {
            return Err(FormulaFault::new("there is no expression between the braces"));
        }
        if source.len() > LONGEST {
            return Err(FormulaFault::new(format!("at most {LONGEST} bytes are taken")));
        }
        let expression = LANGUAGE.compile_expression_owned(source.to_owned())?;
        Ok(Self { expression, source: source.to_owned() })
    }

    /// Compiles an expression that nobody tried before: filters, tests and functions that the language
    /// does not have are found now, not when it is sent.
    pub(super) fn check(source: &str) -> Result<Self, FormulaFault> {
        let formula = Self::compile(source)?;
        let tried = LENIENT.compile_expression(source)?.eval(());
        match tried {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction
                ) =>
            {
                Err(error.into())
            }
            _ => Ok(formula),
        }
    }

    /// What it comes to with these variables.
    pub(super) fn value(&self, variables: &Value) -> Result<Value, FormulaFault> {
        let value = self.expression.eval(variables.clone())?;
        if value.is_undefined() {
            return Err(FormulaFault::new(format!("`{}` has no value", self.source)));
        }
        Ok(value)
    }

    /// Whether it holds with these variables; what is not there does not hold.
    pub(super) fn holds(&self, variables: &Value) -> Result<bool, FormulaFault> {
        Ok(self.expression.eval(variables.clone())?.is_true())
    }

    /// The variables that it reads, as dotted paths, in order.
    pub(super) fn reads(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.expression.undeclared_variables(true).into_iter().collect();
        // `range` and the like are names of the language, not of a variable.
        paths.retain(|path| LANGUAGE.globals().all(|(name, _)| name != path));
        paths.sort();
        paths
    }

    /// The expression, where it is nothing but the path of a variable.
    pub(super) fn path(&self) -> Option<&str> {
        let path = self.source.as_str();
        is_path(path).then_some(path)
    }

    /// The path of a list whose elements are those that it comes to: the path itself, or a filter of
    /// it that leaves elements as they are.
    pub(super) fn list_path(&self) -> Option<&str> {
        let end = self.source.find(['|', '[']).unwrap_or(self.source.len());
        let (path, filters) = self.source.split_at_checked(end)?;
        let keeps = filters.split('|').skip(1).all(|filter| {
            let name = filter.split('(').next().unwrap_or_default().trim();
            ["default", "d", "reverse", "sort", "unique"].contains(&name)
        });
        let slice = filters.starts_with('[') && filters.ends_with(']') && filters.contains(':');
        (is_path(path.trim()) && (slice || keeps && !filters.starts_with('['))).then(|| path.trim())
    }
}

/// `name`, or `name.member.member`.
fn is_path(text: &str) -> bool {
    text.split('.').all(is_name)
        && !["true", "false", "none", "True", "False", "None"].contains(&text)
}

/// A name that a variable may have: a letter or `_`, then letters, digits and `_`.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Filters that would only do harm in JSON: they escape for HTML, show the inside of a value, or make
/// as many columns as an expression says, without fuel.
const WITHOUT: [&str; 7] = ["batch", "e", "escape", "indent", "pprint", "safe", "slice"];
/// Bytes that replacing words may make.
const MOST_REPLACED: usize = 1024 * 1024;
/// Functions without a use in one expression.
const WITHOUT_FUNCTIONS: [&str; 2] = ["debug", "namespace"];

static LANGUAGE: LazyLock<Environment<'static>> =
    LazyLock::new(|| language(UndefinedBehavior::Strict));

/// The same, with nothing wrong about what is not there: to look for names that it does not know.
static LENIENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| language(UndefinedBehavior::Chainable));

fn language(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut language = Environment::new();
    language.set_undefined_behavior(undefined);
    language.set_fuel(Some(FUEL));
    for name in WITHOUT {
        language.remove_filter(name);
    }
    for name in WITHOUT_FUNCTIONS {
        language.remove_global(name);
    }
    language.add_filter("replace", replace);
    language
}

/// The language's own has no limit: two strings of a megabyte would make one of a million megabytes.
#[expect(clippy::needless_pass_by_value, reason = "what the language hands to a filter")]
fn replace(text: Cow<'_, str>, from: Cow<'_, str>, to: Cow<'_, str>) -> Result<String, Error> {
    let found = text.matches(&*from).count();
    if found.saturating_mul(to.len()).saturating_add(text.len()) > MOST_REPLACED {
        let message = format!("replacing makes more than {MOST_REPLACED} bytes");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(text.replace(&*from, &to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn eval(source: &str) -> Result<serde_json::Value, FormulaFault> {
        let variables = json!({"name": "Ada", "n": 2, "list": [3, 1, 2], "deep": {"a": {"b": 7}}});
        let value = Formula::compile(source)?.value(&value(&variables))?;
        Ok(serde_json::to_value(value).unwrap())
    }

    #[test]
    fn values_keep_their_kind() {
        for (source, expected) in [
            ("n", json!(2)),
            ("n * 1.5", json!(3.0)),
            ("n > 1", json!(true)),
            ("name|upper", json!("ADA")),
            ("list|sort", json!([1, 2, 3])),
            ("deep.a", json!({"b": 7})),
            ("missing|default('x')", json!("x")),
            ("name if n == 2 else 'no'", json!("Ada")),
            ("missing is defined", json!(false)),
            ("none", json!(null)),
            ("name|replace('a', 'y')", json!("Ady")),
            ("12|replace(1, 3)", json!("32")),
        ] {
            assert_eq!(eval(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_allowed_is_a_fault() {
        for source in [
            "missing",
            "deep.x.y",
            "name|safe",
            "name|escape",
            "namespace()",
            "",
            "n +",
            "a b",
            "{% include 'x' %}",
            "name|nosuch",
            "list|slice(1000000000000)",
            "list|batch(1000000000000, 0)",
            "('x' * 1000000)|replace('x', 'x' * 1000000)",
        ] {
            assert!(eval(source).is_err(), "{source}");
        }
        assert!(Formula::compile(&"a".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn an_expression_that_runs_on_runs_out_of_fuel() {
        let source = "range(9000)|map('upper')|list|length".replace("upper", "string");
        let long = format!("[{}]", vec!["1+1"; 240].join(","));
        assert_eq!(eval(&long).unwrap().as_array().map(Vec::len), Some(240));
        // Filters take no fuel of ours; their lists are bounded by the language.
        assert!(eval(&source).is_ok());
        assert!(eval("range(10000000)").is_err());
    }

    #[test]
    fn the_variables_of_an_expression_are_known() {
        let reads = |source: &str| Formula::compile(source).unwrap().reads();
        assert_eq!(reads("a.b.c|upper ~ d"), ["a.b.c", "d"]);
        assert_eq!(reads("range(3)"), [""; 0]);
        let path = |source: &str| Formula::compile(source).unwrap().list_path().map(str::to_owned);
        for source in ["a.b", "a.b|sort(attribute='x')", "a.b | default([])", "a.b[1:3]"] {
            assert_eq!(path(source).as_deref(), Some("a.b"), "{source}");
        }
        for source in ["a|map(attribute='x')", "a[0]", "a + b", "range(3)", "true"] {
            assert_eq!(path(source), None, "{source}");
        }
    }
}

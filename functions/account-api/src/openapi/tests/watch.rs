//! `cargo lambda watch` leads every request to the function that API Gateway leads it to.

use std::{collections::BTreeMap, fs};

use super::infra;

/// The tool's routes: a path, a method where the path has several functions, and the function.
fn watched() -> BTreeMap<(String, Option<String>), String> {
    let text = fs::read_to_string(infra("../Cargo.toml")).unwrap();
    let table = text.split_once("[workspace.metadata.lambda.watch.router]\n").unwrap().1;
    let table = table.split_once("\n\n").unwrap().0;
    let mut routes = BTreeMap::new();
    let mut path = String::new();
    for line in table.lines() {
        match *line.split('"').collect::<Vec<_>>() {
            [_, own, " = ", function, _] => {
                routes.insert((own.to_owned(), None), function.to_owned());
            }
            [_, own, " = ["] => own.clone_into(&mut path),
            [_, method, _, function, _] => {
                let place = (path.clone(), Some(method.to_owned()));
                routes.insert(place, function.to_owned());
            }
            _ => assert_eq!(line, "]"),
        }
    }
    routes
}

/// Where the tool leads a request: the whole path goes before a path's beginning.
fn led(
    routes: &BTreeMap<(String, Option<String>), String>,
    method: &str,
    path: &str,
) -> Option<String> {
    let exact: Vec<_> = routes.iter().filter(|((own, _), _)| own == path).collect();
    if !exact.is_empty() {
        let fits = |own: &Option<String>| own.as_deref().is_none_or(|own| own == method);
        return exact.iter().find(|((_, own), _)| fits(own)).map(|(_, it)| (*it).clone());
    }
    let begins = |own: &str| own.strip_suffix("{*rest}").is_some_and(|own| path.starts_with(own));
    routes.iter().find(|((own, _), _)| begins(own)).map(|(_, function)| function.clone())
}

#[test]
fn cargo_lambda_watch_routes_as_the_template_does() {
    let routes = watched();
    let template = fs::read_to_string(infra("template.yaml")).unwrap();
    let (mut function, mut seen) = ("", 0);
    for line in template.lines() {
        if let Some(code) = line.trim().strip_prefix("CodeUri: ../target/lambda/") {
            function = code.split('/').next().unwrap();
        }
        let Some((_, event)) = line.split_once("{Type: HttpApi, Properties: {") else { continue };
        let of = |name: &str| event.split_once(name).unwrap().1;
        let method = of("Method: ").split(',').next().unwrap();
        // A path with variables is quoted.
        let path = of("Path: ").trim_end_matches("}}").trim_matches('\'');
        assert_eq!(led(&routes, method, path).as_deref(), Some(function), "{method} {path}");
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

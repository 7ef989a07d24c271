//! The pages of a form as a graph: every way leads from the first page to an end.
//!
//! It is read from the JSON once more, and not from the typed pages, so that a fault of one page
//! hides none of the others.

use std::collections::HashMap;

use serde_json::Value;

use super::super::{check::Check, object::Object};
use crate::rules::Fault;

/// One way from a page to another.
#[derive(Debug)]
struct Way {
    /// The member that names the other.
    pointer: String,
    to: usize,
}

/// Checks identifiers and ways of all pages.
pub(super) fn check(
    start: Option<&str>,
    pages: &[Value],
    data: &Object<'_>,
    check: &mut Check<'_>,
) {
    let at = |page: usize| format!("{}/pages/{page}", data.at());
    let mut places = HashMap::new();
    for (place, page) in pages.iter().enumerate() {
        let Some(identifier) = text(page, "pageIdentifier") else { continue };
        if places.contains_key(identifier) {
            let pointer = format!("{}/pageIdentifier", at(place));
            let message = "another page has this identifier";
            check.fault(Fault::new(pointer, "form_page_identifier_unique", message));
        } else {
            places.insert(identifier, place);
        }
    }
    let ways: Vec<_> = pages
        .iter()
        .enumerate()
        .map(|(place, page)| ways_from(page, &at(place), &places, check))
        .collect();
    let first = start.and_then(|start| {
        let first = places.get(start).copied();
        if first.is_none() {
            let pointer = data.pointer("startPageIdentifier");
            let fault = Fault::new(pointer, "form_start_page", "no page has this identifier");
            check.fault(fault.fix("name the page that comes first"));
        }
        first
    });
    let seen = circles(first, &ways, check);
    if first.is_none() {
        return;
    }
    for (place, page) in pages.iter().enumerate() {
        let named = text(page, "pageIdentifier").and_then(|name| places.get(name));
        if named != Some(&place) || seen.get(place) == Some(&true) {
            continue;
        }
        let message = "no way leads to this page";
        let fault = Fault::new(at(place), "form_page_unreachable", message);
        check.fault(fault.fix("remove it, or name it in a `nextPageIdentifier`"));
    }
}

/// The ways from a page; a way to nowhere is a fault, and so is a choice without one beside others
/// that have one.
fn ways_from(
    page: &Value,
    at: &str,
    places: &HashMap<&str, usize>,
    check: &mut Check<'_>,
) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut follow = |to: &str, pointer: String, check: &mut Check<'_>| match places.get(to) {
        Some(&to) => ways.push(Way { pointer, to }),
        None => {
            let fault = Fault::new(pointer, "form_next_page", "no page has this identifier");
            check.fault(fault.fix("name a page that is there"));
        }
    };
    let next = text(page, "nextPageIdentifier");
    if let Some(next) = next {
        follow(next, format!("{at}/nextPageIdentifier"), check);
    }
    let ends = page.get("submitForm") == Some(&Value::Bool(true));
    let several = page.get("multipleSelection") == Some(&Value::Bool(true));
    let items = page.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let select = text(page, "type") == Some("select") && !several;
    let items = if select { items } else { &[] };
    let any = items.iter().any(|item| text(item, "nextPageIdentifier").is_some());
    for (place, item) in items.iter().enumerate() {
        match text(item, "nextPageIdentifier") {
            Some(to) => follow(to, format!("{at}/items/{place}/nextPageIdentifier"), check),
            None if any && next.is_none() && !ends => {
                let pointer = format!("{at}/items/{place}");
                let message = "other items of this page lead on, and this one leads nowhere";
                let fault = Fault::new(pointer, "form_dead_end", message);
                check.fault(fault.fix("give it, or the page, a `nextPageIdentifier`"));
            }
            None => {}
        }
    }
    ways
}

/// Follows every way once, without recursion: a way back to a page that is still being followed
/// closes a circle. Gives the pages that the first one leads to.
fn circles(first: Option<usize>, ways: &[Vec<Way>], check: &mut Check<'_>) -> Vec<bool> {
    let mut colours = vec![Colour::New; ways.len()];
    let mut reached = Vec::new();
    for from in first.into_iter().chain(0..ways.len()) {
        let mut path = Vec::new();
        if colours.get(from) == Some(&Colour::New) {
            path.push((from, ways.get(from).map_or(&[][..], Vec::as_slice).iter()));
        }
        while let Some((page, left)) = path.last_mut() {
            let page = *page;
            let Some(way) = left.next() else {
                paint(&mut colours, page, Colour::Done);
                path.pop();
                continue;
            };
            paint(&mut colours, page, Colour::Open);
            match colours.get(way.to) {
                Some(Colour::Open) => {
                    let message = "it leads back to a page before it";
                    let fault = Fault::new(&way.pointer, "form_page_cycle", message);
                    check.fault(fault.fix("lead on to another page, or end the form here"));
                }
                Some(Colour::New) => {
                    path.push((way.to, ways.get(way.to).map_or(&[][..], Vec::as_slice).iter()));
                }
                _ => {}
            }
        }
        if reached.is_empty() {
            reached = colours.iter().map(|colour| *colour != Colour::New).collect();
        }
    }
    reached
}

/// How far a page has been followed.
#[derive(Clone, Copy, PartialEq)]
enum Colour {
    New,
    Open,
    Done,
}

fn paint(colours: &mut [Colour], page: usize, colour: Colour) {
    if let Some(place) = colours.get_mut(page) {
        *place = colour;
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

//! The bodies and preconditions of endpoint requests.

use std::{collections::BTreeSet, ops::RangeInclusive};

use super::routes;
use crate::{
    account::{UrlRefusal, VettedUrl, member},
    model::{Endpoint, EndpointStatus, EventType, Route},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 256;
/// What a tenant may set the time of one attempt to (spec/reliability §1.1).
pub const TIMEOUT_SECONDS: RangeInclusive<u64> = 5..=25;
/// The time of one attempt when the tenant says nothing.
pub(super) const DEFAULT_TIMEOUT_SECONDS: u8 = 15;

/// What a request changes.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) url: Option<VettedUrl>,
    description: Option<String>,
    events: Option<BTreeSet<EventType>>,
    routes: Option<Vec<Route>>,
    ordered: Option<bool>,
    timeout_seconds: Option<u8>,
    enabled: Option<bool>,
}

impl Change {
    /// Reads the body of a new endpoint.
    pub(super) fn parse_new(
        body: &[u8],
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    ) -> Result<(VettedUrl, Self), Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let url = reader.required("url", &mut faults).is_some();
        let url = if url { self::url(&mut reader, vet, &mut faults) } else { None };
        let change = Self::read(&mut reader, &mut faults);
        reader.finish(&mut faults);
        Ok((faults.finish(url)?, change))
    }

    /// Reads the body of a change.
    pub(super) fn parse(
        body: &[u8],
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    ) -> Result<Self, Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let url = url(&mut reader, vet, &mut faults);
        let enabled = member::optional_parsed(&mut reader, "status", enabled, &mut faults);
        let change = Self { url, enabled, ..Self::read(&mut reader, &mut faults) };
        reader.finish(&mut faults);
        faults.finish(Some(change))
    }

    /// The members that new and changed endpoints share.
    fn read(reader: &mut Reader<'_>, faults: &mut Faults) -> Self {
        let parse =
            |text: &str| text.parse::<EventType>().map_err(|_odd| "an event type is expected");
        let timeout = member::whole(reader, "timeoutSeconds", TIMEOUT_SECONDS, faults);
        Self {
            description: member::words(reader, "description", MAX_DESCRIPTION, faults),
            events: member::each(reader, "events", parse, faults),
            routes: routes::read(reader, faults),
            ordered: member::flag(reader, "ordered", faults),
            timeout_seconds: timeout.and_then(|seconds| u8::try_from(seconds).ok()),
            ..Self::default()
        }
    }

    /// Changes the endpoint.
    pub(super) fn apply(&self, endpoint: &mut Endpoint) {
        if let Some(url) = &self.url {
            url.as_str().clone_into(&mut endpoint.url);
        }
        if let Some(description) = &self.description {
            endpoint.description.clone_from(description);
        }
        if let Some(events) = &self.events {
            endpoint.events.clone_from(events);
        }
        if let Some(routes) = &self.routes {
            endpoint.routes.clone_from(routes);
        }
        endpoint.ordered = self.ordered.unwrap_or(endpoint.ordered);
        endpoint.timeout_seconds = self.timeout_seconds.unwrap_or(endpoint.timeout_seconds);
        match self.enabled {
            Some(true) if endpoint.status != EndpointStatus::Enabled => {
                endpoint.status = EndpointStatus::Enabled;
                endpoint.failing_since = None;
                endpoint.failures = 0;
            }
            Some(false) if endpoint.status == EndpointStatus::Enabled => {
                endpoint.status = EndpointStatus::DisabledByOwner;
            }
            _ => {}
        }
    }
}

fn url(
    reader: &mut Reader<'_>,
    vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    faults: &mut Faults,
) -> Option<VettedUrl> {
    let mut refused = None;
    let vetted = member::optional_parsed(
        reader,
        "url",
        |text| Ok::<_, &str>(vet(text).map_err(|refusal| refused = Some(refusal)).ok()),
        faults,
    );
    if let Some(refusal) = refused {
        faults.push(Fault::new(reader.pointer("url"), refusal.rule, refusal.message));
    }
    vetted.flatten()
}

fn enabled(text: &str) -> Result<bool, &'static str> {
    match text {
        "enabled" => Ok(true),
        "disabled" => Ok(false),
        _ => Err("one of: enabled, disabled"),
    }
}

/// The header `If-Match`: which revisions a request is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Any.
    Any,
    /// One of these entity tags.
    Tags(Vec<String>),
}

impl IfMatch {
    /// Reads the header; without one, any revision will do.
    pub fn parse(header: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = header.map(str::trim).filter(|text| *text != "*") else {
            return Ok(Self::Any);
        };
        let tag = |text: &str| {
            let tag = text.trim();
            let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
            (!inner.contains('"')).then(|| tag.to_owned())
        };
        match text.split(',').map(tag).collect::<Option<Vec<_>>>() {
            Some(tags) => Ok(Self::Tags(tags)),
            None => Err(Problem::invalid_request()
                .detail("If-Match is an entity tag as ETag gave it, quotes included.")),
        }
    }

    /// The entity tag of a revision.
    pub fn tag(revision: u64) -> String {
        format!("\"{revision}\"")
    }

    /// Refuses what has moved on since.
    pub(in crate::account) fn check(&self, revision: u64) -> Result<(), Problem> {
        match self {
            Self::Tags(tags) if !tags.contains(&Self::tag(revision)) => {
                Err(Problem::conflict().detail("Read it again: its ETag is another one now."))
            }
            _ => Ok(()),
        }
    }
}

use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use amb_protocol::{compose::ContentType, secret::Secret};

use super::{Account, Callers, IfMatch};
use crate::port::OperatorKeySource;
use crate::{
    access::Principal,
    memory::{FaultMode, Memory},
    model::{EventStream, Mode, Scope, Template, TemplateName, TenantId},
    port::{DueDeliveries, PortError, ServiceKeySource, TemplateLibrary},
    problem::Problem,
    service_key::ServiceKey,
};

const OPERATOR: &str = "an-operator-key-of-48-characters-aaaaaaaaaaaaaaa";

/// Nothing in memory waits for anything but a fault that ends the process.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the process died"),
    }
}

#[derive(Debug, Default)]
struct Source(Mutex<Option<String>>);

impl Source {
    fn holding(key: &str) -> Self {
        Self(Mutex::new(Some(key.to_owned())))
    }
}

impl OperatorKeySource for &Source {
    async fn operator_key(&self) -> Result<Secret<String>, PortError> {
        let held = self.0.lock().unwrap().clone();
        held.map(Secret::new).ok_or_else(|| PortError::unavailable("operator_key", "away"))
    }
}

fn identify(callers: &Callers<Memory, Memory, &Source>, key: &str) -> Result<(), Problem> {
    let header = format!("Bearer {key}");
    now(callers.identify(Some(&header), None)).and_then(|caller| caller.operator()).map(drop)
}

fn account(memory: &Memory) -> Account<Memory, Memory, Memory> {
    let key = ServiceKey::derive(&now(memory.service_key()).unwrap()).unwrap();
    Account::new(memory.clone(), memory.clone(), memory.clone(), key)
}

#[test]
fn a_new_operator_key_counts_within_minutes_and_the_old_one_outlives_an_outage() {
    let memory = Memory::new(1);
    let source = Source::holding(OPERATOR);
    let callers = Callers::new(memory.clone(), memory.clone(), &source);
    assert!(identify(&callers, OPERATOR).is_ok());
    *source.0.lock().unwrap() = None;
    memory.world().now += Duration::from_secs(3600);
    assert!(identify(&callers, OPERATOR).is_ok());
    let next = OPERATOR.replace('-', "+");
    *source.0.lock().unwrap() = Some(next.clone());
    assert!(identify(&callers, &next).is_ok());
    assert_eq!(identify(&callers, OPERATOR).unwrap_err().code, "unauthenticated");
}

#[test]
fn without_an_operator_key_nobody_is_the_operator() {
    let memory = Memory::new(1);
    let away = Source::default();
    let callers = Callers::new(memory.clone(), memory.clone(), &away);
    assert_eq!(identify(&callers, OPERATOR).unwrap_err().status, 503);
    for short in ["", "short"] {
        let source = Source::holding(short);
        let callers = Callers::new(memory.clone(), memory.clone(), &source);
        assert_eq!(identify(&callers, short).unwrap_err().code, "unauthenticated");
    }
}

#[test]
fn a_store_that_does_not_answer_is_503_with_a_pause() {
    let memory = Memory::new(1);
    let source = Source::holding(OPERATOR);
    let callers = Callers::new(memory.clone(), memory.clone(), &source);
    let header = format!("Bearer {OPERATOR}");
    let caller = now(callers.identify(Some(&header), None)).unwrap();
    let account = account(&memory);
    let calls = memory.world().faults.calls.len();
    memory.world().faults.at = Some((calls, FaultMode::Refused));
    let problem = now(account.list_tenants(caller.operator().unwrap(), &[])).unwrap_err();
    assert_eq!((problem.status, problem.retry_after), (503, Some(1)));
}

#[test]
fn a_precondition_names_revisions_as_etag_gave_them() {
    assert_eq!(IfMatch::parse(None).unwrap(), IfMatch::Any);
    assert_eq!(IfMatch::parse(Some(" * ")).unwrap(), IfMatch::Any);
    let tags = IfMatch::parse(Some("\"1\", \"22\"")).unwrap();
    assert_eq!(tags, IfMatch::Tags(vec![IfMatch::tag(1), IfMatch::tag(22)]));
    for odd in ["", "1", "\"1", "\"1\",", "W/\"1\"", "\"1\" \"2\"", "\u{e9}"] {
        assert_eq!(IfMatch::parse(Some(odd)).unwrap_err().status, 400, "{odd}");
    }
}

#[test]
fn a_ping_that_the_queue_lost_is_found_by_the_sweep() {
    let memory = Memory::new(1);
    let principal =
        Principal { tenant: TenantId::draw(&memory), mode: None, scopes: [Scope::Admin].into() };
    let account = account(&memory);
    let vet = |url: &str| Ok(super::VettedUrl::new(url));
    let body = br#"{"url":"https://hooks.example.org/"}"#;
    let endpoint = now(account.create_endpoint(&principal, body, vet)).unwrap().endpoint;
    // Endpoint, log, ping, queue: the fourth call is lost.
    let calls = memory.world().faults.calls.len();
    memory.world().faults.at = Some((calls + 3, FaultMode::Refused));
    let event = now(account.ping_endpoint(&principal, endpoint.id.as_str())).unwrap();
    assert!(memory.world().delivery_queue.is_empty());
    memory.world().now += Duration::from_secs(120);
    let at = memory.world().now;
    let due = now(memory.due(at, 10)).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].stream, EventStream::Endpoint(endpoint.id));
    assert_eq!(memory.world().deliveries[&due[0]].event, event);
}

#[test]
fn a_template_whose_quotes_make_an_answer_too_large_is_answered_by_a_link() {
    let memory = Memory::new(1);
    let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
    let kept = |name: &str, words: String| {
        let template = Template {
            tenant: tenant.clone(),
            name: TemplateName::parse(name).unwrap(),
            version: 1,
            kind: ContentType::Raw,
            description: String::new(),
            locale: None,
            content: serde_json::json!({ "apple": { "type": "text", "body": words } }),
            locales: BTreeMap::new(),
            variables: serde_json::Map::new(),
            schema: serde_json::json!({ "type": "object" }),
            created_at: jiff::Timestamp::UNIX_EPOCH,
        };
        now(memory.put_template(&template)).unwrap();
    };
    kept("words", "x".repeat(3_000_000));
    kept("quotes", "\"".repeat(2_000_000));
    let scopes = [Scope::Admin].into_iter().collect();
    let principal = Principal { tenant: tenant.clone(), mode: Some(Mode::Live), scopes };
    let account = account(&memory);
    assert!(now(account.template(&principal, "words", &[])).unwrap().link.is_none());
    assert!(now(account.render_template(&principal, "words", b"")).is_ok());
    assert!(now(account.template(&principal, "quotes", &[])).unwrap().link.is_some());
    let refused = now(account.render_template(&principal, "quotes", b"")).unwrap_err();
    assert_eq!((refused.status, refused.errors[0].rule), (413, "template_too_large"));
}

//! A small world behind the function: two tenants, a conversation each way.

use amb_egress::Policy;
use amb_lambda::http_event::Request;
use amb_protocol::{
    id::{BusinessId, MessageId, OpaqueId},
    jwt::ApiSecret,
    secret::Secret,
};
use amb_service::{
    access::Principal,
    dispatch::Dispatch,
    memory::Memory,
    model::{
        BodyEncoding, Business, BusinessStatus, ConversationId, Endpoint, EndpointId,
        EndpointStatus, InboxMessage, InboxPointer, InboxSort, Mode, OutboundPointer, Scope,
        StoredBody, Tenant, TenantId, body_hash,
    },
    port::{Inbox, OperatorKeySource, PortError, ServiceKeySource},
    prepare::Prepare,
    relay::Relay,
    send::Send,
    service_key::ServiceKey,
};
use lambda_runtime::Context;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::AccountApi;

pub(crate) const OPERATOR: &str = "operator-key-of-the-samples-aaaaaaaaaaaaaaaaaaaa";
pub(crate) const OURS: &str = "ten_acmeacmeacmeacmeacmeacmeac";
pub(crate) const THEIRS: &str = "ten_othrothrothrothrothrothrot";
pub(crate) const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
pub(crate) const LIVE_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20003";
pub(crate) const THEIR_BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20009";
pub(crate) const CUSTOMER: &str = "urn:mbid:AQAAY1madeUpOpaque01=";
pub(crate) const INBOUND: &str = "c3a1f0de-0000-4000-8000-000000000001";
pub(crate) const ENDPOINT: &str = "ep_hookhookhookhookhookhookho";
pub(crate) const THEIR_ENDPOINT: &str = "ep_theytheytheytheytheytheyth";

type Api = AccountApi<Memory, Memory, Memory, FixedOperator, Memory>;

pub(crate) struct World {
    pub(crate) memory: Memory,
    api: Api,
}

#[derive(Debug)]
pub(crate) struct FixedOperator;

impl OperatorKeySource for FixedOperator {
    async fn operator_key(&self) -> Result<Secret<String>, PortError> {
        Ok(Secret::new(OPERATOR.to_owned()))
    }
}

/// An answer, its body as JSON.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    headers: http::HeaderMap,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// Pointer and rule of every fault.
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let word = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
        let faults = self.body["errors"].as_array().cloned().unwrap_or_default();
        faults.iter().map(|fault| (word(fault, "pointer"), word(fault, "rule"))).collect()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name}: {:?}", self.body)).to_owned()
    }

    pub(crate) fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("{:?}", self.body))
    }
}

impl World {
    /// Two tenants with a business each, an endpoint each, no message yet.
    pub(crate) async fn new() -> Self {
        let memory = Memory::new(7);
        let key = ServiceKey::derive(&memory.service_key().await.unwrap()).unwrap();
        let policy = Policy::production().with_own_url("https://api.example.com");
        let (store, queue) = (memory.clone(), memory.clone());
        let (clock, merchants) = (memory.clone(), memory.clone());
        let api = AccountApi::new(store, queue, clock, FixedOperator, merchants, key, policy);
        let world = Self { memory, api };
        world.furnish();
        world
    }

    /// The same with one message each way, accepted by Apple.
    pub(crate) async fn with_conversation() -> (Self, String, String) {
        let world = Self::new().await;
        let cnv = world.customer_writes(INBOUND, "Hello 👋").await;
        world.memory.world().entropy = 2;
        let sent = world.business_writes("Hi! How can we help?").await;
        (world, cnv, sent)
    }

    fn furnish(&self) {
        let mut world = self.memory.world();
        let now = world.now;
        for (id, name) in [(OURS, "Acme"), (THEIRS, "Other")] {
            let id = TenantId::parse(id).unwrap();
            world.tenants.insert(id.clone(), Tenant::new(id, name.into(), now));
        }
        for (id, tenant, mode) in [
            (BUSINESS, OURS, Mode::Test),
            (LIVE_BUSINESS, OURS, Mode::Live),
            (THEIR_BUSINESS, THEIRS, Mode::Test),
        ] {
            let business = Business {
                id: BusinessId::parse(id).unwrap(),
                tenant: TenantId::parse(tenant).unwrap(),
                name: "Support".into(),
                mode,
                status: BusinessStatus::Active,
                created_at: now,
            };
            world.businesses.insert(business.id.clone(), business);
        }
        for (id, tenant) in [(ENDPOINT, OURS), (THEIR_ENDPOINT, THEIRS)] {
            let endpoint = Endpoint {
                id: EndpointId::parse(id).unwrap(),
                tenant: TenantId::parse(tenant).unwrap(),
                url: "https://hooks.example.org/amb".into(),
                description: String::new(),
                events: BTreeSet::new(),
                routes: Vec::new(),
                ordered: false,
                timeout_seconds: 15,
                secrets: Vec::new(),
                status: EndpointStatus::Enabled,
                failing_since: None,
                failures: 0,
                created_at: now,
                revision: 1,
            };
            world.endpoints.insert((endpoint.tenant.clone(), endpoint.id.clone()), endpoint);
        }
        let secret = format!("{}Bwc=", "BwcH".repeat(10));
        world.apple_keys.current = Some(ApiSecret::from_base64(&secret).unwrap());
    }

    /// The customer writes to our business; answers the conversation.
    pub(crate) async fn customer_writes(&self, id: &str, text: &str) -> String {
        let (tenant, business) =
            (TenantId::parse(OURS).unwrap(), BusinessId::parse(BUSINESS).unwrap());
        self.writes_to(tenant, business, id, text).await
    }

    pub(crate) async fn writes_to(
        &self,
        tenant: TenantId,
        business: BusinessId,
        id: &str,
        text: &str,
    ) -> String {
        self.comes_in(tenant, business, id, &json!({ "type": "text", "body": text })).await
    }

    /// The customer sends our business a message with these members.
    pub(crate) async fn customer_sends(&self, id: &str, members: Value) -> String {
        let (tenant, business) =
            (TenantId::parse(OURS).unwrap(), BusinessId::parse(BUSINESS).unwrap());
        self.comes_in(tenant, business, id, &members).await
    }

    async fn comes_in(
        &self,
        tenant: TenantId,
        business: BusinessId,
        id: &str,
        members: &Value,
    ) -> String {
        let opaque = OpaqueId::parse(CUSTOMER).unwrap();
        let conversation = ConversationId::of(&business, &opaque);
        let id = MessageId::parse(id).unwrap();
        let mut body = json!({
            "v": 1, "id": id.to_string(), "sourceId": CUSTOMER,
            "destinationId": business.as_str(), "locale": "en_US",
        });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let kind = members["type"].as_str().unwrap().to_owned();
        let bytes = body.to_string().into_bytes();
        let now = self.memory.world().now;
        let message = InboxMessage {
            pointer: InboxPointer {
                tenant,
                conversation: conversation.clone(),
                sort: InboxSort::Message(id),
            },
            id,
            business,
            opaque,
            kind,
            capability_list: Some("AUTH2,LIST,QUICK".into()),
            body: StoredBody { encoding: BodyEncoding::Identity, hash: body_hash(&bytes), bytes },
            received_at: now,
        };
        self.memory.commit(&message).await.unwrap();
        let m = || self.memory.clone();
        Box::pin(Dispatch::new(m(), m(), m()).dispatch(&message)).await.unwrap();
        conversation.to_string()
    }

    /// Our business answers and Apple takes it; answers the message.
    pub(crate) async fn business_writes(&self, text: &str) -> String {
        let pointer = self.business_queues(text).await;
        let m = || self.memory.clone();
        let relay = Relay::new(m(), m(), m(), m(), Prepare::new(m(), m(), m()), m());
        Box::pin(relay.relay(&pointer)).await.unwrap();
        pointer.message.to_string()
    }

    pub(crate) async fn business_queues(&self, text: &str) -> OutboundPointer {
        let m = || self.memory.clone();
        let principal = Principal {
            tenant: TenantId::parse(OURS).unwrap(),
            mode: None,
            scopes: BTreeSet::from([Scope::Send]),
        };
        let body = json!({
            "from": BUSINESS, "to": CUSTOMER, "type": "text", "content": { "text": text },
            "callbackData": "order-1001",
        });
        let key = format!("key-{}", self.memory.world().outbound.len());
        let body = body.to_string();
        let send = Send::new(m(), m(), m(), m());
        let sent = Box::pin(send.send(&principal, Some(&key), body.as_bytes())).await;
        sent.unwrap().pointer
    }

    /// A key of a tenant, made through the API.
    pub(crate) async fn key(&self, tenant: &str, mode: &str, scopes: &[&str]) -> String {
        let body = json!({ "name": "k", "mode": mode, "scopes": scopes });
        let reply = self.as_operator(tenant, "POST", "/v1/keys", Some(body)).await;
        assert_eq!(reply.status, 201, "{:?}", reply.body);
        reply.text("key")
    }

    pub(crate) async fn as_operator(
        &self,
        tenant: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
    ) -> Reply {
        let headers = json!({
            "authorization": format!("Bearer {OPERATOR}"),
            "amb-tenant": tenant,
            "content-type": "application/json",
        });
        self.send(method, target, headers, body.map(|body| body.to_string())).await
    }

    pub(crate) async fn with_key(
        &self,
        key: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
    ) -> Reply {
        let headers = json!({
            "authorization": format!("Bearer {key}"),
            "content-type": "application/json",
        });
        self.send(method, target, headers, body.map(|body| body.to_string())).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        mut headers: Value,
        body: Option<String>,
    ) -> Reply {
        if headers.get("host").is_none() {
            headers["host"] = "api.example.com".into();
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "requestId": "req-1",
                "stage": "$default",
                "http": { "method": method, "path": path },
            },
            "body": body,
            "isBase64Encoded": false,
        });
        self.feed(event.to_string().as_bytes()).await
    }

    /// Feeds an event as API Gateway sends it.
    pub(crate) async fn feed(&self, event: &[u8]) -> Reply {
        let mut context = Context::default();
        context.deadline = u64::try_from(i64::MAX / 1_000_000).unwrap();
        let request = Request::from_json(event, &context).unwrap();
        let answer = Box::pin(self.api.serve(request)).await;
        let body = answer.body();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        let status = answer.status().as_u16();
        assert!(status < 500, "{body:?}");
        Reply { status, body, headers: answer.headers().clone() }
    }
}

//! Puts the document together.

use std::collections::{BTreeMap, BTreeSet};

use amb_service::model::Scope;
use serde_json::Value;
use utoipa::openapi::{
    Components, ContentBuilder, HttpMethod, Info, License, ObjectBuilder, OpenApi, OpenApiBuilder,
    Paths, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
    header::HeaderBuilder,
    path::{
        Operation as PathOperation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
    },
    request_body::RequestBodyBuilder,
    schema::{ArrayBuilder, ComponentsBuilder},
    security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use super::{
    file, message,
    operation::{Answers, Named, Said, said},
    sending, shape,
    word::problem_codes,
};
use crate::{Opens, ROUTES, Route};

/// Examples by operation: the request's body and the answer's, as the samples in `events/` have them.
pub(crate) type Examples = BTreeMap<&'static str, (Option<Value>, Option<Value>)>;

/// The document.
pub(crate) fn document(examples: &Examples) -> OpenApi {
    let mut schemas = Vec::new();
    let mut paths = Paths::new();
    for route in ROUTES {
        let said = said(route.operation);
        collect(&said, &mut schemas);
        let example = examples.get(route.operation.id());
        let operation = operation(route, &said, example);
        paths.add_path_operation(route.path, vec![method(route.method)], operation);
    }
    for shape in [
        Named::of::<shape::Problem>(),
        Named::of::<message::SendMessage>(),
        Named::of::<message::CheckMessage>(),
        Named::of::<message::UploadedBody>(),
        Named::of::<message::SentMessage>(),
        Named::of::<message::AskPayment>(),
        Named::of::<message::AskedPayment>(),
        Named::of::<message::Verdict>(),
        Named::of::<shape::Event>(),
        Named::of::<file::AttachmentEvent>(),
        Named::of::<shape::AppleMessage>(),
        Named::of::<shape::AppleRefusal>(),
    ] {
        shape.collect(&mut schemas);
    }
    sending::describe(&mut paths, examples);
    paths.add_path_operation("/message", vec![HttpMethod::Post], receive());
    let mut webhooks = Paths::new();
    webhooks.add_path_operation("event", vec![HttpMethod::Post], event_webhook());
    let tags = [
        "Tenants",
        "Businesses",
        "Keys",
        "Endpoints",
        "Conversations",
        "Messages",
        "Payments",
        "Templates",
        "Uploads",
        "Attachments",
        "Downloads",
        "Events",
    ]
    .map(|name| TagBuilder::new().name(name).build());
    let mut document = OpenApiBuilder::new()
        .info(info())
        .paths(paths)
        .components(Some(components(schemas)))
        .tags(Some(tags))
        .build();
    document.webhooks = Some(webhooks);
    document
}

fn info() -> Info {
    let mut info = Info::new("amb-msp", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A Messaging Service Provider for Apple Messages for Business. Tenants call `/v1`; Apple \
         calls `/message`; events are posted to the tenants' endpoints, signed the Standard Webhooks \
         way. Unknown members and parameters are refused; lists answer `items` and `nextCursor`, \
         `null` on the last page."
            .to_owned(),
    );
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    info.license = Some(license);
    info
}

fn components(schemas: Vec<(String, RefOr<Schema>)>) -> Components {
    let bearer = |description: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(description.to_owned());
        SecurityScheme::Http(http)
    };
    let schemas: BTreeMap<_, _> = schemas.into_iter().collect();
    let mut builder = ComponentsBuilder::new()
        .security_scheme(
            "tenantKey",
            bearer("An API key of the tenant, `amb_live_…` or `amb_test_…`, with the scope named."),
        )
        .security_scheme(
            "operatorKey",
            bearer(
                "The operator's key. With the header Amb-Tenant it acts as that tenant's admin.",
            ),
        )
        .security_scheme(
            "appleToken",
            bearer("A JWT that Apple signed with the Messaging API secret (HS256)."),
        );
    for (name, schema) in schemas {
        builder = builder.schema(name, schema);
    }
    builder.build()
}

fn collect(said: &Said, schemas: &mut Vec<(String, RefOr<Schema>)>) {
    let answered = match said.answers {
        Answers::Nothing(_) | Answers::Elsewhere => None,
        Answers::One(_, named) | Answers::Page(named) => Some(named),
    };
    for named in said.body.map(|(named, _)| named).into_iter().chain(answered) {
        named.collect(schemas);
    }
}

fn operation(
    route: &Route,
    said: &Said,
    example: Option<&(Option<Value>, Option<Value>)>,
) -> PathOperation {
    let (sent, answered) = example.cloned().unwrap_or_default();
    let mut builder = OperationBuilder::new()
        .operation_id(Some(route.operation.id()))
        .tag(said.tag)
        .summary(Some(said.summary));
    if let Some(name) = route.path.split(['{', '}']).nth(1) {
        builder = builder.parameter(parameter(name, ParameterIn::Path, Required::True));
    }
    for name in said.query {
        let required = match (*name, said.tag) {
            ("conversationId" | "merchant" | "tenant" | "until" | "signature", _)
            | ("businessId", "Conversations" | "Payments") => Required::True,
            _ => Required::False,
        };
        builder = builder.parameter(parameter(name, ParameterIn::Query, required));
    }
    for name in said.headers {
        let required = if *name == "Idempotency-Key" { Required::True } else { Required::False };
        builder = builder.parameter(parameter(name, ParameterIn::Header, required));
    }
    if let Some((named, required)) = said.body {
        let content = ContentBuilder::new().schema(Some(named.reference())).example(sent).build();
        let required = if required { Required::True } else { Required::False };
        let body = RequestBodyBuilder::new().required(Some(required));
        builder = builder.request_body(Some(body.content("application/json", content).build()));
    }
    for security in securities(route.opens) {
        builder = builder.security(security);
    }
    let (status, answer) = success(route, said, answered);
    // What was there already is answered with 200, what a replacement makes first with 201, what is not
    // done with 202.
    let other = match route.operation.id() {
        "createBusiness" | "createTemplate" => Some("200"),
        "replaceTemplate" => Some("201"),
        "createDownload" | "readDownload" => Some("202"),
        _ => None,
    };
    if let Some(other) = other {
        builder = builder.response(other, RefOr::T(answer.clone()));
    }
    builder = builder.response(status.to_string(), RefOr::T(answer));
    let mut codes: BTreeSet<&str> = said.codes.iter().copied().collect();
    codes.extend(["unavailable", "internal"]);
    if route.opens != Opens::Link {
        codes.extend(["unauthenticated", "missing_scope", "invalid_request"]);
    }
    if said.body.is_some() {
        codes.extend(["malformed_body", "too_large", "unsupported_media_type"]);
    }
    if said.query.contains(&"cursor") || route.operation.id() == "replayDeliveries" {
        codes.insert("invalid_cursor");
    }
    if route.path.contains('{') || !said.query.is_empty() || route.opens != Opens::Operator {
        codes.insert("not_found");
    }
    refusals(builder, &codes).build()
}

fn success(route: &Route, said: &Said, example: Option<Value>) -> (u16, Response) {
    let content =
        |schema: RefOr<Schema>| ContentBuilder::new().schema(Some(schema)).example(example).build();
    let (status, builder) = match said.answers {
        Answers::Nothing(status) => (status, ResponseBuilder::new().description("Done.")),
        Answers::Elsewhere => (302, ResponseBuilder::new().description("Where the file is.")),
        Answers::One(status, named) => {
            let builder = ResponseBuilder::new().description(said.summary);
            (status, builder.content("application/json", content(named.reference().into())))
        }
        Answers::Page(named) => {
            let builder = ResponseBuilder::new().description("A page of the list.");
            (200, builder.content("application/json", content(page(named))))
        }
    };
    let header = |text: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String).build();
        HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build()
    };
    let builder = match (status, has_tag(route)) {
        (204 | 202, _) => builder,
        (_, true) if matches!(said.answers, Answers::One(..)) => {
            builder.header("ETag", header("For If-Match."))
        }
        _ => builder,
    };
    let located = status == 302
        || status == 201 && !["createKey", "createUpload"].contains(&route.operation.id());
    let builder =
        if located { builder.header("Location", header("Where it is.")) } else { builder };
    (status, builder.build())
}

/// Whether its answer is one thing that changes.
fn has_tag(route: &Route) -> bool {
    let tagged = ["createTemplate", "readTemplate", "replaceTemplate"];
    let tagged_path = ["/v1/endpoints", "/v1/businesses/{businessId}/apple-pay"];
    tagged_path.iter().any(|path| route.path.starts_with(path))
        || tagged.contains(&route.operation.id())
}

fn page(named: Named) -> RefOr<Schema> {
    let items = ArrayBuilder::new().items(named.reference()).max_items(Some(100)).build();
    let cursor = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Asks for the next page; `null` on the last."))
        .build();
    let page = ObjectBuilder::new()
        .property("items", items)
        .property("nextCursor", cursor)
        .required("items")
        .required("nextCursor")
        .build();
    RefOr::T(Schema::Object(page))
}

/// One response for each status, naming the codes that come with it.
pub(super) fn refusals(mut builder: OperationBuilder, codes: &BTreeSet<&str>) -> OperationBuilder {
    let mut by_status: BTreeMap<u16, Vec<(&str, &str)>> = BTreeMap::new();
    for (status, code, title) in problem_codes().filter(|(_, code, _)| codes.contains(code)) {
        by_status.entry(status).or_default().push((code, title));
    }
    for (status, told) in by_status {
        let lines: Vec<_> = told.iter().map(|(code, title)| format!("`{code}`: {title}")).collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(lines.join("\n"))
            .content("application/problem+json", content)
            .build();
        builder = builder.response(status.to_string(), RefOr::T(response));
    }
    builder
}

pub(super) fn parameter(name: &str, place: ParameterIn, required: Required) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let reference = |name: &str| RefOr::Ref(Ref::from_schema_name(name));
    let (schema, description): (RefOr<Schema>, &str) = match name {
        "limit" => {
            let limit = ObjectBuilder::new().schema_type(Type::Integer);
            let limit = limit.minimum(Some(1_u64)).maximum(Some(100_u64)).default(Some(50.into()));
            (limit.into(), "Items of a page, at most.")
        }
        "cursor" => (text.into(), "`nextCursor` of the page before."),
        "version" => {
            let version = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1_u64));
            (version.into(), "The version; without one, the latest.")
        }
        "status" => (reference("DeliveryStatus"), "Only deliveries that stand so."),
        "type" => {
            (text.into(), "Only events of this type, or of several with commas between them.")
        }
        "after" => {
            (text.into(), "Begins after this `seq`; for events, also after the event with this id.")
        }
        "merchant" => (text.into(), "Apple's merchant identifier."),
        "from" => (text.into(), "Only rows of this day of the books and later: `2026-11-21`."),
        "to" => (text.into(), "Only rows of this day of the books and earlier."),
        "payment" => (text.into(), "Only rows of this payment."),
        "event" => {
            (text.into(), "Only rows that tell this, or one of several with commas between them.")
        }
        "Accept" => (
            text.into(),
            "`text/csv` answers the page as in the exports; `Amb-Next-Cursor` asks for the next.",
        ),
        "opaqueId" => (text.into(), "The customer. Write `+` as `%2B`."),
        "businessId" => (text.into(), "Apple's id of the business."),
        "intent" => (
            text.max_length(Some(256)).into(),
            "What it is about: `intent` of the customer's messages.",
        ),
        "group" => (
            text.max_length(Some(256)).into(),
            "The department: `group` of the customer's messages.",
        ),
        "body" => {
            (text.max_length(Some(500)).into(), "Words that stand in the customer's text field.")
        }
        "If-Match" => {
            (text.into(), "The ETag that this is meant for; another one now is a conflict.")
        }
        "Idempotency-Key" => {
            let key = text.min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
            (
                key.into(),
                "Names this request for seven days: the same key with the same body gets the same answer.",
            )
        }
        "Prefer" => (
            text.into(),
            "`wait=N`: holds the answer up to N seconds (at most 10) until Apple has answered.",
        ),
        "Content-Encoding" => (text.into(), "`gzip`, as Apple sends it, or none."),
        "id" => (text.into(), "The message's id; as in the body."),
        "source-id" => (text.into(), "The customer; as in the body."),
        "destination-id" => (text.into(), "The business; as in the body."),
        "capability-list" => (text.into(), "What the customer's device can show."),
        "webhook-id" => (text.into(), "The event's id."),
        "webhook-timestamp" => (text.into(), "Unix seconds of this attempt."),
        "webhook-signature" => (
            text.into(),
            "`v1,` and base64 of HMAC-SHA256, one for each live secret, with spaces between them.",
        ),
        "quarantined" => (
            text.enum_values(Some(["include"])).into(),
            "`include`: also a file that is not what it is said to be. Takes the scope `admin`.",
        ),
        "tenant" | "until" | "signature" => (text.into(), "As it stands in the link."),
        "rulePack" => (text.into(), "The name of a rule pack, such as `apple-2026-08`."),
        other => {
            let prefix = match other {
                "tenantId" => "^ten_[a-z2-7]{26}$",
                "keyId" => "^key_[a-z2-7]{26}$",
                "endpointId" => "^ep_[a-z2-7]{26}$",
                "conversationId" => "^cnv_[a-z2-7]{26}$",
                "eventId" => "^evt_[a-z2-7]{26}$",
                "attachmentId" => "^att_[a-z2-7]{52}[0-9]{2}$",
                "downloadId" => "^dld_[a-z2-7]{26}$",
                "paymentId" => "^pay_[a-z2-7]{26}$",
                "templateName" => "^[a-z0-9][a-z0-9._-]{0,63}$",
                _ => "^[0-9a-fA-F-]{36}$",
            };
            (text.pattern(Some(prefix)).into(), "The id as it was given out.")
        }
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn securities(opens: Opens) -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    let operator = SecurityRequirement::new("operatorKey", none);
    let scopes = match opens {
        Opens::Any(scopes) => scopes,
        Opens::Operator => return vec![operator],
        // An empty requirement: nobody is asked for anything.
        Opens::Link => return vec![SecurityRequirement::default()],
    };
    // From OpenAPI 3.1 on, a requirement of an http scheme may list roles: here, scopes.
    let word = |scope: &Scope| {
        serde_json::to_value(scope).ok().and_then(|word| word.as_str().map(str::to_owned))
    };
    let mut any: Vec<_> = scopes
        .iter()
        .filter_map(word)
        .map(|scope| SecurityRequirement::new("tenantKey", [scope]))
        .collect();
    // The operator writes to no customer in a tenant's name.
    if scopes != [Scope::Send] {
        any.push(operator);
    }
    any
}

/// `POST /message`, which `inbound-webhook` serves to Apple.
fn receive() -> PathOperation {
    let content = |schema: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
    let mut builder = OperationBuilder::new()
        .operation_id(Some("receiveMessage"))
        .tag("Apple")
        .summary(Some("Take a message from Apple"))
        .security(SecurityRequirement::new("appleToken", [""; 0]))
        .request_body(Some(
            RequestBodyBuilder::new()
                .required(Some(Required::True))
                .content("application/json", content("AppleMessage").build())
                .build(),
        ));
    for name in ["id", "source-id", "destination-id", "capability-list", "Content-Encoding"] {
        builder = builder.parameter(parameter(name, ParameterIn::Header, Required::False));
    }
    let done = ResponseBuilder::new().description("It is durable, or was already.").build();
    builder = builder.response("200", RefOr::T(done));
    for (status, description) in [
        ("400", "The body is no message, or a header and the body differ."),
        ("401", "There is no Bearer token."),
        ("403", "The token does not hold."),
        ("404", "Nobody here is this business."),
        ("413", "The body is too large, as it is or inflated."),
        ("415", "Not JSON, or an encoding other than gzip."),
        ("503", "It cannot be taken right now; Apple tries again."),
    ] {
        let refused = ResponseBuilder::new()
            .description(description)
            .content("application/json", content("AppleRefusal").build())
            .build();
        builder = builder.response(status, RefOr::T(refused));
    }
    builder.build()
}

/// What endpoints are posted.
fn event_webhook() -> PathOperation {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Event"))).build();
    let mut builder = OperationBuilder::new()
        .operation_id(Some("event"))
        .tag("Events")
        .summary(Some("An event, posted to an endpoint: at least once, with a stable webhook-id"))
        .request_body(Some(
            RequestBodyBuilder::new()
                .required(Some(Required::True))
                .content("application/json", content)
                .build(),
        ));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        builder = builder.parameter(parameter(name, ParameterIn::Header, Required::True));
    }
    for (status, description) in [
        ("2XX", "It was taken."),
        ("410", "The endpoint wants no more: it is disabled."),
        ("default", "It is tried again, sixteen times over about six days."),
    ] {
        let response = ResponseBuilder::new().description(description).build();
        builder = builder.response(status, RefOr::T(response));
    }
    builder.build()
}

fn method(name: &str) -> HttpMethod {
    match name {
        "GET" => HttpMethod::Get,
        "PATCH" => HttpMethod::Patch,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Post,
    }
}

//! The operations that `outbound-send` serves.

use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, ObjectBuilder, OneOfBuilder, Paths, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema, Type,
    example::ExampleBuilder,
    header::HeaderBuilder,
    path::{OperationBuilder, ParameterIn},
    request_body::{RequestBody, RequestBodyBuilder},
    security::SecurityRequirement,
};

use super::document::{Examples, parameter, refusals};

/// Codes of refusals that sending and checking share.
const CODES: [&str; 11] = [
    "malformed_body",
    "invalid_request",
    "unauthenticated",
    "missing_scope",
    "wrong_mode",
    "not_found",
    "no_conversation",
    "too_large",
    "unsupported_media_type",
    "internal",
    "unavailable",
];

/// Adds them.
pub(super) fn describe(paths: &mut Paths, examples: &Examples) {
    let answered = examples.get("sendMessage").and_then(|(_, answered)| answered.clone());
    let codes: BTreeSet<_> = CODES
        .into_iter()
        .chain([
            "idempotency_key_required",
            "idempotency_key_reused",
            "conversation_closed",
            "conversation_busy",
            "not_showable",
        ])
        .collect();
    let sends = OperationBuilder::new()
        .operation_id(Some("sendMessage"))
        .tag("Messages")
        .summary(Some("Send a message to a customer"))
        .parameter(parameter("Idempotency-Key", ParameterIn::Header, Required::True))
        .parameter(parameter("Prefer", ParameterIn::Header, Required::False))
        .request_body(Some(body("SendMessage", "sendMessage/", examples)))
        .security(SecurityRequirement::new("tenantKey", ["send"]))
        .response(
            "200",
            RefOr::T(sent("SentMessage", "With `Prefer: wait`: it came to its end.", None)),
        )
        .response(
            "202",
            RefOr::T(sent("SentMessage", "It is durable, and waits for Apple.", answered)),
        );
    let sends = refusals(sends, &codes).build();
    paths.add_path_operation("/v1/messages", vec![HttpMethod::Post], sends);

    let asks = OperationBuilder::new()
        .operation_id(Some("askPayment"))
        .tag("Payments")
        .summary(Some("Ask a customer for a payment with Apple Pay"))
        .parameter(parameter("Idempotency-Key", ParameterIn::Header, Required::True))
        .parameter(parameter("Prefer", ParameterIn::Header, Required::False))
        .request_body(Some(body("AskPayment", "askPayment/", examples)))
        .security(SecurityRequirement::new("tenantKey", ["send"]))
        .response(
            "200",
            RefOr::T(sent(
                "AskedPayment",
                "With `Prefer: wait`: its message came to its end.",
                None,
            )),
        )
        .response(
            "202",
            RefOr::T(sent("AskedPayment", "It is durable, and its message waits for Apple.", None)),
        );
    let asks = refusals(asks, &codes).build();
    paths.add_path_operation("/v1/payments", vec![HttpMethod::Post], asks);

    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Verdict"))).build();
    let verdict = ResponseBuilder::new()
        .description("What is wrong with it, or what would leave.")
        .content("application/json", content)
        .build();
    let checks = OperationBuilder::new()
        .operation_id(Some("validateMessage"))
        .tag("Messages")
        .summary(Some(
            "Tell what sending a message would come to, and send nothing. Pictures and previews are \
             fetched and made as for a message that is sent",
        ))
        .request_body(Some(body("CheckMessage", "validateMessage/", examples)))
        .security(SecurityRequirement::new("tenantKey", ["send"]))
        .response("200", RefOr::T(verdict));
    let checks = refusals(checks, &CODES.into_iter().collect()).build();
    paths.add_path_operation("/v1/messages/validate", vec![HttpMethod::Post], checks);
}

/// An object of this schema, or the name of an upload that holds one; the examples are those whose
/// names begin so.
fn body(schema: &str, named: &str, examples: &Examples) -> RequestBody {
    let either = OneOfBuilder::new()
        .item(Ref::from_schema_name(schema))
        .item(Ref::from_schema_name("UploadedBody"))
        .build();
    let examples = examples.iter().filter_map(|(name, (asked, _))| {
        Some((name.strip_prefix(named)?, ExampleBuilder::new().value(asked.clone()).build()))
    });
    let content = ContentBuilder::new()
        .schema(Some(Schema::OneOf(either)))
        .examples_from_iter(examples)
        .build();
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content("application/json", content)
        .build()
}

fn sent(schema: &str, description: &str, example: Option<Value>) -> Response {
    let schema = Ref::from_schema_name(schema);
    let content = ContentBuilder::new().schema(Some(schema)).example(example).build();
    let replayed = ObjectBuilder::new().schema_type(Type::Boolean).build();
    let replayed = HeaderBuilder::new()
        .schema(Some(replayed))
        .description(Some("An earlier request with this key committed it."))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .header("Idempotent-Replayed", replayed)
        .build()
}

//! Events as API Gateway sends them, made ready for `lambda_http`.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::{
    HeaderName, HeaderValue, Method,
    header::{HOST, HeaderMap},
};
pub(super) use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest as GatewayEvent;
use lambda_http::request::LambdaRequest;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use url::Url;

/// An event that `lambda_http` takes without a panic, or why there is none. Reading it fails only
/// where the text is not JSON at all, so that what is left can be answered.
pub(super) struct HttpEvent(pub(super) Result<LambdaRequest, serde_json::Error>);

impl<'de> Deserialize<'de> for HttpEvent {
    /// What `LambdaRequest` does, without its copy of the whole event.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let event = serde_json::from_str(text)
            .or_else(|_odd| serde_json::from_str::<OddEvent>(text).map(GatewayEvent::from));
        Ok(Self(event.and_then(sane).map(LambdaRequest::ApiGatewayV2)))
    }
}

/// Sees to everything out of which `lambda_http` builds a URI, and to the body's encoding.
fn sane(mut event: GatewayEvent) -> Result<GatewayEvent, serde_json::Error> {
    let context = &mut event.request_context;
    let path = event.raw_path.take().or_else(|| context.http.path.take()).unwrap_or_default();
    let query = event.raw_query_string.take().unwrap_or_default();
    if path.len() + query.len() > MAX_ADDRESS {
        return Err(serde_json::Error::custom("the address is longer than API Gateway takes"));
    }
    let path = without_stage(&path, context.stage.as_deref());
    let slash = if path.starts_with('/') { "" } else { "/" };
    event.raw_path = Some(format!("{slash}{}", utf8_percent_encode(path, OUTSIDE_PATH)));
    event.raw_query_string = Some(utf8_percent_encode(&query, OUTSIDE_QUERY).to_string());

    context.stage.take_if(|stage| !is_stage(stage));
    context.domain_name.take_if(|name| !makes_authority(name));
    remove_unless(makes_authority, &mut event.headers, &HOST);
    remove_unless(is_scheme, &mut event.headers, &X_FORWARDED_PROTO);

    let method = &mut context.http.method;
    if method.as_str().bytes().any(|byte| byte.is_ascii_lowercase()) {
        let upper = method.as_str().to_ascii_uppercase();
        *method = Method::from_bytes(upper.as_bytes()).unwrap_or_default();
    }
    event.is_base64_encoded &= event.body.as_deref().is_some_and(is_base64);
    Ok(event)
}

/// A stage other than `$default` stands before the path of the route.
fn without_stage<'p>(path: &'p str, stage: Option<&str>) -> &'p str {
    stage
        .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path)
}

/// As API Gateway names stages.
fn is_stage(text: &str) -> bool {
    text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_$".contains(&b))
}

/// A name or an IPv4 address, and a port.
fn makes_authority(text: &str) -> bool {
    text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b))
        && Url::parse(&format!("https://{text}")).is_ok()
}

fn is_scheme(text: &str) -> bool {
    matches!(text, "http" | "https")
}

fn remove_unless(fits: impl Fn(&str) -> bool, headers: &mut HeaderMap, name: &HeaderName) {
    if headers.get(name).is_some_and(|value| !value.to_str().is_ok_and(fits)) {
        headers.remove(name);
    }
}

/// Standard base64 with its padding, as `lambda_http` decodes it.
fn is_base64(text: &str) -> bool {
    let Some((head, last)) = text.as_bytes().split_last_chunk::<4>() else {
        return text.is_empty();
    };
    head.len().is_multiple_of(4)
        && head.iter().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(b))
        && BASE64.decode_mut(last, &mut [0; 3]).is_ok()
}

/// The part of an event that we read, for one that is not quite as API Gateway sends it. Everything
/// may be missing, and what cannot stand in a request is left out.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OddEvent {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<Pairs>,
    path_parameters: Option<Pairs>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: OddContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OddContext {
    request_id: Option<String>,
    stage: Option<String>,
    http: OddHttp,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OddHttp {
    method: Option<String>,
    path: Option<String>,
}

type Pairs = BTreeMap<String, Option<String>>;

impl From<OddEvent> for GatewayEvent {
    fn from(odd: OddEvent) -> Self {
        let mut event = Self::default();
        event.raw_path = odd.raw_path;
        event.raw_query_string = odd.raw_query_string;
        event.headers = present(odd.headers)
            .filter_map(|(name, value)| {
                Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value).ok()?))
            })
            .collect();
        event.path_parameters = present(odd.path_parameters).collect();
        event.body = odd.body;
        event.is_base64_encoded = odd.is_base64_encoded.unwrap_or_default();

        let context = &mut event.request_context;
        context.request_id = odd.request_context.request_id;
        context.stage = odd.request_context.stage;
        context.http.path = odd.request_context.http.path;
        let method = odd.request_context.http.method.unwrap_or_default();
        context.http.method = Method::from_bytes(method.as_bytes())
            .or_else(|_| Method::from_bytes(NO_METHOD))
            .unwrap_or_default();
        event
    }
}

fn present(pairs: Option<Pairs>) -> impl Iterator<Item = (String, String)> {
    pairs.unwrap_or_default().into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Bytes of path and query together. Amazon API Gateway, quotas: request line and headers together
/// have at most 10240 bytes. Escaped it is still well below what a URI may have.
const MAX_ADDRESS: usize = 10_240;
/// What is escaped in a path: the per cent sign too, so that unescaping gives back what came.
const OUTSIDE_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');
/// What is escaped in a query. API Gateway hands it over as it was sent, with its own escapes.
const OUTSIDE_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Stands for a method that is none; nothing serves it.
const NO_METHOD: &[u8] = b"-";

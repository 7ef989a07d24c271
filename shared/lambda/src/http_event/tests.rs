use super::*;
use serde_json::{Value, json};

fn read(event: &Value) -> Request {
    let mut context = Context::default();
    context.request_id = "lambda-1".into();
    context.deadline = 10_000;
    Request::from_json(event.to_string().as_bytes(), &context).unwrap()
}

fn event() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "GET /v1/endpoints/{endpointId}",
        "rawPath": "/v1/endpoints/ep_1",
        "rawQueryString": "a=1&b=x%20y+z&a=2&c&=d&e=%zz%4&f=%ff",
        "headers": {"Authorization": " Bearer a,Bearer b ", "id": "x"},
        "pathParameters": {"endpointId": "ep_1"},
        "requestContext": {
            "requestId": "gw-1",
            "stage": "$default",
            "http": {"method": "get", "path": "/v1/endpoints/ep_1"},
        },
        "body": "aMOpbGxvAP8=",
        "isBase64Encoded": true,
    })
}

#[test]
fn a_request_has_what_was_sent() {
    let request = read(&event());
    assert_eq!((request.method(), request.path()), ("GET", "/v1/endpoints/ep_1"));
    assert_eq!(request.path_parameter("endpointId"), Some("ep_1"));
    assert_eq!(request.header("authorization"), Some("Bearer a,Bearer b"));
    assert_eq!(request.header("absent"), None);
    assert_eq!(request.body(), b"h\xc3\xa9llo\0\xff");
    assert_eq!(request.request_id(), "gw-1");
    let pairs = request.query_pairs();
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("a", "1"),
            ("b", "x y z"),
            ("a", "2"),
            ("c", ""),
            ("", "d"),
            ("e", "%zz%4"),
            ("f", "\u{fffd}")
        ]
    );
}

#[test]
fn a_stage_in_the_path_is_taken_off() {
    for (path, stage, expected) in [
        ("/prod/message", "prod", "/message"),
        ("/message", "prod", "/message"),
        ("/production/x", "prod", "/production/x"),
        ("/message", "$default", "/message"),
        ("/prod", "prod", "/prod"),
    ] {
        let mut event = event();
        event["rawPath"] = path.into();
        event["requestContext"]["stage"] = stage.into();
        assert_eq!(read(&event).path(), expected);
    }
}

#[test]
fn no_event_is_refused_however_odd_and_none_panics() {
    for odd in [
        json!({}),
        json!({"headers": null, "body": null, "pathParameters": null, "rawPath": null}),
        json!({"headers": {"host": "[", "x-forwarded-proto": "\u{0}", "é": "ü\r\n", "x": null}}),
        json!({"rawPath": "/v1/a b/%zz/\u{0}\u{fffd}", "rawQueryString": "% %%%=&&&=\u{0}"}),
        json!({"body": "not base64 !", "isBase64Encoded": true}),
        json!({"requestContext": {"http": {"method": "MK COL"}}}),
    ] {
        let request = read(&odd);
        let _ = (request.query_pairs(), format!("{request:?}"));
        assert_eq!(request.request_id(), "lambda-1");
    }
    assert_eq!(
        read(&json!({"body": "not base64 !", "isBase64Encoded": true})).body(),
        b"not base64 !"
    );
}

#[test]
fn debug_shows_neither_headers_nor_path_nor_body() {
    let mut event = event();
    event["headers"] = json!({"authorization": "canary"});
    event["rawPath"] = "/canary".into();
    event["rawQueryString"] = "canary".into();
    event["body"] = "canary".into();
    assert!(!format!("{:?}", read(&event)).contains("canary"));
}

#[tokio::test]
async fn i8_a_panic_is_answered_without_its_words() {
    let request = read(&event());
    let serve = |request: Request| -> std::future::Ready<Answer> {
        panic!("canary {}", request.path());
    };
    let answer = answer_to(request, &serve).await;
    assert_eq!(answer.status(), 500);
    assert!(answer.body().contains("gw-1") && !answer.body().contains("canary"));
}

/// What the runtime sends to API Gateway for an event.
async fn wire<F, T>(event: &str, serve: F) -> Value
where
    F: Fn(Request) -> T + Sync,
    T: Future<Output = Answer> + Send,
{
    let mut context = Context::default();
    context.request_id = "lambda-1".into();
    let event = LambdaEvent::new(serde_json::from_str(event).unwrap(), context);
    let Ok(answer) = invoke(event, &serve).await;
    serde_json::to_value(answer).unwrap()
}

#[tokio::test]
async fn an_answer_is_what_api_gateway_reads() {
    let wire = wire(&event().to_string(), |request| async move {
        answer::json(http::StatusCode::CREATED, &json!({"id": "é", "path": request.path()}))
    })
    .await;
    assert_eq!(wire["statusCode"], 201);
    assert_eq!(wire["headers"]["content-type"], "application/json");
    assert_eq!(
        (&wire["body"], &wire["isBase64Encoded"]),
        (&json!("{\"id\":\"é\",\"path\":\"/v1/endpoints/ep_1\"}"), &json!(false))
    );
}

#[tokio::test]
async fn every_kind_of_answer_stays_text() {
    for (answer, body) in [
        (answer::empty(http::StatusCode::NO_CONTENT), ""),
        (
            answer::to_apple(http::StatusCode::FORBIDDEN, Some("bad_token")),
            r#"{"code":"bad_token"}"#,
        ),
        (answer::problem(&Problem::not_found(), "r"), "{"),
    ] {
        let status = answer.status().as_u16();
        let wire = wire(&event().to_string(), |_| std::future::ready(answer.clone())).await;
        assert_eq!(
            (&wire["statusCode"], &wire["isBase64Encoded"]),
            (&json!(status), &json!(false))
        );
        assert!(wire["body"].as_str().unwrap().starts_with(body));
        assert_eq!(wire["headers"]["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn what_is_no_event_is_answered_400_and_not_served() {
    let long = json!({"rawPath": "/".repeat(10_241)}).to_string();
    for odd in ["true", "null", "1", r#"{"rawPath": 5}"#, r#"{"requestContext": "canary"}"#, &long]
    {
        let serve = |_: Request| -> std::future::Ready<Answer> { unreachable!() };
        let wire = wire(odd, serve).await;
        assert_eq!(wire["statusCode"], 400, "{odd}");
        let body = wire["body"].as_str().unwrap();
        assert!(body.contains("lambda-1") && !body.contains("canary"), "{body}");
    }
}

#[test]
fn a_path_comes_out_as_api_gateway_hands_it_over() {
    for path in [
        "/v1/endpoints/a b",
        "/v1/conversations/urn:mbid:AQ+/=",
        "/100%/%zz/%20",
        "/a?b#c[d]\\e",
        "/é/\u{0}\u{7f}\u{fffd}",
        "//example.com/..//../x",
        "/",
    ] {
        for host in [json!({"host": "api.example.com", "x-forwarded-proto": "https"}), json!({})] {
            let mut event = event();
            event["rawPath"] = path.into();
            event["headers"] = host;
            event["requestContext"]["domainName"] =
                "a1.execute-api.eu-central-1.amazonaws.com".into();
            let request = read(&event);
            assert_eq!(request.path(), path);
            assert_eq!(request.raw_query(), "a=1&b=x%20y+z&a=2&c&=d&e=%zz%4&f=%ff");
        }
    }
}

#[test]
fn no_host_scheme_stage_or_query_panics() {
    let odd = [
        "[",
        "",
        " ",
        "a b",
        "a/b?c#d",
        "xn--a",
        "256.256.256.256",
        "99999999999",
        "a:99999",
        ":1",
        "a@b",
        "[::1]",
        "é",
        "\u{0}",
        "..",
        "-",
        "%",
        "https",
        "HTTPS",
        "file",
        "https,http",
    ];
    for text in odd {
        let mut event = event();
        event["headers"] = json!({"host": text, "x-forwarded-proto": text, "id": "x"});
        event["requestContext"]["domainName"] = text.into();
        event["requestContext"]["stage"] = text.into();
        event["rawQueryString"] = format!("q={text}").into();
        let request = read(&event);
        assert_eq!((request.method(), request.path()), ("GET", "/v1/endpoints/ep_1"), "{text}");
        assert_eq!(request.header("id"), Some("x"));
        assert_eq!(request.query_pairs().len(), 1);
    }
}

#[test]
fn the_host_stays_when_it_is_one() {
    let mut event = event();
    event["headers"] = json!({"host": "127.0.0.1:3000", "x-forwarded-proto": "http"});
    let request = read(&event);
    assert_eq!(request.header("host"), Some("127.0.0.1:3000"));
    assert_eq!(request.header("x-forwarded-proto"), Some("http"));
}

#[test]
fn base64_is_taken_for_it_only_when_it_is() {
    for (body, expected) in [
        ("", &b""[..]),
        ("AA==", b"\0"),
        ("AAA=", b"\0\0"),
        ("+/+/", b"\xfb\xff\xbf"),
        ("AB==", b"AB=="),
        ("AA=", b"AA="),
        ("A===", b"A==="),
        ("AA==AA==", b"AA==AA=="),
        ("AA-_", b"AA-_"),
        ("====", b"===="),
    ] {
        let mut event = event();
        event["body"] = body.into();
        assert_eq!(read(&event).body(), expected, "{body}");
    }
}

#[test]
fn a_header_that_is_not_ascii_is_read() {
    let mut event = event();
    event["headers"] = json!({"X-Name": " Zoë "});
    assert_eq!(read(&event).header("x-name"), Some("Zoë"));
}

#[test]
fn an_event_without_a_method_has_none_that_is_served() {
    for http in [json!({}), json!({"method": "MK COL"})] {
        let request = read(&json!({"rawPath": "/x", "requestContext": {"http": http}}));
        assert_eq!((request.method(), request.path()), ("-", "/x"));
    }
}

#[test]
fn a_webhook_of_our_own_is_refused() {
    let mut event = event();
    assert_eq!(refuse_hop(&read(&event)), None);
    event["headers"] = json!({"Amb-Hop": ""});
    let problem = refuse_hop(&read(&event)).unwrap();
    assert_eq!((problem.status, problem.code), (508, "loop_detected"));
}

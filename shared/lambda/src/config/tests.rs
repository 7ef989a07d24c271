use super::*;

fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn an_absent_or_empty_variable_is_named() {
    for pairs in [&[][..], &[(INBOX_TABLE, "")]] {
        let error = config(pairs).unwrap().inbox_table().unwrap_err();
        assert_eq!(error.to_string(), "the environment variable AMB_INBOX_TABLE is not set");
    }
}

#[test]
fn a_wrong_value_is_named_and_not_shown() {
    let config = config(&[
        (ACCOUNTS_TABLE, "canary canary"),
        (OUTBOUND_QUEUE_URL, "canary"),
        (MSP_ID, "canary canary"),
        (API_URL, "ftp://canary/"),
        (APPLE_GATEWAY_URL, "https://"),
        (APPLE_CONTENT_HOSTS, "canary.example, "),
        (APPLE_CONTENT_HEADERS, "canary"),
    ])
    .unwrap();
    for (name, error) in [
        (ACCOUNTS_TABLE, config.accounts_table().unwrap_err()),
        (OUTBOUND_QUEUE_URL, config.outbound_queue_url().unwrap_err()),
        (MSP_ID, config.msp_id().unwrap_err()),
        (API_URL, config.api_url().unwrap_err()),
        (APPLE_GATEWAY_URL, config.apple_gateway_url().unwrap_err()),
        (APPLE_CONTENT_HOSTS, config.apple_content_hosts().unwrap_err()),
        (APPLE_CONTENT_HEADERS, config.apple_content_headers().unwrap_err()),
    ] {
        let text = error.to_string();
        assert!(text.contains(name) && !text.contains("canary"), "{text}");
    }
}

#[test]
fn what_is_right_is_read() {
    let config = config(&[
        (INBOX_TABLE, "amb-dev-Inbox_1"),
        (CONVERSATIONS_TABLE, "c"),
        (FILES_BUCKET, "amb-dev-files-1x2y3z"),
        (DELIVERIES_QUEUE_URL, "http://127.0.0.1:4566/000000000000/deliveries"),
        (APPLE_SECRET, "arn:aws:secretsmanager:eu-central-1:123456789012:secret:amb/apple-Ab1"),
        (SERVICE_KEY_SECRET, "s"),
        (OPERATOR_KEY_SECRET, "o"),
        (MSP_ID, "3b241101-e2bb-4255-8caf-4136c566a962"),
        (API_URL, "https://api.example.com"),
        (STAGE, "prod"),
        (METRICS, "amb-prod"),
    ])
    .unwrap();
    assert_eq!(config.inbox_table().unwrap(), "amb-dev-Inbox_1");
    assert_eq!(config.conversations_table().unwrap(), "c");
    assert_eq!(config.files_bucket().unwrap(), "amb-dev-files-1x2y3z");
    assert!(config.deliveries_queue_url().is_ok());
    assert!(config.apple_secret().unwrap().starts_with("arn:aws:"));
    assert_eq!(config.service_key_secret().unwrap(), "s");
    assert_eq!(config.operator_key_secret().unwrap(), "o");
    assert_eq!(config.msp_id().unwrap().as_str(), "3b241101-e2bb-4255-8caf-4136c566a962");
    assert_eq!(config.api_url().unwrap().as_deref(), Some("https://api.example.com"));
    assert_eq!(config.apple_gateway_url().unwrap(), DEFAULT_APPLE_GATEWAY_URL);
    assert_eq!(config.apple_content_hosts(), Ok(DEFAULT_APPLE_CONTENT_HOSTS));
    assert_eq!(config.apple_content_headers(), Ok("plain"));
    assert_eq!(config.stage(), "prod");
    assert_eq!(config.metrics(), "amb-prod");
    assert_eq!(config.egress_loopback(), Ok(false));
}

#[test]
fn loopback_is_refused_unless_aws_itself_is_on_loopback() {
    let with = |endpoint: &str| {
        config(&[(EGRESS_LOOPBACK, "allow"), (AWS_ENDPOINT_URL, endpoint)])
            .map(|config| config.egress_loopback().unwrap())
    };
    for local in
        ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:4566/", "http://127.1.2.3"]
    {
        assert_eq!(with(local), Ok(true), "{local}");
    }
    for other in [
        "",
        "https://dynamodb.eu-central-1.amazonaws.com",
        "http://10.0.0.1:4566",
        "http://localhost.example.com",
        "127.0.0.1",
        "http://user@example.com/127.0.0.1",
    ] {
        assert!(with(other).is_err(), "{other}");
    }
    let odd = config(&[(EGRESS_LOOPBACK, "1"), (AWS_ENDPOINT_URL, "http://127.0.0.1:1")]);
    assert!(odd.unwrap_err().to_string().contains(EGRESS_LOOPBACK));
}

#[test]
fn money_goes_to_another_place_on_the_local_stack_only() {
    let local = [(EGRESS_LOOPBACK, "allow"), (AWS_ENDPOINT_URL, "http://127.0.0.1:4566")];
    let at = |url, rest: &[(&'static str, &'static str)]| {
        config(&[&[(STRIPE_URL, url), (APPLE_PAY_URL, url)], rest].concat()).unwrap()
    };
    let ours = "http://127.0.0.1:4570/stripe";
    assert_eq!(at(ours, &local).stripe_url(), Ok(Some(ours.to_owned())));
    assert!(at("https://stripe.example.com", &local).stripe_url().is_err());
    assert!(at(ours, &[]).stripe_url().is_err());
    assert!(at(ours, &[]).apple_pay_url().is_err());
    assert_eq!(config(&[]).unwrap().adyen_url(), Ok(None));
}

#[test]
fn the_level_is_lambdas_then_the_shells_then_info() {
    let level = |pairs: &[(&str, &str)]| config(pairs).unwrap().log_level();
    assert_eq!(level(&[]), LevelFilter::INFO);
    assert_eq!(level(&[(RUST_LOG, "debug")]), LevelFilter::DEBUG);
    assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "WARN"), (RUST_LOG, "debug")]), LevelFilter::WARN);
    assert_eq!(level(&[(RUST_LOG, "amb_service=trace,hyper=off")]), LevelFilter::INFO);
    assert_eq!(level(&[(LAMBDA_LOG_LEVEL, "FATAL")]), LevelFilter::INFO);
}

//! The rules for text (reliability §4.6, W001–W026).

use super::*;

impl EndpointUrl {
    /// A URL that did not pass the rules, for tests of the walls behind them.
    pub(crate) fn unvetted(url: &str) -> Self {
        Self { url: Url::parse(url).unwrap() }
    }
}

fn fault(input: &str) -> &'static str {
    EndpointUrl::parse(input, &Policy::production()).map_or_else(UrlFault::code, |_| "accepted")
}

fn accepted(input: &str) -> String {
    EndpointUrl::parse(input, &Policy::production()).unwrap().as_str().to_owned()
}

#[test]
fn a_plain_https_url_is_written_again() {
    assert_eq!(accepted("https://hooks.example.com"), "https://hooks.example.com/");
    assert_eq!(
        accepted("HTTPS://Hooks.EXAMPLE.com:443/a/../b?x=1"),
        "https://hooks.example.com/b?x=1"
    );
    assert_eq!(accepted("https://example.com/ü?q=é"), "https://example.com/%C3%BC?q=%C3%A9");
    assert_eq!(accepted("https://bücher.example/"), "https://xn--bcher-kva.example/");
    assert_eq!(accepted("https://a_b.example.com/"), "https://a_b.example.com/");
}

#[test]
fn w001_w002_only_https() {
    assert_eq!(fault("http://example.com/"), "https_only");
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "ws://example.com/",
        "wss://example.com/",
        "data:text/html,x",
        "javascript:alert(1)",
        "foo://example.com/",
        "dict://example.com:11211/",
        "blob:https://example.com/x",
        "view-source:https://example.com/",
    ] {
        assert_eq!(fault(url), "https_only", "{url}");
    }
    for url in [
        "",
        "example.com",
        "//example.com/",
        "/path",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///example.com",
        "https://?x",
        "https:",
    ] {
        assert_eq!(fault(url), "invalid", "{url}");
    }
}

#[test]
fn w003_w017_no_userinfo_and_no_backslash() {
    for url in [
        "https://u:p@example.com/",
        "https://u@example.com/",
        "https://@example.com/",
        "https://:@example.com/",
        "https://127.0.0.1%2f@ok.com/",
        "https://a@127.0.0.1@b.com/",
        "https://ok.com@127.0.0.1/",
    ] {
        assert_eq!(fault(url), "userinfo", "{url}");
    }
    for url in [r"https://ok.com\@127.0.0.1/", r"https:\\ok.com\", r"https://ok.com/a\b"] {
        assert_eq!(fault(url), "control_character", "{url}");
    }
    assert_eq!(accepted("https://example.com/a@b?c@d"), "https://example.com/a@b?c@d");
}

#[test]
fn w004_ports() {
    for port in [443, 8443, 1024, 4443, 8080, 49152, 65535] {
        assert_ne!(fault(&format!("https://example.com:{port}/")), "port", "{port}");
    }
    for port in [0, 1, 22, 25, 80, 444, 1023, 3306, 6379, 6667, 9001, 11211, 27017] {
        assert_eq!(fault(&format!("https://example.com:{port}/")), "port", "{port}");
    }
    assert_eq!(fault("https://example.com:65536/"), "invalid");
    assert_eq!(fault("https://example.com:x/"), "invalid");
    assert_eq!(accepted("https://example.com:/"), "https://example.com/");
}

#[test]
fn w005_w006_no_fragment_and_not_too_long() {
    assert_eq!(fault("https://example.com/#top"), "fragment");
    assert_eq!(fault("https://example.com/#"), "fragment");
    let exactly = format!("https://example.com/{}", "a".repeat(2048 - 20));
    assert_eq!(exactly.len(), 2048);
    assert_eq!(fault(&exactly), "accepted");
    assert_eq!(fault(&format!("{exactly}a")), "too_long");
    // Short as given, too long when written again.
    assert_eq!(fault(&format!("https://example.com/{}", "ü".repeat(900))), "too_long");
}

#[test]
fn w007_w008_w009_no_address_in_any_spelling() {
    for host in [
        "1.1.1.1",
        "127.0.0.1",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[::]",
        "[2606:4700::6810:84e5]",
        "169.254.169.254",
        "127.0.0.1.",
    ] {
        assert_eq!(fault(&format!("https://{host}/")), "ip_literal", "{host}");
    }
    for host in ["[fe80::1%25eth0]", "256.0.0.1", "1.2.3.4.5", "[::1", "0x", "1.1.1.1.1e3"] {
        assert_ne!(fault(&format!("https://{host}/")), "accepted", "{host}");
    }
}

#[test]
fn w010_no_name_outside_the_public_dns() {
    for host in [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "x.local",
        "x.internal",
        "x.lan",
        "single",
        "metadata.google.internal",
        "x.home",
        "x.home.arpa",
        "1.0.0.127.in-addr.arpa",
        "x.corp",
        "x.test",
        "x.invalid",
        "x.onion",
        "localhost.localdomain",
        "localhost.example.com",
        "example.com.",
        "ｌｏｃａｌｈｏｓｔ",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    ] {
        assert_eq!(fault(&format!("https://{host}/")), "denied_name", "{host}");
    }
    for host in ["notlocalhost.com", "internal.example.com", "local.example.com", "mytest.com"] {
        assert_eq!(fault(&format!("https://{host}/")), "accepted", "{host}");
    }
}

#[test]
fn w018_w019_hosts_are_normalised_or_refused() {
    assert_eq!(accepted("https://ex%61mple.com/"), "https://example.com/");
    for host in [
        "xn--example-.org",
        "xn--",
        "a..b.com",
        ".example.com",
        "-a.com",
        "a-.com",
        "a!b.com",
        "a,b.com",
        "a'b.com",
        "ex%00ample.com",
        "ex%2fample.com",
        "ex%20ample.com",
        "a|b.com",
    ] {
        assert_ne!(fault(&format!("https://{host}/")), "accepted", "{host}");
    }
    let long_label = format!("https://{}.com/", "a".repeat(64));
    assert_eq!(fault(&long_label), "invalid");
    let long_name = format!("https://{}com/", "abcdefgh.".repeat(30));
    assert_eq!(fault(&long_name), "invalid");
}

#[test]
fn w020_nothing_that_parsers_strip() {
    for c in [
        '\t', '\n', '\r', ' ', '\0', '\u{1f}', '\u{7f}', '\u{85}', '\u{a0}', '\u{2028}', '\u{3000}',
    ] {
        for url in [
            format!("{c}https://example.com/"),
            format!("https://example.com/{c}"),
            format!("https://exam{c}ple.com/"),
            format!("ht{c}tps://example.com/"),
            format!("https://example.com/?a={c}b"),
        ] {
            assert_eq!(fault(&url), "control_character", "{url:?}");
        }
    }
}

#[test]
fn w021_f068_our_own_hosts() {
    let policy = Policy::production().with_own_url("https://api.msp.example.com/v1");
    let fault = |url: &str| EndpointUrl::parse(url, &policy).err().map(UrlFault::code);
    assert_eq!(fault("https://api.msp.example.com/message"), Some("own_host"));
    assert_eq!(fault("https://API.msp.example.com:8443/"), Some("own_host"));
    assert_eq!(fault("https://x.api.msp.example.com/"), Some("own_host"));
    assert_eq!(fault("https://otherapi.msp.example.com/"), None);
    assert_eq!(fault("https://msp.example.com/"), None);
}

#[test]
fn the_local_policy_adds_plain_http_to_127_0_0_1_and_nothing_else() {
    let policy = Policy::with_loopback().with_own_url("http://127.0.0.1:4566/");
    let fault = |url: &str| EndpointUrl::parse(url, &policy).err().map(UrlFault::code);
    assert_eq!(fault("http://127.0.0.1:8080/hook"), None);
    assert_eq!(fault("http://127.0.0.1/hook"), None);
    assert_eq!(fault("http://127.0.0.1:4566/message"), Some("own_host"));
    assert_eq!(fault("https://example.com/"), None);
    assert_eq!(fault("http://example.com/"), Some("https_only"));
    assert_eq!(fault("http://127.0.0.2/"), Some("ip_literal"));
    assert_eq!(fault("http://10.0.0.1/"), Some("ip_literal"));
    assert_eq!(fault("http://[::1]/"), Some("ip_literal"));
    assert_eq!(fault("http://localhost:8080/"), Some("https_only"));
    assert_eq!(fault("http://u@127.0.0.1/"), Some("userinfo"));
}

#[test]
fn w026_known_ssrf_payloads() {
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://100.100.100.200/latest/meta-data/",
        "https://[::]:25/",
        "https://0/",
        "https://127.127.127.127/",
        "https://0000::1:80/",
        "https://[0:0:0:0:0:ffff:127.0.0.1]/",
        "https://localtest@127.0.0.1/",
        "https://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
        "https://127.0.0.1:11211:80/",
        "https://google.com:80+&@127.88.23.245:22/#+@google.com:80/",
        "https://127.88.23.245:22/+&@google.com:80#+@google.com:80/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://00000177.0.0.1/",
        "https://0251.0376.0251.0376/",
        "https://2852039166/",
        "https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
        "jar:https://example.com!/",
        "netdoc:///etc/passwd",
        "ldap://localhost:11211/%0astats%0aquit",
        "sftp://example.com:11111/",
        "tftp://example.com:12346/TESTUDPPACKET",
    ] {
        assert_ne!(fault(url), "accepted", "{url}");
    }
}

#[test]
fn debug_shows_the_origin_only() {
    let url =
        EndpointUrl::parse("https://example.com:8443/hook/canary?t=canary", &Policy::production());
    assert_eq!(format!("{url:?}"), "Ok(EndpointUrl(https://example.com:8443/…))");
}

#[test]
fn a_segment_is_put_below_with_or_without_a_slash_at_the_end() {
    for base in ["https://gw.example.com/v1", "https://gw.example.com/v1/"] {
        let url: EndpointUrl = base.parse().unwrap();
        assert_eq!(url.below("message").as_str(), "https://gw.example.com/v1/message");
    }
    let root: EndpointUrl = "https://gw.example.com".parse().unwrap();
    assert_eq!(root.below("message").as_str(), "https://gw.example.com/message");
}

#[test]
fn w025_the_web_platform_url_tests_never_panic_and_only_https_names_pass() {
    let Some(corpus) = corpus("urltestdata.json") else { return };
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&corpus).unwrap();
    let (mut seen, mut passed) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.is_object()) {
        seen += 1;
        let input = case["input"].as_str().unwrap();
        let Ok(url) = EndpointUrl::parse(input, &Policy::production()) else { continue };
        assert_ne!(case["failure"], true, "{input:?}");
        assert_eq!(url.as_str(), case["href"].as_str().unwrap(), "{input:?}");
        assert!(url.as_str().starts_with("https://"), "{input:?}");
        assert!(matches!(url.url.host(), Some(Host::Domain(_))), "{input:?}");
        passed.push(input);
    }
    assert!(seen >= 800, "{seen}");
    assert!((1..100).contains(&passed.len()), "{passed:?}");
}

/// A file of `CORPUS_DIR`. Absent: one loud line and on, unless `CORPORA=required`.
#[expect(clippy::disallowed_methods, reason = "tests find the corpora through the environment")]
fn corpus(name: &str) -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");
    let folder = std::env::var("CORPUS_DIR").unwrap_or_else(|_| beside.to_owned());
    let path = std::path::Path::new(&folder).join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if std::env::var("CORPORA").is_ok_and(|v| v == "required") => {
            panic!("CORPORA=required, and {} cannot be read: {error}", path.display())
        }
        Err(_) => {
            eprintln!("!! CORPUS MISSING: {} is not there, nothing was checked", path.display());
            None
        }
    }
}

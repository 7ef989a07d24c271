//! W001–W012, W017–W021, W025 and W026: addresses that a business gives us to call, as text.

use amb_bad_input::Row;
use amb_egress::{EndpointUrl, Policy, UrlFault};
use amb_support::corpora;

/// What the wall says of a URL: the code of its fault, or `accepted`.
fn verdict(url: &str) -> &'static str {
    let policy = Policy::production().with_own_url("https://api.msp.example.com/v1");
    EndpointUrl::parse(url, &policy).map_or_else(UrlFault::code, |_| "accepted")
}

fn each(row: &mut Row, code: &str, urls: &[&str]) {
    for url in urls {
        let found = verdict(url);
        row.holds(&format!("{url:?}: {code} is expected, {found} came"), found == code);
    }
}

fn hosts(row: &mut Row, code: &str, hosts: &[&str]) {
    for host in hosts {
        each(row, code, &[&format!("https://{host}/hook")]);
    }
}

/// Refused, whatever the reason.
fn refused(row: &mut Row, urls: &[&str]) {
    for url in urls {
        row.holds(url, verdict(url) != "accepted");
    }
}

#[test]
fn w001_http() {
    Row::run("W001", |row| each(row, "https_only", &["http://example.com/", "HTTP://example.com"]));
}

#[test]
fn w002_other_schemes() {
    Row::run("W002", |row| {
        each(
            row,
            "https_only",
            &[
                "file:///etc/passwd",
                "ftp://example.com/",
                "gopher://example.com/",
                "ws://example.com/",
                "data:text/html,x",
                "javascript:alert(1)",
                "unknown://example.com/",
            ],
        );
        each(
            row,
            "invalid",
            &["", "example.com", "//example.com/", "https:example.com", "https://"],
        );
    });
}

#[test]
fn w003_userinfo() {
    Row::run("W003", |row| {
        each(row, "userinfo", &["https://u:p@example.com/", "https://@example.com/"]);
    });
}

#[test]
fn w004_ports() {
    Row::run("W004", |row| {
        for port in [0, 22, 25, 80] {
            each(row, "port", &[&format!("https://example.com:{port}/")]);
        }
        for port in [443, 8443, 1024, 65_535] {
            each(row, "accepted", &[&format!("https://example.com:{port}/")]);
        }
        each(row, "invalid", &["https://example.com:65536/"]);
    });
}

#[test]
fn w005_a_fragment() {
    Row::run("W005", |row| {
        each(row, "fragment", &["https://example.com/#a", "https://example.com/#"]);
    });
}

#[test]
fn w006_a_url_of_2049_characters() {
    Row::run("W006", |row| {
        let fits = format!("https://example.com/{}", "a".repeat(2_028));
        each(row, "accepted", &[&fits]);
        each(row, "too_long", &[&format!("{fits}a"), &format!("{fits}{}", "a".repeat(1 << 20))]);
    });
}

#[test]
fn w007_a_public_address() {
    Row::run("W007", |row| hosts(row, "ip_literal", &["1.1.1.1", "93.184.216.34"]));
}

#[test]
fn w008_loopback_in_disguise() {
    Row::run("W008", |row| {
        hosts(
            row,
            "ip_literal",
            &[
                "127.1",
                "0177.0.0.1",
                "2130706433",
                "0x7f.1",
                "①②⑦.⓪.⓪.①",
                "127。0。0。1",
                "%31%32%37.0.0.1",
            ],
        );
    });
}

#[test]
fn w009_ipv6() {
    Row::run("W009", |row| {
        hosts(
            row,
            "ip_literal",
            &[
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[::127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "[2002:7f00:1::]",
                "[fe80::1]",
                "[fc00::1]",
                "[fec0::1]",
                "[::]",
            ],
        );
        refused(row, &["https://[fe80::1%25eth0]/", "https://[::1/"]);
    });
}

#[test]
fn w010_names_outside_the_public_dns() {
    Row::run("W010", |row| {
        hosts(
            row,
            "denied_name",
            &[
                "localhost",
                "localhost.",
                "LOCALHOST",
                "a.localhost",
                "x.local",
                "x.internal",
                "x.lan",
                "single",
                "metadata.google.internal",
            ],
        );
    });
}

#[test]
fn w011_services_of_the_cloud_behind_a_name() {
    Row::run("W011", |row| {
        let policy = Policy::production();
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.100.1",
            "100.100.100.200",
            "192.0.0.192",
            "fd00:ec2::254",
        ] {
            row.holds(address, !policy.permits(address.parse().unwrap()));
        }
    });
}

/// First and last address of each block that IANA names special (spec/reliability §6.4).
const SPECIAL: [(&str, &str); 35] = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
    ("::", "::"),
    ("::1", "::1"),
    ("::ffff:0:0", "::ffff:255.255.255.255"),
    ("::10.0.0.1", "::255.255.255.255"),
    ("64:ff9b::", "64:ff9b::ffff:ffff"),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
    ("100::", "100::ffff:ffff:ffff:ffff"),
    ("2001::", "2001::ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff"),
    ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("255.255.255.255", "255.255.255.255"),
    ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
];

#[test]
fn w012_special_blocks_behind_a_name() {
    Row::run("W012", |row| {
        let policy = Policy::production().with_ipv6();
        for (first, last) in SPECIAL {
            for address in [first, last] {
                row.holds(address, !policy.permits(address.parse().unwrap()));
            }
        }
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::6810:84e5"] {
            row.holds(address, policy.permits(address.parse().unwrap()));
        }
    });
}

#[test]
fn w017_two_readings_of_one_text() {
    Row::run("W017", |row| {
        each(row, "control_character", &[r"https://ok.com\@127.0.0.1/", r"https:\\ok.com\"]);
        each(row, "userinfo", &["https://127.0.0.1%2f@ok.com/", "https://a@127.0.0.1@b.com/"]);
    });
}

#[test]
fn w018_an_escaped_host() {
    Row::run("W018", |row| {
        let url = EndpointUrl::parse("https://ex%61mple.com", &Policy::production());
        row.holds("normalised", url.is_ok_and(|url| url.as_str() == "https://example.com/"));
        refused(
            row,
            &["https://ex%2fample.com/", "https://ex%00ample.com/", "https://ex%20ample.com/"],
        );
    });
}

#[test]
fn w019_invalid_international_names() {
    Row::run("W019", |row| {
        refused(
            row,
            &[
                "https://xn--example-.org/",
                "https://xn--/",
                "https://xn--a.com/",
                "https://\u{ad}/",
            ],
        );
    });
}

#[test]
fn w020_what_parsers_strip() {
    Row::run("W020", |row| {
        for c in ['\t', '\n', '\r', ' ', '\0', '\u{7f}', '\u{85}', '\u{a0}', '\u{2028}'] {
            each(
                row,
                "control_character",
                &[
                    &format!("{c}https://example.com/"),
                    &format!("https://exam{c}ple.com/"),
                    &format!("ht{c}tps://example.com/"),
                    &format!("https://example.com/{c}"),
                ],
            );
        }
    });
}

#[test]
fn w021_our_own_hosts() {
    Row::run("W021", |row| {
        hosts(
            row,
            "own_host",
            &["api.msp.example.com", "API.msp.example.com:8443", "a.api.msp.example.com"],
        );
        hosts(row, "accepted", &["msp.example.com", "otherapi.msp.example.com"]);
    });
}

#[test]
fn w025_the_web_platforms_url_tests() {
    let Some(bytes) = corpora::file("urltestdata.json") else { return };
    Row::run("W025", |row| {
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        let (mut seen, mut passed) = (0, 0);
        for case in cases.iter().filter(|case| case.is_object()) {
            seen += 1;
            let input = case["input"].as_str().unwrap();
            let Ok(url) = EndpointUrl::parse(input, &Policy::production()) else { continue };
            passed += 1;
            row.holds(input, case["failure"] != true && url.as_str().starts_with("https://"));
        }
        row.holds("there are hundreds", seen >= 800);
        row.holds("few are addresses to call", (1..100).contains(&passed));
    });
}

#[test]
fn w026_known_payloads() {
    Row::run("W026", |row| {
        refused(
            row,
            &[
                "http://169.254.169.254/latest/meta-data/",
                "https://[::]:25/",
                "https://0/",
                "https://127.127.127.127/",
                "https://[0:0:0:0:0:ffff:127.0.0.1]/",
                "https://localtest@127.0.0.1/",
                "https://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
                "https://127.0.0.1:11211:80/",
                "https://0x7f.0x0.0x0.0x1/",
                "https://2852039166/",
                "https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
                "jar:https://example.com!/",
                "ldap://localhost:11211/%0astats%0aquit",
                "dict://example.com:11211/",
            ],
        );
    });
}

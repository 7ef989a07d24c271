//! The forms of addresses, identifiers and numbers inside messages.

use std::net::Ipv4Addr;

/// An address that a browser opens with TLS: `https`, a host, no user, nothing that must be escaped.
pub(super) fn is_https(text: &str) -> bool {
    has_scheme(text, "https://") && is_address(text)
}

/// The same, or without TLS. Apple refuses neither, but an app's own scheme does not work.
pub(super) fn is_http(text: &str) -> bool {
    (has_scheme(text, "https://") || has_scheme(text, "http://")) && is_address(text)
}

/// An address of this machine, with or without TLS.
pub(super) fn is_this_machine(text: &str) -> bool {
    let host = host(text).filter(|_| is_http(text));
    host.is_some_and(|host| {
        host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|host| host.is_loopback())
    })
}

/// The host of an address, in lower case.
pub(super) fn host(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Printable ASCII.
pub(super) fn is_visible(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

/// The id of an upload: `upl_` and 26 of `a-z2-7`.
pub(super) fn is_upload_id(text: &str) -> bool {
    text.strip_prefix("upl_").is_some_and(|rest| {
        rest.len() == 26 && rest.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
    })
}

/// Ten capital letters and digits, as Apple gives them to a team of developers.
pub(super) fn is_team_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The bundle id of an extension: letters, digits, `-` and `.`.
pub(super) fn is_extension_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// Letters of a country code (ISO 3166 alpha-2).
pub(super) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|found| found.eq_ignore_ascii_case(scheme))
}

fn is_address(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    host(text).is_some()
        && !authority.contains('@')
        && (port.bytes().all(|b| b.is_ascii_digit()) || authority.ends_with(']'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"\\^`{|}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_host_and_without_a_user() {
        for good in [
            "https://shop.example",
            "HTTPS://shop.example:8443/p?q=1#f",
            "https://[::1]/",
            "https://bücher.example/ü",
        ] {
            assert!(is_https(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///p",
            "https://u:p@shop.example",
            "http://shop.example",
            "shop://open",
            "https://shop.example/a b",
            "https://shop.example\\@evil.example",
            "javascript:alert(1)",
            "https://:443/",
            "https://shop.example:x/",
            "ⓗttps://x",
        ] {
            assert!(!is_https(bad), "{bad}");
        }
        assert!(is_http("http://shop.example"));
        assert_eq!(host("https://Shop.Example:8443/p").as_deref(), Some("shop.example"));
    }

    #[test]
    fn this_machine_is_named_and_nothing_else_is_taken_for_it() {
        for own in ["http://127.0.0.1:4566/pay/x", "https://LOCALHOST/pay", "http://127.1.2.3"] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in [
            "http://shop.example",
            "http://127.0.0.1.shop.example/",
            "http://10.0.0.1/",
            "http://localhost@shop.example/",
            "ftp://127.0.0.1/",
            "127.0.0.1",
        ] {
            assert!(!is_this_machine(other), "{other}");
        }
    }

    #[test]
    fn ids_have_their_alphabets() {
        assert!(is_upload_id("upl_abcdefghijklmnopqrstuvwx27"));
        assert!(!is_upload_id("upl_abcdefghijklmnopqrstuvwx28"));
        assert!(!is_upload_id("upl_a"));
        assert!(is_team_id("ABCDE12345") && !is_team_id("abcde12345"));
        assert!(is_country("DE") && !is_country("de") && !is_country("DEU"));
    }
}

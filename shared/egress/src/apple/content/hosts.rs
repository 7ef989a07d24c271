//! Which hosts are Apple's.

use std::str::FromStr;

use crate::{EndpointUrl, Policy, policy};

/// The hosts that Apple's content store is looked for at: the names given, and what lies below them
/// (reliability F107). A message that names another host is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentHosts(Vec<String>);

/// A list of hosts with something in it that is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hosts are DNS names of two labels at least, or 127.0.0.1, with commas between them")]
pub struct HostsFault;

impl ContentHosts {
    /// Where Apple keeps content, as far as implementations have seen.
    pub const APPLE: &str = "icloud-content.com,icloud.com,apple.com";
    /// The longest link that is followed: Apple's carry signatures, and nothing limits them to what
    /// is enough for a webhook.
    const MAX_BYTES: usize = 8 * 1024;

    /// A link on one of these hosts, in the form that is called. The wall's rules for text hold too.
    pub(super) fn vet(&self, link: &str, policy: &Policy) -> Option<EndpointUrl> {
        let link = EndpointUrl::parse_within(link, policy, Self::MAX_BYTES).ok()?;
        let host = link.host();
        self.0.iter().any(|named| policy::is_same_or_below(host, named)).then_some(link)
    }
}

impl FromStr for ContentHosts {
    type Err = HostsFault;

    /// Reads `icloud-content.com,icloud.com`.
    fn from_str(list: &str) -> Result<Self, HostsFault> {
        let named = |host: &str| {
            let host = host.trim().to_ascii_lowercase();
            let plain = |label: &str| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            let sound = host.split('.').count() >= 2 && host.split('.').all(plain);
            sound.then_some(host).ok_or(HostsFault)
        };
        list.split(',').map(named).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apples() -> ContentHosts {
        ContentHosts::APPLE.parse().unwrap()
    }

    #[test]
    fn f107_the_hosts_named_and_those_below_them_are_apples() {
        for link in [
            "https://icloud-content.com/a",
            "https://p26-content.icloud.com/M0001.C01",
            "https://CVWS.iCloud-Content.com/B/x?o=1&e=2",
            "https://a.b.c.apple.com:443/x",
        ] {
            assert!(apples().vet(link, &Policy::production()).is_some(), "{link}");
        }
    }

    #[test]
    fn f107_m154_no_other_host_is_apples_however_it_is_spelled() {
        for link in [
            "https://example.com/M0001.C01",
            "https://evil-icloud.com/a",
            "https://notapple.com/a",
            "https://icloud.com.evil.example/a",
            "https://icloud-content.com@evil.example.com/a",
            "https://icloud-content.com:443@evil.example.com/a",
            "https://evil.example.com/icloud.com",
            "https://evil.example.com/?.icloud.com",
            "https://evil.example.com#.icloud.com",
            "https://evil.example.com\\.icloud.com/",
            "https://icloud.com./a",
            "https://icloud.com%2eevil.example/a",
            "https://com/a",
            "https://127.0.0.1/a",
            "https://10.0.0.1/a",
            "https://[::1]/a",
            "https://169.254.169.254/latest/meta-data",
            "http://icloud-content.com/a",
            "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
            "ftp://icloud.com/a",
            "file:///etc/passwd",
            "//icloud.com/a",
            "icloud.com/a",
            "https://icloud.com:22/a",
            "https://icloud.com/a b",
            "",
        ] {
            assert_eq!(apples().vet(link, &Policy::production()), None, "{link}");
        }
        let endless = format!("https://icloud.com/{}", "a".repeat(8 * 1024));
        assert_eq!(apples().vet(&endless, &Policy::production()), None);
        let long = format!("https://icloud.com/{}", "a".repeat(4 * 1024));
        assert!(apples().vet(&long, &Policy::production()).is_some());
    }

    #[test]
    fn f107_loopback_needs_the_policy_and_the_list() {
        let link = "http://127.0.0.1:4000/apple/content/download/t";
        let local: ContentHosts = "127.0.0.1".parse().unwrap();
        assert!(local.vet(link, &Policy::with_loopback()).is_some());
        assert_eq!(local.vet(link, &Policy::production()), None);
        assert_eq!(apples().vet(link, &Policy::with_loopback()), None);
        assert_eq!(local.vet("https://icloud.com/a", &Policy::with_loopback()), None);
        assert_eq!(local.vet("http://127.0.0.2/a", &Policy::with_loopback()), None);
    }

    #[test]
    fn a_list_of_hosts_is_names_and_commas() {
        let spaced: ContentHosts = " ICloud-Content.com, icloud.com ,apple.com".parse().unwrap();
        assert_eq!(spaced, apples());
        for list in [
            "",
            "com",
            ",icloud.com",
            "icloud.com,",
            ".icloud.com",
            "icloud.com.",
            "*.a.b",
            "https://icloud.com",
            "icloud.com:443",
            "icloud.com/a",
        ] {
            assert_eq!(list.parse::<ContentHosts>(), Err(HostsFault), "{list}");
        }
    }
}

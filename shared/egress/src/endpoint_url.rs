//! URLs that a business gives us to call.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};
use url::{Host, Url};

use crate::{Policy, policy::LOOPBACK_HOST};

/// A URL that passed the wall's rules for text, in the form that the parser wrote again.
///
/// Only this form is stored and called, so two parsers can never read two hosts from one text. The
/// name may still resolve to an address that is refused: that is decided when it is called.
///
/// `Debug` shows the origin only: paths and queries of webhook URLs often carry a token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EndpointUrl {
    url: Url,
}

/// Why a URL is refused. [`UrlFault::code`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlFault {
    /// A control character, a space or a backslash, which parsers drop or read in their own ways.
    #[error("a URL has no control character, space or backslash; percent-encode them")]
    ControlCharacter,
    /// A name that does not lie in the public DNS, such as `localhost` or `x.internal`.
    #[error("the host must be a public DNS name, without a final dot")]
    DeniedName,
    /// A `#`, which is never sent.
    #[error("a URL to call has no fragment")]
    Fragment,
    /// Not https.
    #[error("the URL must start with https://")]
    HttpsOnly,
    /// Not a URL at all.
    #[error("this is no valid URL")]
    Invalid,
    /// An address in place of a name, in any of its spellings.
    #[error("the host must be a DNS name, not an IP address")]
    IpLiteral,
    /// One of our own hosts.
    #[error("the URL points at this service itself")]
    OwnHost,
    /// A port that no web service for webhooks listens on.
    #[error("the port must be 443, 8443, or one from 1024 that no other protocol is known for")]
    Port,
    /// More than [`EndpointUrl::MAX_BYTES`].
    #[error("a URL has at most 2048 bytes")]
    TooLong,
    /// A name or password before the host.
    #[error("a URL to call has no user name or password")]
    Userinfo,
}

impl EndpointUrl {
    /// The longest URL, as given and as written again.
    pub const MAX_BYTES: usize = 2048;

    /// Vets a URL.
    pub fn parse(input: &str, policy: &Policy) -> Result<Self, UrlFault> {
        Self::parse_within(input, policy, Self::MAX_BYTES)
    }

    /// Vets a URL of this machine itself: what stands in for somebody else's server on the local stack.
    pub fn loopback(input: &str, policy: &Policy) -> Result<Self, UrlFault> {
        let url = Self::parse(input, policy)?;
        if policy.allows_loopback() && url.host() == LOOPBACK_HOST {
            Ok(url)
        } else {
            Err(UrlFault::DeniedName)
        }
    }

    /// Vets a URL that may have another length.
    pub(crate) fn parse_within(
        input: &str,
        policy: &Policy,
        max_bytes: usize,
    ) -> Result<Self, UrlFault> {
        vet_text(input, max_bytes)?;
        vet_raw_parts(input, policy)?;
        let url = Url::parse(input).map_err(|_unspecific| UrlFault::Invalid)?;
        vet_scheme_and_host(&url, policy)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFault::Userinfo);
        }
        if url.as_str().len() > max_bytes {
            return Err(UrlFault::TooLong);
        }
        Ok(Self { url })
    }

    /// The URL as it is stored and called.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host, lower case, international names in their ASCII form.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port that is connected to.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Scheme, host and port: what may be shown in a log line.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// This URL with a path segment more.
    pub(crate) fn below(&self, segment: &str) -> Self {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(segment);
        }
        Self { url }
    }

    pub(crate) fn to_url(&self) -> Url {
        self.url.clone()
    }
}

impl UrlFault {
    /// The stable code of this fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ControlCharacter => "control_character",
            Self::DeniedName => "denied_name",
            Self::Fragment => "fragment",
            Self::HttpsOnly => "https_only",
            Self::Invalid => "invalid",
            Self::IpLiteral => "ip_literal",
            Self::OwnHost => "own_host",
            Self::Port => "port",
            Self::TooLong => "too_long",
            Self::Userinfo => "userinfo",
        }
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({}/…)", self.origin())
    }
}

impl Serialize for EndpointUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What the text itself must keep, before a parser strips or rewrites it.
fn vet_text(input: &str, max_bytes: usize) -> Result<(), UrlFault> {
    if input.len() > max_bytes {
        return Err(UrlFault::TooLong);
    }
    if input.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(UrlFault::ControlCharacter);
    }
    if input.contains('#') {
        return Err(UrlFault::Fragment);
    }
    Ok(())
}

/// What the parser would forgive: missing or extra slashes, an empty user name.
fn vet_raw_parts(input: &str, policy: &Policy) -> Result<(), UrlFault> {
    let Some((scheme, rest)) = input.split_once(':') else { return Err(UrlFault::Invalid) };
    let https = scheme.eq_ignore_ascii_case("https");
    if !(https || scheme.eq_ignore_ascii_case("http") && policy.allows_loopback()) {
        return Err(UrlFault::HttpsOnly);
    }
    let after_slashes = rest.strip_prefix("//").ok_or(UrlFault::Invalid)?;
    let authority = after_slashes.split(['/', '?']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(UrlFault::Invalid);
    }
    if authority.contains('@') {
        return Err(UrlFault::Userinfo);
    }
    Ok(())
}

fn vet_scheme_and_host(url: &Url, policy: &Policy) -> Result<(), UrlFault> {
    match url.host() {
        Some(Host::Domain(name)) if url.scheme() == "https" => {
            vet_name(name)?;
            vet_port(url.port())?;
            let port = url.port_or_known_default();
            if policy.is_own(name, port) { Err(UrlFault::OwnHost) } else { Ok(()) }
        }
        Some(Host::Domain(_)) => Err(UrlFault::HttpsOnly),
        Some(Host::Ipv4(v4)) if policy.allows_loopback() && v4.to_string() == LOOPBACK_HOST => {
            let port = url.port_or_known_default();
            if policy.is_own(LOOPBACK_HOST, port) { Err(UrlFault::OwnHost) } else { Ok(()) }
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Err(UrlFault::IpLiteral),
        None => Err(UrlFault::Invalid),
    }
}

fn vet_name(name: &str) -> Result<(), UrlFault> {
    if name.len() > MAX_NAME {
        return Err(UrlFault::Invalid);
    }
    let labels: Vec<&str> = name.split('.').collect();
    let denied_suffix = DENIED_SUFFIXES.iter().any(|denied| {
        name == *denied || name.strip_suffix(denied).is_some_and(|r| r.ends_with('.'))
    });
    if name.ends_with('.') || labels.len() < 2 || denied_suffix || labels.contains(&"localhost") {
        return Err(UrlFault::DeniedName);
    }
    let well_formed = |label: &&str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    // No top-level domain begins with a digit (RFC 3696, section 2); some resolvers read such a name
    // as an address.
    let top_is_a_word =
        labels.last().is_some_and(|top| top.starts_with(|c: char| c.is_alphabetic()));
    if top_is_a_word && labels.iter().all(well_formed) { Ok(()) } else { Err(UrlFault::Invalid) }
}

fn vet_port(port: Option<u16>) -> Result<(), UrlFault> {
    match port {
        None | Some(443 | 8443) => Ok(()),
        Some(port) if port >= 1024 && !DENIED_PORTS.contains(&port) => Ok(()),
        Some(_) => Err(UrlFault::Port),
    }
}

/// RFC 1035, section 2.3.4, in the presentation form without the root's dot.
const MAX_NAME: usize = 253;
/// RFC 1035, section 2.3.4.
const MAX_LABEL: usize = 63;

/// Names outside the public DNS: RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's `internal`, and
/// what networks use without asking.
const DENIED_SUFFIXES: [&str; 13] = [
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// Ports from 1024 up that another protocol is known for: those that browsers block (WHATWG Fetch,
/// "bad port"), databases and caches, the Lambda runtime API (9001) and the X-Ray daemon (2000).
const DENIED_PORTS: [u16; 29] = [
    1433, 1719, 1720, 1723, 2000, 2049, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5900, 6000,
    6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9001, 10080, 11211, 27017,
];

impl FromStr for EndpointUrl {
    type Err = UrlFault;

    /// Vets a URL under the production policy.
    fn from_str(input: &str) -> Result<Self, UrlFault> {
        Self::parse(input, &Policy::production())
    }
}

#[cfg(test)]
mod tests;

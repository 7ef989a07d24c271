//! Why a call got no answer.

use std::{error::Error, io};

use crate::resolver::ResolveFault;

/// Why a call got no answer. [`CallError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The wall refused the address: not globally routable, or IPv6 only.
    #[error("the address may not be called")]
    Blocked,
    /// Nobody took the connection.
    #[error("the connection was refused or broke while it was made")]
    Connect,
    /// The name has no address, or nobody could say.
    #[error("the name could not be resolved")]
    Dns,
    /// The request was sent and the connection broke before the answer's headers were there.
    #[error("the connection broke before the answer was there")]
    Lost,
    /// The client could not be built: the system has no readable trust roots.
    #[error("the HTTP client could not be built")]
    NoClient {
        /// What went wrong underneath.
        #[source]
        source: reqwest::Error,
    },
    /// What came back is not HTTP, or its headers are too many or too large.
    #[error("the answer was not HTTP, or its headers were too large")]
    Protocol,
    /// TLS could not be agreed.
    #[error("TLS could not be agreed: {0}")]
    Tls(TlsFault),
    /// A phase took too long.
    #[error("no answer in time: {0}")]
    Timeout(Phase),
}

/// The phase that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Phase {
    /// The name.
    #[error("the name was not resolved")]
    Dns,
    /// The connection, TLS included.
    #[error("no connection")]
    Connect,
    /// The answer's status line and headers.
    #[error("no headers")]
    Headers,
    /// The call as a whole.
    #[error("the call as a whole")]
    Total,
}

/// What was wrong with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TlsFault {
    /// The certificate is expired, or not valid yet.
    #[error("the certificate is expired or not valid yet")]
    Expired,
    /// The certificate is for another name.
    #[error("the certificate is for another name")]
    WrongName,
    /// The certificate does not lead to a trusted root.
    #[error("the certificate is not trusted")]
    Untrusted,
    /// No common version or cipher (we speak TLS 1.2 and 1.3 with ECDHE and AEAD only), or not TLS.
    #[error("no common version or cipher, or not TLS at all")]
    Handshake,
}

impl CallError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Connect => "connect_failed",
            Self::Dns => "dns_failed",
            Self::Lost => "answer_lost",
            Self::NoClient { .. } => "no_client",
            Self::Protocol => "bad_answer",
            Self::Tls(TlsFault::Expired) => "tls_expired",
            Self::Tls(TlsFault::WrongName) => "tls_wrong_name",
            Self::Tls(TlsFault::Untrusted) => "tls_untrusted",
            Self::Tls(TlsFault::Handshake) => "tls_handshake",
            Self::Timeout(Phase::Dns) => "timeout_dns",
            Self::Timeout(Phase::Connect) => "timeout_connect",
            Self::Timeout(Phase::Headers) => "timeout_headers",
            Self::Timeout(Phase::Total) => "timeout_total",
        }
    }
}

/// Reads what went wrong out of the client's chain of errors.
pub(crate) fn classify(error: &reqwest::Error) -> CallError {
    if let Some(fault) = find::<ResolveFault>(error) {
        return match fault {
            ResolveFault::NotGlobal | ResolveFault::Ipv6Only => CallError::Blocked,
            ResolveFault::NoAddress | ResolveFault::Lookup(_) => CallError::Dns,
            ResolveFault::TooSlow => CallError::Timeout(Phase::Dns),
        };
    }
    if let Some(fault) = find::<rustls::Error>(error) {
        return CallError::Tls(tls_fault(fault));
    }
    if error.is_connect() {
        return CallError::Connect;
    }
    match find::<hyper::Error>(error) {
        Some(fault) if fault.is_parse() => CallError::Protocol,
        _ => CallError::Lost,
    }
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(fault) => match fault {
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => TlsFault::Expired,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                TlsFault::WrongName
            }
            _ => TlsFault::Untrusted,
        },
        rustls::Error::NoCertificatesPresented => TlsFault::Untrusted,
        _ => TlsFault::Handshake,
    }
}

/// The first error of this type in the chain. An `io::Error` hides the one it wraps from
/// `Error::source`, so it is looked into.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = wrapped.and_then(|inner| find::<T>(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

//! How the gateway is told which file is meant.

use std::str::FromStr;

use amb_protocol::id::BusinessId;
use amb_service::port::{ContentError, Reference};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The names of the headers that `/preDownload` and `/preUpload` are asked with. Apple's documents
/// have one set, its samples the other; the gateway has been seen to take both
/// (spec/apple-protocol §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentHeaders {
    /// `url`, `signature`, `owner`, `size`
    #[default]
    Plain,
    /// `MMCS-Url`, `MMCS-Signature`, `MMCS-Owner`, `MMCS-Size`
    Mmcs,
}

/// A word that is no [`ContentHeaders`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("headers are `plain` or `mmcs`")]
pub struct HeadersFault;

impl ContentHeaders {
    pub(super) fn reference(
        self,
        reference: &Reference<'_>,
        headers: &mut HeaderMap,
    ) -> Result<(), ContentError> {
        let [url, signature, owner] = match self {
            Self::Plain => ["url", "signature", "owner"],
            Self::Mmcs => ["mmcs-url", "mmcs-signature", "mmcs-owner"],
        };
        add_business(reference.business, headers)?;
        add(url, reference.url, headers)?;
        add(signature, reference.signature, headers)?;
        add(owner, reference.owner, headers)
    }

    pub(super) fn size(
        self,
        business: &BusinessId,
        size: u64,
        headers: &mut HeaderMap,
    ) -> Result<(), ContentError> {
        let name = match self {
            Self::Plain => "size",
            Self::Mmcs => "mmcs-size",
        };
        add_business(business, headers)?;
        headers.insert(HeaderName::from_static(name), size.into());
        Ok(())
    }
}

impl FromStr for ContentHeaders {
    type Err = HeadersFault;

    fn from_str(word: &str) -> Result<Self, HeadersFault> {
        match word {
            "plain" => Ok(Self::Plain),
            "mmcs" => Ok(Self::Mmcs),
            _ => Err(HeadersFault),
        }
    }
}

pub(super) fn add_business(
    business: &BusinessId,
    headers: &mut HeaderMap,
) -> Result<(), ContentError> {
    add("source-id", business.as_str(), headers)
}

/// A value from a customer's message may be one that no header can carry: Apple would say 400.
pub(super) fn add(
    name: &'static str,
    value: &str,
    headers: &mut HeaderMap,
) -> Result<(), ContentError> {
    let value = HeaderValue::from_str(value).map_err(|_unfit| ContentError::Refused(400))?;
    headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

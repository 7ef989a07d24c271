//! What lies in the store, and who may put or get what.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};

use super::blob::Blob;
use crate::host;
use crate::model::ContentSettings;

/// Everything in Apple's content store.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The store's own address.
    base: String,
    /// Uploads that are announced and not yet complete, by the secret part of their address.
    pub(super) uploads: BTreeMap<String, Upload>,
    /// By `mmcs-url`.
    objects: BTreeMap<String, Object>,
    /// By the secret part of their address.
    pub(super) downloads: BTreeMap<String, Download>,
    /// Pictures and films that customers' phones have named so far.
    pub(crate) named: u32,
}

/// A file that may be put.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) size: u64,
    pub(super) url: String,
    pub(super) owner: String,
}

/// A file, encrypted.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) url: String,
    pub(crate) owner: String,
    pub(crate) signature: [u8; 21],
    pub(crate) blob: Arc<Blob>,
    /// Since when, in milliseconds since 1970.
    pub(super) at: u64,
    /// Whose phone put it.
    pub(crate) customer: Option<String>,
}

/// An address that gives a file for a while.
#[derive(Debug, Clone)]
pub(super) struct Download {
    pub(super) object: Object,
    /// Since when, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) used: bool,
}

impl Content {
    /// The store of the simulator at `url`.
    pub(crate) fn at(url: &str) -> Self {
        Self { base: format!("{url}/apple/content"), ..Self::default() }
    }

    /// An `mmcs-url` and its `mmcs-owner`. Nobody gets anything there: it is a name.
    pub(super) fn new_place(&self) -> (String, String) {
        let owner = format!("M{}.C01", HEXLOWER.encode(&host::random_bytes::<8>()));
        (format!("{}/{owner}", self.base), owner)
    }

    /// A file of a customer's, or what a phone puts for them.
    pub(crate) fn put(&mut self, customer: &str, stored: (Blob, [u8; 21])) -> Object {
        let (url, owner) = self.new_place();
        let object = Object::new(url, owner, stored, Some(customer.to_owned()));
        self.keep(object.clone());
        object
    }

    pub(super) fn keep(&mut self, object: Object) {
        self.objects.insert(object.url.clone(), object);
    }

    /// What was ever put there: phones keep their files longer than the store does.
    pub(crate) fn find(&self, url: &str) -> Option<&Object> {
        self.objects.get(url)
    }
}

impl Object {
    pub(super) fn new(
        url: String,
        owner: String,
        (blob, signature): (Blob, [u8; 21]),
        customer: Option<String>,
    ) -> Self {
        Self { url, owner, signature, blob: Arc::new(blob), at: host::now_ms(), customer }
    }

    /// The store has it no more.
    pub(super) fn has_expired(&self, settings: &ContentSettings) -> bool {
        host::now_ms().saturating_sub(self.at) > settings.object_life_ms
    }

    pub(crate) fn size(&self) -> u64 {
        self.blob.length()
    }

    /// The signature as messages of old carry it.
    pub(crate) fn hex(&self) -> String {
        HEXLOWER.encode(&self.signature)
    }

    /// The signature as `/preDownload` wants it.
    pub(crate) fn base64(&self) -> String {
        BASE64.encode(&self.signature)
    }
}

/// The secret part of an address.
pub(super) fn new_ticket() -> String {
    HEXLOWER.encode(&host::random_bytes::<16>())
}

//! From a token's leaf to a pinned root.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use cms::cert::IssuerAndSerialNumber;
use x509_cert::Certificate;
use x509_cert::der::{Encode, Tag, Tagged, asn1};

use super::certificate::{Pair, PublicKey, is_issued_by, may_issue, may_sign, validity};
use super::root::Root;
use super::{TokenFault, sha256};

/// As many as Apple ever had in use at once, and some.
const KEPT: usize = 16;

/// A leaf that leads to a root. Whether it does so today is asked each time.
pub(super) struct Chain {
    /// The leaf's key.
    pub(super) key: PublicKey,
    /// What a signer calls the leaf by.
    pub(super) leaf: IssuerAndSerialNumber,
    /// The leaf is Apple's for the sandbox.
    pub(super) sandbox: bool,
    /// When all three certificates are valid.
    valid: (i64, i64),
}

impl Chain {
    fn new(pair: &Pair<'_>, roots: &[Root]) -> Option<Self> {
        let Pair { leaf, intermediate } = pair;
        let root = roots.iter().find(|root| is_issued_by(intermediate, &root.name, &root.key))?;
        let issuer = intermediate.tbs_certificate();
        let issuer_key = PublicKey::of(intermediate)?;
        let fits = may_issue(intermediate)
            && is_issued_by(leaf, issuer.subject(), &issuer_key)
            && may_sign(leaf);
        let windows = [root.validity, validity(intermediate), validity(leaf)];
        fits.then(|| {
            Some(Self {
                key: PublicKey::of(leaf)?,
                leaf: IssuerAndSerialNumber {
                    issuer: leaf.tbs_certificate().issuer().clone(),
                    serial_number: leaf.tbs_certificate().serial_number().clone(),
                },
                sandbox: is_for_sandbox(leaf),
                valid: windows.into_iter().fold((i64::MIN, i64::MAX), |(from, to), window| {
                    (from.max(window.0), to.min(window.1))
                }),
            })
        })?
    }

    pub(super) fn holds_at(&self, now: i64) -> bool {
        (self.valid.0..=self.valid.1).contains(&now)
    }
}

/// Apple names its leaves `…-PROD` and `…-SANDBOX`; both lead to the same root.
fn is_for_sandbox(leaf: &Certificate) -> bool {
    let mut names = leaf.tbs_certificate().subject().iter();
    names.any(|name| {
        let common = name.oid == COMMON_NAME;
        let text = matches!(name.value.tag(), Tag::Utf8String | Tag::PrintableString);
        common && text && name.value.value().ends_with(b"-SANDBOX")
    })
}

const COMMON_NAME: asn1::ObjectIdentifier = asn1::ObjectIdentifier::new_unwrap("2.5.4.3");

/// Chains that were found good, by the hash of both certificates: the signature over the intermediate
/// (P-384) is most of a verification, and Apple changes its certificates a few times a year. Only what
/// leads to a root is kept, so nobody else can fill it.
#[derive(Default)]
pub(super) struct Chains(Mutex<VecDeque<([u8; 32], Arc<Chain>)>>);

impl Chains {
    pub(super) fn find(&self, pair: &Pair<'_>, roots: &[Root]) -> Result<Arc<Chain>, TokenFault> {
        let name = name_of(pair).ok_or(TokenFault::Cms)?;
        let known = self.lock().iter().find(|(known, _)| *known == name).map(|(_, c)| c.clone());
        if let Some(chain) = known {
            return Ok(chain);
        }
        let chain = Arc::new(Chain::new(pair, roots).ok_or(TokenFault::Chain)?);
        let mut kept = self.lock();
        kept.truncate(KEPT - 1);
        kept.push_front((name, chain.clone()));
        Ok(chain)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<([u8; 32], Arc<Chain>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name_of(pair: &Pair<'_>) -> Option<[u8; 32]> {
    let intermediate = sha256(&pair.intermediate.to_der().ok()?);
    let leaf = sha256(&pair.leaf.to_der().ok()?);
    Some(sha256(&[intermediate, leaf].concat()))
}

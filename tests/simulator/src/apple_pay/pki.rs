//! Keys and certificates like Apple's.

use std::fmt;

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use p256::pkcs8::EncodePrivateKey;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SerialNumber, SigningKey,
    date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;

use super::{MintError, der};

/// What marks a leaf that signs tokens.
const LEAF: [u64; 7] = [1, 2, 840, 113_635, 100, 6, 29];
/// What marks the intermediate above it.
const INTERMEDIATE: [u64; 8] = [1, 2, 840, 113_635, 100, 6, 2, 14];

/// The keys and certificates that tokens are made with. The same seed gives the same keys, so that a
/// simulator that starts again is still believed.
pub struct TokenPki {
    seed: String,
    root: String,
    /// Leaf and intermediate, DER.
    pub(super) certificates: [Vec<u8>; 2],
    /// What the leaf is called by: its issuer's name and its serial number, DER.
    pub(super) leaf_name: Vec<u8>,
    leaf: KeyPair,
}

impl fmt::Debug for TokenPki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPki").finish_non_exhaustive()
    }
}

impl TokenPki {
    /// Makes them, for Apple's production.
    pub fn new(seed: &str) -> Result<Self, MintError> {
        Self::with_leaf(seed, "ecc-smp-broker-sign_UC4-PROD")
    }

    /// Makes them, for Apple's sandbox: the same root, a leaf of another name.
    pub fn sandbox(seed: &str) -> Result<Self, MintError> {
        Self::with_leaf(seed, "ecc-smp-broker-sign_UC4-SANDBOX")
    }

    fn with_leaf(seed: &str, leaf_name: &str) -> Result<Self, MintError> {
        let root_key = p384_key(seed, "root")?;
        let root_params = params("Played Root CA - G3", 1, true, None);
        let root = root_params.self_signed(&root_key)?;
        let root_issuer = Issuer::new(root_params, root_key);

        let middle_key = p256_key(seed, "intermediate")?;
        let name = "Played Application Integration CA - G3";
        let middle_params = params(name, 2, true, Some(&INTERMEDIATE));
        let middle = middle_params.signed_by(&middle_key, &root_issuer)?;
        let middle_issuer = Issuer::new(middle_params, middle_key);

        let leaf_key = p256_key(seed, leaf_name)?;
        let leaf_params = params(leaf_name, 3, false, Some(&LEAF));
        let leaf = leaf_params.signed_by(&leaf_key, &middle_issuer)?;
        let (leaf, middle) = (leaf.der().to_vec(), middle.der().to_vec());
        Ok(Self {
            seed: seed.to_owned(),
            root: root.pem(),
            leaf_name: issuer_and_serial(&leaf)
                .ok_or(MintError::Seal("the leaf cannot be read"))?,
            certificates: [leaf, middle],
            leaf: leaf_key,
        })
    }

    /// The root that has to be believed, PEM.
    pub fn root_pem(&self) -> &str {
        &self.root
    }

    /// The payment processing key of a merchant, PEM (PKCS#8): what decrypt mode needs.
    pub fn processing_key_pem(&self, merchant: &str) -> Result<String, MintError> {
        Ok(self.processing_key(merchant)?.serialize_pem())
    }

    pub(super) fn processing_key(&self, merchant: &str) -> Result<KeyPair, MintError> {
        p256_key(&self.seed, &format!("processing|{merchant}"))
    }

    /// The leaf's signature, DER.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, MintError> {
        Ok(self.leaf.sign(bytes)?)
    }
}

fn params(name: &str, serial: u64, is_ca: bool, marker: Option<&[u64]>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "Played Apple Inc.");
    params.distinguished_name.push(DnType::CountryName, "US");
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2044, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]
    } else {
        params.is_ca = IsCa::ExplicitNoCa;
        vec![KeyUsagePurpose::DigitalSignature]
    };
    // NULL: that it is there is all it says.
    let null = |oid: &[u64]| CustomExtension::from_oid_content(oid, vec![5, 0]);
    params.custom_extensions = marker.map(null).into_iter().collect();
    params
}

fn p256_key(seed: &str, label: &str) -> Result<KeyPair, MintError> {
    let scalar = digest(&SHA256, format!("{seed}|{label}").as_bytes());
    let key = p256::SecretKey::from_slice(scalar.as_ref())
        .ok()
        .and_then(|key| key.to_pkcs8_der().ok())
        .ok_or(MintError::Seal("the seed makes no key"))?;
    let key = PrivatePkcs8KeyDer::from(key.as_bytes());
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)?)
}

fn p384_key(seed: &str, label: &str) -> Result<KeyPair, MintError> {
    let scalar = digest(&SHA384, format!("{seed}|{label}").as_bytes());
    let key = p384::SecretKey::from_slice(scalar.as_ref())
        .ok()
        .and_then(|key| key.to_pkcs8_der().ok())
        .ok_or(MintError::Seal("the seed makes no key"))?;
    let key = PrivatePkcs8KeyDer::from(key.as_bytes());
    Ok(KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P384_SHA384)?)
}

/// `IssuerAndSerialNumber` of a certificate: a `SEQUENCE` of its fourth and its second field.
fn issuer_and_serial(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate, _) = der::split(certificate)?;
    let (_, tbs, _) = der::split(certificate)?;
    let (_version, _, tbs) = der::split(tbs)?;
    let (serial, _, tbs) = der::split(tbs)?;
    let (_algorithm, _, tbs) = der::split(tbs)?;
    let (issuer, _, _) = der::split(tbs)?;
    Some(der::element(0x30, &[issuer, serial]))
}

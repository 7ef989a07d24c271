//! Who may ask for sessions: an authority made at the start, the server's own certificate, and Merchant
//! Identity Certificates, which name their merchant as Apple's do (user id in the subject).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

use crate::model::MerchantIdentity;

/// `userId`, by which Apple's certificates name their merchant (RFC 4519).
const USER_ID: [u64; 7] = [0, 9, 2342, 19_200_300, 100, 1, 1];

/// The authority behind both ends of the connection.
pub(crate) struct Authority {
    certificate: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// One could not be made.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The server's own cannot be used.
    #[error("the session server cannot use its certificate")]
    Server(#[from] rustls::Error),
    /// Nor can the authority's.
    #[error("the session server cannot check merchants")]
    Clients(#[from] rustls::server::VerifierBuilderError),
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    pub(crate) fn new() -> Result<Self, PkiError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = named("Sample Payment Session CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2039, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            certificate: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority's certificate, PEM: whoever calls the session server trusts it.
    pub(crate) fn pem(&self) -> &str {
        &self.certificate
    }

    /// A Merchant Identity Certificate with its key.
    pub(crate) fn identity(&self, merchant: &str) -> Result<MerchantIdentity, PkiError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = named(&format!("Apple Pay Merchant Identity:{merchant}"));
        params.distinguished_name.push(DnType::from_oid(&USER_ID), merchant);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2028, 2, 1);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(MerchantIdentity {
            merchant_identifier: merchant.to_owned(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            processing_key: String::new(),
            fingerprint: fingerprint(certificate.der()),
        })
    }

    /// What the session server needs: its certificate, and that callers must have one.
    pub(crate) fn server(&self) -> Result<Arc<rustls::ServerConfig>, PkiError> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named("apple-pay-gateway.apple.com, played");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2028, 2, 1);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));

        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()?;
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate, self.der.clone()], key)?;
        Ok(Arc::new(config))
    }
}

/// SHA-256 of a certificate, by which the server knows whose it is.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    data_encoding::HEXLOWER.encode(digest(&SHA256, certificate).as_ref())
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

//! The envelope around Apple's signature.

use cms::{
    cert::CertificateChoices,
    content_info::ContentInfo,
    signed_data::{SignedData, SignerInfo},
};
use x509_cert::Certificate;
use x509_cert::der::{Decode, EncodingRules, asn1::ObjectIdentifier};

use super::TokenFault;

/// `id-data`: what Apple says it signed.
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// A `SignedData`, taken apart: detached, one signer.
pub(super) struct Envelope {
    pub(super) certificates: Vec<Certificate>,
    pub(super) signer: SignerInfo,
    /// What the signer must call the content, too (RFC 5652, 5.3).
    pub(super) content_type: ObjectIdentifier,
}

impl Envelope {
    /// Reads BER: every genuine token seen has indefinite lengths, and DER is BER as well.
    pub(super) fn read(ber: &[u8]) -> Result<Self, TokenFault> {
        let info = ContentInfo::from_ber(ber).map_err(|_no_cms| TokenFault::Cms)?;
        if info.content_type != SIGNED_DATA {
            return Err(TokenFault::Cms);
        }
        let signed: SignedData = info
            .content
            .decode_as_encoding(EncodingRules::Ber)
            .map_err(|_no_signed_data| TokenFault::Cms)?;
        if signed.encap_content_info.econtent.is_some() {
            return Err(TokenFault::NotDetached);
        }
        let [signer] = signed.signer_infos.0.as_slice() else {
            return Err(TokenFault::SignerCount);
        };
        let certificates = signed.certificates.iter().flat_map(|set| set.0.iter());
        let certificates: Option<_> = certificates.map(plain).collect();
        Ok(Self {
            signer: signer.clone(),
            certificates: certificates.ok_or(TokenFault::CertificateCount)?,
            content_type: signed.encap_content_info.econtent_type,
        })
    }
}

fn plain(choice: &CertificateChoices) -> Option<Certificate> {
    match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
        CertificateChoices::Other(_) => None,
    }
}

//! What is wrong with a token.

/// Why a token is refused. The device is told a plain failure; the code is for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the payment token is refused: {}", self.code())]
pub enum TokenFault {
    /// Not the JSON of a token: a member is missing, is of another type, not base64, not hex, too long.
    Format,
    /// Another version than `EC_v1`.
    Version,
    /// The device names one transaction, the signed part another.
    TransactionId,
    /// The signature is no CMS, or something follows it.
    Cms,
    /// The signature carries content; Apple's is detached.
    NotDetached,
    /// Not exactly one signer.
    SignerCount,
    /// Not exactly one certificate with the leaf's marker.
    LeafMarker,
    /// Not exactly one certificate with the intermediate's marker.
    IntermediateMarker,
    /// A certificate too many.
    CertificateCount,
    /// The certificates do not lead to Apple's root.
    Chain,
    /// They do, but not today.
    Expired,
    /// The signer is not the leaf.
    Signer,
    /// Another digest or signature than SHA-256 and ECDSA.
    Algorithm,
    /// The signature is not of this content.
    Signature,
    /// No signing time.
    SigningTimeMissing,
    /// More than one signing time.
    SigningTimeAmbiguous,
    /// Signed too long ago.
    Stale,
    /// Signed in the future.
    Future,
    /// Signed for Apple's sandbox, and this is not one.
    Sandbox,
    /// The ephemeral key is no point of P-256.
    EphemeralKey,
    /// The token is for a key that we do not hold.
    KeyNotFound,
    /// The key does not open it.
    Decrypt,
    /// It opened, and what is inside is no card.
    Plaintext,
    /// EMV, or another kind of data than was offered.
    PaymentDataType,
    /// The customer agreed to another currency.
    Currency,
    /// The customer agreed to another amount.
    Amount,
    /// It was used before, for another payment. Found by whoever keeps the claims, never here.
    Replay,
}

impl TokenFault {
    /// The word in the journal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "token_format",
            Self::Version => "version_unsupported",
            Self::TransactionId => "transaction_id_mismatch",
            Self::Cms => "cms_malformed",
            Self::NotDetached => "not_detached",
            Self::SignerCount => "signer_count",
            Self::LeafMarker => "leaf_oid",
            Self::IntermediateMarker => "intermediate_oid",
            Self::CertificateCount => "certificate_count",
            Self::Chain => "chain_untrusted",
            Self::Expired => "certificate_expired",
            Self::Signer => "signer_mismatch",
            Self::Algorithm => "signature_algorithm",
            Self::Signature => "signature_invalid",
            Self::SigningTimeMissing => "signing_time_missing",
            Self::SigningTimeAmbiguous => "signing_time_ambiguous",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Sandbox => "sandbox_in_production",
            Self::EphemeralKey => "ephemeral_key",
            Self::KeyNotFound => "key_not_found",
            Self::Decrypt => "decrypt_failed",
            Self::Plaintext => "plaintext_invalid",
            Self::PaymentDataType => "payment_data_type",
            Self::Currency => "currency_mismatch",
            Self::Amount => "amount_mismatch",
            Self::Replay => "replay",
        }
    }
}

//! The signature by which Apple's content store knows a file.

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

const LENGTH: usize = 21;

/// 21 bytes: a kind (`0x81` or `0x01`) and 20 bytes of checksum. Messages carry them in hex, in
/// base64 or in both; `/preDownload` wants base64. Hex text is itself valid base64, of other bytes:
/// each form is read by its own function only. Source: Apple, MSP FAQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; LENGTH]);

impl Signature {
    /// Reads `signature` or `mmcs-signature-hex`: 42 hex digits, either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Reads `signature-base64` or an upload's `fileChecksum`: 28 characters.
    pub fn from_base64(text: &str) -> Option<Self> {
        BASE64.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// As `signature` has it, in lower case.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// As `/preDownload` and `signature-base64` have it.
    pub fn base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "819f86d081884c7d659a2feaa0c55ad015a3bf4f1b";

    #[test]
    fn either_form_makes_the_other() {
        let signature = Signature::from_hex(HEX).unwrap();
        assert_eq!(signature, Signature::from_hex(&HEX.to_uppercase()).unwrap());
        assert_eq!(signature.base64(), "gZ+G0IGITH1lmi/qoMVa0BWjv08b");
        assert_eq!(Signature::from_base64("gZ+G0IGITH1lmi/qoMVa0BWjv08b").unwrap().hex(), HEX);
    }

    #[test]
    fn one_form_is_never_taken_for_the_other() {
        assert_eq!(Signature::from_base64(HEX), None);
        assert_eq!(Signature::from_hex("gZ+G0IGITH1lmi/qoMVa0BWjv08b"), None);
        // Hex of 14 bytes has 28 characters and is base64 of 21 bytes: nothing tells them apart, so
        // only hex of 21 bytes is a signature.
        assert_eq!(Signature::from_hex("819f86d081884c7d659a2feaa0c5"), None);
        assert_eq!(Signature::from_hex(""), None);
    }
}

//! Tokens that somebody tampered with. Whatever is done to the bytes: no panic, and what is still
//! accepted is the same transaction.

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use p256::ecdsa::Signature;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use x509_cert::der::asn1::{Any, OctetString, SetOfVec};
use x509_cert::der::{Decode, Encode, EncodingRules};

use super::vectors::{Set, Vector};
use crate::apple_pay::token::{Environment, PaymentToken, TokenFault, Verified, Verifier, decrypt};

struct Bench {
    set: Set,
    verifier: Verifier,
    vector: Vector,
}

impl Bench {
    fn with(id: &str) -> Self {
        let set = Set::own();
        Self { verifier: set.verifier(Environment::Production), vector: set.vector(id), set }
    }

    fn token(&self) -> Value {
        self.vector.token().clone()
    }

    fn verify(&self, token: &Value) -> Result<Verified, TokenFault> {
        self.verifier.verify(&PaymentToken::read(&token.to_string())?, self.vector.now())
    }

    fn fault(&self, token: &Value) -> Option<TokenFault> {
        self.verify(token).err()
    }

    /// The token with another signature.
    fn signed(&self, cms: &[u8]) -> Value {
        let mut token = self.token();
        token["paymentData"]["signature"] = json!(BASE64.encode(cms));
        token
    }

    fn cms(&self) -> Vec<u8> {
        BASE64
            .decode(self.token()["paymentData"]["signature"].as_str().unwrap().as_bytes())
            .unwrap()
    }

    /// The token with its signature taken apart, changed, and written in DER.
    fn changed(&self, change: impl FnOnce(&mut SignedData)) -> Value {
        let mut info = ContentInfo::from_ber(&self.cms()).unwrap();
        let mut signed: SignedData = info.content.decode_as_encoding(EncodingRules::Ber).unwrap();
        change(&mut signed);
        info.content = Any::encode_from(&signed).unwrap();
        self.signed(&info.to_der().unwrap())
    }
}

fn with(token: &Value, pointer: &str, value: Value) -> Value {
    let mut token = token.clone();
    *token.pointer_mut(pointer).unwrap() = value;
    token
}

fn without(token: &Value, pointer: &str, name: &str) -> Value {
    let mut token = token.clone();
    token.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
    token
}

#[test]
fn p008_another_version_is_refused_as_that() {
    let bench = Bench::with("a01-valid-ber");
    let token = bench.token();
    for version in [json!("RSA_v1"), json!("EC_v2"), json!("ec_v1"), json!(1), json!(null)] {
        let token = with(&token, "/paymentData/version", version);
        assert_eq!(bench.fault(&token), Some(TokenFault::Version));
    }
    let token = without(&token, "/paymentData", "version");
    assert_eq!(bench.fault(&token), Some(TokenFault::Version));
}

#[test]
fn p009_data_that_is_not_base64_or_nothing_or_too_much_is_no_token() {
    let bench = Bench::with("a01-valid-ber");
    for data in [
        json!("!"),
        json!("AAA"),
        json!("AA==\n"),
        json!(""),
        json!(7),
        json!("AAAAAAAAAAAAAAAAAAAAAA=="),
    ] {
        let token = with(&bench.token(), "/paymentData/data", data);
        assert_eq!(bench.fault(&token), Some(TokenFault::Format));
    }
    let large = json!(BASE64.encode(&vec![0; 1 << 20]));
    let token = with(&bench.token(), "/paymentData/data", large);
    assert_eq!(bench.fault(&token), Some(TokenFault::Format));
}

#[test]
fn p008_every_member_is_needed_and_has_its_type() {
    let bench = Bench::with("a04-valid-application-data");
    let token = bench.token();
    for (pointer, name) in [
        ("", "transactionIdentifier"),
        ("", "paymentData"),
        ("/paymentData", "data"),
        ("/paymentData", "signature"),
        ("/paymentData", "header"),
        ("/paymentData/header", "ephemeralPublicKey"),
        ("/paymentData/header", "publicKeyHash"),
        ("/paymentData/header", "transactionId"),
    ] {
        assert_eq!(
            bench.fault(&without(&token, pointer, name)),
            Some(TokenFault::Format),
            "{name}"
        );
        for value in [json!(null), json!(0), json!([]), json!(""), json!("é")] {
            // A text where the device's own transaction id stands is read, and is another one.
            let other = name == "transactionIdentifier" && value.is_string();
            let wanted = if other { TokenFault::TransactionId } else { TokenFault::Format };
            let token = with(&token, &format!("{pointer}/{name}"), value);
            assert_eq!(bench.fault(&token), Some(wanted), "{pointer}/{name}");
        }
    }
    for text in ["", "null", "[]", "{", "{\"paymentData\":1,\"transactionIdentifier\":\"\"}"] {
        assert_eq!(PaymentToken::read(text).err(), Some(TokenFault::Format));
    }
    let text = token.to_string().replacen('{', r#"{"transactionIdentifier":"00","#, 1);
    assert_eq!(PaymentToken::read(&text).err(), Some(TokenFault::Format));
}

#[test]
fn p011_a_key_hash_is_known_old_unknown_or_none() {
    let bench = Bench::with("a01-valid-ber");
    let merchant = bench.vector.merchant();
    let keys = bench.set.keys(merchant);
    let named = |hash: &[u8]| {
        let hash = json!(BASE64.encode(hash));
        let token = with(&bench.token(), "/paymentData/header/publicKeyHash", hash);
        let token = PaymentToken::read(&token.to_string())?;
        // Nobody signed it, so a token with a lie in it is still Apple's.
        bench.verifier.verify(&token, bench.vector.now())?;
        decrypt(&token, &keys, merchant).map(drop)
    };
    assert_eq!(named(&[7; 32]), Err(TokenFault::KeyNotFound));
    assert_eq!(named(&[7; 31]), Err(TokenFault::Format));
    let next = bench.set.vector("a16-valid-rotated-key");
    let next = next.token()["paymentData"]["header"]["publicKeyHash"].as_str().unwrap();
    let next = BASE64.decode(next.as_bytes()).unwrap();
    assert_eq!(named(&next), Err(TokenFault::Decrypt), "of the merchant's other key");
}

#[test]
fn f122_tokens_for_the_old_key_and_for_the_next_one_both_open() {
    for id in ["a01-valid-ber", "a16-valid-rotated-key"] {
        let bench = Bench::with(id);
        let token = PaymentToken::read(&bench.token().to_string()).unwrap();
        let merchant = bench.vector.merchant();
        assert!(decrypt(&token, &bench.set.keys(merchant), merchant).is_ok(), "{id}");
    }
}

#[test]
fn p012_a_signature_cut_anywhere_is_refused() {
    for id in ["a01-valid-ber", "a02-valid-der"] {
        let bench = Bench::with(id);
        let cms = bench.cms();
        for length in 1..cms.len() {
            let fault = bench.fault(&bench.signed(&cms[..length]));
            assert_eq!(fault, Some(TokenFault::Cms), "{id} {length}");
        }
    }
}

#[test]
fn p012_signers_and_certificates_are_counted() {
    let bench = Bench::with("a01-valid-ber");
    let twice = bench.changed(|signed| {
        let mut second = signed.signer_infos.0.as_slice()[0].clone();
        let one = second.clone();
        second.signature = OctetString::new(vec![0; 70]).unwrap();
        signed.signer_infos = SignerInfos(SetOfVec::try_from(vec![one, second]).unwrap());
    });
    assert_eq!(bench.fault(&twice), Some(TokenFault::SignerCount));
    let stranger = Bench::with("d05-leaf-oid-missing");
    let stranger = ContentInfo::from_ber(&stranger.cms()).unwrap();
    let stranger: SignedData = stranger.content.decode_as_encoding(EncodingRules::Ber).unwrap();
    let stranger = stranger.certificates.unwrap().0;
    let third = bench.changed(|signed| {
        let own = signed.certificates.as_mut().unwrap();
        let all = own.0.iter().chain(stranger.iter()).cloned().collect::<Vec<_>>();
        let mut all: Vec<_> = all.into_iter().map(|c| (c.to_der().unwrap(), c)).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.dedup_by(|one, other| one.0 == other.0);
        let all: Vec<_> = all.into_iter().map(|(_, certificate)| certificate).collect();
        own.0 = SetOfVec::try_from(all).unwrap();
    });
    assert_eq!(bench.fault(&third), Some(TokenFault::CertificateCount));
    let none = bench.changed(|signed| signed.certificates = None);
    assert_eq!(bench.fault(&none), Some(TokenFault::LeafMarker));
}

#[test]
fn p015_application_data_is_signed() {
    let bench = Bench::with("a04-valid-application-data");
    assert_eq!(bench.fault(&bench.token()), None);
    let other = with(&bench.token(), "/paymentData/header/applicationData", json!("00".repeat(32)));
    assert_eq!(bench.fault(&other), Some(TokenFault::Signature));
    let none = without(&bench.token(), "/paymentData/header", "applicationData");
    assert_eq!(bench.fault(&none), Some(TokenFault::Signature));
    let plain = Bench::with("a01-valid-ber");
    let mut added = plain.token();
    added["paymentData"]["header"]["applicationData"] = json!("00".repeat(32));
    assert_eq!(plain.fault(&added), Some(TokenFault::Signature));
}

#[test]
fn p012_bytes_that_are_moved_under_one_signature_make_no_token_that_opens() {
    for id in ["a01-valid-ber", "a04-valid-application-data"] {
        let bench = Bench::with(id);
        let token = bench.token();
        let header = |name: &str| token["paymentData"]["header"][name].as_str().unwrap_or_default();
        let data = token["paymentData"]["data"].as_str().unwrap().as_bytes();
        let hex = |text: &str| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap();
        let own = hex(header("applicationData"));
        // The data, the transaction id and what follows it, as they are signed: one behind the other.
        let signed =
            [BASE64.decode(data).unwrap(), hex(header("transactionId")), own.clone()].concat();
        let mut others = 0;
        for behind in (0..signed.len() - 32 - 17).filter(|behind| *behind != own.len()) {
            let (rest, extra) = signed.split_at(signed.len() - behind);
            let (data, transaction) = rest.split_at(rest.len() - 32);
            let mut moved = token.clone();
            let transaction = HEXLOWER.encode(transaction);
            moved["transactionIdentifier"] = json!(transaction);
            moved["paymentData"]["data"] = json!(BASE64.encode(data));
            moved["paymentData"]["header"]["transactionId"] = json!(transaction);
            moved["paymentData"]["header"]["applicationData"] = json!(HEXLOWER.encode(extra));
            match PaymentToken::read(&moved.to_string()) {
                Err(fault) => assert_eq!(fault, TokenFault::Format, "{id} {behind}"),
                Ok(moved) => {
                    others += 1;
                    let merchant = bench.vector.merchant();
                    let opened = decrypt(&moved, &bench.set.keys(merchant), merchant);
                    assert_eq!(opened.err(), Some(TokenFault::Decrypt), "{id} {behind}");
                }
            }
        }
        assert_eq!(others, 1, "{id}: with and without a hash, and nothing in between");
    }
}

#[test]
fn f123_what_is_not_apples_or_not_fresh_is_not_verified() {
    for (id, fault) in [
        ("c01-data-bitflip", TokenFault::Signature),
        ("c09-signed-by-other-key", TokenFault::Signature),
        ("d01-untrusted-root", TokenFault::Chain),
        ("d11-leaf-not-under-intermediate", TokenFault::Chain),
        ("d12-intermediate-absent", TokenFault::IntermediateMarker),
        ("d09-leaf-expired", TokenFault::Expired),
        ("b01-stale-301s", TokenFault::Stale),
        ("b03-future-61s", TokenFault::Future),
    ] {
        let bench = Bench::with(id);
        assert_eq!(bench.fault(&bench.token()), Some(fault), "{id}");
    }
}

#[test]
fn f123_nothing_is_apples_under_another_root() {
    let bench = Bench::with("a01-valid-ber");
    let token = PaymentToken::read(&bench.token().to_string()).unwrap();
    let fault = Verifier::apple(Environment::Sandbox).verify(&token, bench.vector.now()).err();
    assert_eq!(fault, Some(TokenFault::Chain));
}

#[test]
fn f123_a_chain_that_was_good_is_asked_for_its_dates_again() {
    let bench = Bench::with("a01-valid-ber");
    let token = PaymentToken::read(&bench.token().to_string()).unwrap();
    assert!(bench.verifier.verify(&token, bench.vector.now()).is_ok());
    let in_ten_years = bench.vector.now() + 10 * 366 * 86_400;
    assert_eq!(bench.verifier.verify(&token, in_ten_years).err(), Some(TokenFault::Expired));
}

#[test]
fn p014_however_a_token_is_written_it_is_the_same_transaction() {
    let bench = Bench::with("a01-valid-ber");
    let token = bench.token();
    let first = bench.verify(&token).unwrap().transaction_id;
    let der = bench.changed(|_| ());
    assert_ne!(der, token);
    let flipped = bench.changed(|signed| {
        let mut signer = signed.signer_infos.0.as_slice()[0].clone();
        let signature = Signature::from_der(signer.signature.as_bytes()).unwrap();
        let (r, s) = signature.split_scalars();
        let flipped = Signature::from_scalars(r, -s).unwrap();
        assert_ne!(flipped, signature);
        signer.signature = OctetString::new(flipped.to_der().as_bytes()).unwrap();
        signed.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    });
    let unsigned = bench.changed(|signed| {
        let mut signer = signed.signer_infos.0.as_slice()[0].clone();
        let attribute = signer.signed_attrs.as_ref().unwrap().as_slice()[0].clone();
        signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
        signed.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    });
    let upper = |pointer: &str| {
        let text = token.pointer(pointer).unwrap().as_str().unwrap().to_uppercase();
        with(&token, pointer, json!(text))
    };
    let mut more = token.clone();
    more["paymentMethod"] = json!({"network": "Visa", "displayName": 7});
    more["paymentData"]["header"]["applicationData"] = json!("");
    for (name, other) in [
        ("DER", der),
        ("the other s", flipped),
        ("an attribute nobody signed", unsigned),
        ("capitals outside", upper("/transactionIdentifier")),
        ("capitals inside", upper("/paymentData/header/transactionId")),
        ("more members", more),
    ] {
        let again = bench.verify(&other).expect(name);
        assert_eq!(again.transaction_id, first, "{name}");
    }
}

#[test]
fn nothing_of_a_token_is_shown() {
    let bench = Bench::with("a01-valid-ber");
    let token = PaymentToken::read(&bench.token().to_string()).unwrap();
    let verified = bench.verify(&bench.token()).unwrap();
    let keys = bench.set.keys(bench.vector.merchant());
    let shown = format!("{token:?} {verified:#?} {:?} {keys:?}", bench.verifier);
    assert!(!shown.contains(&verified.transaction_id));
    assert!(shown.starts_with("PaymentToken { .. } Verified"), "{shown}");
    assert!(shown.ends_with("ProcessingKeys(2)"), "{shown}");
}

#[test]
fn processing_keys_are_keys() {
    use crate::apple_pay::token::ProcessingKeys;
    use crate::secret::Secret;
    for text in [
        "",
        "{}",
        r#"{"v":1,"keys":[]}"#,
        r#"{"v":2,"keys":[{"key":"x"}]}"#,
        r#"{"v":1,"keys":[{"key":"x"}]}"#,
    ] {
        assert!(ProcessingKeys::read(&Secret::new(text.to_owned())).is_err(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn p012_no_byte_of_a_signature_can_be_changed_into_another_payment(
        at in any::<Index>(), byte in any::<u8>(), cut in any::<bool>()
    ) {
        let bench = Bench::with("a01-valid-ber");
        let first = bench.token()["paymentData"]["header"]["transactionId"].clone();
        let mut cms = bench.cms();
        let at = at.index(cms.len());
        if cut { cms.remove(at); } else { cms[at] = byte; }
        if let Ok(verified) = bench.verify(&bench.signed(&cms)) {
            prop_assert_eq!(json!(verified.transaction_id), first);
        }
    }

    #[test]
    fn p024_no_text_makes_reading_panic(text in ".{0,200}", bytes in any::<Vec<u8>>()) {
        let bench = Bench::with("a01-valid-ber");
        let _ = PaymentToken::read(&text);
        let _ = bench.fault(&bench.signed(&bytes));
        for pointer in ["/paymentData/data", "/paymentData/header/ephemeralPublicKey"] {
            let token = with(&bench.token(), pointer, json!(BASE64.encode(&bytes)));
            prop_assert!(bench.fault(&token).is_some());
        }
    }

    #[test]
    fn p013_no_bit_of_the_data_can_be_flipped(at in any::<Index>(), bit in 0..8_u8) {
        let bench = Bench::with("a01-valid-ber");
        let merchant = bench.vector.merchant();
        let mut token = PaymentToken::read(&bench.token().to_string()).unwrap();
        let at = at.index(token.data.len());
        token.data[at] ^= 1 << bit;
        let fault = bench.verifier.verify(&token, bench.vector.now()).err();
        prop_assert_eq!(fault, Some(TokenFault::Signature));
        let fault = decrypt(&token, &bench.set.keys(merchant), merchant).err();
        prop_assert_eq!(fault, Some(TokenFault::Decrypt));
    }
}

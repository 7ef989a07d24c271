//! The token vectors: `APPLEPAY_VECTORS` names their folder, the copy in `tests/vectors/` is the
//! default. Everything comes from the manifest, so that another set can be put in its place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::apple_pay::MerchantIdentifier;
use crate::apple_pay::token::{
    CardData, Environment, PaymentToken, ProcessingKeys, TokenFault, Verifier, decrypt, sha256,
};
use crate::money::{Currency, Minor};
use crate::secret::Secret;

#[derive(Deserialize)]
pub(super) struct Manifest {
    trusted_root: String,
    policy: Policy,
    error_codes: Vec<String>,
    merchant_keys: Vec<MerchantKey>,
    vectors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Policy {
    environment: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MerchantKey {
    merchant_identifier: MerchantIdentifier,
    public_key_hash: String,
    #[serde(rename = "held_by_gateway")]
    held: bool,
    #[serde(rename = "private_scalar_hex")]
    scalar: String,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    file: String,
    verdict: String,
    errors: Vec<String>,
    impl_defined: bool,
    requires_rsa_v1: bool,
    sha256: String,
}

#[derive(Deserialize)]
pub(super) struct Vector {
    pub(super) id: String,
    now: String,
    expect: Expect,
    merchant_expectation: Order,
    note: String,
    pub(super) request: Value,
}

#[derive(Deserialize)]
struct Expect {
    verdict: String,
    errors: Vec<String>,
    signature: String,
    decrypt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    merchant_identifier: MerchantIdentifier,
    currency: String,
    amount: String,
}

/// A folder of vectors.
pub(super) struct Set {
    folder: PathBuf,
    pub(super) manifest: Manifest,
}

impl Set {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where vectors lie"
    )]
    pub(super) fn open() -> Self {
        std::env::var_os("APPLEPAY_VECTORS")
            .map_or_else(Self::own, |folder| Self::at(PathBuf::from(folder)))
    }

    /// The copy in the project.
    pub(super) fn own() -> Self {
        Self::at(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/applepay").into())
    }

    fn at(folder: PathBuf) -> Self {
        let manifest = read(&folder.join("manifest.json"));
        Self { manifest: serde_json::from_slice(&manifest).unwrap(), folder }
    }

    pub(super) fn vector(&self, id: &str) -> Vector {
        let entry = self.manifest.vectors.iter().find(|entry| entry.id == id).unwrap();
        self.read(entry)
    }

    fn read(&self, entry: &Entry) -> Vector {
        let file = read(&self.folder.join(&entry.file));
        assert_eq!(HEXLOWER.encode(&sha256(&file)), entry.sha256, "{}", entry.file);
        let vector: Vector = serde_json::from_slice(&file).unwrap();
        let listed = (&vector.id, &vector.expect.verdict, &vector.expect.errors);
        assert_eq!(listed, (&entry.id, &entry.verdict, &entry.errors));
        vector
    }

    pub(super) fn verifier(&self, environment: Environment) -> Verifier {
        let root = String::from_utf8(read(&self.folder.join(&self.manifest.trusted_root))).unwrap();
        Verifier::new(environment, &[&root]).unwrap()
    }

    fn environment(&self) -> Environment {
        match self.manifest.policy.environment.as_str() {
            "production" => Environment::Production,
            _ => Environment::Sandbox,
        }
    }

    /// The keys that the gateway holds for a merchant, as its secret has them.
    pub(super) fn keys(&self, merchant: &MerchantIdentifier) -> ProcessingKeys {
        let keys = self.manifest.merchant_keys.iter();
        let held = keys.filter(|key| key.held && key.merchant_identifier == *merchant);
        let keys: Vec<_> = held.map(|key| json!({"key": pem(&key.scalar)})).collect();
        ProcessingKeys::read(&Secret::new(json!({"v": 1, "keys": keys}).to_string())).unwrap()
    }
}

impl Vector {
    pub(super) fn now(&self) -> i64 {
        seconds(&self.now)
    }

    pub(super) fn token(&self) -> &Value {
        &self.request["payment"]["paymentToken"]
    }

    pub(super) fn merchant(&self) -> &MerchantIdentifier {
        &self.merchant_expectation.merchant_identifier
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn pem(scalar: &str) -> String {
    let key = SecretKey::from_slice(&HEXLOWER.decode(scalar.as_bytes()).unwrap()).unwrap();
    key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// `2026-06-01T12:00:20Z`
fn seconds(text: &str) -> i64 {
    let time: x509_cert::der::DateTime = text.parse().unwrap();
    i64::try_from(time.unix_duration().as_secs()).unwrap()
}

/// Minor units of an amount larger than an offer can have.
fn minor(amount: &str, currency: Currency) -> Minor {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let width = usize::from(currency.exponent());
    Minor::new(format!("{whole}{part:0<width$}").parse().unwrap())
}

/// What a gateway does with a request: claims first, so that what comes twice is answered alike.
struct Gateway<'a> {
    set: &'a Set,
    verifier: Verifier,
    claims: HashMap<(String, [u8; 32]), String>,
}

impl<'a> Gateway<'a> {
    fn new(set: &'a Set) -> Self {
        Self { set, verifier: set.verifier(set.environment()), claims: HashMap::new() }
    }

    fn receive(&mut self, vector: &Vector) -> (&'static str, Option<TokenFault>) {
        match self.answer(vector) {
            Ok(verdict) => (verdict, None),
            Err(fault) => ("reject", Some(fault)),
        }
    }

    fn answer(&mut self, vector: &Vector) -> Result<&'static str, TokenFault> {
        let token = PaymentToken::read(&vector.token().to_string())?;
        let request = vector.request["requestIdentifier"].to_string();
        let merchant = vector.merchant();
        let key = (merchant.to_string(), sha256(token.transaction_id().as_bytes()));
        match self.claims.get(&key) {
            Some(first) if *first == request => return Ok("replay_same_result"),
            Some(_) => return Err(TokenFault::Replay),
            None => {}
        }
        let verified = self.verifier.verify(&token, vector.now())?;
        assert_eq!(verified.transaction_id, token.transaction_id());
        let card = decrypt(&token, &self.set.keys(merchant), merchant)?;
        pays(&card, &vector.merchant_expectation)?;
        self.claims.insert(key, request);
        Ok("accept")
    }
}

fn pays(card: &CardData, order: &Order) -> Result<(), TokenFault> {
    let currency = Currency::parse(&order.currency).unwrap();
    card.pays(minor(&order.amount, currency), currency)
}

/// The token with what the layers do not look at made good, so that they are reached.
fn bare(vector: &Vector) -> Option<PaymentToken> {
    let mut token = vector.token().clone();
    token["paymentData"]["version"] = json!("EC_v1");
    token["transactionIdentifier"] = token["paymentData"]["header"]["transactionId"].clone();
    if token["paymentData"]["signature"] == json!("") {
        token["paymentData"]["signature"] = json!("MAA=");
    }
    PaymentToken::read(&token.to_string()).ok()
}

/// Of the signature alone: what is wrong with its time is another matter, and so is what we are stricter
/// about.
fn signature(set: &Set, vector: &Vector) -> &'static str {
    use TokenFault as F;
    let Some(token) = bare(vector) else { return "unread" };
    let fault = set.verifier(Environment::Sandbox).verify(&token, vector.now()).err();
    let time = [F::Stale, F::Future, F::SigningTimeMissing, F::SigningTimeAmbiguous].map(Some);
    let stricter = [F::NotDetached, F::EphemeralKey].map(Some);
    match fault {
        None => "valid",
        fault if time.contains(&fault) || stricter.contains(&fault) => "valid",
        Some(_) => "invalid",
    }
}

/// With every key that the merchant has, whatever hash the token names.
fn opens(set: &Set, vector: &Vector) -> &'static str {
    let Some(mut token) = bare(vector) else { return "unread" };
    let merchant = vector.merchant();
    let keys = set.keys(merchant);
    let hashes =
        set.manifest.merchant_keys.iter().filter(|key| key.merchant_identifier == *merchant);
    let ok = hashes.map(|key| &key.public_key_hash).any(|hash| {
        token.key_hash = sha_of(hash);
        let opened = decrypt(&token, &keys, merchant);
        matches!(opened, Ok(_) | Err(TokenFault::Plaintext | TokenFault::PaymentDataType))
    });
    if ok { "ok" } else { "fail" }
}

fn sha_of(base64: &str) -> [u8; 32] {
    data_encoding::BASE64.decode(base64.as_bytes()).unwrap().try_into().unwrap()
}

/// Is this what the vector wants? The first code is the preferred one, others are tolerated.
fn complaint(set: &Set, gateway: &mut Gateway<'_>, vector: &Vector) -> Option<String> {
    let Vector { id, expect, note, .. } = vector;
    let mut found = Vec::new();
    // A replay needs its first, whichever order the manifest has.
    if let Some(first) = note.split_whitespace().find_map(|word| word.strip_prefix("first=")) {
        let first = set.vector(first.trim_end_matches([',', ';', '.']));
        gateway.receive(&first);
    }
    let (verdict, fault) = gateway.receive(vector);
    let code = fault.map_or("", TokenFault::code);
    let answered_before = expect.verdict == "accept" && verdict == "replay_same_result";
    if verdict != expect.verdict && !answered_before {
        found.push(format!("verdict {verdict} {code}, not {} {:?}", expect.verdict, expect.errors));
    } else if fault.is_some() && !expect.errors.iter().any(|wanted| wanted == code) {
        found.push(format!("{code}, not {:?}", expect.errors));
    }
    let layers = [
        ("signature", signature(set, vector), &expect.signature, ["valid", "invalid"]),
        ("decrypt", opens(set, vector), &expect.decrypt, ["ok", "fail"]),
    ];
    for (layer, is, wanted, words) in layers {
        // A shape that we refuse has no layers, and "n/a" promises nothing.
        let told = words.contains(&wanted.as_str()) && words.contains(&is);
        // Where both answers are defensible, ours is the stricter one.
        let stricter = set.is_impl_defined(id) && is == words[1];
        if told && is != wanted && !stricter {
            found.push(format!("{layer} {is}, not {wanted}"));
        }
    }
    (!found.is_empty()).then(|| format!("{id}: {}", found.join("; ")))
}

impl Set {
    fn is_impl_defined(&self, id: &str) -> bool {
        self.manifest.vectors.iter().any(|entry| entry.id == id && entry.impl_defined)
    }
}

#[test]
fn applepay_vectors() {
    let set = Set::open();
    let mut gateway = Gateway::new(&set);
    let elliptic = set.manifest.vectors.iter().filter(|entry| !entry.requires_rsa_v1);
    let vectors: Vec<_> = elliptic.map(|entry| set.read(entry)).collect();
    assert!(!vectors.is_empty());
    let wrong: Vec<_> =
        vectors.iter().filter_map(|vector| complaint(&set, &mut gateway, vector)).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), vectors.len());
}

#[test]
fn applepay_vectors_with_rsa_are_refused_by_their_version() {
    let set = Set::open();
    for entry in set.manifest.vectors.iter().filter(|entry| entry.requires_rsa_v1) {
        let token = PaymentToken::read(&set.read(entry).token().to_string());
        assert_eq!(token.err(), Some(TokenFault::Version), "{}", entry.id);
    }
}

#[test]
fn applepay_vectors_know_every_code() {
    use TokenFault as F;
    let mut codes: Vec<_> = [
        F::Amount,
        F::CertificateCount,
        F::Expired,
        F::Chain,
        F::Cms,
        F::Currency,
        F::Decrypt,
        F::EphemeralKey,
        F::Future,
        F::IntermediateMarker,
        F::KeyNotFound,
        F::LeafMarker,
        F::NotDetached,
        F::PaymentDataType,
        F::Plaintext,
        F::Replay,
        F::Sandbox,
        F::Algorithm,
        F::Signature,
        F::SignerCount,
        F::Signer,
        F::SigningTimeAmbiguous,
        F::SigningTimeMissing,
        F::Stale,
        F::Format,
        F::TransactionId,
        F::Version,
    ]
    .map(TokenFault::code)
    .to_vec();
    let set = Set::open();
    let mut known: Vec<_> = set.manifest.error_codes.iter().map(String::as_str).collect();
    codes.sort_unstable();
    known.sort_unstable();
    assert_eq!(codes, known);
}

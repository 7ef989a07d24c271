//! The body of a request that puts settings.

use amb_protocol::{
    apple_pay::{MerchantIdentifier, Offer, Pricing},
    compose::{Composing, ContentType, MerchantDefaults, Need, compose},
    id::RequestIdentifier,
    rules::RulePack,
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use crate::{
    account::{UrlRefusal, VettedUrl, member},
    model::{
        Business, CapturePolicy, Channel, DomainAssociation, MerchantSettings, PspAccount, PspKind,
        SecretName, SessionIdentifier,
    },
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// Longest trading name, in characters (Apple, Requesting an Apple Pay payment session).
pub const MAX_DISPLAY_NAME: usize = 64;
/// Longest domain association, in characters of ASCII.
pub const MAX_ASSOCIATION: usize = 32 * 1024;
/// Longest name of an account with a provider, in characters.
const MAX_ACCOUNT: usize = 128;
/// How long a capture may wait for an acknowledgement, in minutes: a week.
const MOST_MINUTES: u64 = 10_080;

/// Settings as they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    merchant: MerchantIdentifier,
    sheet: Sheet,
    channel: Channel,
    session_identifier: SessionIdentifier,
    pub(super) identity: SecretName,
    pub(super) psp: PspAccount,
    capture: CapturePolicy,
    time_zone: String,
    pub(super) signing: Option<SecretName>,
    domain_association: Option<DomainAssociation>,
}

/// What the customer's sheet shows, unless a payment says otherwise.
#[derive(Clone, Debug)]
struct Sheet {
    name: String,
    country: String,
    networks: Vec<String>,
    capabilities: Vec<String>,
    pricing: Pricing,
    checkout_url: Option<String>,
}

impl Asked {
    /// Reads a body; `drawn` is any request identifier.
    pub(super) fn parse(
        body: &[u8],
        drawn: &RequestIdentifier,
        vet: impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    ) -> Result<Self, Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let merchant = reader.parsed("merchantIdentifier", MerchantIdentifier::parse, &mut faults);
        let psp = psp(&mut reader, &vet, &mut faults);
        let decrypts = psp.as_ref().is_some_and(|psp| psp.decrypts);
        let sheet = sheet(&mut reader, drawn, decrypts, &vet, &mut faults);
        let channel = member::optional_parsed(&mut reader, "channel", channel, &mut faults);
        let session_identifier = member::optional_parsed(
            &mut reader,
            "sessionIdentifier",
            session_identifier,
            &mut faults,
        );
        let identity = reader.parsed("identity", SecretName::parse, &mut faults);
        let capture = capture(&mut reader, &mut faults);
        let time_zone = reader.parsed("timeZone", time_zone, &mut faults);
        let signing =
            member::optional_parsed(&mut reader, "signing", SecretName::parse, &mut faults);
        let domain_association =
            member::optional_parsed(&mut reader, "domainAssociation", association, &mut faults);
        reader.finish(&mut faults);
        if let (Some(sheet), Some(psp)) = (&sheet, &psp) {
            asks_with_a_key(
                &sheet.pricing,
                psp,
                map.get("signing").is_some_and(|signing| !signing.is_null()),
                &mut faults,
            );
        }
        let read = (|| {
            Some(Self {
                merchant: merchant?,
                sheet: sheet?,
                channel: channel.unwrap_or_default(),
                session_identifier: session_identifier.unwrap_or_default(),
                identity: identity?,
                psp: psp?,
                capture,
                time_zone: time_zone?,
                signing,
                domain_association,
            })
        })();
        faults.finish(read)
    }

    /// Whose account is paid into.
    pub(super) fn merchant(&self) -> &MerchantIdentifier {
        &self.merchant
    }

    /// The settings of a business that follow.
    pub(super) fn settings(
        self,
        business: &Business,
        now: Timestamp,
        revision: u64,
    ) -> MerchantSettings {
        let Sheet { name, country, networks, capabilities, pricing, checkout_url } = self.sheet;
        MerchantSettings {
            tenant: business.tenant.clone(),
            business: business.id.clone(),
            merchant: self.merchant,
            display_name: name,
            country,
            channel: self.channel,
            session_identifier: self.session_identifier,
            identity: self.identity,
            psp: self.psp,
            capture: self.capture,
            networks,
            capabilities,
            pricing,
            checkout_url,
            time_zone: self.time_zone,
            signing: self.signing,
            domain_association: self.domain_association,
            updated_at: now,
            revision,
        }
    }
}

/// The members that a payment has as well: read by asking for a payment of one dollar with them, so
/// that no settings are taken that a payment would be refused with.
fn sheet(
    reader: &mut Reader<'_>,
    drawn: &RequestIdentifier,
    decrypts: bool,
    vet: &impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    faults: &mut Faults,
) -> Option<Sheet> {
    const TRIED: [&str; 5] =
        ["countryCode", "supportedNetworks", "merchantCapabilities", "pricing", "checkoutUrl"];
    let name = reader.text("displayName", MAX_DISPLAY_NAME, faults);
    let mut tried = Map::new();
    for member in TRIED {
        let value = match member {
            "countryCode" | "supportedNetworks" => reader.required(member, faults),
            _ => reader.optional(member),
        };
        if let Some(value) = value {
            tried.insert(member.to_owned(), value.clone());
        }
    }
    let is_whole = ["countryCode", "supportedNetworks"].iter().all(|it| tried.contains_key(*it));
    tried.insert("currencyCode".to_owned(), json!("USD"));
    tried.insert("lineItems".to_owned(), json!([{ "label": "1", "amount": "1.00" }]));
    if let Some(name) = name {
        tried.insert("merchantName".to_owned(), json!(name));
    }
    let merchant = MerchantDefaults { decrypts, ..MerchantDefaults::sample() };
    let how = Composing {
        pack: RulePack::latest(),
        truncate: false,
        request_identifier: drawn,
        merchant: Some(&merchant),
    };
    let offer = match compose(ContentType::Payment, &Value::Object(tried), "", &how) {
        Ok(composed) => composed.draft.needs.into_iter().find_map(|need| match need {
            Need::Payment(pending) => Some(pending.offer),
            _ => None,
        })?,
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| Fault {
                pointer: fault.pointer.replacen("/merchantName", "/displayName", 1),
                ..fault
            }));
            return None;
        }
    };
    let Offer { country, networks, capabilities, pricing, checkout_url, .. } = offer;
    no_amounts(&pricing, faults);
    if let Pricing::Callback { url, .. } = &pricing
        && let Err(refusal) = vet(url)
    {
        faults.push(Fault::new("/pricing/url", refusal.rule, refusal.message));
    }
    let name = name.filter(|_| is_whole)?.to_owned();
    Some(Sheet { name, country, networks, capabilities, pricing, checkout_url })
}

/// Settings hold for payments in every currency, so they name no amount.
fn no_amounts(pricing: &Pricing, faults: &mut Faults) {
    let (pointer, rules) = match pricing {
        Pricing::Static(rules) => ("/pricing/surcharges", rules),
        Pricing::Callback { rules, .. } => ("/pricing/rules/surcharges", rules),
    };
    if !rules.surcharges.is_empty() {
        let message = "a surcharge has an amount, and settings have no currency";
        let fault = Fault::new(pointer, "payment_pricing", message);
        faults.push(fault.fix("say surcharges with the payment"));
    }
}

/// Prices that the business's server says are asked for with a signature.
fn asks_with_a_key(pricing: &Pricing, psp: &PspAccount, signs: bool, faults: &mut Faults) {
    let is_asked = matches!(pricing, Pricing::Callback { .. });
    if is_asked && !signs && !matches!(psp.kind, PspKind::Endpoint { .. }) {
        let message = "what asks your server for prices is signed, and this names the key for it";
        let fault = Fault::new("/signing", "required", message);
        faults.push(fault.fix("name a secret with a key that you share with your server"));
    }
}

fn psp(
    reader: &mut Reader<'_>,
    vet: &impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    faults: &mut Faults,
) -> Option<PspAccount> {
    let mut psp = reader.object("psp", faults)?;
    let secret = psp.parsed("secret", SecretName::parse, faults);
    let decrypts = psp.flag("decrypts", faults);
    let known = |word: &str| match word {
        "stripe" | "adyen" | "endpoint" => Ok(word.to_owned()),
        _ => Err("one of: stripe, adyen, endpoint"),
    };
    let kind = psp.parsed("kind", known, faults);
    let kind = match kind.as_deref() {
        Some("stripe") => {
            let account = psp.optional_text("account", MAX_ACCOUNT, faults).map(str::to_owned);
            Some(PspKind::Stripe { account })
        }
        Some("adyen") => {
            let account = psp.text("merchantAccount", MAX_ACCOUNT, faults).map(str::to_owned);
            let prefix = psp.parsed("prefix", prefix, faults);
            let pair = account.zip(prefix);
            pair.map(|(merchant_account, prefix)| PspKind::Adyen { merchant_account, prefix })
        }
        Some(_) => url(&mut psp, vet, faults).map(|url| PspKind::Endpoint { url }),
        None => None,
    };
    // What belongs to which kind is not known without one.
    if kind.is_some() {
        psp.finish(faults);
    }
    Some(PspAccount { kind: kind?, secret: secret?, decrypts })
}

fn url(
    psp: &mut Reader<'_>,
    vet: &impl Fn(&str) -> Result<VettedUrl, UrlRefusal>,
    faults: &mut Faults,
) -> Option<String> {
    let text = psp.parsed("url", |text| Ok::<_, &str>(text.to_owned()), faults)?;
    match vet(&text) {
        Ok(vetted) => Some(vetted.as_str().to_owned()),
        Err(refusal) => {
            faults.push(Fault::new(psp.pointer("url"), refusal.rule, refusal.message));
            None
        }
    }
}

fn capture(reader: &mut Reader<'_>, faults: &mut Faults) -> CapturePolicy {
    let policy = CapturePolicy::default();
    if reader.optional("capture").is_none() {
        return policy;
    }
    let Some(mut capture) = reader.object("capture", faults) else { return policy };
    let known = |word: &str| match word {
        "acknowledged" => Ok(false),
        "manual" => Ok(true),
        _ => Err("one of: acknowledged, manual"),
    };
    let is_manual = capture.parsed("when", known, faults);
    if is_manual == Some(true) {
        capture.finish(faults);
        return CapturePolicy::Manual;
    }
    let minutes = member::whole(&mut capture, "afterMinutes", 1..=MOST_MINUTES, faults);
    capture.finish(faults);
    match minutes.and_then(|minutes| u16::try_from(minutes).ok()) {
        Some(after_minutes) => CapturePolicy::Acknowledged { after_minutes },
        None => policy,
    }
}

fn channel(word: &str) -> Result<Channel, &'static str> {
    match word {
        "world" => Ok(Channel::World),
        "china" => Ok(Channel::China),
        _ => Err("one of: world, china"),
    }
}

fn session_identifier(word: &str) -> Result<SessionIdentifier, &'static str> {
    match word {
        "plain" => Ok(SessionIdentifier::Plain),
        "sha256" => Ok(SessionIdentifier::Sha256),
        _ => Err("one of: plain, sha256"),
    }
}

/// Part of a host name.
fn prefix(text: &str) -> Result<String, &'static str> {
    let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits && (1..=64).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("`test`, or the live endpoint's prefix: 1 to 64 letters, digits and `-`")
    }
}

fn time_zone(name: &str) -> Result<String, &'static str> {
    match TimeZone::get(name) {
        Ok(_known) => Ok(name.to_owned()),
        Err(_unknown) => Err("an IANA time zone is expected, such as Europe/Berlin"),
    }
}

fn association(text: &str) -> Result<DomainAssociation, &'static str> {
    let fits = text.bytes().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    if fits && (1..=MAX_ASSOCIATION).contains(&text.len()) {
        Ok(DomainAssociation(text.to_owned()))
    } else {
        Err("the content of Apple's file: at most 32 768 characters of ASCII")
    }
}

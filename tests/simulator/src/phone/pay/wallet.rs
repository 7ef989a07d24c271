//! What is in a customer's wallet: cards with their fates, and contacts. Every phone has the same.

use serde::Serialize;
use serde_json::{Value, json};

/// A card on the phone. Its number is the device's own; what becomes of it is the issuer's mind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Card {
    /// Its name in the API.
    pub(crate) name: &'static str,
    /// `paymentMethod.displayName`.
    pub(crate) display_name: &'static str,
    /// `paymentMethod.network`.
    pub(crate) network: &'static str,
    /// How a request spells the network.
    #[serde(skip)]
    pub(crate) accepted_as: &'static str,
    /// `paymentMethod.type`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip)]
    pub(crate) number: &'static str,
    #[serde(skip)]
    pub(crate) fate: Option<Decline>,
}

/// Why an issuer says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decline {
    Insufficient,
    Stolen,
    Expired,
    Postcode,
    Address,
    /// Not a no: the cardholder has to prove something, elsewhere.
    Challenge,
}

impl Card {
    /// The last four digits.
    pub(crate) fn last4(&self) -> String {
        self.number.chars().skip(self.number.chars().count().saturating_sub(4)).collect()
    }
}

const fn card(
    name: &'static str,
    display_name: &'static str,
    (network, accepted_as): (&'static str, &'static str),
    kind: &'static str,
    number: &'static str,
    fate: Option<Decline>,
) -> Card {
    Card { name, display_name, network, accepted_as, kind, number, fate }
}

const VISA: (&str, &str) = ("Visa", "visa");
const MASTERCARD: (&str, &str) = ("MasterCard", "masterCard");

/// The first is chosen unless the customer chooses.
pub(crate) const CARDS: [Card; 10] = [
    card("visa", "Visa 1111", VISA, "debit", "4111111111111111", None),
    card("mastercard", "MasterCard 4444", MASTERCARD, "credit", "5555555555554444", None),
    card("amex", "Amex 0005", ("AmEx", "amex"), "credit", "378282246310005", None),
    card("prepaid", "Visa 5556", VISA, "prepaid", "4000056655665556", None),
    card("declined", "Visa 9995", VISA, "debit", "4000000000009995", Some(Decline::Insufficient)),
    card(
        "stolen",
        "MasterCard 9979",
        MASTERCARD,
        "credit",
        "5200000000009979",
        Some(Decline::Stolen),
    ),
    card("expired", "Visa 0069", VISA, "credit", "4000000000000069", Some(Decline::Expired)),
    card("postcode", "Visa 0036", VISA, "credit", "4000000000000036", Some(Decline::Postcode)),
    card("address", "Visa 0028", VISA, "credit", "4000000000000028", Some(Decline::Address)),
    card("challenge", "Visa 3155", VISA, "credit", "4000002500003155", Some(Decline::Challenge)),
];

/// The card with this name.
pub(crate) fn card_named(name: &str) -> Option<&'static Card> {
    CARDS.iter().find(|it| it.name == name)
}

/// Contacts by name, in Apple's members; the first is chosen unless the customer chooses.
pub(crate) fn contacts() -> [(&'static str, Value); 5] {
    let contact = |given: &str, family: &str, street: &str, place: [&str; 5]| {
        let [locality, region, post, code, country] = place;
        json!({
            "givenName": given, "familyName": family,
            "phoneticGivenName": "", "phoneticFamilyName": "",
            "emailAddress": format!("{}@example.com", given.to_lowercase()),
            "phoneNumber": "+12025550143", "addressLines": [street], "subLocality": "",
            "locality": locality, "administrativeArea": region, "subAdministrativeArea": "",
            "postalCode": post, "countryCode": code, "country": country,
        })
    };
    [
        (
            "home",
            contact(
                "Ada",
                "Made-Up",
                "1 Sample St",
                ["Springfield", "OR", "97477", "us", "United States"],
            ),
        ),
        (
            "work",
            contact(
                "Ada",
                "Made-Up",
                "500 Example Ave",
                ["New York", "NY", "10001", "us", "United States"],
            ),
        ),
        (
            "berlin",
            contact("Ada", "Made-Up", "Musterstraße 1", ["Berlin", "", "10115", "de", "Germany"]),
        ),
        (
            "london",
            contact(
                "Ada",
                "Made-Up",
                "1 Example Mews",
                ["London", "", "SW1A 1AA", "gb", "United Kingdom"],
            ),
        ),
        (
            "antarctica",
            contact(
                "Ada",
                "Made-Up",
                "McMurdo Station",
                ["McMurdo", "", "96599", "aq", "Antarctica"],
            ),
        ),
    ]
}

/// The contact with this name.
pub(crate) fn contact_named(name: &str) -> Option<Value> {
    contacts().into_iter().find(|(it, _)| *it == name).map(|(_, contact)| contact)
}

/// What a contact says of itself before the customer pays: where it is, roughly.
pub(super) fn redacted(contact: &Value) -> Value {
    let text = |name: &str| contact.get(name).and_then(Value::as_str).unwrap_or_default();
    let post = text("postalCode");
    // Whole codes name a few houses there.
    let post = match text("countryCode").to_lowercase().as_str() {
        "gb" => post.split_whitespace().next().unwrap_or_default().to_owned(),
        "ca" => post.chars().take(3).collect(),
        _ => post.to_owned(),
    };
    json!({
        "locality": text("locality"), "administrativeArea": text("administrativeArea"),
        "postalCode": post, "countryCode": text("countryCode"), "country": text("country"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap18_a_contact_keeps_its_house_to_itself_until_it_is_paid() {
        let shown = redacted(&contact_named("london").unwrap());
        assert_eq!(shown["postalCode"], "SW1A");
        let text = shown.to_string();
        for hidden in ["Ada", "Mews", "example.com", "2025550143", "1AA"] {
            assert!(!text.contains(hidden), "{hidden}");
        }
    }

    #[test]
    fn cards_end_in_what_they_are_called() {
        for card in &CARDS {
            assert!(card.display_name.ends_with(&card.last4()), "{}", card.name);
        }
    }
}

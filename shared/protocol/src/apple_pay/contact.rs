//! Where a customer lives, as far as a price may depend on it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A contact reduced to what the device shows before the customer pays (Apple: the shipping contact is
/// redacted until then). A price that depended on more could change at the last step, with no way to
/// show it (spec/payments §5, rule 3). A card's issuer, who holds an address against theirs, gets the
/// same members [as they are](Self::whole).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    /// `countryCode`, capital (Apple's samples write `us`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// `administrativeArea`, capital.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// `locality`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locality: String,
    /// `postalCode`: for a price capital, without blanks, as far as it is shown; else as it was written.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub postal_code: String,
}

/// Characters of a region's or a town's name that are kept.
const LONGEST_NAME: usize = 64;

/// Characters of a postal code that are kept.
const LONGEST_CODE: usize = 16;

impl Region {
    /// Of a contact as the device writes it, redacted or whole: both give the same. None: it says
    /// nothing of where it is, or is no contact.
    pub fn of(contact: &Value) -> Option<Self> {
        Self::read(contact, postal_code)
    }

    /// Of a whole contact, with nothing cut off its postal code. No price is made of this.
    pub fn whole(contact: &Value) -> Option<Self> {
        Self::read(contact, |_country, text| text.chars().take(LONGEST_CODE).collect())
    }

    fn read(contact: &Value, postal_code: fn(&str, &str) -> String) -> Option<Self> {
        let text = |name: &str, most: usize| -> String {
            let text = contact.get(name).and_then(Value::as_str).unwrap_or_default();
            let shown = text.trim().chars().filter(|c| !c.is_control());
            shown.take(most).collect()
        };
        let country = country(&text("countryCode", LONGEST_NAME));
        let region = Self {
            postal_code: postal_code(&country, &text("postalCode", LONGEST_NAME)),
            region: text("administrativeArea", LONGEST_NAME).to_uppercase(),
            locality: text("locality", LONGEST_NAME),
            country,
        };
        (region != Self::default()).then_some(region)
    }
}

/// The capital letters of a country; nothing if it is none, such as the name of one.
fn country(text: &str) -> String {
    let is_code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if is_code { text.to_ascii_uppercase() } else { String::new() }
}

/// A postal code as far as the device shows it before the customer pays. In two countries it shows
/// the first half alone (Apple: the redacted contact), and four digits after a ZIP code never change
/// a price.
pub(super) fn postal_code(country: &str, text: &str) -> String {
    let visible = text.chars().filter(|c| !c.is_whitespace());
    let code: String = visible.flat_map(char::to_uppercase).take(LONGEST_CODE).collect();
    let all = code.chars().count();
    let shown = match country {
        "GB" if all >= 5 && is_inward(&code) => all - 3,
        "CA" => 3,
        "US" => 5,
        _ => all,
    };
    code.chars().take(shown).collect()
}

/// The second half of a British postal code: a digit and two letters.
fn is_inward(code: &str) -> bool {
    let mut last = code.bytes().rev();
    let letters = last.by_ref().take(2).filter(u8::is_ascii_alphabetic).count();
    letters == 2 && last.next().is_some_and(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn p017_a_country_is_read_in_either_case() {
        let contact = json!({"countryCode": " us", "administrativeArea": "ca ", "locality": "Cupertino",
            "postalCode": "95014-2083", "addressLines": ["1 Secret Street"], "givenName": "Ada"});
        let region = Region::of(&contact).unwrap();
        assert_eq!((region.country.as_str(), region.region.as_str()), ("US", "CA"));
        assert_eq!((region.locality.as_str(), region.postal_code.as_str()), ("Cupertino", "95014"));
        assert!(!format!("{region:?}").contains("Secret"));
    }

    #[test]
    fn the_redacted_and_the_whole_contact_are_one_region() {
        for (country, shown, whole) in [
            ("gb", "SW1A", "SW1A 1AA"),
            ("gb", "n1", "N1 9GU"),
            ("ca", "M5V", "m5v 3l9"),
            ("us", "95014", "95014-2083"),
            ("de", "10115", "10115"),
            ("jp", "100-0001", "100-0001"),
        ] {
            let of = |code: &str| Region::of(&json!({"countryCode": country, "postalCode": code}));
            assert_eq!(of(shown), of(whole), "{country}");
        }
    }

    #[test]
    fn an_issuer_gets_the_whole_postal_code() {
        for code in ["SW1A 1AA", "N1 9GU", "m5v 3l9", "95014-2083", "100-0001"] {
            for country in ["gb", "CA", "us", "jp"] {
                let contact = json!({"countryCode": country, "postalCode": format!(" {code}\n")});
                let whole = Region::whole(&contact).unwrap();
                assert_eq!((whole.postal_code.as_str(), whole.country.len()), (code, 2));
            }
        }
        let long = Region::whole(&json!({"postalCode": "9".repeat(1000)})).unwrap();
        assert_eq!(long.postal_code.len(), 16);
        assert_eq!(Region::whole(&json!({"postalCode": 7})), None);
    }

    #[test]
    fn p016_an_odd_contact_is_no_region_and_a_long_one_is_cut() {
        for none in [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!({"countryCode": 1}),
            json!({"countryCode": "  ", "locality": ["x"], "postalCode": null}),
            json!({"country": "United States", "countryCode": "United States"}),
        ] {
            assert_eq!(Region::of(&none), None, "{none}");
        }
        let long = "\u{202e}ö\n\0".repeat(10_000);
        let region = Region::of(&json!({"locality": long, "postalCode": long})).unwrap();
        assert_eq!(region.locality.chars().count(), 64);
        assert!(region.postal_code.chars().count() <= 16);
        assert!(!region.locality.contains('\n'));
    }
}

//! What the customer has to give beside the money, and did not.

use serde_json::Value;

use super::{ContactField, ContactRequirement, Offer, PayError, PayErrorCode};

impl Offer {
    /// The contact fields that are asked for and did not come with the payment, as the device is told of
    /// them: the customer can fill them in and pay again (spec/payments §2.5, `contact_invalid`).
    ///
    /// Who the customer is counts in whichever contact it stands: in Apple's own sample the name that is
    /// asked for with shipping comes with billing, and the sheet has one place for mail and phone. An
    /// address is that of its contact.
    pub fn missing(&self, billing: Option<&Value>, shipping: Option<&Value>) -> Vec<PayError> {
        let (billing, shipping) =
            (billing.unwrap_or(&Value::Null), shipping.unwrap_or(&Value::Null));
        let lacks = |field: &ContactRequirement, address| match field {
            ContactRequirement::Post => missing_of_address(address),
            _ => missing_of_person(*field, [shipping, billing]).into_iter().collect(),
        };
        let is_asked_once = |field: &&ContactRequirement| {
            **field == ContactRequirement::Post || !self.required_shipping.contains(field)
        };
        let of_shipping = self.required_shipping.iter().flat_map(|field| lacks(field, shipping));
        let of_billing = self.required_billing.iter().filter(is_asked_once);
        let of_billing = of_billing.flat_map(|field| lacks(field, billing));
        let told = |code| {
            move |(field, message)| PayError {
                contact_field: Some(field),
                ..PayError::new(code, message)
            }
        };
        let of_shipping = of_shipping.map(told(PayErrorCode::ShippingContactInvalid));
        of_shipping.chain(of_billing.map(told(PayErrorCode::BillingContactInvalid))).collect()
    }
}

/// A field, and what the customer reads.
type Lack = (ContactField, &'static str);

fn missing_of_person(field: ContactRequirement, contacts: [&Value; 2]) -> Option<Lack> {
    let (names, lack): (&[_], _) = match field {
        ContactRequirement::Email => {
            (&["emailAddress"], (ContactField::EmailAddress, "An email address is needed."))
        }
        ContactRequirement::Phone => {
            (&["phoneNumber"], (ContactField::PhoneNumber, "A phone number is needed."))
        }
        ContactRequirement::Name => {
            (&["givenName", "familyName"], (ContactField::Name, "A name is needed."))
        }
        ContactRequirement::PhoneticName => (
            &["phoneticGivenName", "phoneticFamilyName"],
            (ContactField::PhoneticName, "The name as it is spoken is needed."),
        ),
        ContactRequirement::Post => return None,
    };
    let is_there = contacts.iter().any(|contact| has_any(contact, names));
    (!is_there).then_some(lack)
}

/// A street, something that says where, and a country. More is not asked for: there are places without
/// postal codes, without regions, without towns.
fn missing_of_address(contact: &Value) -> Vec<Lack> {
    let parts: [(&[_], Lack); 3] = [
        (&["addressLines"], (ContactField::AddressLines, "The street is needed.")),
        (
            &["locality", "postalCode", "administrativeArea"],
            (ContactField::Locality, "The town is needed."),
        ),
        (&["countryCode", "country"], (ContactField::CountryCode, "The country is needed.")),
    ];
    let missing = parts.iter().filter(|(names, _)| !has_any(contact, names));
    let missing: Vec<_> = missing.map(|(_, lack)| *lack).collect();
    if missing.len() == parts.len() {
        return vec![(ContactField::PostalAddress, "A postal address is needed.")];
    }
    missing
}

fn has_any(contact: &Value, names: &[&str]) -> bool {
    names.iter().filter_map(|name| contact.get(name)).any(says_something)
}

/// A text that is not blank, or a list with one.
fn says_something(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(lines) => {
            lines.iter().filter_map(Value::as_str).any(|line| !line.trim().is_empty())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offer(billing: &Value, shipping: &Value) -> Offer {
        serde_json::from_value(json!({
            "merchant": "merchant.com.example.shop", "merchantName": "Example Shop",
            "country": "US", "currency": "USD", "lines": [],
            "total": {"label": "Example Shop", "amount": 100}, "networks": ["visa"],
            "capabilities": ["supports3DS"], "requiredBilling": billing,
            "requiredShipping": shipping,
        }))
        .unwrap()
    }

    fn contact() -> Value {
        json!({"givenName": "Ada", "familyName": "Made-Up", "phoneticGivenName": "Eida",
            "emailAddress": "ada@example.com", "phoneNumber": "+12025550143",
            "addressLines": ["1 Sample St"], "locality": "Springfield", "postalCode": "97477",
            "administrativeArea": "OR", "countryCode": "us", "country": "United States"})
    }

    fn without(names: &[&str]) -> Value {
        let mut contact = contact();
        contact.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
        contact
    }

    fn told(errors: &[PayError]) -> Vec<(Value, Value)> {
        let told = errors.iter().map(|error| json!(error));
        told.map(|error| (error["code"].clone(), error["contactField"].clone())).collect()
    }

    fn all() -> Value {
        json!(["post", "phone", "email", "name", "phoneticName"])
    }

    #[test]
    fn nothing_is_missing_where_nothing_is_asked_or_all_is_given() {
        assert_eq!(offer(&json!([]), &json!([])).missing(None, None), []);
        let contact = contact();
        assert_eq!(offer(&all(), &all()).missing(Some(&contact), Some(&contact)), []);
    }

    #[test]
    fn each_field_is_told_by_apples_word_for_it() {
        for (names, field) in [
            (&["emailAddress"][..], "emailAddress"),
            (&["phoneNumber"], "phoneNumber"),
            (&["givenName", "familyName"], "name"),
            (&["phoneticGivenName", "phoneticFamilyName"], "phoneticName"),
            (&["addressLines"], "addressLines"),
            (&["locality", "postalCode", "administrativeArea"], "locality"),
            (&["countryCode", "country"], "countryCode"),
        ] {
            let contact = without(names);
            let errors = offer(&json!([]), &all()).missing(None, Some(&contact));
            assert_eq!(told(&errors), [(json!("shippingContactInvalid"), json!(field))]);
            assert!(errors[0].message.ends_with(" needed."));
            let errors = offer(&all(), &json!([])).missing(Some(&contact), None);
            assert_eq!(told(&errors), [(json!("billingContactInvalid"), json!(field))]);
        }
    }

    #[test]
    fn a_contact_that_is_not_there_lacks_every_field_and_its_address_as_one() {
        let errors = offer(&json!(["post"]), &json!(["post", "name"])).missing(None, None);
        let expected = [
            (json!("shippingContactInvalid"), json!("postalAddress")),
            (json!("shippingContactInvalid"), json!("name")),
            (json!("billingContactInvalid"), json!("postalAddress")),
        ];
        assert_eq!(told(&errors), expected);
        // What both ask for is asked of the customer once.
        let errors = offer(&json!(["email"]), &json!(["email"])).missing(None, None);
        assert_eq!(told(&errors), [(json!("shippingContactInvalid"), json!("emailAddress"))]);
    }

    #[test]
    fn who_the_customer_is_may_stand_in_the_other_contact_and_an_address_may_not() {
        let shipping = without(&["givenName", "familyName", "addressLines"]);
        let errors =
            offer(&json!([]), &json!(["name", "post"])).missing(Some(&contact()), Some(&shipping));
        assert_eq!(told(&errors), [(json!("shippingContactInvalid"), json!("addressLines"))]);
    }

    #[test]
    fn p016_blank_and_odd_values_say_nothing_and_a_place_needs_no_code() {
        let odd = json!({"givenName": " ", "familyName": 7, "emailAddress": [""],
            "phoneNumber": null, "addressLines": {"0": "x"}, "locality": "\n"});
        let errors = offer(&json!([]), &all()).missing(None, Some(&odd));
        assert_eq!(errors.len(), 5);
        let far = json!({"addressLines": ["12 Sample Road", ""], "administrativeArea": "Kowloon",
            "countryCode": "hk"});
        assert_eq!(offer(&json!([]), &json!(["post"])).missing(None, Some(&far)), []);
        for contact in [json!(null), json!([]), json!("x")] {
            let errors = offer(&json!([]), &json!(["post"])).missing(None, Some(&contact));
            assert_eq!(errors[0].contact_field, Some(ContactField::PostalAddress));
        }
    }
}

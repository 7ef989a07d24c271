//! The keyboards and meanings of a text field.

use super::super::{check::Check, object::Object};
use crate::rules::Fault;

/// Apple's table of keyboards. The last one stands there as `UIKeyboardTypeTwitter` alone; the word
/// without the prefix is formed like the others.
pub(super) const KEYBOARDS: [&str; 11] = [
    "default",
    "asciiCapable",
    "numbersAndPunctuation",
    "URL",
    "numberPad",
    "phonePad",
    "namePhonePad",
    "emailAddress",
    "decimalPad",
    "webSearch",
    "twitter",
];

/// What the names of `UIKit` begin with, as in Apple's own sample.
const PREFIX: &str = "UIKeyboardType";

/// Apple's table of meanings.
pub(super) const MEANINGS: [&str; 27] = [
    "name",
    "namePrefix",
    "givenName",
    "middleName",
    "familyName",
    "nameSuffix",
    "nickname",
    "jobTitle",
    "organizationName",
    "location",
    "fullStreetAddress",
    "streetAddressLine1",
    "streetAddressLine2",
    "addressCity",
    "addressState",
    "addressCityAndState",
    "sublocality",
    "countryName",
    "postalCode",
    "telephoneNumber",
    "emailAddress",
    "URL",
    "creditCardNumber",
    "username",
    "password",
    "newPassword",
    "oneTimeCode",
];

/// `keyboardType`.
pub(super) fn read(options: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let text = options.optional_string("keyboardType", check)?;
    if KEYBOARDS.contains(&text) {
        return Some(text.to_owned());
    }
    let pointer = options.pointer("keyboardType");
    let plain = text.strip_prefix(PREFIX).and_then(|name| {
        KEYBOARDS.into_iter().find(|keyboard| keyboard.eq_ignore_ascii_case(name))
    });
    let Some(plain) = plain else {
        let message = format!("one of: {}", KEYBOARDS.join(", "));
        check.fault(Fault::new(pointer, "form_keyboard_type", message));
        return None;
    };
    if check.has("form_keyboard_prefix") {
        let message = "names that begin with UIKeyboardType are no longer taken";
        let fault = Fault::new(pointer, "form_keyboard_prefix", message);
        check.fault(fault.fix(format!("write `{plain}`")));
    }
    Some(text.to_owned())
}

/// `textContentType`.
pub(super) fn read_content_type(options: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let word = options.word("textContentType", &MEANINGS, "form_text_content_type", check)?;
    Some(word.to_owned())
}

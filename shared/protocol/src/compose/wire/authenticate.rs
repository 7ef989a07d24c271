//! Sign-in requests, as far as the message goes. Source: Apple, Interactive Message Types,
//! Authentication Message; the older flow: Apple, authentication (deprecated).

use super::super::{check::Check, object::Object, syntax};
use crate::{capability::Capability, rules::Fault};

/// Checks `data.authenticate`, and says which devices can answer it.
pub(super) fn check(data: &mut Object<'_>, check: &mut Check<'_>) -> Option<Capability> {
    let version = data.optional("version").and_then(serde_json::Value::as_str)?;
    let newer = version.starts_with('2');
    let mut authenticate = data.object("authenticate", check)?;
    let mut oauth = authenticate.object("oauth2", check)?;
    oauth.string("state", check);
    let words: &[&'static str] = if newer { &["code"] } else { &["code", "token"] };
    oauth.required("responseType", check);
    oauth.word("responseType", words, "authenticate_response_type", check);
    scope(&mut oauth, check);
    if newer {
        let target = oauth.string("redirectURI", check);
        if target.is_some_and(|url| !syntax::is_https(url)) {
            let pointer = oauth.pointer("redirectURI");
            let message = "an https URL is expected";
            check.fault(Fault::new(pointer, "authenticate_redirect", message));
        }
        oauth.optional_string("additionalParameters", check);
        return Some(Capability::Auth2);
    }
    oauth.string("clientSecret", check);
    oauth.string("responseEncryptionKey", check);
    Some(Capability::Auth)
}

fn scope(oauth: &mut Object<'_>, check: &mut Check<'_>) {
    let Some(scope) = oauth.list("scope", check) else { return };
    check.count(scope.len(), "authenticate_scope", || oauth.pointer("scope"));
    for (at, _) in scope.iter().enumerate().filter(|(_, word)| !word.is_string()) {
        let pointer = format!("{}/{at}", oauth.pointer("scope"));
        check.fault(Fault::new(pointer, "type", "a string is expected"));
    }
}

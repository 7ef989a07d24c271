//! Routing rules: which conversations an endpoint hears.

use amb_protocol::id::BusinessId;
use serde::{Deserialize, Serialize};

use super::ConversationState;

/// One rule: everything that it names has to be so. A rule names at least one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<BusinessId>,
    /// The entry point's intent, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The entry point's group, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A language (`en`), or a language and a region (`en_US`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'c> {
    /// The business.
    pub business: &'c BusinessId,
    /// Where the customer came from, or came from before they left.
    pub intent: Option<&'c str>,
    /// Likewise.
    pub group: Option<&'c str>,
    /// The customer's locale.
    pub locale: Option<&'c str>,
}

impl<'c> Heard<'c> {
    /// A conversation as rules look at it.
    pub fn of(state: &'c ConversationState) -> Self {
        let (intent, group) = state.route();
        Self { business: &state.business, intent, group, locale: state.locale.as_deref() }
    }
}

impl Route {
    /// Rules that an endpoint may have: our choice.
    pub const MAX_PER_ENDPOINT: usize = 20;

    /// Whether it names nothing, and so would match everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a conversation is as the rule says.
    pub fn matches(&self, conversation: &Heard<'_>) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        self.business.as_ref().is_none_or(|wanted| wanted == conversation.business)
            && same(&self.intent, conversation.intent)
            && same(&self.group, conversation.group)
            && self.locale.as_deref().is_none_or(|wanted| {
                conversation.locale.is_some_and(|found| is_locale(wanted, found))
            })
    }
}

/// Whether a locale is the wanted one: subtag by subtag, as far as the wanted one goes. Apple writes
/// `en_US`, others `en-us`.
fn is_locale(wanted: &str, found: &str) -> bool {
    let mut found = found.split(['_', '-']);
    wanted
        .split(['_', '-'])
        .all(|wanted| found.next().is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";

    fn matches(route: &serde_json::Value) -> bool {
        let business = BusinessId::parse(BUSINESS).unwrap();
        let route: Route = serde_json::from_value(route.clone()).unwrap();
        route.matches(&Heard {
            business: &business,
            intent: Some("order_status"),
            group: None,
            locale: Some("en_US"),
        })
    }

    #[test]
    fn ap25_a_rule_matches_when_everything_it_names_is_so() {
        for (route, expected) in [
            (serde_json::json!({ "intent": "order_status" }), true),
            (serde_json::json!({ "intent": "Order_Status" }), false),
            (serde_json::json!({ "intent": "order" }), false),
            (serde_json::json!({ "group": "retail" }), false),
            (serde_json::json!({ "business": BUSINESS }), true),
            (serde_json::json!({ "business": "another" }), false),
            (serde_json::json!({ "business": BUSINESS, "intent": "order_status" }), true),
            (serde_json::json!({ "business": BUSINESS, "intent": "x" }), false),
            (serde_json::json!({ "locale": "en" }), true),
            (serde_json::json!({ "locale": "EN-us" }), true),
            (serde_json::json!({ "locale": "en_GB" }), false),
            (serde_json::json!({ "locale": "e" }), false),
            (serde_json::json!({ "locale": "en_US_x" }), false),
        ] {
            assert_eq!(matches(&route), expected, "{route}");
        }
    }

    #[test]
    fn nothing_known_matches_no_rule_that_wants_it() {
        let business = BusinessId::parse(BUSINESS).unwrap();
        let unknown = Heard { business: &business, intent: None, group: None, locale: None };
        for route in [
            Route { intent: Some("x".to_owned()), ..Route::default() },
            Route { locale: Some("en".to_owned()), ..Route::default() },
        ] {
            assert!(!route.matches(&unknown));
        }
        assert!(Route::default().is_empty());
    }
}

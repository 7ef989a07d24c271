//! What a customer answered to an interactive message, out of the `interactiveData` of a webhook.
//!
//! A device sends the message back with the answer written into it, and not as it got it: sections are
//! rewritten, versions and numbers change their type, titles are localized. What is read here is what
//! stays: identifiers. [`Reply::parse`] never fails; what it cannot read is [`Answer::Other`], and
//! Apple's own JSON is passed on beside it.
//!
//! Source: Apple, Interactive Message Types, and for the differences what devices were observed to
//! send.

mod answer;
mod read;

pub use answer::{Answer, FormItem, FormPage, ListItem, SignIn, Slot};

use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::json::members::Members;
use read::Feature;

/// An answer, and what it is an answer to.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// What the customer did.
    #[serde(flatten)]
    pub answer: Answer,
    /// `data.requestIdentifier`: the sender's, echoed. It ties the answer to its question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_identifier: Option<String>,
    /// `sessionIdentifier`: the sender's, or one that Apple drew. The same answer under two message
    /// ids has the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_identifier: Option<String>,
}

impl Reply {
    /// Reads `interactiveData`, as [`Envelope`](crate::inbound::Envelope) keeps it.
    ///
    /// ```
    /// use amb_protocol::reply::{Answer, Reply};
    ///
    /// let data = serde_json::value::RawValue::from_string(r#"{"data":{"version":"1",
    ///     "requestIdentifier":"r-1","quick-reply":{"selectedIndex":"0","items":[
    ///     {"identifier":"good","title":"Good"}]}}}"#.to_owned())?;
    /// let reply = Reply::parse(&data);
    /// assert_eq!(reply.request_identifier.as_deref(), Some("r-1"));
    /// let Answer::QuickReply { identifier, .. } = reply.answer else { panic!() };
    /// assert_eq!(identifier.as_deref(), Some("good"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn parse(interactive_data: &RawValue) -> Self {
        let Some(outer) = members(interactive_data) else {
            let answer = Answer::Other;
            return Self { answer, request_identifier: None, session_identifier: None };
        };
        // A custom app has no `data`; it answers beside where the others have theirs.
        let inner = outer.value("data").and_then(members);
        let feature = inner.as_ref().and_then(Feature::of);
        let answer = match feature {
            Some(feature) => feature.answer(&outer),
            None => read::app(&outer),
        };
        Self {
            answer: answer.unwrap_or(Answer::Other),
            request_identifier: inner.as_ref().and_then(|data| data.text(&["requestIdentifier"])),
            session_identifier: outer.text(&["sessionIdentifier"]),
        }
    }

    /// Whether the business asked to have the answer treated as private: it is not logged, and shown
    /// only to those who may see such answers.
    pub const fn is_private(&self) -> bool {
        matches!(self.answer, Answer::Form { private: true, .. })
    }

    /// The answer without what is private about it.
    #[must_use]
    pub fn without_private(mut self) -> Self {
        if let Answer::Form { private: true, pages } = &mut self.answer {
            *pages = None;
        }
        self
    }
}

impl fmt::Debug for Reply {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.answer).finish()
    }
}

fn members(value: &RawValue) -> Option<Members<'_>> {
    serde_json::from_str(value.get()).ok()
}

#[cfg(test)]
mod tests;

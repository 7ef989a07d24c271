use serde::{Deserialize, Serialize};

/// The customer answers an interactive message. The answer leaves as a device writes it: see
/// [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Whose message. Default: whoever sent it.
    #[serde(default)]
    pub business_id: Option<String>,
    /// Apple's id of the business's message.
    pub message_id: String,
    /// What the customer chose.
    #[serde(flatten)]
    pub answer: Answer,
    /// The same answer comes again 600 ms later under a new id, as a Mac beside the iPhone does.
    #[serde(default)]
    pub repeat: bool,
    /// Wait at most this long, in milliseconds, for the MSP's answer.
    #[serde(default)]
    pub wait: u64,
}

/// What the customer chose, by the business's own identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// One item of a quick reply.
    QuickReply {
        /// The item's.
        identifier: String,
    },
    /// Items of a list picker, in the order tapped.
    ListPicker {
        /// The items'.
        identifiers: Vec<String>,
    },
    /// A slot of a time picker.
    TimePicker {
        /// The slot's.
        identifier: String,
    },
    /// The pages of a form, in the order walked.
    Form {
        /// One for each page that was shown.
        pages: Vec<AnsweredPage>,
    },
    /// What an iMessage app hands back.
    App {
        /// Carries the app's answer.
        #[serde(rename = "URL")]
        url: String,
        /// Of the bubble. Default: the business's `replyMessage`.
        #[serde(default)]
        title: Option<String>,
        /// Of the bubble.
        #[serde(default)]
        subtitle: Option<String>,
    },
    /// What a payment sheet says when it is gone, without any call: devices send it by themselves.
    Payment {
        /// `paid`, `paymentNotCompleted`, …
        state: String,
        /// What the bubble says of it: a decimal string. Default: the total that was asked for.
        #[serde(default)]
        amount: Option<String>,
    },
    /// An invitation taken up or turned down.
    Invitation {
        /// Taken up.
        accept: bool,
    },
}

/// What the customer entered on one page of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AnsweredPage {
    /// The page's identifier.
    pub page_identifier: String,
    /// Items chosen, for `select` and `picker`.
    pub identifiers: Vec<String>,
    /// What was entered, for `input`; a day (`2026-06-01`) or an instant for `datePicker`.
    pub value: Option<String>,
}

impl Reply {
    /// An answer to the message with this id.
    pub fn to(message_id: &str, answer: Answer) -> Self {
        Self {
            business_id: None,
            message_id: message_id.to_owned(),
            answer,
            repeat: false,
            wait: 0,
        }
    }

    /// … and wait until it is delivered or refused.
    #[must_use]
    pub fn wait(self, wait: u64) -> Self {
        Self { wait, ..self }
    }

    /// … twice, as a Mac beside the iPhone does.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { repeat: true, ..self }
    }
}

//! The answers, one for each kind of question.

use std::fmt;

use serde::Serialize;

/// What the customer did. `kind` is the word of the message type that it answers.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Answer {
    /// Chose items of a list picker.
    #[serde(rename_all = "camelCase")]
    ListPicker {
        /// The chosen items, those of all sections together, in the device's order.
        selected: Vec<ListItem>,
        /// How many items were not chosen.
        others: usize,
    },
    /// Chose a slot of a time picker.
    #[serde(rename_all = "camelCase")]
    TimePicker {
        /// The event's identifier.
        #[serde(skip_serializing_if = "Option::is_none")]
        event_identifier: Option<String>,
        /// The slot.
        slot: Slot,
    },
    /// Tapped a quick reply.
    #[serde(rename_all = "camelCase")]
    QuickReply {
        /// Its place among the items, from 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<u64>,
        /// Its identifier.
        #[serde(skip_serializing_if = "Option::is_none")]
        identifier: Option<String>,
        /// Its title.
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// Filled in a form.
    #[serde(rename_all = "camelCase")]
    Form {
        /// The business asked to have the answer treated as private.
        private: bool,
        /// The pages that the customer came by, in their order. Absent where they are kept back.
        #[serde(skip_serializing_if = "Option::is_none")]
        pages: Option<Vec<FormPage>>,
    },
    /// Did something in the business's own iMessage app.
    #[serde(rename = "iMessageApp", rename_all = "camelCase")]
    App {
        /// `URL`: what the app has to say.
        url: String,
        /// `appId`, by its digits.
        #[serde(skip_serializing_if = "Option::is_none")]
        app_id: Option<String>,
        /// `appName`
        #[serde(skip_serializing_if = "Option::is_none")]
        app_name: Option<String>,
        /// `bid`: the extension.
        #[serde(skip_serializing_if = "Option::is_none")]
        bid: Option<String>,
    },
    /// Answered an invitation. Who declines by leaving sends a `close` instead.
    #[serde(rename_all = "camelCase")]
    Invitation {
        /// Whether they accepted it.
        accepted: bool,
        /// The business's own reference of the invitation.
        #[serde(skip_serializing_if = "Option::is_none")]
        reference_id: Option<String>,
    },
    /// Came back from signing in. It proves nothing: the business's own redirect does.
    #[serde(rename = "authentication", rename_all = "camelCase")]
    Authenticate {
        /// What the word means.
        status: SignIn,
        /// The device's own word.
        #[serde(skip_serializing_if = "Option::is_none")]
        word: Option<String>,
        /// The number that came with it, by its digits.
        #[serde(skip_serializing_if = "Option::is_none")]
        error_code: Option<String>,
    },
    /// Came back from the payment sheet. Whether anything was paid is told by the payment itself.
    #[serde(rename_all = "camelCase")]
    Payment {
        /// The bubble's state.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Something that is not known here.
    Other,
}

/// An item of a list picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListItem {
    /// Its identifier, as the business gave it.
    pub identifier: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its subtitle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Its place in the section that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
}

/// A slot of a time picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// When it begins, as the device wrote it: `2026-06-01T15:00+0000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// How long it takes, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
}

/// What was said on one page of a form.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FormPage {
    /// The page.
    pub page_identifier: String,
    /// Its title. Devices have been observed to swap it with the subtitle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its subtitle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// What was chosen or written.
    pub items: Vec<FormItem>,
}

/// One choice, date or text on a page of a form.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FormItem {
    /// The item's identifier; that of the page where the customer wrote or picked a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// `select`, `picker`, `datePicker` or `input`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the customer saw or wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the business gave the item as its value; a date as `2021-03-30T07:00:00Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// How signing in ended, as far as the device says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignIn {
    /// It says that it worked.
    Success,
    /// It did not.
    Failure,
    /// The customer gave it up.
    Cancel,
    /// It says neither.
    Unknown,
}

impl Answer {
    /// The word of the message type that it answers.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ListPicker { .. } => "listPicker",
            Self::TimePicker { .. } => "timePicker",
            Self::QuickReply { .. } => "quickReply",
            Self::Form { .. } => "form",
            Self::App { .. } => "iMessageApp",
            Self::Invitation { .. } => "invitation",
            Self::Authenticate { .. } => "authentication",
            Self::Payment { .. } => "payment",
            Self::Other => "other",
        }
    }
}

impl fmt::Debug for Answer {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl fmt::Debug for FormPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPage").field("items", &self.items).finish_non_exhaustive()
    }
}

impl fmt::Debug for FormItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormItem").finish_non_exhaustive()
    }
}

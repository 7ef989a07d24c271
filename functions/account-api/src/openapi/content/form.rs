//! Forms: pages of questions.

use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::word::{
        DateQuestionWord, InputQuestionWord, InputTypeWord, KeyboardTypeWord, PickerQuestionWord,
        SelectQuestionWord, TextContentTypeWord,
    },
    Picture,
    interactive::{NamedPicture, ReceivedMessage, ReplyMessage},
};

/// The content of a `form`. Every page has to be reachable from the first one; a page without a next
/// one ends the form; no way leads back.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FormContent {
    /// The page that comes first.
    start_page_identifier: String,
    #[schema(min_items = 1)]
    pages: Vec<FormQuestion>,
    splash: Option<FormSplash>,
    /// Shows all answers once more before they are sent.
    #[schema(default = false)]
    show_summary: Option<bool>,
    /// Marks the answer as private: keys need the scope `private` to read it.
    #[schema(default = false)]
    private: Option<bool>,
    #[schema(max_items = 200)]
    images: Option<Vec<NamedPicture>>,
    received_message: ReceivedMessage,
    reply_message: Option<ReplyMessage>,
    /// Ties the answer to the message; drawn unless named.
    #[schema(min_length = 1, max_length = 128)]
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// What is shown before the first page.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FormSplash {
    header: Option<String>,
    #[schema(rename = "splashtext")]
    splash_text: Option<String>,
    /// Without it a device would skip the splash.
    button_title: String,
    /// One of `images`.
    image_identifier: Option<String>,
}

/// One page of a form.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is never made, only described")]
pub(crate) enum FormQuestion {
    Select(SelectQuestion),
    Picker(PickerQuestion),
    Date(DateQuestion),
    Input(InputQuestion),
}

/// A page with a list to choose from.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectQuestion {
    #[schema(min_length = 1, max_length = 19)]
    page_identifier: String,
    #[schema(rename = "type", value_type = SelectQuestionWord)]
    kind: Value,
    title: Option<String>,
    /// The question.
    subtitle: String,
    /// The page that follows, whatever is chosen.
    next_page_identifier: Option<String>,
    /// The form ends here.
    submit_form: Option<bool>,
    #[schema(default = false)]
    multiple_selection: Option<bool>,
    #[schema(min_items = 1)]
    items: Vec<SelectChoice>,
}

/// One item of a list. It may name the page that follows where one item alone is chosen.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectChoice {
    /// Unique on the page. Its place, from 1, unless named.
    identifier: Option<String>,
    title: String,
    /// Comes back with the identifier, which it is unless named.
    value: Option<String>,
    image_identifier: Option<String>,
    image: Option<Picture>,
    next_page_identifier: Option<String>,
}

/// A page with a wheel to turn.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct PickerQuestion {
    #[schema(min_length = 1, max_length = 19)]
    page_identifier: String,
    #[schema(rename = "type", value_type = PickerQuestionWord)]
    kind: Value,
    title: Option<String>,
    /// The question.
    subtitle: String,
    next_page_identifier: Option<String>,
    submit_form: Option<bool>,
    /// Stands beside the wheel.
    picker_title: Option<String>,
    /// The item that it shows first.
    #[schema(minimum = 0, default = 0)]
    selected_item_index: Option<i64>,
    #[schema(min_items = 1)]
    items: Vec<PickerChoice>,
}

/// One item of a wheel.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PickerChoice {
    /// Unique on the page. Its place, from 1, unless named.
    identifier: Option<String>,
    title: String,
    /// Comes back with the identifier, which it is unless named.
    value: Option<String>,
}

/// A page that asks for a date.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct DateQuestion {
    #[schema(min_length = 1, max_length = 19)]
    page_identifier: String,
    #[schema(rename = "type", value_type = DateQuestionWord)]
    kind: Value,
    title: Option<String>,
    /// The question.
    subtitle: String,
    next_page_identifier: Option<String>,
    submit_form: Option<bool>,
    /// Stands below the field.
    hint_text: Option<String>,
    options: Option<FormDateOptions>,
}

/// How a date is asked. All dates are written in `dateFormat`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FormDateOptions {
    #[schema(default = "MM/dd/yyyy")]
    date_format: Option<String>,
    /// Shown first; today unless named.
    start_date: Option<String>,
    minimum_date: Option<String>,
    /// Today unless named.
    maximum_date: Option<String>,
    #[schema(default = "Date")]
    label_text: Option<String>,
}

/// A page that asks for words.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct InputQuestion {
    #[schema(min_length = 1, max_length = 19)]
    page_identifier: String,
    #[schema(rename = "type", value_type = InputQuestionWord)]
    kind: Value,
    title: Option<String>,
    /// The question.
    subtitle: String,
    next_page_identifier: Option<String>,
    submit_form: Option<bool>,
    /// Stands below the field.
    hint_text: Option<String>,
    options: Option<FormInputOptions>,
}

/// How words are asked.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FormInputOptions {
    /// What the words have to match.
    regex: Option<String>,
    /// "Required" or "Optional" unless named.
    placeholder: Option<String>,
    #[schema(default = false)]
    required: Option<bool>,
    #[schema(value_type = Option<InputTypeWord>, default = "singleline")]
    input_type: Option<Value>,
    /// Shown on a single line only.
    label_text: Option<String>,
    /// Shown on a single line only, such as `$`.
    prefix_text: Option<String>,
    /// 30 on a single line and 300 on several unless named.
    #[schema(minimum = 1)]
    maximum_character_count: Option<i64>,
    #[schema(value_type = Option<KeyboardTypeWord>, default = "default")]
    keyboard_type: Option<Value>,
    #[schema(value_type = Option<TextContentTypeWord>)]
    text_content_type: Option<Value>,
}

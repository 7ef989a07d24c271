//! One page of a form, in its four kinds.

use serde::Serialize;

use super::{
    super::{check::Check, image, names::Names, object::Object, private},
    date, keyboard, pattern,
};
use crate::rules::Fault;

/// One page.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Unique in the form, of fewer than 20 characters.
    pub page_identifier: String,
    /// What stands above the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// The page that follows; the last one has none, and a single choice names one per item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_identifier: Option<String>,
    /// Whether the form ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit_form: Option<bool>,
    /// What is asked.
    #[serde(flatten)]
    pub question: Question,
}

/// What a page asks; `type` on the wire.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Question {
    /// A list to choose from.
    Select(SelectPage),
    /// A wheel to turn.
    Picker(PickerPage),
    /// A date.
    DatePicker(DatePickerPage),
    /// Words.
    Input(InputPage),
}

/// A list to choose from.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SelectPage {
    /// Whether several may be chosen; one, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_selection: Option<bool>,
    /// One or more.
    pub items: Vec<Choice>,
}

/// A wheel to turn.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PickerPage {
    /// What stands beside the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picker_title: Option<String>,
    /// Which item it shows first, from 0; the first, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_item_index: Option<i64>,
    /// One or more.
    pub items: Vec<Choice>,
}

/// One item of a list or a wheel.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// What is shown.
    pub title: String,
    /// What comes back with the identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What comes back; unique on its page.
    pub identifier: String,
    /// Its picture; in a list only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_identifier: Option<String>,
    /// The page that follows this choice; in a list with one choice only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_identifier: Option<String>,
}

/// A date.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatePickerPage {
    /// What stands below the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint_text: Option<String>,
    /// How it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<DateOptions>,
}

/// How a date is asked. All dates are written in `date_format`.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DateOptions {
    /// `MM/dd/yyyy`, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// The date that is shown first; today, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// The first date that may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_date: Option<String>,
    /// The last date that may be chosen; today, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_date: Option<String>,
    /// What stands beside the field; "Date", unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_text: Option<String>,
}

/// Words.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InputPage {
    /// What stands below the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint_text: Option<String>,
    /// How they are asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<InputOptions>,
}

/// How words are asked.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InputOptions {
    /// The regular expression that they have to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// What stands in the empty field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether they may not be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// `singleline` or `multiline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_type: Option<String>,
    /// What stands beside the field, on a single line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_text: Option<String>,
    /// What stands before the words, on a single line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_text: Option<String>,
    /// How many characters fit: 30 on a single line and 300 on several, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_character_count: Option<i64>,
    /// The keyboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyboard_type: Option<String>,
    /// What the words mean, so that the device can offer them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_content_type: Option<String>,
}

private!(
    Page,
    Question,
    SelectPage,
    PickerPage,
    Choice,
    DatePickerPage,
    DateOptions,
    InputPage,
    InputOptions
);

const TYPES: [&str; 4] = ["select", "picker", "datePicker", "input"];

impl Page {
    /// The identifiers of the pictures that it names.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &str> {
        let items: &[Choice] = match &self.question {
            Question::Select(select) => &select.items,
            _ => &[],
        };
        items.iter().filter_map(|item| item.image_identifier.as_deref())
    }

    pub(super) fn read(page: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let page_identifier = page.string("pageIdentifier", check);
        if let Some(identifier) = page_identifier
            && let Some(most) = check.limit("form_page_identifier_length")
            && identifier.chars().count() as u64 > most
        {
            let message = "a page identifier has fewer than 20 characters";
            let fault =
                Fault::new(page.pointer("pageIdentifier"), "form_page_identifier_length", message);
            check.fault(fault.limit(most, identifier.chars().count()));
        }
        page.required("type", check);
        let kind = page.word("type", &TYPES, "form_page_type", check);
        let title = page.optional_shown("title", "form_page_title_length", check);
        let subtitle = subtitle(page, kind, check);
        let next_page_identifier =
            page.optional_string("nextPageIdentifier", check).map(str::to_owned);
        let submit_form = page.flag("submitForm", check);
        let question = match kind? {
            "select" => SelectPage::read(page, check).map(Question::Select),
            "picker" => PickerPage::read(page, check).map(Question::Picker),
            "datePicker" => Some(Question::DatePicker(DatePickerPage::read(page, check))),
            _ => Some(Question::Input(InputPage::read(page, check))),
        };
        Some(Self {
            page_identifier: page_identifier?.to_owned(),
            title,
            subtitle,
            next_page_identifier,
            submit_form,
            question: question?,
        })
    }
}

/// The question. Apple's table requires it, and Apple's own sample has a picker page with
/// `pickerTitle` in its place: that much passes on the wire.
fn subtitle(page: &mut Object<'_>, kind: Option<&str>, check: &mut Check<'_>) -> Option<String> {
    let titled = kind == Some("picker") && page.has("pickerTitle");
    if !page.has("subtitle") && (check.is_content() || !titled) {
        let message = "`subtitle` is required: it is the page's question";
        check.fault(Fault::new(page.pointer("subtitle"), "form_page_subtitle", message));
    }
    page.optional_shown("subtitle", "form_page_subtitle_length", check)
}

impl SelectPage {
    fn read(page: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let multiple_selection = page.flag("multipleSelection", check);
        let several = multiple_selection == Some(true);
        let entries = page.list("items", check)?;
        check.count(entries.len(), "form_page_items", || page.pointer("items"));
        let mut names = Names::of(entries);
        let items = page.each("items", entries, check, |at, item, check| {
            let choice = Choice::read(item, at, &mut names, check);
            let image_identifier = image::reference(item, check);
            let next = item.optional_string("nextPageIdentifier", check);
            if next.is_some() && several {
                let message = "where several items may be chosen, only the page names the next one";
                let pointer = item.pointer("nextPageIdentifier");
                check.fault(
                    Fault::new(pointer, "form_item_next_multiple", message)
                        .fix("move it to the page, or take `multipleSelection` away"),
                );
            }
            let next_page_identifier = next.map(str::to_owned);
            Some(Choice { image_identifier, next_page_identifier, ..choice? })
        });
        Some(Self { multiple_selection, items: items? })
    }
}

impl PickerPage {
    fn read(page: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let picker_title = page.optional_shown("pickerTitle", "form_picker_title_length", check);
        let selected_item_index = page.integer("selectedItemIndex", check);
        let entries = page.list("items", check)?;
        check.count(entries.len(), "form_page_items", || page.pointer("items"));
        let mut names = Names::of(entries);
        let items = page.each("items", entries, check, |at, item, check| {
            Choice::read(item, at, &mut names, check)
        });
        let inside = |at: i64| usize::try_from(at).is_ok_and(|at| at < entries.len());
        if let Some(at) = selected_item_index
            && !inside(at)
        {
            let pointer = page.pointer("selectedItemIndex");
            let message = "it is the place of an item, counted from 0";
            let last = entries.len().saturating_sub(1);
            check.fault(Fault::new(pointer, "form_selected_item", message).limit(last, at));
        }
        Some(Self { picker_title, selected_item_index, items: items? })
    }
}

impl Choice {
    fn read(
        item: &mut Object<'_>,
        at: usize,
        names: &mut Names<'_>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let identifier = item.identifier(|| names.default(at), check);
        names.unique(identifier.as_deref(), item, "form_item_identifier_unique", check);
        let title = item.shown("title", "form_item_title_length", check);
        let value = item.optional_string("value", check).map(str::to_owned);
        let identifier = identifier?;
        let value = value.or_else(|| check.is_content().then(|| identifier.clone()));
        let (image_identifier, next_page_identifier) = (None, None);
        Some(Self { title: title?, value, identifier, image_identifier, next_page_identifier })
    }
}

impl DatePickerPage {
    fn read(page: &mut Object<'_>, check: &mut Check<'_>) -> Self {
        let hint_text = page.optional_shown("hintText", "form_hint_length", check);
        let options = page.optional_object("options", check).map(|mut options| {
            let read = DateOptions {
                label_text: options.optional_shown("labelText", "form_label_length", check),
                ..date::read(&mut options, check)
            };
            options.finish(check);
            read
        });
        Self { hint_text, options }
    }
}

impl InputPage {
    fn read(page: &mut Object<'_>, check: &mut Check<'_>) -> Self {
        let hint_text = page.optional_shown("hintText", "form_hint_length", check);
        let options = page.optional_object("options", check).map(|mut options| {
            let read = InputOptions::read(&mut options, check);
            options.finish(check);
            read
        });
        Self { hint_text, options }
    }
}

impl InputOptions {
    /// What `keyboard_type` may be. `apple-2022` takes them with `UIKeyboardType` before them, too.
    pub const KEYBOARDS: [&'static str; 11] = keyboard::KEYBOARDS;
    /// What `text_content_type` may be.
    pub const MEANINGS: [&'static str; 27] = keyboard::MEANINGS;

    const TYPES: [&'static str; 2] = ["singleline", "multiline"];

    fn read(options: &mut Object<'_>, check: &mut Check<'_>) -> Self {
        let input_type = options.word("inputType", &Self::TYPES, "form_input_type", check);
        let count = options.integer("maximumCharacterCount", check);
        if count.is_some_and(|count| count < 1) {
            let pointer = options.pointer("maximumCharacterCount");
            let message = "at least one character has to fit";
            check.fault(Fault::new(pointer, "form_character_count", message).limit(1, count));
        }
        if check.is_content() && input_type == Some("multiline") {
            for name in ["labelText", "prefixText"].into_iter().filter(|name| options.has(name)) {
                let message = "it is shown on a single line only";
                check.warn(Fault::new(options.pointer(name), "form_singleline_only", message));
            }
        }
        Self {
            regex: pattern::read(options, check),
            placeholder: options.optional_shown("placeholder", "form_placeholder_length", check),
            required: options.flag("required", check),
            input_type: input_type.map(str::to_owned),
            label_text: options.optional_shown("labelText", "form_label_length", check),
            prefix_text: options.optional_shown("prefixText", "form_prefix_length", check),
            maximum_character_count: count,
            keyboard_type: keyboard::read(options, check),
            text_content_type: keyboard::read_content_type(options, check),
        }
    }
}

//! Form: pages of questions. Source: Apple, Interactive Message Types, Form.

mod date;
mod graph;
mod keyboard;
mod page;
mod pattern;

pub use page::{
    Choice, DateOptions, DatePickerPage, InputOptions, InputPage, Page, PickerPage, Question,
    SelectPage,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{check::Check, image, object::Object, private};

/// `dynamic.version`. A later one is known from one implementation alone.
const VERSION: &str = "1.1";
const VERSIONS: [&str; 2] = [VERSION, "1.2"];
/// `dynamic.template`.
const TEMPLATE: &str = "messageForms";

/// `dynamic.data`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Form {
    /// The page that comes first.
    pub start_page_identifier: String,
    /// Whether the answers are shown once more before they are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_summary: Option<bool>,
    /// Whether the answers are marked as private.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// What is shown before the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splash: Option<Splash>,
    /// One or more.
    pub pages: Vec<Page>,
}

/// What is shown before the first page.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Splash {
    /// The title below the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The words below the title. Apple writes the name in one word.
    #[serde(rename = "splashtext", skip_serializing_if = "Option::is_none")]
    pub splash_text: Option<String>,
    /// What the button says; without it, the splash is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub button_title: Option<String>,
    /// The picture at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_identifier: Option<String>,
}

private!(Form, Splash);

impl Form {
    /// `dynamic`.
    pub(super) fn dynamic(&self) -> Value {
        json!({"version": VERSION, "template": TEMPLATE, "data": self})
    }

    /// The identifiers of the pictures that it names.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &str> {
        let splash = self.splash.iter().filter_map(|splash| splash.image_identifier.as_deref());
        splash.chain(self.pages.iter().flat_map(Page::pictures))
    }

    /// Reads `dynamic`.
    pub(super) fn read_wire(dynamic: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        dynamic.required("version", check);
        dynamic.word("version", &VERSIONS, "form_version", check);
        dynamic.required("template", check);
        dynamic.word("template", &[TEMPLATE], "form_template", check);
        let mut data = dynamic.object("data", check)?;
        Self::read(&mut data, check)
    }

    /// Reads `dynamic.data`, which is also the content.
    pub(super) fn read(data: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let start = data.string("startPageIdentifier", check);
        let show_summary = data.flag("showSummary", check);
        let private = data.flag("private", check);
        let splash = data.optional_object("splash", check).map(|mut splash| {
            let read = Splash::read(&mut splash, check);
            splash.finish(check);
            read
        });
        let entries = data.list("pages", check)?;
        check.count(entries.len(), "form_pages", || data.pointer("pages"));
        let pages = data.each("pages", entries, check, |_, page, check| Page::read(page, check));
        graph::check(start, entries, data, check);
        let start_page_identifier = start?.to_owned();
        Some(Self { start_page_identifier, show_summary, private, splash, pages: pages? })
    }
}

impl Splash {
    fn read(splash: &mut Object<'_>, check: &mut Check<'_>) -> Self {
        let header = splash.optional_shown("header", "form_splash_header_length", check);
        let splash_text = splash.optional_shown("splashtext", "form_splash_text_length", check);
        let button_title = if check.is_content() {
            splash.shown("buttonTitle", "form_splash_button_length", check)
        } else {
            splash.optional_shown("buttonTitle", "form_splash_button_length", check)
        };
        let image_identifier = image::named(splash, check);
        Self { header, splash_text, button_title, image_identifier }
    }
}

//! List picker: sections of items. Source: Apple, Interactive Message Types, List Picker.

use serde::Serialize;

use super::{check::Check, image, names::Names, object::Object, private};

/// `listPicker`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPicker {
    /// Whether items of several sections may be chosen together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_selection: Option<bool>,
    /// One or more. Apple's table calls them `listPickerItem`; every working sample says `sections`.
    pub sections: Vec<Section>,
}

/// A group of items under a title.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// Whether several of its items may be chosen; one, unless it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_selection: Option<bool>,
    /// One or more.
    pub items: Vec<Item>,
}

/// One choice.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// What comes back; unique in the whole list, because a reply merges the sections.
    pub identifier: String,
    /// What is shown.
    pub title: String,
    /// What stands below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Its place in the section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// `default` in every sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Its picture, 180 × 180 pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_identifier: Option<String>,
}

private!(ListPicker, Section, Item);

impl ListPicker {
    pub(super) fn read(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let multiple_selection = object.flag("multipleSelection", check);
        let entries = object.list("sections", check)?;
        check.count(entries.len(), "list_picker_sections", || object.pointer("sections"));
        let items = entries.iter().filter_map(|section| section.get("items")?.as_array());
        let mut names = Names::of(items.flatten());
        let mut before = 0;
        let sections = object.each("sections", entries, check, |at, section, check| {
            Section::read(section, at, &mut before, &mut names, check)
        });
        Some(Self { multiple_selection, sections: sections? })
    }
}

impl Section {
    fn read(
        section: &mut Object<'_>,
        at: usize,
        before: &mut usize,
        names: &mut Names<'_>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let title = section.shown("title", "list_picker_section_title_length", check);
        let order = ordered(section, at, check);
        let multiple_selection = section.flag("multipleSelection", check);
        let defaulted = check.is_content().then_some(false);
        let entries = section.list("items", check)?;
        check.count(entries.len(), "list_picker_items", || section.pointer("items"));
        let first = *before;
        *before += entries.len();
        let items = section.each("items", entries, check, |at, item, check| {
            let identifier = item.identifier(|| names.default(first + at), check);
            names.unique(identifier.as_deref(), item, "list_picker_identifier_unique", check);
            Item::read(item, identifier, at, check)
        });
        Some(Self {
            title: title?,
            order,
            multiple_selection: multiple_selection.or(defaulted),
            items: items?,
        })
    }
}

impl Item {
    const STYLES: [&'static str; 4] = ["default", "icon", "small", "large"];

    fn read(
        item: &mut Object<'_>,
        identifier: Option<String>,
        at: usize,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let title = item.shown("title", "list_picker_title_length", check);
        let subtitle = item.optional_shown("subtitle", "list_picker_subtitle_length", check);
        let order = ordered(item, at, check);
        let style = item.word("style", &Self::STYLES, "list_picker_item_style", check);
        let defaulted = check.is_content().then_some("default");
        let image_identifier = image::reference(item, check);
        Some(Self {
            identifier: identifier?,
            title: title?,
            subtitle,
            order,
            style: style.or(defaulted).map(str::to_owned),
            image_identifier,
        })
    }
}

/// `order`, in content its place in the list.
fn ordered(object: &mut Object<'_>, at: usize, check: &mut Check<'_>) -> Option<i64> {
    let place = check.is_content().then(|| i64::try_from(at).ok()).flatten();
    object.integer("order", check).or(place)
}

//! `apple-2026-08`: what Apple is reported to enforce since 21 August 2026. Apple's own words were
//! not to be had; the report is Webex Connect's to its customers, unless an entry says more.
//!
//! Printable characters are Unicode scalar values without control characters.

use super::Rule;

const WEBEX: &str = "reported by Webex Connect alone (compliance updates, August 2026)";
const PRINTABLE: &str = "printable characters";

/// What is added to the rules before it, or takes the place of those of the same id.
pub(super) const CHANGED: &[Rule] = &[
    rule("image_png", "images[].data and other pictures: PNG").source(
        "reported by Webex Connect (compliance updates, August 2026); observed earlier in one implementation",
    ),
    rule("image_bytes", "images[].data and other pictures, decoded").most(200_000, "bytes").source(
        "reported by Webex Connect (compliance updates, August 2026); also Infobip, Amazon Connect",
    ),
    rule("images_bytes", "images together, as Base64: less than 5 MB").most(4_999_999, "bytes"),
    rule("form_keyboard_prefix", "pages[].options.keyboardType: without UIKeyboardType"),
    shown("bubble_title_length", "receivedMessage.title, replyMessage.title"),
    shown("bubble_subtitle_length", "receivedMessage.subtitle, replyMessage.subtitle"),
    shown("bubble_image_title_length", "imageTitle of a custom bubble"),
    shown("bubble_image_subtitle_length", "imageSubtitle of a custom bubble"),
    shown("bubble_secondary_subtitle_length", "secondarySubtitle of a custom bubble"),
    shown("bubble_tertiary_subtitle_length", "tertiarySubtitle of a custom bubble"),
    shown("quick_reply_summary_length", "data.quick-reply.summaryText"),
    shown("quick_reply_title_length", "data.quick-reply.items[].title"),
    shown("list_picker_section_title_length", "data.listPicker.sections[].title"),
    shown("list_picker_title_length", "data.listPicker.sections[].items[].title"),
    shown("list_picker_subtitle_length", "data.listPicker.sections[].items[].subtitle"),
    shown("time_picker_title_length", "data.event.title"),
    shown("location_title_length", "data.event.location.title"),
    shown("form_splash_header_length", "dynamic.data.splash.header"),
    shown("form_splash_text_length", "dynamic.data.splash.splashtext"),
    shown("form_splash_button_length", "dynamic.data.splash.buttonTitle"),
    shown("form_page_title_length", "pages[].title"),
    shown("form_page_subtitle_length", "pages[].subtitle"),
    shown("form_item_title_length", "pages[].items[].title"),
    shown("form_picker_title_length", "pages[].pickerTitle"),
    shown("form_hint_length", "pages[].hintText"),
    shown("form_label_length", "pages[].options.labelText"),
    shown("form_prefix_length", "pages[].options.prefixText"),
    shown("form_placeholder_length", "pages[].options.placeholder"),
    shown("rich_link_title_length", "richLinkData.title"),
    shown("app_name_length", "interactiveData.appName"),
    shown("invitation_brand_length", "parameters.brandName"),
];

/// What no longer holds.
pub(super) const DROPPED: &[&str] = &["image_format"];

const fn rule(id: &'static str, place: &'static str) -> Rule {
    Rule::new(id, place, WEBEX)
}

/// A string that Apple renders.
const fn shown(id: &'static str, place: &'static str) -> Rule {
    rule(id, place).most(200, PRINTABLE)
}

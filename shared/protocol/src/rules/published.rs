//! `apple-2022`: what Apple's public pages say, and what its gateway was seen to refuse.
//!
//! Characters are Unicode scalar values.

use super::Rule;

const INTERACTIVE: &str = "Apple, Interactive Message Types";
const SHAPE: &str = "the shape of the message";

/// Messages as such, links, a business's own app, invitations.
pub(super) const MESSAGES: &[Rule] = &[
    rule("required", "a member that has to be there", SHAPE),
    rule("type", "a member of another JSON type", SHAPE),
    rule("empty", "a string that has to hold something", SHAPE),
    rule("unknown_field", "a member of content that nobody knows", SHAPE),
    rule("message_version", "v", "Apple, Common Specifications"),
    rule("message_type", "type", "Apple, Messages Sent"),
    rule(
        "message_content",
        "what belongs to the type, whole or by reference and not both",
        "Apple, Messages Sent",
    ),
    rule("reserved_key", "v, id, sourceId and destinationId of raw JSON: a warning", "our choice"),
    rule("empty_text", "body of a text", "Apple, type-text"),
    rule(
        "text_too_long",
        "body of a text",
        "our choice: Apple names no number (\"payload may have one\"), and a peer caps here",
    )
    .most(10_000, "characters"),
    rule(
        "rich_link_url",
        "richLinkData.url and the video's: no scheme of an app; https in content",
        "Apple, type-richlink",
    ),
    rule(
        "rich_link_image_bytes",
        "richLinkData.assets.image.data, decoded",
        "Apple, type-richlink",
    )
    .most(200_000, "bytes"),
    rule(
        "rich_link_image_url",
        "richLinkData.assets.image.url: refused",
        "observed: Apple answers 400",
    ),
    rule("rich_link_mime_type", "mimeType of image and video", "Apple, type-richlink"),
    rule("app_bid", "interactiveData.bid: prefix, team, extension", INTERACTIVE),
    rule(
        "app_data",
        "interactiveData.data of a custom app: refused",
        "observed: Apple answers 400",
    ),
    rule("app_id", "interactiveData.appId", INTERACTIVE),
    rule("app_icon_bytes", "interactiveData.appIcon, decoded: smaller than 15 kB", INTERACTIVE)
        .most(14_999, "bytes"),
    rule("app_url_bytes", "interactiveData.URL", "observed in one implementation")
        .most(65_536, "bytes"),
    rule(
        "app_bubble_ignored",
        "style and imageIdentifier of a custom app's bubble: a warning",
        INTERACTIVE,
    ),
    rule("app_clip_url", "link.url: https, printable ASCII", "observed in one implementation"),
    rule("app_clip_url_bytes", "link.url", "observed in one implementation").most(8_192, "bytes"),
    rule("app_clip_store_region", "link.storeRegion: ISO 3166 alpha-2", "Apple, construct-payload"),
    rule(
        "invitation_template",
        "data.notification.templateId",
        "observed: Apple's page is not public",
    ),
    rule("invitation_locale", "data.notification.locale", "observed: Apple's page is not public"),
    rule(
        "invitation_reference_length",
        "data.notification.referenceId",
        "observed in one implementation",
    )
    .most(1_000, "characters"),
    rule(
        "invitation_reference_quotes",
        "data.notification.referenceId: no quotes",
        "observed in one implementation",
    ),
    rule(
        "invitation_logo",
        "parameters.brandLogo of a template without one: a warning",
        "our choice",
    ),
];

/// Files that go with a text. Whether they are there is found out where they are fetched, and not by
/// the checks of this crate.
pub(super) const FILES: &[Rule] = &[
    rule("attachment_bytes", "attachments[].size", "Apple, Integration")
        .least(1, "bytes")
        .most(104_857_600, "bytes"),
    rule(
        "attachment_key",
        "attachments[].key: 00 and 64 hex digits",
        "Apple, Encrypting and Decrypting Attachments",
    ),
    rule("attachment_mime_type", "mimeType of an attachment of content", "our choice"),
    rule(
        "attachment_places",
        "text with attachments: one U+FFFC for each; on the wire another number is a warning",
        "Apple, type-text",
    ),
    rule(
        "attachment_source",
        "an attachment of content: exactly one of url, uploadId",
        "our choice",
    ),
    rule("attachment_upload_id", "uploadId of an attachment", "our choice"),
    rule("attachment_upload_missing", "uploadId of an attachment: it is there", "our choice"),
    rule("attachment_url", "url of an attachment: https", "our choice").most(8_192, "bytes"),
    rule("attachments_items", "attachments of content", "our choice").most(20, "items"),
];

/// Bubbles, pictures, quick reply, list picker, time picker.
pub(super) const INTERACTIVE_MESSAGES: &[Rule] = &[
    rule("interactive_feature", "interactiveData.data: exactly one feature", INTERACTIVE),
    rule(
        "data_version",
        "interactiveData.data.version: a string that reads as a number of at least 1",
        INTERACTIVE,
    ),
    rule(
        "request_identifier",
        "interactiveData.data.requestIdentifier",
        "Apple, Interactive Message Types; the length is our choice",
    )
    .most(128, "bytes"),
    rule("bubble_title_length", "receivedMessage.title, replyMessage.title", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_subtitle_length", "receivedMessage.subtitle, replyMessage.subtitle", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_image_title_length", "imageTitle of a custom bubble", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_image_subtitle_length", "imageSubtitle of a custom bubble", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_secondary_subtitle_length", "secondarySubtitle of a custom bubble", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_tertiary_subtitle_length", "tertiarySubtitle of a custom bubble", INTERACTIVE)
        .most(512, "characters"),
    rule("bubble_style", "style of a bubble: icon, small, large", INTERACTIVE),
    rule("image_identifier_unique", "images[].identifier", INTERACTIVE),
    rule("image_reference", "imageIdentifier: names one of the images", INTERACTIVE),
    rule(
        "image_unused",
        "images[] of content that nothing refers to",
        "our choice: a picture nobody sees costs the customer's time",
    ),
    rule("image_source", "an image of content: exactly one of url, uploadId, data", "our choice"),
    rule("image_url", "url of an image: https", "our choice"),
    rule("image_upload_id", "uploadId of an image", "our choice"),
    rule("image_kind", "data of an image in content: PNG, JPEG, GIF, WebP", "our choice"),
    rule("image_data", "images[].data and other pictures: Base64", INTERACTIVE),
    rule(
        "image_format",
        "images[].data and other pictures: PNG or JPEG",
        "observed: older texts and samples hold both",
    ),
    rule("images_items", "images of content", "our choice").most(200, "items"),
    rule(
        "quick_reply_items",
        "data.quick-reply.items",
        "Apple, Interactive Message Types; one item gets a 400 (observed)",
    )
    .least(2, "items")
    .most(5, "items"),
    rule(
        "quick_reply_identifier_unique",
        "data.quick-reply.items[].identifier",
        "our choice: the answer names one",
    ),
    rule("quick_reply_title_lines", "data.quick-reply.items[].title", INTERACTIVE).most(1, "lines"),
    rule("list_picker_sections", "data.listPicker.sections", INTERACTIVE).least(1, "items"),
    rule("list_picker_items", "data.listPicker.sections[].items", INTERACTIVE).least(1, "items"),
    rule(
        "list_picker_identifier_unique",
        "data.listPicker.sections[].items[].identifier: in the whole list",
        "our choice: a reply merges the sections",
    ),
    rule(
        "list_picker_item_style",
        "data.listPicker.sections[].items[].style",
        "observed: every sample says default",
    ),
    rule("time_picker_timeslots", "data.event.timeslots", INTERACTIVE).least(1, "items"),
    rule("time_picker_identifier_unique", "data.event.timeslots[].identifier", INTERACTIVE),
    rule(
        "time_picker_start_time",
        "data.event.timeslots[].startTime: GMT, ISO 8601",
        "Apple, Interactive Message Types; without seconds: Apple's samples",
    ),
    rule("time_picker_duration", "data.event.timeslots[].duration", INTERACTIVE)
        .least(1, "seconds"),
    rule(
        "time_picker_timezone_offset",
        "data.event.timezoneOffset, either way from GMT",
        "Infobip, message types; Apple names no bound",
    )
    .most(840, "minutes"),
    rule("location_latitude", "data.event.location.latitude, either way", "our choice")
        .most(90, "degrees"),
    rule("location_longitude", "data.event.location.longitude, either way", "our choice")
        .most(180, "degrees"),
    rule(
        "location_coordinates",
        "data.event.location: latitude and longitude, or neither",
        "our choice",
    ),
    rule(
        "location_radius",
        "data.event.location.radius: ignored without coordinates, never negative",
        INTERACTIVE,
    ),
];

/// Pictures as they come. They are found out where pictures are fetched and made fit, and not by
/// the checks of this crate.
pub(super) const PICTURES: &[Rule] = &[
    rule("image_unreachable", "url of an image: it answers with one", "our choice"),
    rule("image_upload_missing", "uploadId of an image: it is there", "our choice"),
    rule("image_source_bytes", "an image as it comes", "our choice").most(10_485_760, "bytes"),
    rule("image_pixels", "an image as it comes", "our choice").most(24_000_000, "pixels"),
    rule("image_damaged", "an image as it comes: it can be decoded", "our choice"),
];

/// Forms.
pub(super) const FORMS: &[Rule] = &[
    rule(
        "form_version",
        "data.dynamic.version",
        "Apple, Interactive Message Types; 1.2: one implementation",
    ),
    rule("form_template", "data.dynamic.template: messageForms", INTERACTIVE),
    rule("form_pages", "data.dynamic.data.pages", INTERACTIVE).least(1, "items"),
    rule(
        "form_start_page",
        "data.dynamic.data.startPageIdentifier: names one of the pages",
        INTERACTIVE,
    ),
    rule("form_page_identifier_length", "pages[].pageIdentifier: fewer than 20", INTERACTIVE)
        .most(19, "characters"),
    rule("form_page_identifier_unique", "pages[].pageIdentifier", INTERACTIVE),
    rule("form_page_type", "pages[].type: select, picker, datePicker, input", INTERACTIVE),
    rule(
        "form_page_subtitle",
        "pages[].subtitle; on the wire a picker's pickerTitle stands for it, as in Apple's sample",
        INTERACTIVE,
    ),
    rule("form_page_items", "pages[].items of select and picker", INTERACTIVE).least(1, "items"),
    rule("form_item_identifier_unique", "pages[].items[].identifier: on the page", INTERACTIVE),
    rule(
        "form_item_next_multiple",
        "pages[].items[].nextPageIdentifier: only where one item may be chosen",
        INTERACTIVE,
    ),
    rule("form_next_page", "nextPageIdentifier: names one of the pages", INTERACTIVE),
    rule(
        "form_page_cycle",
        "nextPageIdentifier: no way back",
        "our choice: the customer would never come to an end",
    ),
    rule(
        "form_page_unreachable",
        "pages[]: a way leads to each",
        "our choice: nobody would see it",
    ),
    rule("form_dead_end", "pages[].items[]: each leads on where one does", INTERACTIVE),
    rule("form_selected_item", "pages[].selectedItemIndex: the place of an item", INTERACTIVE),
    rule("form_date_format", "pages[].options.dateFormat", INTERACTIVE),
    rule(
        "form_date_mismatch",
        "startDate, minimumDate, maximumDate: written in dateFormat; yyyy-MM-dd passes on the wire, as in Apple's sample",
        INTERACTIVE,
    ),
    rule("form_date_order", "minimumDate, startDate, maximumDate: in this order", "our choice"),
    rule("form_regex", "pages[].options.regex", INTERACTIVE),
    rule("form_input_type", "pages[].options.inputType: singleline, multiline", INTERACTIVE),
    rule("form_character_count", "pages[].options.maximumCharacterCount", INTERACTIVE)
        .least(1, "characters"),
    rule(
        "form_keyboard_type",
        "pages[].options.keyboardType: Apple's table, with or without UIKeyboardType",
        INTERACTIVE,
    ),
    rule("form_text_content_type", "pages[].options.textContentType: Apple's table", INTERACTIVE),
    rule(
        "form_singleline_only",
        "labelText and prefixText of several lines: a warning",
        INTERACTIVE,
    ),
];

/// Apple Pay and sign-in, as far as the message goes.
const DEVICE: &str = "Apple, Apple Pay Message; the customer pays what the sheet shows";
const OURS: &str = "our choice";

pub(super) const PAYMENTS: &[Rule] = &[
    rule("payment_style", "receivedMessage.style of Apple Pay: large", INTERACTIVE),
    rule("payment_url", "data.payment.endpoints: https", INTERACTIVE),
    rule(
        "payment_gateway_equal",
        "merchantSession.initiativeContext equals endpoints.paymentGatewayUrl",
        "Apple, Interactive Message Types; the device calls the former (observed)",
    ),
    rule("payment_initiative", "merchantSession.initiative: messaging", INTERACTIVE),
    rule("payment_display_name_length", "merchantSession.displayName", INTERACTIVE)
        .most(64, "characters"),
    rule("payment_capability", "applePay.merchantCapabilities", INTERACTIVE),
    rule("payment_3ds", "applePay.merchantCapabilities: with supports3DS", INTERACTIVE),
    rule(
        "payment_network",
        "applePay.supportedNetworks",
        "Apple, Interactive Message Types; chinaUnionPay and interac: observed",
    ),
    rule("payment_networks", "applePay.supportedNetworks", INTERACTIVE).least(1, "items"),
    rule("payment_country", "paymentRequest.countryCode: ISO 3166", INTERACTIVE),
    rule("payment_currency", "paymentRequest.currencyCode: ISO 4217", INTERACTIVE),
    rule("payment_line_items", "paymentRequest.lineItems: absent or not empty", INTERACTIVE)
        .least(1, "items"),
    rule("payment_line_type", "type of a line: final, pending", INTERACTIVE),
    rule("payment_amount", "amounts: decimal strings", INTERACTIVE),
    rule(
        "payment_total",
        "paymentRequest.total.amount: more than zero, at most 100 million",
        "Apple, Interactive Message Types; WebKit",
    ),
    rule("payment_total_sum", "paymentRequest.total.amount: the sum of the final lines", DEVICE),
    rule(
        "payment_shipping_first",
        "paymentRequest.shippingMethods: the amount of the first is in the lines",
        DEVICE,
    ),
    rule("payment_shipping_identifier", "shippingMethods: each identifier once", DEVICE),
    rule("payment_label_length", "labels of lines and shipping methods", OURS)
        .least(1, "characters")
        .most(128, "characters"),
    rule("payment_rows", "lines, shipping methods, rules of pricing, of each", OURS)
        .most(100, "items"),
    rule("payment_merchant", "a payment: the business has Apple Pay settings", OURS),
    rule("payment_bubble", "title, subtitle, image of a payment: not with receivedMessage", OURS),
    rule("payment_pricing", "pricing of a payment", OURS),
    rule("payment_session", "merchantSession of a payment, for a gateway of one's own", DEVICE),
    rule("payment_reference_length", "reference of a payment", OURS).most(128, "characters"),
    rule("payment_expiry", "expiresInMinutes of a payment", OURS)
        .least(5, "minutes")
        .most(10_080, "minutes"),
    rule(
        "payment_contact_field",
        "requiredBillingContactFields, requiredShippingContactFields",
        "Apple, Interactive Message Types; postalAddress: one vendor",
    ),
    rule("authenticate_response_type", "oauth2.responseType", INTERACTIVE),
    rule("authenticate_scope", "oauth2.scope", INTERACTIVE).least(1, "items"),
    rule("authenticate_redirect", "oauth2.redirectURI: https", INTERACTIVE),
    rule(
        "authenticate_secret",
        "oauth2.clientSecret in raw JSON: refused",
        "our choice: it would be kept with the message and read back",
    ),
];

const fn rule(id: &'static str, place: &'static str, source: &'static str) -> Rule {
    Rule::new(id, place, source)
}

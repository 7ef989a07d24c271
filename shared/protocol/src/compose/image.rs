//! Pictures: where they come from, who refers to them, and what Apple takes of them.

use std::collections::{HashMap, HashSet};

use data_encoding::BASE64;
use serde_json::Value;

use super::{ImageSource, check::Check, object::Object, private, syntax};
use crate::rules::Fault;

/// A picture of an interactive message, which the rest refers to by its identifier.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Unique within the message.
    pub identifier: String,
    /// What `VoiceOver` reads aloud.
    pub description: Option<String>,
    /// Where it comes from.
    pub source: ImageSource,
    /// Where the business named it, as a JSON Pointer into its request; for faults found later.
    pub origin: String,
}

private!(Image);

/// The pictures of one reading.
#[derive(Debug, Default)]
pub(super) struct Images {
    listed: Vec<Image>,
    /// Identifiers with the pointer of their entry, in order; also of entries that are wrong.
    named: Vec<(String, String)>,
    known: HashSet<String>,
    inline: HashMap<ImageSource, String>,
    uses: Vec<(String, String)>,
}

impl Images {
    /// Notes that a member names a picture.
    pub(super) fn used(&mut self, identifier: &str, pointer: String) {
        self.uses.push((identifier.to_owned(), pointer));
    }

    /// Takes a picture that stands where it is used, and gives it an identifier. The same picture
    /// twice is one.
    fn add(&mut self, source: ImageSource, origin: String) -> String {
        if let Some(identifier) = self.inline.get(&source) {
            return identifier.clone();
        }
        let mut number = self.listed.len() + 1;
        let mut identifier = format!("image-{number}");
        while self.known.contains(&identifier) {
            number += 1;
            identifier = format!("image-{number}");
        }
        self.known.insert(identifier.clone());
        self.inline.insert(source.clone(), identifier.clone());
        let image = Image { identifier: identifier.clone(), description: None, source, origin };
        self.listed.push(image);
        identifier
    }
}

/// Reads `images`.
pub(super) fn read(parent: &mut Object<'_>, check: &mut Check<'_>) {
    let Some(entries) = parent.optional_list("images", check) else { return };
    let mut encoded = 0;
    let images = parent.each("images", entries, check, |_, entry, check| {
        let identifier = entry.string("identifier", check).map(str::to_owned);
        if let Some(identifier) = &identifier {
            if !check.images.known.insert(identifier.clone()) {
                let message = "another image has this identifier";
                check.fault(Fault::new(
                    entry.pointer("identifier"),
                    "image_identifier_unique",
                    message,
                ));
            }
            check.images.named.push((identifier.clone(), entry.at().to_owned()));
        }
        let description = entry.optional_string("description", check).map(str::to_owned);
        let (source, origin) = if check.is_content() {
            source(entry, check)?
        } else {
            let data = entry.string("data", check)?;
            encoded += data.len();
            on_the_wire(data, "image_bytes", || entry.pointer("data"), check);
            (ImageSource::Data(data.to_owned()), entry.pointer("data"))
        };
        Some(Image { identifier: identifier?, description, source, origin })
    });
    let most = check.limit("images_bytes").and_then(|most| usize::try_from(most).ok());
    if let Some(most) = most.filter(|most| encoded > *most) {
        let message = "all images together are too large";
        let fault = Fault::new(parent.pointer("images"), "images_bytes", message);
        check.fault(fault.limit(most, encoded).fix("send fewer or smaller images"));
    }
    check.images.listed = images.unwrap_or_default();
}

/// Holds the number of a content's pictures against its rule, once those in their places are read too.
pub(super) fn count(content: &Object<'_>, check: &mut Check<'_>) {
    let found = check.images.listed.len().max(check.images.named.len());
    check.count(found, "images_items", || content.pointer("images"));
}

/// `imageIdentifier`, or in content a picture in its place under `image`.
pub(super) fn reference(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let named = named(object, check);
    if !check.is_content() {
        return named;
    }
    let Some(mut picture) = object.optional_object("image", check) else { return named };
    let found = source(&mut picture, check);
    picture.finish(check);
    if named.is_some() {
        let message = "`image` and `imageIdentifier` exclude each other";
        check.fault(Fault::new(object.pointer("image"), "image_source", message));
        return named;
    }
    let (source, origin) = found?;
    let identifier = check.images.add(source, origin);
    check.images.used(&identifier, object.pointer("image"));
    Some(identifier)
}

/// `imageIdentifier`. Apple's table calls it an integer in one place; its samples are strings.
pub(super) fn named(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let name = "imageIdentifier";
    let identifier = match object.optional(name)? {
        Value::Number(number) if !check.is_content() => number.to_string(),
        Value::String(text) => text.clone(),
        _ => {
            check.fault(Fault::new(object.pointer(name), "type", "a string is expected"));
            return None;
        }
    };
    check.images.used(&identifier, object.pointer(name));
    Some(identifier)
}

/// Every reference has its picture and, in content, every picture its reference.
pub(super) fn settle(check: &mut Check<'_>) -> Vec<Image> {
    let images = std::mem::take(&mut check.images);
    for (identifier, pointer) in &images.uses {
        if !images.known.contains(identifier) {
            let fault = Fault::new(pointer, "image_reference", "no image has this identifier");
            check.fault(fault.fix("add it to `images`, or name one that is there"));
        }
    }
    if check.is_content() {
        let used: HashSet<_> = images.uses.iter().map(|(identifier, _)| identifier).collect();
        for (_, pointer) in images.named.iter().filter(|(name, _)| !used.contains(name)) {
            let fault = Fault::new(pointer, "image_unused", "nothing refers to this image");
            check.fault(fault.fix("remove it, or refer to it by `imageIdentifier`"));
        }
    }
    images.listed
}

/// Exactly one of `url`, `uploadId` and `data`, and where it stands.
pub(super) fn source(
    object: &mut Object<'_>,
    check: &mut Check<'_>,
) -> Option<(ImageSource, String)> {
    let url = object.optional_string("url", check);
    let upload = object.optional_string("uploadId", check);
    let data = object.optional_string("data", check);
    let members = ["url", "uploadId", "data"];
    let given: Vec<_> = members.into_iter().filter(|name| object.has(name)).collect();
    let &[name] = given.as_slice() else {
        let message = "exactly one of `url`, `uploadId` and `data` is expected";
        let fault = Fault::new(object.at(), "image_source", message);
        check.fault(fault.limit(1, given.len()));
        return None;
    };
    let pointer = object.pointer(name);
    let source = if let Some(url) = url {
        if !syntax::is_https(url) {
            check.fault(Fault::new(pointer, "image_url", "an https URL is expected"));
            return None;
        }
        ImageSource::Url(url.to_owned())
    } else if let Some(upload) = upload {
        if !syntax::is_upload_id(upload) {
            let message = "`upl_` and 26 characters of a-z and 2-7 are expected";
            check.fault(Fault::new(pointer, "image_upload_id", message));
            return None;
        }
        ImageSource::Upload(upload.to_owned())
    } else {
        let data = data?;
        let bytes = decoded(data, &pointer, check)?;
        if !is_picture(&bytes) {
            let message = "it is not a PNG, JPEG, GIF or WebP image";
            check.fault(Fault::new(pointer, "image_kind", message));
            return None;
        }
        ImageSource::Data(data.to_owned())
    };
    Some((source, pointer))
}

/// What Apple takes: Base64 of a small picture in a format of the pack.
pub(super) fn on_the_wire(
    data: &str,
    size: &'static str,
    pointer: impl Fn() -> String,
    check: &mut Check<'_>,
) {
    let Some(bytes) = decoded(data, &pointer(), check) else { return };
    if check.has("image_png") && !bytes.starts_with(PNG) {
        let fault = Fault::new(pointer(), "image_png", "the image is not a PNG");
        check.fault(fault.fix("convert it to PNG"));
    } else if check.has("image_format") && ![PNG, JPEG].iter().any(|kind| bytes.starts_with(kind)) {
        let fault = Fault::new(pointer(), "image_format", "the image is neither PNG nor JPEG");
        check.fault(fault.fix("convert it to PNG"));
    }
    let most = check.limit(size).and_then(|most| usize::try_from(most).ok());
    if let Some(most) = most.filter(|most| bytes.len() > *most) {
        let fault = Fault::new(pointer(), size, format!("at most {most} bytes are taken"));
        check.fault(fault.limit(most, bytes.len()).fix("make it smaller"));
    }
}

fn decoded(data: &str, pointer: &str, check: &mut Check<'_>) -> Option<Vec<u8>> {
    let fault = Fault::new(pointer, "image_data", "Base64 with its padding is expected");
    if data.starts_with("data:") {
        check.fault(fault.fix("leave out what stands before the Base64"));
        return None;
    }
    match BASE64.decode(data.as_bytes()) {
        Ok(bytes) if !bytes.is_empty() => Some(bytes),
        _ => {
            check.fault(fault);
            None
        }
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

fn is_picture(bytes: &[u8]) -> bool {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    webp || [PNG, JPEG, b"GIF87a", b"GIF89a"].iter().any(|kind| bytes.starts_with(kind))
}

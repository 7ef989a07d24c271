//! Rich links: an address with a title and a picture, or a video. Source: Apple, type-richlink.

use serde_json::{Map, Value, json};

use super::{
    Channel, Draft, ImageSource, Need, PendingImage, Slot, check::Check, image, object::Object,
    private, syntax, wire,
};
use crate::rules::{Fault, RulePack};

/// `richLinkData`.
#[derive(Clone, PartialEq, Eq)]
pub struct RichLink {
    /// Where a tap leads: https.
    pub url: String,
    /// Its title; the page's own if absent.
    pub title: Option<String>,
    /// Its picture, with the place in the business's request; the page's own if absent.
    pub image: Option<(ImageSource, String)>,
    /// A video that is played in its place.
    pub video: Option<Video>,
}

/// A video behind a rich link.
#[derive(Clone, PartialEq, Eq)]
pub struct Video {
    /// Where it lies: https.
    pub url: String,
    /// Such as `video/mp4`.
    pub mime_type: String,
}

private!(RichLink, Video);

impl RichLink {
    /// A link without anything of its own: all of it comes from the page.
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), title: None, image: None, video: None }
    }

    /// The message, without the picture and without what the page has to give.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let mut needs = Vec::new();
        let mut assets = Map::new();
        if let Some((source, origin)) = &self.image {
            assets.insert("image".to_owned(), json!({"data": "", "mimeType": "image/png"}));
            needs.push(Need::Image(PendingImage {
                pointer: "/richLinkData/assets/image/data".to_owned(),
                origin: origin.clone(),
                slot: Slot::RichLink,
                source: source.clone(),
            }));
        }
        if let Some(video) = &self.video {
            let video = json!({"url": video.url, "mimeType": video.mime_type});
            assets.insert("video".to_owned(), video);
        }
        if self.title.is_none() || self.image.is_none() {
            needs.push(Need::Preview { url: self.url.clone() });
        }
        let mut link = Map::new();
        link.insert("url".to_owned(), json!(self.url));
        if let Some(title) = &self.title {
            link.insert("title".to_owned(), json!(title));
        }
        link.insert("assets".to_owned(), Value::Object(assets));
        let mut body = Map::new();
        body.insert("type".to_owned(), json!("richLink"));
        body.insert("richLinkData".to_owned(), Value::Object(link));
        let draft = Draft::plain(body, Channel::Message);
        Draft { needs, pack: pack.name().to_owned(), ..draft }
    }

    /// Reads a message as it goes over Apple's wire. All faults at once.
    pub fn parse(message: &Value, pack: &RulePack) -> Result<Self, Vec<Fault>> {
        wire::parse(message, "richLinkData", Self::read_wire, pack)
    }

    /// The title of a link whose page has none: its host.
    pub fn fallback_title(url: &str) -> String {
        syntax::host(url).unwrap_or_else(|| url.to_owned())
    }

    /// Reads a business's content.
    pub(super) fn read_content(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let url = content.string("url", check);
        secure(url, || content.pointer("url"), check);
        let title = content.optional_shown("title", "rich_link_title_length", check);
        let image = content.optional_object("image", check).and_then(|mut object| {
            let source = image::source(&mut object, check);
            object.finish(check);
            source
        });
        let video = content.optional_object("video", check).and_then(|mut object| {
            let video = Video::read(&mut object, check);
            object.finish(check);
            video
        });
        let title = title.filter(|title| !title.trim().is_empty());
        Some(Self { url: url?.to_owned(), title, image, video })
    }

    /// Reads `richLinkData`. The picture is checked, and kept as it stands.
    pub(super) fn read_wire(link: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let url = link.string("url", check);
        if url.is_some_and(|url| !syntax::is_http(url)) {
            let message = "an http or https URL is expected; an app's own scheme does not work";
            check.fault(Fault::new(link.pointer("url"), "rich_link_url", message));
        }
        let title = link.shown("title", "rich_link_title_length", check);
        let mut assets = link.object("assets", check)?;
        let image = assets.optional_object("image", check).and_then(|mut object| {
            if object.has("url") {
                let message = "Apple takes the picture itself and no address of one";
                let fault = Fault::new(object.pointer("url"), "rich_link_image_url", message);
                check.fault(fault.fix("send it in `data`, as Base64"));
            }
            let mime_type = object.string("mimeType", check);
            if mime_type.is_some_and(|kind| !kind.starts_with("image/")) {
                let message = "the media type of an image is expected";
                let pointer = object.pointer("mimeType");
                check.fault(Fault::new(pointer, "rich_link_mime_type", message));
            }
            let data = object.string("data", check)?;
            image::on_the_wire(data, "rich_link_image_bytes", || object.pointer("data"), check);
            Some((ImageSource::Data(data.to_owned()), object.pointer("data")))
        });
        let video = assets
            .optional_object("video", check)
            .and_then(|mut object| Video::read(&mut object, check));
        Some(Self { url: url?.to_owned(), title, image, video })
    }
}

impl Video {
    fn read(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let url = object.string("url", check);
        secure(url, || object.pointer("url"), check);
        let mime_type = object.string("mimeType", check);
        if mime_type.is_some_and(|kind| !kind.starts_with("video/")) {
            let message = "the media type of a video is expected, such as video/mp4";
            let pointer = object.pointer("mimeType");
            check.fault(Fault::new(pointer, "rich_link_mime_type", message));
        }
        Some(Self { url: url?.to_owned(), mime_type: mime_type?.to_owned() })
    }
}

fn secure(url: Option<&str>, pointer: impl FnOnce() -> String, check: &mut Check<'_>) {
    if url.is_some_and(|url| !syntax::is_https(url)) {
        let message = "an https URL is expected; an app's own scheme does not work";
        check.fault(Fault::new(pointer(), "rich_link_url", message));
    }
}

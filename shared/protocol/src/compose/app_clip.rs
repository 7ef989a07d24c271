//! Links that open an App Clip. Source: Apple, construct-payload; the limits of the URL were
//! observed.

use serde_json::json;

use super::{Draft, Need, check::Check, object::Object, private, rich_link::RichLink, syntax};
use crate::rules::{Fault, RulePack};

/// A page with an App Clip.
#[derive(Clone, PartialEq, Eq)]
pub struct AppClip {
    /// The page: https, printable ASCII.
    pub url: String,
    /// The App Store that offers it, ISO 3166 alpha-2.
    pub store_region: String,
    /// The title of the rich link that goes where there is no App Clip.
    pub title: Option<String>,
}

private!(AppClip);

impl AppClip {
    /// The message: the rich link that it is without an App Clip.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let link = RichLink { title: self.title.clone(), ..RichLink::to(self.url.clone()) };
        let mut draft = link.draft(pack);
        draft.body.insert("body".to_owned(), json!(self.url));
        let (url, store_region) = (self.url.clone(), self.store_region.clone());
        draft.needs = vec![Need::AppClip { url, store_region }];
        draft
    }

    /// Reads a business's content.
    pub(super) fn read(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let url = content.string("url", check);
        if url.is_some_and(|url| !syntax::is_https(url) || !syntax::is_visible(url)) {
            let message = "an https URL of printable ASCII characters is expected";
            let fault = Fault::new(content.pointer("url"), "app_clip_url", message);
            check.fault(fault.fix("write other characters percent-encoded"));
        }
        let most = check.limit("app_clip_url_bytes").and_then(|most| usize::try_from(most).ok());
        if let Some((url, most)) = url.zip(most).filter(|(url, most)| url.len() > *most) {
            let message = format!("at most {most} bytes are taken");
            let fault = Fault::new(content.pointer("url"), "app_clip_url_bytes", message);
            check.fault(fault.limit(most, url.len()));
        }
        let region = content.optional_string("storeRegion", check);
        if region.is_some_and(|region| !syntax::is_country(region)) {
            let message = "the two capital letters of a country are expected (ISO 3166)";
            check.fault(Fault::new(
                content.pointer("storeRegion"),
                "app_clip_store_region",
                message,
            ));
        }
        let title = content.optional_shown("title", "rich_link_title_length", check);
        let store_region = region.unwrap_or("US").to_owned();
        let title = title.filter(|title| !title.trim().is_empty());
        Some(Self { url: url?.to_owned(), store_region, title })
    }
}

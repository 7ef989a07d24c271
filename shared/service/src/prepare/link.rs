//! What a rich link shows of its page: title and picture from Open Graph. Whatever fails, the link
//! still goes, under the name of its host (AP-12).

use amb_protocol::{
    compose::{ImageSource, Slot},
    rules::RulePack,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

use super::{Change, Job, Prepare, place};
use crate::{
    model::TenantId,
    port::{Clock, Files, Web, WebAsk},
    preview::{self, MAX_PAGE, Preview},
};

/// Page and picture together.
const LIMIT: SignedDuration = SignedDuration::from_secs(5);

impl<F: Files, W: Web, C: Clock> Prepare<F, W, C> {
    /// Fills in title and picture of `richLinkData` where they are missing.
    pub(super) async fn preview(
        &self,
        tenant: &TenantId,
        url: &str,
        pack: &RulePack,
        until: Timestamp,
        body: &mut Map<String, Value>,
    ) -> Change {
        let until = until.min(self.clock.now() + LIMIT);
        let page = self.page(tenant, url, until).await.unwrap_or_default();
        let link = |name| body.get("richLinkData").and_then(|link| link.get(name));
        let titled = link("title").and_then(Value::as_str).is_some_and(|title| !title.is_empty());
        let pictured = link("assets").is_some_and(|assets| assets.get("image").is_some());
        let listed = link("assets").is_some();
        let mut found = (false, false);
        if !titled {
            found.0 = page.title.is_some();
            let title = page.title.unwrap_or_else(|| host(url).to_owned());
            place::put(body, "/richLinkData/title", title.into());
        }
        if !listed {
            place::put(body, "/richLinkData/assets", Value::Object(Map::new()));
        }
        if !pictured && let Some(image_url) = page.image_url {
            let source = ImageSource::Url(image_url);
            let made = self.make(tenant, &Job::of(&source, Slot::RichLink), pack, until).await;
            if let Some(picture) = made.ok().as_deref().and_then(<[_]>::first) {
                let image = "/richLinkData/assets/image";
                place::put(body, &format!("{image}/data"), picture.base64.as_ref().into());
                place::put(body, &format!("{image}/mimeType"), "image/png".into());
                found.1 = true;
            }
        }
        Change::Preview { title: found.0, image: found.1 }
    }

    async fn page(&self, tenant: &TenantId, url: &str, until: Timestamp) -> Option<Preview> {
        let key = (tenant.clone(), url.to_owned());
        if let Some(known) = self.pages.recall(&key, self.clock.now()) {
            return known;
        }
        let left = self.clock.now().duration_until(until);
        let ask = WebAsk {
            accept: "text/html, application/xhtml+xml;q=0.9",
            max_bytes: MAX_PAGE,
            cut: true,
            within: Duration::try_from(left).unwrap_or_default(),
        };
        let found = self
            .web
            .get(url, &ask)
            .await
            .ok()
            .map(|page| preview::read(&page.bytes, &page.url, page.content_type.as_deref()));
        self.pages.remember(key, found.clone(), self.clock.now());
        found
    }
}

/// The host of a URL, as it is written there.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

/// The body of a rich link to this page, with nothing known of it yet.
pub(crate) fn linked(mut body: Map<String, Value>, url: &str) -> Map<String, Value> {
    body.insert("type".to_owned(), "richLink".into());
    place::put(&mut body, "/richLinkData/url", url.into());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_stands_between() {
        for (url, expected) in [
            ("https://shop.example.com/desk?a=b@c", "shop.example.com"),
            ("https://user@shop.example.com:443#x", "shop.example.com"),
            ("https://shop.example.com?x", "shop.example.com"),
            ("shop.example.com/desk", "shop.example.com"),
        ] {
            assert_eq!(host(url), expected);
        }
    }
}

//! What a web page says of itself: title and picture for a rich link, from Open Graph, Twitter's
//! cards or the title element, in this order.
//!
//! The page is anybody's: nothing in it is believed beyond its text, and what is read is bounded.

mod charset;
mod head;

#[cfg(test)]
mod tests;

use std::fmt;

use url::Url;

use self::head::Head;

/// How much of a page is read, in bytes.
pub const MAX_PAGE: usize = 512 * 1024;
/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;

/// What a page is to be shown as.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// One line of at most [`MAX_TITLE`] characters.
    pub title: Option<String>,
    /// The absolute URL of a picture: https, or the scheme of the page itself, which is another one
    /// on the local stack only.
    pub image_url: Option<String>,
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview")
            .field("title", &self.title.is_some())
            .field("image_url", &self.image_url.is_some())
            .finish()
    }
}

/// Reads a page. `base_url` is where it was found in the end, `content_type` its header. A picture
/// is its own preview; what is neither page nor picture has none.
pub fn read(page: &[u8], base_url: &str, content_type: Option<&str>) -> Preview {
    let Ok(url) = Url::parse(base_url) else { return Preview::default() };
    let content_type = content_type.unwrap_or_default();
    match essence(content_type).as_str() {
        kind if kind.starts_with("image/") => {
            return Preview { title: None, image_url: picture(&url, &url, base_url) };
        }
        "" | "text/html" | "application/xhtml+xml" => {}
        _ => return Preview::default(),
    }
    let page = page.get(..MAX_PAGE).unwrap_or(page);
    let head = Head::read(&charset::decode(page, content_type));
    let base = head.base().and_then(|base| url.join(base).ok());
    let base = base.as_ref().unwrap_or(&url);
    Preview {
        title: head.titles().find_map(line),
        image_url: head.images().find_map(|image| picture(&url, base, image)),
    }
}

/// A content type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// One line of text, if there is any.
fn line(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let mut line: String = line.chars().take(MAX_TITLE).collect();
    line.truncate(line.trim_end().len());
    if line.is_empty() { None } else { Some(line) }
}

/// Where a picture lies, if that is a place to fetch it from.
fn picture(page: &Url, base: &Url, image: &str) -> Option<String> {
    let image = image.trim();
    if image.is_empty() || image.len() > MAX_URL {
        return None;
    }
    let mut image = base.join(image).ok()?;
    image.set_fragment(None);
    let fetched = image.scheme() == "https" || image.scheme() == page.scheme();
    (fetched && image.has_host()).then(|| image.into())
}

/// A longer URL is not fetched anyway.
const MAX_URL: usize = 2048;

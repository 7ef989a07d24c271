//! A quick reply: one tap.

use serde_json::json;

use super::{Choice, Request, array, feature, not_answerable, text};
use crate::phone::roster::DeviceError;

/// The item tapped, by its place and its identifier, with all items again but no summary.
pub(super) fn choose(request: &Request<'_>, identifier: &str) -> Result<Choice, DeviceError> {
    let items = array(feature(request, "quick-reply")?, "items");
    let (index, chosen) = items
        .iter()
        .enumerate()
        .find(|(_, item)| text(item, "identifier") == identifier)
        .ok_or_else(|| not_answerable(format!("it has no item '{identifier}'")))?;
    let answer = json!({"selectedIndex": index, "selectedIdentifier": identifier, "items": items});
    let title = text(chosen, "title").to_owned();
    // The one type whose version comes back as it went.
    Ok(Choice { version: "1.0", ..Choice::new("quick-reply", answer, title) })
}

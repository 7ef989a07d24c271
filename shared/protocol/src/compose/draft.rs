//! A message that waits for what a pure function cannot give it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PendingFile, PendingPayment, Slot};
use crate::{capability::Capability, id::RequestIdentifier, rules::RulePack};

/// A message that is built but for what needs the outside world. It has no envelope yet: `v`, `id`,
/// `sourceId` and `destinationId` are the sender's to add.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// `type` and what belongs to it, as Apple spells it.
    pub body: Map<String, Value>,
    /// How it goes to Apple.
    pub channel: Channel,
    /// What the device must have to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Capability>,
    /// What ties the answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_identifier: Option<RequestIdentifier>,
    /// The identifier is ours, and not the business's: the same content under another one is the
    /// same content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drawn: bool,
    /// The name of the [`RulePack`] that it was composed under.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pack: String,
    /// What has to be filled in before it can leave, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

impl Draft {
    /// A message that needs nothing.
    pub(super) const fn plain(body: Map<String, Value>, channel: Channel) -> Self {
        Self {
            body,
            channel,
            requires: None,
            request_identifier: None,
            drawn: false,
            pack: String::new(),
            needs: Vec::new(),
        }
    }

    /// The rules that it was composed under; those in force if it names none that is known.
    pub fn rules(&self) -> &'static RulePack {
        RulePack::named(&self.pack).unwrap_or_else(RulePack::latest)
    }
}

impl fmt::Debug for Draft {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// How a message goes to Apple.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// `POST /v1/message`.
    #[default]
    Message,
    /// `POST /v1/authenticate`.
    Authenticate,
    /// `POST /v1/message` with the header `message-type: notification`: an invitation.
    Notification,
}

/// Something that has to be filled into a [`Draft`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "need")]
pub enum Need {
    /// A picture.
    Image(PendingImage),
    /// A file, which takes its place in `attachments`.
    File(PendingFile),
    /// Title and picture of the page behind `richLinkData.url`, where the page offers any. What
    /// `richLinkData` has already stays; without a title from either, the title is the URL's host.
    Preview {
        /// The page.
        url: String,
    },
    /// `richLinkDataRef`, from Apple's `/constructPayload`, which takes the place of `richLinkData`;
    /// without an App Clip there, `richLinkData` stays and is a rich link without a preview yet.
    #[serde(rename_all = "camelCase")]
    AppClip {
        /// The page.
        url: String,
        /// ISO 3166 alpha-2.
        store_region: String,
    },
    /// Apple's merchant session and the addresses that the device calls, which exist only when the
    /// message leaves.
    Payment(Box<PendingPayment>),
}

/// A picture that has to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingImage {
    /// Where its Base64 goes in [`Draft::body`], as a JSON Pointer.
    pub pointer: String,
    /// Where the business named it, as a JSON Pointer into the request.
    pub origin: String,
    /// What it is for.
    pub slot: Slot,
    /// Where it comes from.
    pub source: ImageSource,
}

impl fmt::Debug for PendingImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingImage")
            .field("origin", &self.origin)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

/// Where a picture comes from.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImageSource {
    /// An https URL.
    Url(String),
    /// The id of an upload.
    Upload(String),
    /// The picture itself, Base64.
    Data(String),
}

impl fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url",
            Self::Upload(_) => "Upload",
            Self::Data(_) => "Data",
        })
    }
}

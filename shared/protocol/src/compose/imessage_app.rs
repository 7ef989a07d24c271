//! A business's own iMessage app. Source: Apple, Interactive Message Types, iMessage App.

use serde_json::{Map, Value, json};

use super::{
    Channel, Draft, ImageSource, Need, PendingImage, Slot,
    bubble::{self, Bubble},
    check::Check,
    image, interactive,
    object::Object,
    private, syntax, wire,
};
use crate::{
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

/// What the `bid` of every extension begins with.
const BID_PREFIX: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:";

/// `interactiveData` of a business's own app. It has no `data`: Apple refuses it.
#[derive(Clone, PartialEq, Eq)]
pub struct IMessageApp {
    /// Its number in the App Store.
    pub app_id: u64,
    /// Its name.
    pub app_name: String,
    /// Its icon, with the place in the business's request; shown where it is not installed.
    pub app_icon: (ImageSource, String),
    /// Its extension: the prefix, the team and the bundle.
    pub bid: String,
    /// What is handed to it, such as `?cart=42`.
    pub url: String,
    /// What ties several messages to one interaction.
    pub session_identifier: Option<String>,
    /// Whether it draws its bubble itself where it is installed.
    pub use_live_layout: Option<bool>,
    /// The bubble that arrives.
    pub received_message: Bubble,
    /// The bubble that answers.
    pub reply_message: Option<Bubble>,
}

private!(IMessageApp);

impl IMessageApp {
    /// The `bid` of an extension.
    pub fn bid(team: &str, extension: &str) -> String {
        format!("{BID_PREFIX}{team}:{extension}")
    }

    /// Reads a message as it goes over Apple's wire. All faults at once.
    pub fn parse(message: &Value, pack: &RulePack) -> Result<Self, Vec<Fault>> {
        wire::parse(message, "interactiveData", Self::read_wire, pack)
    }

    /// The message without its icon.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let (source, origin) = &self.app_icon;
        let mut app = Map::new();
        let mut insert = |name: &str, value: Value| app.insert(name.to_owned(), value);
        insert("appId", json!(self.app_id));
        insert("appName", json!(self.app_name));
        insert("appIcon", json!(""));
        insert("bid", json!(self.bid));
        insert("URL", json!(self.url));
        if let Some(session) = &self.session_identifier {
            insert("sessionIdentifier", json!(session));
        }
        if let Some(live) = self.use_live_layout {
            insert("useLiveLayout", json!(live));
        }
        insert("receivedMessage", json!(self.received_message));
        if let Some(reply) = &self.reply_message {
            insert("replyMessage", json!(reply));
        }
        let session = self.session_identifier.as_deref();
        let icon = Need::Image(PendingImage {
            pointer: "/interactiveData/appIcon".to_owned(),
            origin: origin.clone(),
            slot: Slot::AppIcon,
            source: source.clone(),
        });
        Draft {
            request_identifier: session.and_then(|session| RequestIdentifier::parse(session).ok()),
            needs: vec![icon],
            pack: pack.name().to_owned(),
            ..Draft::plain(interactive::body(app), Channel::Message)
        }
    }

    /// Reads a business's content. The session is the drawn identifier unless it brings its own.
    pub(super) fn read_content(
        content: &mut Object<'_>,
        drawn: &RequestIdentifier,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let app_icon = content.object("appIcon", check).and_then(|mut object| {
            let source = image::source(&mut object, check);
            object.finish(check);
            source
        });
        let bid = bid(content, check);
        let app = Self::read(content, app_icon, bid, check)?;
        let session = app.session_identifier.unwrap_or_else(|| drawn.to_string());
        let use_live_layout = Some(app.use_live_layout.unwrap_or(true));
        Some(Self { session_identifier: Some(session), use_live_layout, ..app })
    }

    /// Reads `interactiveData`, whose `bid` is not Apple's own.
    pub(super) fn read_wire(app: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        if app.has("data") {
            let message = "Third party interactive data disallows use of 'data'";
            let fault = Fault::new(app.pointer("data"), "app_data", message);
            check.fault(fault.fix("hand it over in `URL`"));
        }
        let icon = app.string("appIcon", check);
        if let Some(icon) = icon {
            image::on_the_wire(icon, "app_icon_bytes", || app.pointer("appIcon"), check);
        }
        let icon = icon.map(|icon| (ImageSource::Data(icon.to_owned()), app.pointer("appIcon")));
        let bid = app.string("bid", check).map(str::to_owned);
        well_formed(bid.as_deref(), app, check);
        Self::read(app, icon, bid, check)
    }

    fn read(
        object: &mut Object<'_>,
        app_icon: Option<(ImageSource, String)>,
        bid: Option<String>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        let app_id = app_id(object, check);
        let app_name = object.shown("appName", "app_name_length", check);
        let url = object.string("URL", check);
        let most = check.limit("app_url_bytes").and_then(|most| usize::try_from(most).ok());
        if let Some((url, most)) = url.zip(most).filter(|(url, most)| url.len() > *most) {
            let message = format!("at most {most} bytes are taken");
            let fault = Fault::new(object.pointer("URL"), "app_url_bytes", message);
            check.fault(fault.limit(most, url.len()));
        }
        let session = object.optional_string("sessionIdentifier", check);
        let use_live_layout = object.flag("useLiveLayout", check);
        let (received_message, reply_message) = bubble::read_app_pair(object, check);
        Some(Self {
            app_id: app_id?,
            app_name: app_name?,
            app_icon: app_icon?,
            bid: bid?,
            url: url?.to_owned(),
            session_identifier: session.map(str::to_owned),
            use_live_layout,
            received_message: received_message?,
            reply_message,
        })
    }
}

/// A number, also as a string of digits: Apple's samples have the number, its table the string.
fn app_id(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<u64> {
    let found = match object.required("appId", check)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    };
    if found.is_none_or(|id| id == 0) {
        let message = "the app's number in the App Store is expected";
        check.fault(Fault::new(object.pointer("appId"), "app_id", message));
    }
    found
}

/// `bid`, or `teamId` and `extensionId`.
fn bid(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let bid = content.optional_string("bid", check);
    let team = content.optional_string("teamId", check);
    let extension = content.optional_string("extensionId", check);
    let parts = content.has("teamId") || content.has("extensionId");
    if content.has("bid") == parts {
        let message = "either `bid`, or `teamId` and `extensionId` are expected";
        check.fault(Fault::new(content.at(), "app_bid", message));
        return None;
    }
    if !parts {
        well_formed(bid, content, check);
        return bid.map(str::to_owned);
    }
    for name in ["teamId", "extensionId"] {
        content.required(name, check);
    }
    if team.is_some_and(|team| !syntax::is_team_id(team)) {
        let message = "ten capital letters and digits are expected";
        check.fault(Fault::new(content.pointer("teamId"), "app_bid", message));
    }
    if extension.is_some_and(|extension| !syntax::is_extension_id(extension)) {
        let message = "a bundle identifier is expected, such as com.example.shop.Messages";
        check.fault(Fault::new(content.pointer("extensionId"), "app_bid", message));
    }
    Some(IMessageApp::bid(team?, extension?))
}

fn well_formed(bid: Option<&str>, object: &Object<'_>, check: &mut Check<'_>) {
    let Some(bid) = bid else { return };
    let parts = bid.strip_prefix(BID_PREFIX).and_then(|rest| rest.split_once(':'));
    let own = bid == interactive::BUSINESS_BID;
    if own
        || !parts
            .is_some_and(|(team, ext)| syntax::is_team_id(team) && syntax::is_extension_id(ext))
    {
        let message = format!("{BID_PREFIX}, the team, a colon and the extension are expected");
        check.fault(Fault::new(object.pointer("bid"), "app_bid", message));
    }
}

//! What the gateway refuses inside a message: first what MSPs were refused for though no document
//! of Apple's says so, then Apple's own rules, which are the product's rule packs. Sharing those is on
//! purpose: the packs are tables, and what they say is held to Apple's documents elsewhere.

use amb_protocol::compose::check_wire;
use amb_protocol::rules::RulePack;
use data_encoding::BASE64;
use serde_json::{Map, Value};

use super::Endpoint;
use super::envelope::Message;
use crate::host;
use crate::model::WireFault;

/// How a PNG begins.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The team in the `bid` of everything but a third party's app.
const APPLES_OWN: &str = ":0000000000:";

/// Everything wrong with a message's content; empty for one that Apple takes.
pub(super) fn faults(
    body: &Value,
    message: &Message,
    endpoint: Endpoint,
    pack: &str,
) -> Vec<WireFault> {
    let mut faults = Faults(Vec::new());
    faults.one_of(body, &message.kind);
    let interactive = body.get("interactiveData").and_then(Value::as_object);
    let data = interactive.and_then(|it| it.get("data")).and_then(Value::as_object);
    faults.place(message, endpoint, data);
    if let Some(interactive) = interactive {
        faults.interactive(interactive);
    }
    if let Some(data) = data {
        faults.quick_reply(data);
        faults.images(data);
    }
    if let Some(image) = body.pointer("/richLinkData/assets/image") {
        faults.link_image(image);
    }
    if matches!(message.kind.as_str(), "interactive" | "richLink") {
        let pack = RulePack::named(pack).unwrap_or_else(RulePack::latest);
        let counts = |fault: &amb_protocol::rules::Fault| {
            fault.rule != "payment_url" || !is_local(body, &fault.pointer)
        };
        let broken = check_wire(body, pack).into_iter().filter(counts);
        faults.0.extend(broken.map(|fault| WireFault {
            pointer: fault.pointer,
            rule: fault.rule.to_owned(),
            message: fault.message,
        }));
    }
    faults.0
}

/// An address of the local stack, which has no certificate to be https by.
fn is_local(body: &Value, pointer: &str) -> bool {
    body.pointer(pointer).and_then(Value::as_str).is_some_and(host::is_loopback_url)
}

struct Faults(Vec<WireFault>);

impl Faults {
    fn field(&mut self, pointer: &str, message: &str) {
        self.0.push(WireFault {
            pointer: pointer.to_owned(),
            rule: "field".to_owned(),
            message: message.to_owned(),
        });
    }

    /// The content, or a reference to it.
    fn one_of(&mut self, body: &Value, kind: &str) {
        let pair = match kind {
            "interactive" => ["interactiveData", "interactiveDataRef"],
            "richLink" => ["richLinkData", "richLinkDataRef"],
            _ => return,
        };
        let there = pair.iter().filter(|name| body.get(**name).is_some_and(Value::is_object));
        if there.count() != 1 {
            self.field("", &format!("exactly one of '{}' and '{}' is required", pair[0], pair[1]));
        }
    }

    /// Sign-in has an endpoint of its own, an invitation a header and a kind of destination.
    fn place(&mut self, message: &Message, endpoint: Endpoint, data: Option<&Map<String, Value>>) {
        let has = |name: &str| data.is_some_and(|data| data.contains_key(name));
        match (endpoint, has("authenticate")) {
            (Endpoint::Authenticate, false) => {
                self.field("/interactiveData/data", "required property 'authenticate' is missing");
            }
            (Endpoint::Message, true) => {
                self.field("/interactiveData/data", "'authenticate' belongs to /authenticate");
            }
            _ => {}
        }
        if message.is_invitation && !has("notification") {
            self.field("/interactiveData/data", "required property 'notification' is missing");
        }
        if message.is_invitation && message.number().is_none() {
            self.field("/destinationId", "destination of a notification is not a phone number");
        }
    }

    fn interactive(&mut self, content: &Map<String, Value>) {
        let bid = content.get("bid").and_then(Value::as_str).unwrap_or_default();
        if bid.is_empty() {
            self.field("/interactiveData", "required property 'bid' is missing");
        }
        let is_third_party = content.contains_key("appId")
            || content.contains_key("URL")
            || !(bid.is_empty() || bid.contains(APPLES_OWN));
        match (is_third_party, content.get("data")) {
            (true, Some(_)) => self.field(
                "/interactiveData/data",
                "Third party interactive data disallows use of 'data'",
            ),
            (false, Some(Value::Object(data))) => {
                for name in ["version", "requestIdentifier"] {
                    if !data.get(name).is_some_and(Value::is_string) {
                        let missing = format!("required property '{name}' is missing");
                        self.field("/interactiveData/data", &missing);
                    }
                }
            }
            (false, _) => self.field("/interactiveData", "required property 'data' is missing"),
            (true, None) => {}
        }
    }

    /// One alone and six were both measured to be refused.
    fn quick_reply(&mut self, data: &Map<String, Value>) {
        let Some(quick_reply) = data.get("quick-reply") else { return };
        let items = quick_reply.get("items").and_then(Value::as_array).map_or(0, Vec::len);
        if !(2..=5).contains(&items) {
            let pointer = "/interactiveData/data/quick-reply/items";
            self.field(pointer, "quick-reply must have 2 to 5 items");
        }
    }

    fn images(&mut self, data: &Map<String, Value>) {
        let images = data.get("images").and_then(Value::as_array).into_iter().flatten();
        for (index, image) in images.enumerate() {
            let bytes = image
                .get("data")
                .and_then(Value::as_str)
                .and_then(|text| BASE64.decode(text.as_bytes()).ok());
            if !bytes.is_some_and(|bytes| bytes.starts_with(PNG)) {
                let pointer = format!("/interactiveData/data/images/{index}/data");
                self.field(&pointer, "image is not a PNG in base64");
            }
        }
    }

    /// A picture elsewhere on the web is not fetched by anybody.
    fn link_image(&mut self, image: &Value) {
        let pointer = "/richLinkData/assets/image";
        if image.get("url").is_some() {
            self.field(pointer, "image of a rich link must not be a URL");
        } else if !image.get("data").is_some_and(Value::is_string) {
            self.field(pointer, "required property 'data' is missing");
        }
    }
}

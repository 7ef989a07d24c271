//! The members of a request to send, or to check, read strictly and with every fault at once.

use amb_protocol::{
    capability::CapabilityList,
    compose::ContentType,
    id::{BusinessId, OpaqueId},
    rules::RulePack,
};
use serde_json::{Map, Value};

use crate::problem::{Fault, Faults, Reader};

/// Most fallbacks of one request.
pub const MAX_FALLBACKS: usize = 5;
/// Longest `callbackData`, in characters.
const MAX_CALLBACK_DATA: usize = 1_024;
/// Longest `agent`, in characters: Apple logs no more of `msp-agent`.
const MAX_AGENT: usize = 64;

/// A request as far as it could be read. What is missing here is among the faults.
#[derive(Debug)]
pub struct SendRequest<'b> {
    /// The business.
    pub from: Option<BusinessId>,
    /// The customer.
    pub to: Option<OpaqueId>,
    /// What to say.
    pub wish: Wish<'b>,
    /// The business's own reference.
    pub callback_data: Option<String>,
    /// Sent by a bot.
    pub bot: bool,
    /// The agent or system.
    pub agent: Option<String>,
    /// What the device can show, where the caller says so: in a check.
    pub capabilities: Option<CapabilityList>,
}

/// What a request wants said.
#[derive(Debug)]
pub struct Wish<'b> {
    /// The ways to say it, the best first: the request's own and its fallbacks, as far as they have a
    /// type and an object.
    pub ways: Vec<Way<'b>>,
    /// URLs in a text leave as rich links.
    pub rich_links: bool,
    /// Strings that are too long are cut.
    pub truncate: bool,
    /// Whose rules hold.
    pub pack: &'static RulePack,
}

/// One way to say it.
pub struct Way<'b> {
    /// What it is.
    pub kind: WayKind,
    /// `content`: an object.
    pub content: &'b Value,
    /// The JSON Pointer of the object that holds `type` and `content`.
    pub at: String,
}

impl Way<'_> {
    /// The JSON Pointer of its content.
    pub(super) fn content_at(&self) -> String {
        format!("{}/content", self.at)
    }
}

impl std::fmt::Debug for Way<'_> {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way").field("kind", &self.kind).field("at", &self.at).finish()
    }
}

/// `type` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayKind {
    /// One of the types of messages.
    Of(ContentType),
    /// The typing indicator.
    Typing,
    /// A template makes the content and decides on the type.
    Template,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is to be sent.
    Send,
    /// It is only to be checked: it need not say by whom and to whom.
    Check,
}

impl<'b> SendRequest<'b> {
    /// Reads the members of a request to send.
    pub fn read(map: &'b Map<String, Value>, faults: &mut Faults) -> Self {
        Self::read_for(Purpose::Send, map, faults)
    }

    /// Reads the members of a request to check.
    pub fn read_check(map: &'b Map<String, Value>, faults: &mut Faults) -> Self {
        Self::read_for(Purpose::Check, map, faults)
    }

    fn read_for(purpose: Purpose, map: &'b Map<String, Value>, faults: &mut Faults) -> Self {
        let mut reader = Reader::new(map);
        let checks = purpose == Purpose::Check;
        let is_there = |name: &str| map.get(name).is_some_and(|value| !value.is_null());
        let to = if checks && !is_there("to") {
            reader.optional("to");
            None
        } else {
            reader.parsed("to", OpaqueId::parse, faults)
        };
        let from = if checks && !is_there("from") && !is_there("to") {
            reader.optional("from");
            None
        } else {
            reader.parsed("from", BusinessId::parse, faults)
        };
        let mut ways = Vec::new();
        ways.extend(way(&mut reader, String::new(), faults));
        fallbacks(&mut reader, &mut ways, faults);
        let rich_links = reader.optional("richLinks").is_none() || reader.flag("richLinks", faults);
        let truncate = reader.flag("truncate", faults);
        let pack = rule_pack(&mut reader, faults);
        let callback_data =
            reader.optional_text("callbackData", MAX_CALLBACK_DATA, faults).map(str::to_owned);
        let bot = reader.flag("bot", faults);
        let agent = agent(&mut reader, faults);
        let capabilities = if checks { capabilities(&mut reader, faults) } else { None };
        reader.finish(faults);
        let wish = Wish { ways, rich_links, truncate, pack };
        let request = Self { from, to, wish, callback_data, bot, agent, capabilities };
        request.invitations_stand_alone(is_there("fallback"), faults);
        request
    }

    /// Whether it starts a conversation instead of going on with one.
    pub(super) fn invites(&self) -> bool {
        self.wish.ways.first().is_some_and(Way::invites)
    }

    /// An invitation goes to a telephone number, and nothing else can be sent there instead.
    fn invitations_stand_alone(&self, has_fallbacks: bool, faults: &mut Faults) {
        if self.invites() {
            if self.to.as_ref().is_some_and(|to| !is_telephone(to)) {
                let message =
                    "an invitation goes to a telephone number: `tel:+` and 7 to 15 digits";
                faults.push(Fault::new("/to", "telephone_number", message));
            }
            if has_fallbacks {
                let message = "an invitation has no fallback: every device shows it";
                faults.push(Fault::new("/fallback", "fallback_type", message).fix("remove it"));
            }
        }
        for way in self.wish.ways.iter().skip(1) {
            if way.invites() || way.kind == WayKind::Typing {
                let message = "this type is no fallback for another";
                faults.push(Fault::new(format!("{}/type", way.at), "fallback_type", message));
            }
        }
        if self.wish.ways.first().is_some_and(|way| way.kind == WayKind::Typing) && has_fallbacks {
            let message = "the typing indicator has no fallback: every device shows it";
            faults.push(Fault::new("/fallback", "fallback_type", message).fix("remove it"));
        }
    }
}

impl Way<'_> {
    fn invites(&self) -> bool {
        self.kind == WayKind::Of(ContentType::Invitation)
    }
}

impl WayKind {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "typing" => Ok(Self::Typing),
            "template" => Ok(Self::Template),
            _ => ContentType::parse(word).map(Self::Of).ok_or_else(|| {
                let words = ContentType::ALL.map(ContentType::as_str).join(", ");
                format!("one of: {words}, typing, template")
            }),
        }
    }
}

/// `type` and `content` of an object; what it is at is the object's JSON Pointer.
fn way<'b>(reader: &mut Reader<'b>, at: String, faults: &mut Faults) -> Option<Way<'b>> {
    let kind = reader.parsed("type", WayKind::parse, faults);
    let is_object = reader.object("content", faults).is_some();
    let content = reader.optional("content").filter(|_| is_object);
    kind.zip(content).map(|(kind, content)| Way { kind, content, at })
}

fn fallbacks<'b>(reader: &mut Reader<'b>, ways: &mut Vec<Way<'b>>, faults: &mut Faults) {
    let Some(value) = reader.optional("fallback") else { return };
    let pointer = reader.pointer("fallback");
    let Some(list) = value.as_array() else {
        faults.push(Fault::new(pointer, "type", "a list is expected"));
        return;
    };
    if list.len() > MAX_FALLBACKS {
        let message = format!("at most {MAX_FALLBACKS} fallbacks are taken");
        faults.push(Fault::new(&*pointer, "length", message).limit(MAX_FALLBACKS, list.len()));
    }
    for (n, value) in list.iter().enumerate().take(MAX_FALLBACKS) {
        let at = format!("{pointer}/{n}");
        let Some(map) = value.as_object() else {
            faults.push(Fault::new(at, "type", "an object is expected"));
            continue;
        };
        let mut reader = Reader::at(map, at.clone());
        ways.extend(way(&mut reader, at, faults));
        reader.finish(faults);
    }
}

fn rule_pack(reader: &mut Reader<'_>, faults: &mut Faults) -> &'static RulePack {
    let latest = RulePack::latest();
    if reader.optional("rulePack").is_none() {
        return latest;
    }
    let known = || format!("one of: {}", RulePack::NAMES.join(", "));
    let named = |name: &str| RulePack::named(name).ok_or_else(known);
    reader.parsed("rulePack", named, faults).unwrap_or(latest)
}

/// `msp-agent` is a header: visible ASCII and spaces only.
fn agent(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<String> {
    let text = reader.optional_text("agent", MAX_AGENT, faults)?;
    if text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Some(text.to_owned());
    }
    let message = "visible ASCII characters and spaces are expected";
    faults.push(Fault::new(reader.pointer("agent"), "characters", message));
    None
}

fn capabilities(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<CapabilityList> {
    let value = reader.optional("capabilities")?;
    let words: Option<Vec<&str>> =
        value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
    match words {
        Some(words) => Some(CapabilityList::parse(&words.join(","))),
        None => {
            let message = "a list of words is expected, such as LIST and QUICK";
            faults.push(Fault::new(reader.pointer("capabilities"), "type", message));
            None
        }
    }
}

/// `tel:+` and a number of E.164: no leading zero, 15 digits at most.
fn is_telephone(to: &OpaqueId) -> bool {
    to.as_str().strip_prefix("tel:+").is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;
    use serde_json::json;

    fn request() -> Value {
        json!({
            "from": "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
            "to": "urn:mbid:AQAAY1madeUpOpaque01=",
            "type": "text",
            "content": { "text": "x" },
        })
    }

    fn rules(body: &Value) -> Vec<(String, &'static str)> {
        let mut faults = Faults::default();
        SendRequest::read(body.as_object().unwrap(), &mut faults);
        let errors = faults.finish(None::<()>).unwrap_err().errors;
        errors.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
    }

    fn with(member: &str, value: Value) -> Value {
        let mut body = request();
        body[member] = value;
        body
    }

    #[test]
    fn s016_s021_every_fault_is_named_at_once() {
        let mut body = with("to", json!("no spaces allowed"));
        body["agent"] = json!("tab\there");
        body["intent"] = json!("x");
        body["rulePack"] = json!("apple-1984");
        body["type"] = json!("carrier-pigeon");
        body["fallback"] = json!([7, {"type": "listPicker"}, {"type": "x", "content": {}, "y": 1}]);
        assert_eq!(
            rules(&body),
            [
                ("/to", "format"),
                ("/type", "format"),
                ("/fallback/0", "type"),
                ("/fallback/1/content", "required"),
                ("/fallback/2/type", "format"),
                ("/fallback/2/y", "unknown_field"),
                ("/rulePack", "format"),
                ("/agent", "characters"),
                ("/intent", "unknown_field"),
            ]
            .map(|(pointer, rule)| (pointer.to_owned(), rule))
        );
    }

    #[test]
    fn s016_a_sixth_fallback_is_too_many() {
        let way = json!({"type": "text", "content": {"text": "x"}});
        assert_eq!(rules(&with("fallback", json!(vec![&way; 5]))), []);
        let found = rules(&with("fallback", json!(vec![&way; 6])));
        assert_eq!(found, [("/fallback".to_owned(), "length")]);
    }

    #[test]
    fn ap24_a_typing_indicator_neither_has_nor_is_a_fallback() {
        let typing = json!({"type": "typing", "content": {"state": "start"}});
        let found = rules(&with("fallback", json!([typing])));
        assert_eq!(found, [("/fallback/0/type".to_owned(), "fallback_type")]);
        let mut body = with("type", json!("typing"));
        body["fallback"] = json!([{"type": "text", "content": {"text": "x"}}]);
        assert_eq!(rules(&body), [("/fallback".to_owned(), "fallback_type")]);
    }

    #[test]
    fn an_invitation_goes_to_a_telephone_number_and_stands_alone() {
        let mut body = with("type", json!("invitation"));
        assert_eq!(rules(&body), [("/to".to_owned(), "telephone_number")]);
        for bad in ["tel:+0123456789", "tel:+1", "tel:12025550100", "tel:+1202555010012345"] {
            body["to"] = json!(bad);
            assert_eq!(rules(&body), [("/to".to_owned(), "telephone_number")], "{bad}");
        }
        body["to"] = json!("tel:+12025550100");
        assert_eq!(rules(&body), []);
        body["fallback"] = json!([{"type": "text", "content": {"text": "x"}}]);
        assert_eq!(rules(&body), [("/fallback".to_owned(), "fallback_type")]);
    }

    #[test]
    fn a_check_need_not_say_to_whom_and_may_say_what_the_device_can() {
        let body = json!({"type": "text", "content": {"text": "x"}, "capabilities": ["list"]});
        let mut faults = Faults::default();
        let request = SendRequest::read_check(body.as_object().unwrap(), &mut faults);
        assert_eq!(request.capabilities, Some(CapabilityList::parse("LIST")));
        assert!(faults.finish(Some(())).is_ok());
        assert_eq!(rules(&with("capabilities", json!(["LIST"])))[0].1, "unknown_field");
        let body = json!({"to": "urn:mbid:A", "type": "text", "content": {"text": "x"}});
        let mut faults = Faults::default();
        SendRequest::read_check(body.as_object().unwrap(), &mut faults);
        let Problem { errors, .. } = faults.finish(None::<()>).unwrap_err();
        assert_eq!((errors[0].pointer.as_str(), errors.len()), ("/from", 1));
    }
}

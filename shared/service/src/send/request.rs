//! The body of `POST /v1/messages`, parsed strictly, with every fault at once.

use amb_protocol::id::{BusinessId, OpaqueId};

use crate::{
    model::{OutboundContent, TypingState},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// Longest text, in characters. Apple names no limit ("payload may have one"); peers cap at this.
pub const MAX_TEXT: usize = 10_000;
/// Longest `callbackData`, in characters.
const MAX_CALLBACK_DATA: usize = 1_024;
/// Longest `agent`, in characters: Apple logs no more of `msp-agent`.
const MAX_AGENT: usize = 64;

/// A request to send.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRequest {
    /// The business.
    pub from: BusinessId,
    /// The customer.
    pub to: OpaqueId,
    /// What to say.
    pub content: OutboundContent,
    /// The business's own reference.
    pub callback_data: Option<String>,
    /// Sent by a bot.
    pub bot: bool,
    /// The agent or system.
    pub agent: Option<String>,
}

impl SendRequest {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let from = reader.parsed("from", BusinessId::parse, &mut faults);
        let to = reader.parsed("to", OpaqueId::parse, &mut faults);
        let kind = reader.parsed("type", Kind::parse, &mut faults);
        let content = reader.object("content", &mut faults);
        let callback_data =
            reader.optional_text("callbackData", MAX_CALLBACK_DATA, &mut faults).map(str::to_owned);
        let bot = reader.flag("bot", &mut faults);
        let agent = agent(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let content = kind.zip(content).and_then(|(kind, content)| kind.read(content, &mut faults));
        let oversize = faults.any("text_too_long");
        let request =
            (|| Some(Self { from: from?, to: to?, content: content?, callback_data, bot, agent }))(
            );
        faults.finish(request).map_err(|problem| {
            if oversize && problem.errors.len() == 1 {
                // The only fault is its size: the status says so (S022).
                return Problem { errors: problem.errors, ..Problem::too_large() };
            }
            problem
        })
    }
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

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Typing,
}

impl Kind {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "typing" => Ok(Self::Typing),
            _ => Err("one of: text, typing"),
        }
    }

    fn read(self, mut content: Reader<'_>, faults: &mut Faults) -> Option<OutboundContent> {
        let read = match self {
            Self::Text => text(&mut content, faults),
            Self::Typing => content
                .parsed("state", typing_state, faults)
                .map(|state| OutboundContent::Typing { state }),
        };
        content.finish(faults);
        read
    }
}

fn text(content: &mut Reader<'_>, faults: &mut Faults) -> Option<OutboundContent> {
    let pointer = content.pointer("text");
    let text = content.text("text", usize::MAX, faults)?;
    let length = text.chars().count();
    if length > MAX_TEXT {
        let message = format!("at most {MAX_TEXT} characters are sent in one message");
        let fault = Fault::new(pointer, "text_too_long", message).limit(MAX_TEXT, length);
        faults.push(fault.fix("send it as several messages"));
        return None;
    }
    if text.chars().all(|c| c == '\0') {
        faults.push(Fault::new(pointer, "empty_text", "there is nothing to read in it"));
        return None;
    }
    Some(OutboundContent::Text { text: text.to_owned() })
}

fn typing_state(text: &str) -> Result<TypingState, &'static str> {
    match text {
        "start" => Ok(TypingState::Start),
        "end" => Ok(TypingState::End),
        _ => Err("one of: start, end"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(content: &Value) -> Value {
        json!({
            "from": "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
            "to": "urn:mbid:AQAAY1madeUpOpaque01=",
            "type": "text",
            "content": content,
        })
    }

    fn rules(body: &Value) -> Vec<(String, &'static str)> {
        let problem = SendRequest::parse(body.to_string().as_bytes()).unwrap_err();
        problem.errors.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
    }

    #[test]
    fn a_text_is_taken_as_it_is() {
        let words = "שלום 👩‍👩‍👧‍👦 𝒳 \u{fffc}";
        let parsed = SendRequest::parse(request(&json!({ "text": words })).to_string().as_bytes());
        assert_eq!(parsed.unwrap().content, OutboundContent::Text { text: words.to_owned() });
    }

    #[test]
    fn s016_s021_every_fault_is_named_at_once() {
        let mut body = request(&json!({ "text": "", "colour": 1 }));
        body["to"] = json!("no spaces allowed");
        body["agent"] = json!("tab\there");
        body["intent"] = json!("x");
        let found = rules(&body);
        for (pointer, rule) in [
            ("/to", "format"),
            ("/agent", "characters"),
            ("/intent", "unknown_field"),
            ("/content/text", "length"),
            ("/content/colour", "unknown_field"),
        ] {
            assert!(found.contains(&(pointer.to_owned(), rule)), "{pointer} {rule}: {found:?}");
        }
        let mut body = request(&json!({ "text": "x" }));
        body["type"] = json!("carrier-pigeon");
        assert_eq!(rules(&body), [("/type".to_owned(), "format")]);
    }

    #[test]
    fn s022_the_longest_text_fits_and_one_more_is_413() {
        let fits = "😀".repeat(MAX_TEXT);
        let body = request(&json!({ "text": fits })).to_string();
        assert!(SendRequest::parse(body.as_bytes()).is_ok());
        let body = request(&json!({ "text": format!("{fits}x") })).to_string();
        let problem = SendRequest::parse(body.as_bytes()).unwrap_err();
        assert_eq!((problem.status, problem.errors[0].rule), (413, "text_too_long"));
    }

    #[test]
    fn s022_only_nul_and_a_lone_surrogate_are_refused() {
        assert_eq!(rules(&request(&json!({ "text": "\0\0" })))[0].1, "empty_text");
        let lone = br#"{"from":"a","to":"b","type":"text","content":{"text":"\ud83d"}}"#;
        assert_eq!(SendRequest::parse(lone).unwrap_err().code, "malformed_body");
    }
}

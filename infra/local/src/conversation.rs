//! One conversation, end to end: the customer writes, the business's webhook hears it, the business
//! answers, the customer's phone shows it.

use std::fmt;

use amb_simulator::client::{Client, ClientError};
use amb_simulator::model::{
    Attach, Direction, Entry, EntryState, Pay, Send, Sheet, SheetState, TranscriptFilter,
    WebhookFilter,
};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::Value;

use crate::stack::Stack;

/// How long each step may take, in milliseconds: every function may have to start for it.
const PATIENCE_MS: u64 = 30_000;

/// What the customer writes: the first message finds every function cold, the second none, and
/// carries what is easily broken on the way: emoji of several code points, right-to-left text, and
/// characters outside the basic plane.
const LINES: [&str; 2] =
    ["Hello, is anybody there?", "👩🏽‍🚀 👨‍👩‍👧‍👦 🇪🇺 · مرحبا بالعالم · שלום עולם · 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎 · e\u{301}"];

/// A photo that the customer sends.
const PHOTO: (&str, &[u8]) =
    ("view.jpg", include_bytes!("../../../tests/simulator/src/shop/pictures/photo.jpg"));
/// Asks for a file, and is answered by it.
const FILE: (&str, &str) = ("file", "Our prices: [Prices.pdf]");
/// Asks for something to pay, and is answered by its bubble.
const PAYMENT: (&str, &str) = ("pay", "Pay for your desk");
/// What is said when the money is held.
const THANKS: &str = "Thank you. You paid 199.00 USD.";

/// A conversation as it went.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Each message of the customer with the answer to it.
    pub exchanges: Vec<Exchange>,
}

/// A message and the answer to it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What the customer wrote; a file is its name in brackets, and so is what they did.
    pub text: String,
    /// What the phone showed, in the same way.
    pub answer: String,
    /// When each hop was passed, in milliseconds after the customer wrote.
    pub hops: Vec<Hop>,
}

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What.
    pub what: &'static str,
    /// Milliseconds after the customer wrote.
    pub at_ms: u64,
}

/// The step at which a conversation broke off.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// The simulator does not do as told.
    #[error(transparent)]
    Simulator(#[from] ClientError),
    /// Apple's side was refused, or got no answer.
    #[error("the webhook did not take the customer's message: {0}")]
    NotTaken(String),
    /// The event did not come.
    #[error("the business's webhook did not hear of the customer's message")]
    NotHeard,
    /// The event came, and nothing came back.
    #[error("the business's answer did not reach the phone: {0}")]
    NotShown(String),
    /// The customer tried to pay.
    #[error("the payment sheet ended as {0:?}")]
    NotPaid(SheetState),
    /// Something was lost or changed on the way.
    #[error("the phone shows {shown:?} where {wanted:?} was sent")]
    Changed {
        /// What was sent.
        wanted: String,
        /// What came.
        shown: String,
    },
}

/// Plays a conversation between the demo customer and the demo business, whose sample answers each
/// text with "You said: …", a photo with what it has of it, a keyword with what that names, and a
/// payment with thanks.
pub async fn play(stack: &Stack) -> Result<Conversation, BrokenOff> {
    let mut exchanges = Vec::new();
    for text in LINES {
        let sent = write(stack, text).await?;
        exchanges.push(exchange(stack, sent, &format!("You said: {text}")).await?.0);
    }
    let (name, photo) = PHOTO;
    let attach = Attach::named(name).to(&stack.demo.business_id).wait(PATIENCE_MS);
    let sent = stack.simulator().attach(&stack.customer.name, &attach, photo).await?;
    exchanges.push(exchange(stack, sent, &facts(name, photo)).await?.0);
    let (keyword, answer) = FILE;
    let sent = write(stack, keyword).await?;
    exchanges.push(exchange(stack, sent, answer).await?.0);
    let (keyword, answer) = PAYMENT;
    let sent = write(stack, keyword).await?;
    let (asked, bubble) = exchange(stack, sent, answer).await?;
    exchanges.push(asked);
    exchanges.push(payment(stack, &bubble).await?);
    Ok(Conversation { exchanges })
}

/// What the sample business says of a photo that it has, as it was.
fn facts(name: &str, photo: &[u8]) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, photo).as_ref());
    format!("I have {name}: image/jpeg, {} bytes, SHA-256 {hash:.12}…", photo.len())
}

async fn write(stack: &Stack, text: &str) -> Result<Entry, ClientError> {
    let write = Send::text(text).to(&stack.demo.business_id).wait(PATIENCE_MS);
    stack.simulator().send(&stack.customer.name, &write).await
}

/// What came of a message: with the exchange, what the phone shows.
async fn exchange(
    stack: &Stack,
    sent: Entry,
    wanted: &str,
) -> Result<(Exchange, Entry), BrokenOff> {
    let simulator = stack.simulator();
    if sent.state != EntryState::Delivered {
        return Err(BrokenOff::NotTaken(why_not_taken(&simulator, &sent).await?));
    }
    let heard = TranscriptFilter {
        id: Some(sent.id.clone()),
        received: Some(true),
        wait: PATIENCE_MS,
        ..TranscriptFilter::default()
    };
    let heard = simulator.transcript(&heard).await?.pop().ok_or(BrokenOff::NotHeard)?;
    let shown = shown(stack, &sent, wanted).await?;
    let hops = hops(&heard, &shown);
    Ok((Exchange { text: words(&sent), answer: wanted.to_owned(), hops }, shown))
}

/// The customer pays what a bubble asks for, with the first card of their phone.
async fn payment(stack: &Stack, bubble: &Entry) -> Result<Exchange, BrokenOff> {
    let pay = Pay::message(&bubble.id);
    let sheet = stack.simulator().pay(&stack.customer.name, &pay).await?;
    if sheet.state != SheetState::Paid {
        return Err(BrokenOff::NotPaid(sheet.state));
    }
    let thanks = shown(stack, bubble, THANKS).await?;
    let hops = hops_of_payment(&sheet, &thanks);
    Ok(Exchange { text: "[pays]".to_owned(), answer: THANKS.to_owned(), hops })
}

/// What the phone shows after a message, if it is what is wanted.
async fn shown(stack: &Stack, after: &Entry, wanted: &str) -> Result<Entry, BrokenOff> {
    let shown = TranscriptFilter {
        customer: Some(stack.customer.name.clone()),
        direction: Some(Direction::FromBusiness),
        state: Some(EntryState::Shown),
        after: after.seq,
        wait: PATIENCE_MS,
        ..TranscriptFilter::default()
    };
    let simulator = stack.simulator();
    let Some(shown) = simulator.transcript(&shown).await?.pop() else {
        return Err(BrokenOff::NotShown(why_not_shown(&simulator, stack).await?));
    };
    let answer = words(&shown);
    if answer != wanted {
        return Err(BrokenOff::Changed { wanted: wanted.to_owned(), shown: answer });
    }
    Ok(shown)
}

/// A message's text, with the names of its files in their places; a bubble's title.
fn words(entry: &Entry) -> String {
    let mut words = entry.text.as_ref().or(entry.title.as_ref()).cloned().unwrap_or_default();
    let files = entry.message.get("attachments").and_then(Value::as_array);
    for file in files.into_iter().flatten() {
        let name = file.get("name").and_then(Value::as_str).unwrap_or("a file");
        words = words.replacen('\u{fffc}', &format!("[{name}]"), 1);
    }
    words
}

fn hops(heard: &Entry, answer: &Entry) -> Vec<Hop> {
    let began = heard.hops.customer_sent.unwrap_or_default();
    [
        ("the customer writes", heard.hops.customer_sent),
        ("the webhook is answered", heard.hops.webhook_answered),
        ("the business hears of it", heard.hops.business_received),
        ("the business answers", answer.hops.business_sent),
        ("Apple takes the answer", answer.hops.apple_accepted),
        ("the phone shows it", answer.hops.shown_on_phone),
    ]
    .into_iter()
    .filter_map(|(what, at)| Some(Hop { what, at_ms: at?.saturating_sub(began) }))
    .collect()
}

fn hops_of_payment(sheet: &Sheet, thanks: &Entry) -> Vec<Hop> {
    let gateway = sheet.calls_of("paymentGateway").pop();
    let began = gateway.map(|call| call.at).unwrap_or_default();
    [
        ("the customer pays", gateway.map(|call| call.at)),
        ("the sheet says that it is paid", gateway.map(|call| call.at + call.took_ms)),
        ("the business says thanks", thanks.hops.business_sent),
        ("the phone shows it", thanks.hops.shown_on_phone),
    ]
    .into_iter()
    .filter_map(|(what, at)| Some(Hop { what, at_ms: at?.saturating_sub(began) }))
    .collect()
}

async fn why_not_taken(simulator: &Client, sent: &Entry) -> Result<String, ClientError> {
    let attempts = WebhookFilter { id: Some(sent.id.clone()), ..WebhookFilter::default() };
    let last = simulator.webhooks(&attempts).await?.pop();
    Ok(match last {
        Some(call) => match (call.status, call.error) {
            (Some(status), _) => format!("it answered {status}"),
            (None, Some(error)) => error,
            (None, None) => "it has not answered yet".to_owned(),
        },
        None => "it was not called".to_owned(),
    })
}

async fn why_not_shown(simulator: &Client, stack: &Stack) -> Result<String, ClientError> {
    let last = simulator.bot_answers(&stack.demo.name).await?.pop();
    Ok(match last {
        Some(call) => match (call.status, call.error) {
            (_, Some(error)) => format!("POST /v1/messages failed: {error}"),
            (Some(status), None) => format!("POST /v1/messages answered {status}, then silence"),
            (None, None) => "POST /v1/messages has no answer yet".to_owned(),
        },
        None => "the business did not call POST /v1/messages".to_owned(),
    })
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for exchange in &self.exchanges {
            writeln!(f, "customer  {}", exchange.text)?;
            writeln!(f, "business  {}", exchange.answer)?;
            let mut before = 0;
            for hop in &exchange.hops {
                let step = hop.at_ms.saturating_sub(before);
                writeln!(f, "  {:>6} ms  {:>+6}  {}", hop.at_ms, step, hop.what)?;
                before = hop.at_ms;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_hold_what_is_easily_broken() {
        let line = LINES[1];
        assert!(line.chars().any(|character| u32::from(character) > 0xFFFF));
        assert!(line.contains('\u{200d}') && line.contains('\u{301}'));
        let is_right_to_left = |character| matches!(character, '\u{590}'..='\u{6ff}');
        assert!(line.chars().any(is_right_to_left));
    }
}

//! One conversation, end to end: the customer writes, the business's webhook hears it, the business
//! answers, the customer's phone shows it.

use std::fmt;

use amb_simulator::client::{Client, ClientError};
use amb_simulator::model::{Direction, Entry, EntryState, Send, TranscriptFilter, WebhookFilter};

use crate::stack::Stack;

/// How long each step may take, in milliseconds: every function may have to start for it.
const PATIENCE_MS: u64 = 30_000;

/// What the customer writes: the first message finds every function cold, the second none, and
/// carries what is easily broken on the way: emoji of several code points, right-to-left text, and
/// characters outside the basic plane.
const LINES: [&str; 2] =
    ["Hello, is anybody there?", "👩🏽‍🚀 👨‍👩‍👧‍👦 🇪🇺 · مرحبا بالعالم · שלום עולם · 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎 · e\u{301}"];

/// A conversation as it went.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Each message of the customer with the answer to it.
    pub exchanges: Vec<Exchange>,
}

/// A message and the answer to it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What the customer wrote.
    pub text: String,
    /// What the phone showed.
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
/// text with "You said: …".
pub async fn play(stack: &Stack) -> Result<Conversation, BrokenOff> {
    let mut exchanges = Vec::new();
    for text in LINES {
        exchanges.push(exchange(stack, text).await?);
    }
    Ok(Conversation { exchanges })
}

async fn exchange(stack: &Stack, text: &str) -> Result<Exchange, BrokenOff> {
    let (simulator, customer) = (stack.simulator(), &stack.customer.name);
    let write = Send::text(text).to(&stack.demo.business_id).wait(PATIENCE_MS);
    let sent = simulator.send(customer, &write).await?;
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
    let shown = TranscriptFilter {
        customer: Some(customer.clone()),
        direction: Some(Direction::FromBusiness),
        state: Some(EntryState::Shown),
        after: sent.seq,
        wait: PATIENCE_MS,
        ..TranscriptFilter::default()
    };
    let Some(answer) = simulator.transcript(&shown).await?.pop() else {
        return Err(BrokenOff::NotShown(why_not_shown(&simulator, stack).await?));
    };
    let wanted = format!("You said: {text}");
    let answer_text = answer.text.clone().unwrap_or_default();
    if answer_text != wanted {
        return Err(BrokenOff::Changed { wanted, shown: answer_text });
    }
    Ok(Exchange { text: text.to_owned(), answer: answer_text, hops: hops(&heard, &answer) })
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

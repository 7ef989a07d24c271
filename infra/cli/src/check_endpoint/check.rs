//! What the contract asks for, one point at a time. Every check uses keys of its own.

use std::time::Duration;

use amb_egress::psp::endpoint::CallReply;
use amb_protocol::money::Minor;
use serde_json::Value;
use tokio::time;

use super::server::{Breach, Server, Signed, fresh_key};

/// A point of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Signature,
    Age,
    Approval,
    Again,
    AtOnce,
    Status,
    Cancel,
    Fence,
    OnItsWay,
    Capture,
    CaptureMore,
    CapturePart,
    Refund,
}

impl Check {
    pub(super) const ALL: [Self; 13] = [
        Self::Signature,
        Self::Age,
        Self::Approval,
        Self::Again,
        Self::AtOnce,
        Self::Status,
        Self::Cancel,
        Self::Fence,
        Self::OnItsWay,
        Self::Capture,
        Self::CaptureMore,
        Self::CapturePart,
        Self::Refund,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Signature => "a call that another key signed is refused, and holds nothing",
            Self::Age => "a call that was signed ten minutes ago is refused, and holds nothing",
            Self::Approval => "an approval says a reference, the amount and the currency",
            Self::Again => "the same key again gets the same answer",
            Self::AtOnce => "the same key twice at once makes one hold",
            Self::Status => "GET tells the same answer, and 404 for a key that never arrived",
            Self::Cancel => "what is held can be cancelled, twice, and is not held again",
            Self::Fence => "a cancelled key that never arrived is refused when it does",
            Self::OnItsWay => "a key that is cancelled while its call is on its way holds nothing",
            Self::Capture => "what is held is captured once, and is not cancelled afterwards",
            Self::CaptureMore => "more than is held is not captured",
            Self::CapturePart => "a part is captured once, and the rest is let go",
            Self::Refund => "each refund is made once, and never more than was captured",
        }
    }

    pub(super) async fn run(self, server: &Server) -> Result<(), Breach> {
        match self {
            Self::Signature => refuses(server, Signed::WithAnotherKey).await,
            Self::Age => refuses(server, Signed::TenMinutesAgo).await,
            Self::Approval => hold(server).await.map(drop),
            Self::Again => again(server).await,
            Self::AtOnce => at_once(server).await,
            Self::Status => status(server).await,
            Self::Cancel => cancel(server).await,
            Self::Fence => fence(server).await,
            Self::OnItsWay => on_its_way(server).await,
            Self::Capture => capture(server).await,
            Self::CaptureMore => capture_more(server).await,
            Self::CapturePart => capture_part(server).await,
            Self::Refund => refund(server).await,
        }
    }
}

async fn refuses(server: &Server, signed: Signed) -> Result<(), Breach> {
    let key = fresh_key();
    let reply = server.authorize(&key, signed).await?;
    has_status("POST {url}", &reply, 401)?;
    has_status("GET {url}/{key} afterwards", &server.status(&key).await?, 404)
}

/// Holds the money of a new key; the key and the answer.
async fn hold(server: &Server) -> Result<(String, Value), Breach> {
    let key = fresh_key();
    let reply = server.authorize(&key, Signed::Well).await?;
    let said = says("POST {url}", reply, "approved")?;
    says_amount(server, "POST {url}", &said, server.amount)?;
    match said.get("reference").and_then(Value::as_str) {
        Some(reference) if !reference.is_empty() => Ok((key, said)),
        _ => Err("POST {url}: an approval without `reference`".to_owned()),
    }
}

async fn again(server: &Server) -> Result<(), Breach> {
    let (key, first) = hold(server).await?;
    let second = says("POST {url} again", server.authorize(&key, Signed::Well).await?, "approved")?;
    is_same("POST {url} again", &first, &second)
}

async fn at_once(server: &Server) -> Result<(), Breach> {
    let key = fresh_key();
    let (one, other) =
        tokio::join!(server.authorize(&key, Signed::Well), server.authorize(&key, Signed::Well));
    // Whoever comes second may be told to wait; both are never told of two holds.
    let told: Vec<Value> = [one?, other?]
        .into_iter()
        .filter(|reply| reply.status == 200)
        .filter_map(|reply| reply.body)
        .filter(|said| decision(said) == "approved")
        .collect();
    match told.as_slice() {
        [] => Err("POST {url} twice at once: neither was approved".to_owned()),
        [_] => Ok(()),
        [first, others @ ..] => {
            others.iter().try_for_each(|other| is_same("POST {url} twice at once", first, other))
        }
    }
}

async fn status(server: &Server) -> Result<(), Breach> {
    let (key, first) = hold(server).await?;
    let told = says("GET {url}/{key}", server.status(&key).await?, "approved")?;
    is_same("GET {url}/{key}", &first, &told)?;
    let unknown = server.status(&fresh_key()).await?;
    has_status("GET {url}/{key} of a key that never arrived", &unknown, 404)
}

async fn cancel(server: &Server) -> Result<(), Breach> {
    let (key, _) = hold(server).await?;
    says("POST {url}/{key}/cancel", server.cancel(&key).await?, "cancelled")?;
    is_fenced(server, &key).await
}

async fn fence(server: &Server) -> Result<(), Breach> {
    let key = fresh_key();
    let what = "POST {url}/{key}/cancel of a key that never arrived";
    says(what, server.cancel(&key).await?, "cancelled")?;
    is_fenced(server, &key).await
}

/// The fence that a doubt ends with: cancelled while the server may still be asking its bank. Which of the
/// two comes first is the network's to say, so it is tried with several pauses between them.
async fn on_its_way(server: &Server) -> Result<(), Breach> {
    const PAUSES_MS: [u64; 6] = [0, 0, 5, 25, 100, 400];
    for pause in PAUSES_MS {
        let key = fresh_key();
        let (held, cancelled) = tokio::join!(server.authorize(&key, Signed::Well), async {
            time::sleep(Duration::from_millis(pause)).await;
            server.cancel(&key).await
        });
        // It may have been held before it was let go, refused, or told to wait.
        held?;
        says("POST {url}/{key}/cancel of a key that is on its way", cancelled?, "cancelled")?;
        let told = server.status(&key).await?;
        says("GET {url}/{key} of a key that was cancelled on its way", told, "cancelled")?;
        let again = server.authorize(&key, Signed::Well).await?;
        says("POST {url} of a key that was cancelled on its way", again, "declined")?;
    }
    Ok(())
}

/// Cancelled again, asked for again, told again: nothing is held any more.
async fn is_fenced(server: &Server, key: &str) -> Result<(), Breach> {
    says("POST {url}/{key}/cancel again", server.cancel(key).await?, "cancelled")?;
    let late = server.authorize(key, Signed::Well).await?;
    says("POST {url} after its cancellation", late, "declined")?;
    says("GET {url}/{key} after its cancellation", server.status(key).await?, "cancelled")?;
    Ok(())
}

async fn capture(server: &Server) -> Result<(), Breach> {
    let (key, _) = hold(server).await?;
    let own = fresh_key();
    for what in ["POST {url}/{key}/capture", "POST {url}/{key}/capture again"] {
        let reply = server.move_money("capture", &key, server.amount, &own).await?;
        let said = says(what, reply, "captured")?;
        says_amount(server, what, &said, server.amount)?;
    }
    says("GET {url}/{key} after its capture", server.status(&key).await?, "captured")?;
    says("POST {url}/{key}/cancel after its capture", server.cancel(&key).await?, "captured")?;
    Ok(())
}

async fn capture_more(server: &Server) -> Result<(), Breach> {
    let (key, _) = hold(server).await?;
    let more = Minor::new(server.amount.get() + 1);
    let reply = server.move_money("capture", &key, more, &fresh_key()).await?;
    has_status("POST {url}/{key}/capture of more than is held", &reply, 409)
}

async fn capture_part(server: &Server) -> Result<(), Breach> {
    let (key, _) = hold(server).await?;
    // The rest is another amount: the same again would be the capture that was made.
    let part = Minor::new((server.amount.get() - 1) / 2);
    let rest = Minor::new(server.amount.get() - part.get());
    let reply = server.move_money("capture", &key, part, &fresh_key()).await?;
    let what = "POST {url}/{key}/capture of a part";
    says_amount(server, what, &says(what, reply, "captured")?, part)?;
    says("GET {url}/{key} after it", server.status(&key).await?, "captured")?;
    let reply = server.move_money("capture", &key, rest, &fresh_key()).await?;
    has_status("POST {url}/{key}/capture of the rest", &reply, 409)?;
    let reply = server.move_money("refunds", &key, rest, &fresh_key()).await?;
    has_status("POST {url}/{key}/refunds of more than the part that was captured", &reply, 409)
}

async fn refund(server: &Server) -> Result<(), Breach> {
    let (key, _) = hold(server).await?;
    let reply = server.move_money("capture", &key, server.amount, &fresh_key()).await?;
    says("POST {url}/{key}/capture", reply, "captured")?;
    let part = Minor::new(server.amount.get() / 2);
    let rest = Minor::new(server.amount.get() - part.get());
    let (first, second) = (fresh_key(), fresh_key());
    for (what, amount, own) in [
        ("POST {url}/{key}/refunds of a part", part, &first),
        ("POST {url}/{key}/refunds of a part, again", part, &first),
        ("POST {url}/{key}/refunds of the rest", rest, &second),
        ("POST {url}/{key}/refunds of the rest, again", rest, &second),
    ] {
        let said = says(what, server.move_money("refunds", &key, amount, own).await?, "refunded")?;
        says_amount(server, what, &said, amount)?;
    }
    let more = server.move_money("refunds", &key, Minor::new(1), &fresh_key()).await?;
    has_status("POST {url}/{key}/refunds of more than was captured", &more, 409)
}

fn has_status(what: &str, reply: &CallReply, status: u16) -> Result<(), Breach> {
    match reply.status {
        found if found == status => Ok(()),
        found => Err(format!("{what}: expected {status}, found {found}")),
    }
}

/// The answer, if it is one with this decision.
fn says(what: &str, reply: CallReply, word: &str) -> Result<Value, Breach> {
    has_status(what, &reply, 200)?;
    let said = reply.body.ok_or_else(|| format!("{what}: the answer is no JSON"))?;
    match decision(&said) {
        found if found == word => Ok(said),
        found => Err(format!("{what}: expected `decision` {word:?}, found {found:?}")),
    }
}

fn says_amount(server: &Server, what: &str, said: &Value, amount: Minor) -> Result<(), Breach> {
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let found = text("amount").and_then(|text| Minor::parse(text, server.currency).ok());
    if found != Some(amount) {
        let expected = amount.to_decimal(server.currency);
        return Err(format!("{what}: expected `amount` {expected:?}, found {:?}", text("amount")));
    }
    if text("currency") != Some(server.currency.as_str()) {
        return Err(format!(
            "{what}: expected `currency` {:?}, found {:?}",
            server.currency.as_str(),
            text("currency")
        ));
    }
    Ok(())
}

/// Whether two answers tell the same hold.
fn is_same(what: &str, first: &Value, second: &Value) -> Result<(), Breach> {
    for name in ["decision", "reference", "amount", "currency"] {
        let (before, now) = (first.get(name), second.get(name));
        if before != now {
            return Err(format!("{what}: `{name}` was {before:?}, and now is {now:?}"));
        }
    }
    Ok(())
}

fn decision(said: &Value) -> &str {
    said.get("decision").and_then(Value::as_str).unwrap_or_default()
}

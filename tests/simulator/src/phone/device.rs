//! What a customer does on the device, and the webhooks that come of it.

use std::time::Duration;

use super::roster::{self, DeviceError};
use super::{tapback, writing};
use crate::apple::webhook::Webhook;
use crate::host;
use crate::model::{
    Close, ConversationState, Direction, Entry, EntryState, Resend, RetrySchedule, Send, Tapback,
    Typing,
};
use crate::world::State;

/// Most identical webhooks sent at once.
const MOST_COPIES: usize = 1_000;

/// Sends a text, announced by typing if the device does that.
pub(crate) async fn send(state: &State, name: &str, send: Send) -> Result<Entry, DeviceError> {
    let typing_first = state.read(|world| {
        let customer = roster::find(world, name)?;
        Ok(send.typing_first.unwrap_or(customer.device.typing_first))
    })?;
    let wait = send.wait;
    let business_id = send.business_id.clone();
    let copies = send.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let (seq, webhook) = state.change(|world| writing::write(world, name, send))?;

    let announcement = if typing_first {
        Some(state.read(|world| writing::signal(world, name, business_id, "typing_start"))?)
    } else {
        None
    };
    let task = state.clone();
    state.spawn(async move {
        if let Some(typing) = announcement {
            let timeout = task.read(|world| world.account.retry.timeout_ms);
            typing.attempt(&task, 1, Duration::from_millis(timeout)).await;
        }
        post(&task, seq, webhook, copies).await;
    });
    Ok(settled(state, seq, wait).await)
}

/// Sends a message of the transcript once more.
pub(crate) fn resend(state: &State, name: &str, resend: &Resend) -> Result<Entry, DeviceError> {
    let (entry, webhook) = state.read(|world| {
        let customer = roster::find(world, name)?;
        let entry = world
            .customer_entry(name, &resend.id)
            .ok_or_else(|| DeviceError::NoSuchMessage(name.to_owned(), resend.id.clone()))?;
        let webhook = writing::webhook(world, &customer, entry);
        Ok((entry.clone(), webhook))
    })?;
    let copies = resend.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let task = state.clone();
    let seq = entry.seq;
    state.spawn(async move { post(&task, seq, webhook, copies).await });
    Ok(entry)
}

/// Starts or stops typing; one attempt, as nobody waits for it.
pub(crate) async fn typing(state: &State, name: &str, typing: Typing) -> Result<(), DeviceError> {
    let kind = if typing.end { "typing_end" } else { "typing_start" };
    let (webhook, timeout) = state.read(|world| {
        let webhook = writing::signal(world, name, typing.business_id, kind)?;
        Ok((webhook, world.account.retry.timeout_ms))
    })?;
    webhook.attempt(state, 1, Duration::from_millis(timeout)).await;
    Ok(())
}

/// Deletes the conversation: from now on Apple answers 410.
pub(crate) async fn close(state: &State, name: &str, close: Close) -> Result<Entry, DeviceError> {
    let (seq, webhook) = state.change(|world| {
        let customer = roster::find(world, name)?;
        let business_id = roster::business(world, name, close.business_id)?;
        let conversation = roster::conversation(world, &customer, &business_id);
        conversation.state = ConversationState::Closed;
        conversation.business_typing = false;
        conversation.intent = None;
        conversation.group = None;
        Ok(writing::write_close(world, &customer, &business_id))
    })?;
    let task = state.clone();
    state.spawn(async move { post(&task, seq, webhook, 1).await });
    Ok(settled(state, seq, close.wait).await)
}

/// Reacts to a message: a text with the device's sentence for it.
pub(crate) async fn react(
    state: &State,
    name: &str,
    tapback: Tapback,
) -> Result<Entry, DeviceError> {
    let (text, business_id) = state.read(|world| {
        let customer = roster::find(world, name)?;
        let business_id = roster::business(world, name, tapback.business_id.clone())?;
        let latest = world.entries.iter().rev().find(|entry| {
            entry.direction == Direction::FromBusiness
                && entry.customer == name
                && entry.business_id == business_id
        });
        let quoted = tapback
            .quoted
            .as_deref()
            .or_else(|| latest.and_then(|entry| entry.text.as_deref()))
            .unwrap_or_default();
        let locale = tapback.locale.as_deref().unwrap_or(&customer.locale);
        let sentence = tapback::sentence(&tapback, locale, quoted)
            .ok_or_else(|| DeviceError::UnknownLanguage(locale.to_owned()))?;
        Ok((sentence, business_id))
    })?;
    let text = Send { typing_first: Some(false), ..Send::text(&text).to(&business_id) };
    send(state, name, text.wait(tapback.wait)).await
}

/// Sends `copies` webhooks at once and enters the outcome; the first to be taken decides.
pub(super) async fn post(state: &State, seq: u64, webhook: Webhook, copies: usize) {
    let schedule = state.change(|world| {
        if let Some(entry) = world.entry_mut(seq) {
            entry.hops.customer_sent.get_or_insert_with(host::now_ms);
        }
        world.account.retry.clone()
    });
    let schedule: &RetrySchedule = &schedule;
    let webhook = &webhook;
    let attempts = (0..copies).map(|_| async move {
        if webhook.deliver(state, schedule).await {
            state.change(|world| {
                if let Some(entry) = world.entry_mut(seq) {
                    entry.state = EntryState::Delivered;
                    entry.hops.webhook_answered.get_or_insert_with(host::now_ms);
                }
            });
        }
    });
    futures_util::future::join_all(attempts).await;
    state.change(|world| {
        if let Some(entry) = world.entry_mut(seq).filter(|it| it.state == EntryState::Sending) {
            entry.state = EntryState::NotDelivered;
        }
    });
}

/// The entry, after `wait` at most, when it is delivered or refused.
pub(super) async fn settled(state: &State, seq: u64, wait: u64) -> Entry {
    let index = usize::try_from(seq).unwrap_or(usize::MAX) - 1;
    let settled = state
        .wait_for(wait, |world| {
            world.entries.get(index).filter(|it| it.state != EntryState::Sending).cloned()
        })
        .await;
    #[expect(clippy::expect_used, reason = "entries are never removed")]
    settled
        .or_else(|| state.read(|world| world.entries.get(index).cloned()))
        .expect("the entry was just made")
}

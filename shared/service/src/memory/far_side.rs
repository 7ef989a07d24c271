//! Apple and the businesses' servers, as scripts: each call is written down and answered by the next
//! line of the script, or with success.

use amb_protocol::{gateway, jwt::ApiSecret, outbound::Message};
use serde_json::Map;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{AppleContent, FaultMode, Memory, WebDownload};
use crate::model::{ConversationId, ConversationStatus};
use crate::port::{
    AppClipLink, Constructed, Gateway, GatewayAnswer, GatewayError, WebFault, WebPage,
    WebhookAnswer, WebhookCall, WebhookError, Webhooks,
};

/// The scripts and what was heard.
#[derive(Debug, Default)]
pub struct FarSide {
    /// Apple's next answers; when they run out, 200.
    pub apple_script: VecDeque<Result<u16, GatewayError>>,
    /// What Apple was sent, whatever it answered.
    pub apple_calls: Vec<AppleCall>,
    /// Apple's next answers to App Clips; when they run out, there is none (400).
    pub app_clip_script: VecDeque<Result<Constructed, GatewayError>>,
    /// Pages of the public web by URL; others are not found.
    pub web: BTreeMap<String, Result<WebPage, WebFault>>,
    /// What becomes of the next files on the web that are fetched a piece at a time.
    pub web_file_script: VecDeque<WebDownload>,
    /// Apple's content store.
    pub content: AppleContent,
    /// The businesses' next answers; when they run out, 200.
    pub webhook_script: VecDeque<Result<u16, WebhookError>>,
    /// What the businesses' servers were sent, whatever they answered.
    pub webhook_calls: Vec<WebhookRecord>,
}

/// One call of Apple's gateway.
#[derive(Clone, Debug)]
pub struct AppleCall {
    /// The message.
    pub message: Message,
    /// The fingerprint of the key it was signed with.
    pub key: String,
    /// Apple took it.
    pub accepted: bool,
    /// The conversation was closed at that moment.
    pub while_closed: bool,
}

/// One call of a business's server.
#[derive(Clone, Debug)]
pub struct WebhookRecord {
    /// Where to.
    pub url: String,
    /// `webhook-id`.
    pub id: String,
    /// Every header.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The server took it.
    pub accepted: bool,
}

impl Gateway for Memory {
    async fn post_message(
        &self,
        message: &Message,
        key: &ApiSecret,
    ) -> Result<GatewayAnswer, GatewayError> {
        let mode = self.world().faults.next("Gateway::post_message");
        match mode {
            Some(FaultMode::DieBefore) => std::future::pending().await,
            Some(FaultMode::Refused) => return Err(GatewayError::NotSent),
            _ => {}
        }
        let scripted = {
            let mut world = self.world();
            let scripted = world.far_side.apple_script.pop_front().unwrap_or(Ok(200));
            let conversation = ConversationId::of(&message.from, &message.to);
            let while_closed = world.conversations.values().any(|state| {
                state.id == conversation && state.status == ConversationStatus::Closed
            });
            world.far_side.apple_calls.push(AppleCall {
                while_closed,
                message: message.clone(),
                key: key.fingerprint(),
                accepted: scripted == Ok(200),
            });
            scripted
        };
        match mode {
            Some(FaultMode::DieAfter) => std::future::pending().await,
            Some(FaultMode::AnswerLost) => Err(GatewayError::Unanswered),
            _ => scripted.map(|status| GatewayAnswer {
                data_ref: (status == 200 && message.include_data_ref).then(|| {
                    let owner = ("owner".to_owned(), message.id.to_string().into());
                    Map::from_iter([owner])
                }),
                ..answer(status)
            }),
        }
    }

    async fn construct_payload(
        &self,
        _link: &AppClipLink,
        _key: &ApiSecret,
    ) -> Result<Constructed, GatewayError> {
        let mode = self.world().faults.next("Gateway::construct_payload");
        match mode {
            Some(FaultMode::DieBefore | FaultMode::DieAfter) => std::future::pending().await,
            Some(FaultMode::Refused) => return Err(GatewayError::NotSent),
            Some(FaultMode::AnswerLost) => return Err(GatewayError::Unanswered),
            None => {}
        }
        let scripted = self.world().far_side.app_clip_script.pop_front();
        scripted.unwrap_or_else(|| Ok(Constructed::Not(answer(400))))
    }
}

fn answer(status: u16) -> GatewayAnswer {
    GatewayAnswer {
        status: gateway::classify(status),
        retry_after: None,
        detail: None,
        data_ref: None,
    }
}

impl Webhooks for Memory {
    async fn call(&self, call: WebhookCall) -> Result<WebhookAnswer, WebhookError> {
        let mode = self.world().faults.next("Webhooks::call");
        match mode {
            Some(FaultMode::DieBefore) => std::future::pending().await,
            Some(FaultMode::Refused) => return Err(WebhookError::Connect),
            _ => {}
        }
        let scripted = {
            let mut world = self.world();
            let scripted = world.far_side.webhook_script.pop_front().unwrap_or(Ok(200));
            let id = call.headers.iter().find(|(name, _)| *name == "webhook-id");
            world.far_side.webhook_calls.push(WebhookRecord {
                url: call.url,
                id: id.map(|(_, id)| id.clone()).unwrap_or_default(),
                headers: call.headers,
                body: call.body,
                accepted: scripted.is_ok_and(|status| (200..300).contains(&status)),
            });
            scripted
        };
        match mode {
            Some(FaultMode::DieAfter) => std::future::pending().await,
            Some(FaultMode::AnswerLost) => Err(WebhookError::Timeout),
            _ => scripted.map(|status| WebhookAnswer {
                status,
                retry_after: None,
                elapsed: Duration::from_millis(20),
            }),
        }
    }
}

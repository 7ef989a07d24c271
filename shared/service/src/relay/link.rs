//! An App Clip's link: Apple itself makes it, of a page that has one. A page that has none goes as an
//! ordinary rich link.

use amb_protocol::{
    compose::{ContentType, Draft, Need},
    gateway::GatewayStatus,
};
use std::borrow::Cow;

use super::{Relay, RelayError, attempt::Attempt};
use crate::{
    model::OutboundMessage,
    port::{AppClipLink, AppleSecrets, Clock, Constructed, Entropy, Gateway, GatewayError},
    prepare::linked,
};

/// A draft without an App Clip to ask for, and what it became if that is something else.
type Resolved<'d> = (Cow<'d, Draft>, Option<ContentType>);

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    G: Gateway,
    K: AppleSecrets,
    C: Clock + Entropy,
{
    /// Asks Apple for the App Clip that a draft needs, or says what becomes of the message instead.
    pub(super) async fn with_app_clip<'d>(
        &self,
        message: &OutboundMessage,
        draft: &'d Draft,
    ) -> Result<Result<Resolved<'d>, Attempt>, RelayError> {
        let clip = draft.needs.iter().enumerate().find_map(|(at, need)| match need {
            Need::AppClip { url, store_region } => Some((at, url, store_region)),
            Need::Image(_) | Need::File(_) | Need::Preview { .. } | Need::Payment(_) => None,
        });
        let Some((at, url, store_region)) = clip else {
            return Ok(Ok((Cow::Borrowed(draft), None)));
        };
        let link = AppClipLink {
            business: message.business.clone(),
            url: url.clone(),
            store_region: store_region.clone(),
        };
        let mut draft = draft.clone();
        draft.needs.remove(at);
        match self.construct(&link).await? {
            Ok(Constructed::Reference(reference)) => {
                draft.body.shift_remove("richLinkData");
                draft.body.insert("type".to_owned(), "richLink".into());
                draft.body.insert("body".to_owned(), link.url.into());
                draft.body.insert("richLinkDataRef".to_owned(), reference.into());
                // A reference is whole: there is nothing left to show on it.
                draft.needs.clear();
                Ok(Ok((Cow::Owned(draft), None)))
            }
            Ok(Constructed::Not(answer)) if answer.status == GatewayStatus::BadRequest => {
                draft.body = linked(draft.body, &link.url);
                draft.needs.push(Need::Preview { url: link.url });
                Ok(Ok((Cow::Owned(draft), Some(ContentType::RichLink))))
            }
            Ok(Constructed::Not(answer)) => {
                let pause = self.pause(message, answer.retry_after);
                Ok(Err(Attempt::Later { pause, unknown: false }))
            }
            Err(_) => Ok(Err(Attempt::Later { pause: self.pause(message, None), unknown: false })),
        }
    }

    /// As [`post`](Self::post): a key that Apple refuses is looked up once more.
    async fn construct(
        &self,
        link: &AppClipLink,
    ) -> Result<Result<Constructed, GatewayError>, RelayError> {
        let key = self.keys.signing().await?;
        let made = self.gateway.construct_payload(link, &key).await;
        if matches!(&made, Ok(Constructed::Not(answer)) if answer.status == GatewayStatus::Unauthorized)
        {
            self.keys.second_look().await?;
            let key = self.keys.signing().await?;
            return Ok(self.gateway.construct_payload(link, &key).await);
        }
        Ok(made)
    }
}

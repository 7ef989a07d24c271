//! What one attempt came to, and the words for what Apple said.

use amb_protocol::{attachment::AttachmentFault, jwt::ApiSecret};
use std::future::Future;

use super::{Fetch, FetchError, reply::Twin};
use crate::{
    keyring::SecondLook,
    model::{PayloadFault, PayloadStatus},
    port::{AppleSecrets, Clock, ContentError, Entropy},
};

/// What one attempt at a payload came to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// It is there: the row ends like this, and what waits for it is told.
    Done(Box<PayloadStatus>),
    /// A reply that was decoded.
    Told(Box<Twin>),
    /// The same again would do no better.
    Failed {
        code: PayloadFault,
        /// More words, for people.
        detail: Option<String>,
    },
    /// It is tried again a moment later, but not more than
    /// [`MOST_FAILURES`](crate::model::Payload::MOST_FAILURES) times, or
    /// [`MOST_OUTAGES`](crate::model::Payload::MOST_OUTAGES): then it has failed.
    Missed { code: PayloadFault, detail: Option<String> },
    /// Time ran out. The payload's transfer says where to go on; nothing went wrong.
    Interrupted,
}

impl Attempt {
    pub(super) fn done(status: PayloadStatus) -> Self {
        Self::Done(Box::new(status))
    }

    pub(super) fn failed(code: PayloadFault) -> Self {
        Self::Failed { code, detail: None }
    }

    pub(super) fn missed(code: PayloadFault) -> Self {
        Self::Missed { code, detail: None }
    }
}

impl From<ContentError> for Attempt {
    /// What Apple's content store, or its decoder, did not do. A refused key never comes here: see
    /// [`Fetch::with_key`].
    fn from(error: ContentError) -> Self {
        let detail = Some(error.to_string());
        match error {
            ContentError::Host => Self::Failed { code: PayloadFault::BadHost, detail },
            ContentError::Refused(_) => Self::Failed { code: PayloadFault::Refused, detail },
            ContentError::TooLarge => Self::Failed { code: PayloadFault::TooLarge, detail },
            ContentError::Gone(_) => Self::Missed { code: PayloadFault::Expired, detail },
            ContentError::TooSlow => Self::Missed { code: PayloadFault::TooSlow, detail },
            ContentError::BrokenOff => Self::Missed { code: PayloadFault::Truncated, detail },
            ContentError::Unavailable | ContentError::Source | ContentError::Unauthorized => {
                Self::Missed { code: PayloadFault::Unavailable, detail }
            }
        }
    }
}

impl From<AttachmentFault> for Attempt {
    /// What a message says of a file is not enough to fetch it.
    fn from(fault: AttachmentFault) -> Self {
        let code = match fault {
            AttachmentFault::Incomplete("key") => PayloadFault::BadKey,
            AttachmentFault::Incomplete(_) => PayloadFault::Incomplete,
            AttachmentFault::Size => PayloadFault::BadSize,
        };
        Self::Failed { code, detail: Some(fault.to_string()) }
    }
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    K: AppleSecrets,
    C: Clock + Entropy,
{
    /// Asks Apple something, and once more with a newer key if Apple refuses this one: it may have been
    /// rotated since it was cached (F078). A key that is refused then, too, is an outage of our own.
    pub(super) async fn with_key<T, R>(
        &self,
        ask: impl Fn(ApiSecret) -> R,
    ) -> Result<Result<T, ContentError>, FetchError>
    where
        R: Future<Output = Result<T, ContentError>>,
    {
        let answer = ask(self.keys.signing().await?).await;
        match answer {
            Err(ContentError::Unauthorized) => {
                self.keys.second_look().await?;
            }
            // Of a file it may mean either: that the key does not hold, or that the file is gone.
            Err(ContentError::Gone(403)) => {
                if !matches!(self.keys.second_look().await?, SecondLook::Changed(_)) {
                    return Ok(answer);
                }
            }
            _ => return Ok(answer),
        }
        match ask(self.keys.signing().await?).await {
            Err(ContentError::Unauthorized) => Err(FetchError::Unauthorized),
            answer => Ok(answer),
        }
    }
}

//! Files that go with a part: each is brought to Apple by others, and takes its place once Apple has
//! it. What Apple has already, from an earlier message, is named again (AP-08).

use amb_protocol::{
    attachment::Entry,
    compose::{self, Draft, Need, PendingFile},
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::{borrow::Cow, time::Duration};

use super::{Relay, RelayTables, attempt::Attempt, part::DETAIL_MAX};
use crate::{
    model::{
        AppleFile, FailureCode, FilePlace, FileSource, OutboundMessage, Payload, PayloadFault,
        PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus, UploadId,
    },
    port::{Clock, Entropy, PayloadQueue, PortError},
    problem::chain,
};

/// A file as it stands.
enum Standing {
    There(AppleFile),
    /// Since then.
    OnItsWay(Timestamp),
    /// It will not be had: why.
    Unusable(String),
}

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    S: RelayTables,
    Q: PayloadQueue,
    C: Clock + Entropy,
{
    /// Puts a part's files in their places, or says what becomes of the message instead. What nobody is
    /// bringing yet is asked for, all at once.
    pub(super) async fn with_files<'d>(
        &self,
        message: &OutboundMessage,
        draft: Cow<'d, Draft>,
        part: u32,
    ) -> Result<Cow<'d, Draft>, Attempt> {
        let files: Vec<_> = draft.needs.iter().filter_map(file).cloned().collect();
        if files.is_empty() {
            return Ok(draft);
        }
        let standing = join_all(files.iter().map(|file| self.file(message, part, file))).await;
        let mut draft = draft.into_owned();
        let mut since: Option<Timestamp> = None;
        let mut unreadable = false;
        for (file, standing) in files.iter().zip(standing) {
            match standing {
                Ok(Standing::There(apples)) => file.fill(&mut draft.body, entry(apples)),
                Ok(Standing::OnItsWay(at)) => since = Some(since.map_or(at, |since| since.min(at))),
                Ok(Standing::Unusable(why)) => {
                    let why = format!("{}: {why}", file.origin);
                    let why = why.chars().take(DETAIL_MAX).collect();
                    let code = FailureCode::AttachmentUnusable;
                    return Err(Attempt::unsent(message, code, Some(why)));
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "a message's file cannot be looked up");
                    unreadable = true;
                }
            }
        }
        match since {
            Some(since) => Err(Attempt::Waiting(pause(since, self.clock.now()))),
            None if unreadable => {
                Err(Attempt::Later { pause: self.pause(message, None), unknown: false })
            }
            None => Ok(Cow::Owned(draft)),
        }
    }

    async fn file(
        &self,
        message: &OutboundMessage,
        part: u32,
        file: &PendingFile,
    ) -> Result<Standing, PortError> {
        let now = self.clock.now();
        let Some(source) = source(file) else {
            return Ok(unusable(PayloadFault::SourceMissing, None));
        };
        let tenant = &message.pointer.tenant;
        if let FilePlace::Upload(upload) = &source.at {
            let fingerprint = upload.to_string();
            let known = self.store.apple_file(tenant, &message.business, &fingerprint).await?;
            if let Some(known) = known.filter(|known| now < known.expires_at) {
                return Ok(Standing::There(known));
            }
        }
        let pointer = PayloadPointer {
            tenant: tenant.clone(),
            place: PayloadPlace::File {
                conversation: message.pointer.conversation.clone(),
                message: message.pointer.message,
                part,
                index: file.index,
            },
        };
        let Some(payload) = self.store.payload(&pointer).await? else {
            let source = PayloadSource::File(source);
            let payload = Payload::pending(pointer, message.business.clone(), source, now);
            self.store.insert_payload(&payload).await?;
            if let Err(error) = self.queue.enqueue_payload(&payload.pointer, Duration::ZERO).await {
                tracing::warn!(error = %chain(&error), "a file is left to the sweep");
            }
            return Ok(Standing::OnItsWay(now));
        };
        Ok(match payload.status {
            PayloadStatus::Pending => Standing::OnItsWay(payload.created_at),
            PayloadStatus::Brought(apples) => Standing::There(apples),
            PayloadStatus::Failed { code, detail } => unusable(code, detail),
            // No other end is such a file's.
            _ => unusable(PayloadFault::GivenUp, None),
        })
    }
}

fn file(need: &Need) -> Option<&PendingFile> {
    match need {
        Need::File(file) => Some(file),
        Need::Image(_) | Need::Preview { .. } | Need::AppClip { .. } | Need::Payment(_) => None,
    }
}

fn source(file: &PendingFile) -> Option<FileSource> {
    let at = match &file.source {
        compose::FileSource::Upload(id) => FilePlace::Upload(UploadId::parse(id).ok()?),
        compose::FileSource::Url(url) => FilePlace::Url(url.clone()),
    };
    Some(FileSource { at, name: file.name.clone(), media_type: file.mime_type.clone() })
}

fn entry(file: AppleFile) -> Entry {
    let AppleFile { name, media_type, size, key, url, owner, signature, expires_at: _ } = file;
    Entry { name, mime_type: media_type, size, key, url, owner, signature }
}

fn unusable(code: PayloadFault, detail: Option<String>) -> Standing {
    let code = code.as_str();
    Standing::Unusable(detail.map_or_else(|| code.to_owned(), |detail| format!("{code}: {detail}")))
}

/// How long to wait before looking again: a small file is there in a second or two, a large one is
/// worth few looks. All of [`FILES_DEADLINE`](super::FILES_DEADLINE) is well below the hundred times
/// that the queue hands a message out.
fn pause(since: Timestamp, now: Timestamp) -> Duration {
    let waited = since.duration_until(now);
    let seconds = match waited {
        _ if waited < SignedDuration::from_secs(1) => 1,
        _ if waited < SignedDuration::from_secs(3) => 2,
        _ if waited < SignedDuration::from_secs(6) => 3,
        _ if waited < SignedDuration::from_mins(1) => 5,
        _ if waited < SignedDuration::from_mins(5) => 20,
        _ => 30,
    };
    Duration::from_secs(seconds)
}

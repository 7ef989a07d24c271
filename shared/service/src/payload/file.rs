//! A business's file: encrypted under a key of its own, and brought to Apple.
//!
//! What Apple has already is not brought again: an upload is known by its id, what a URL leads to by
//! its content (AP-08). The bytes of a URL come into our bucket first, for Apple wants to know their
//! number before the first of them. A message names a file only once Apple has confirmed it, and an
//! upload that broke off is begun anew, at another place and under another key (F110).

mod sealed;

use amb_protocol::{
    attachment::{ATTACHMENT_MAX_BYTES, AttachmentKey, outgoing},
    id::MessageId,
};
use jiff::SignedDuration;
use std::sync::Arc;
use zeroize::Zeroizing;

use self::sealed::Plain;
use super::{
    Attempt, Fetch, FetchError, FetchTables,
    hold::{Held, Hold},
    transfer::{Asked, Facts, Intake, Length, Stop, let_go},
};
use crate::{
    model::{
        AppleFile, ConversationId, FileKey, FilePlace, FileSource, OutboundPointer, OutboundStatus,
        Payload, PayloadFault, PayloadPlace, PayloadStatus, TenantId, UploadId, base32_id,
    },
    port::{
        AppleSecrets, Clock, ContentError, ContentStore, Entropy, Files, LargeFiles, PortError,
        WebFault, WebFile, WebFiles,
    },
    problem::chain,
};

/// Apple keeps a file for thirty days; a day less, and none is named that dies on its way.
const LIFE: SignedDuration = SignedDuration::from_hours(29 * 24);

/// A file of ours that Apple is to have.
struct Known<'k> {
    file: &'k FileKey,
    /// What it is known by, once Apple has it.
    fingerprint: &'k str,
    /// What the place calls it that it came from.
    name: Option<&'k str>,
    /// What that place says it is.
    media_type: Option<&'k str>,
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    W: WebFiles,
    C: Clock + Entropy + Clone + 'static,
{
    /// One attempt at a business's file.
    pub(super) async fn bring(
        &self,
        payload: &mut Payload,
        source: &FileSource,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Attempt, FetchError> {
        if !self.is_wanted(payload).await? {
            let detail = Some("the message came to an end without it".to_owned());
            return Ok(Attempt::Failed { code: PayloadFault::GivenUp, detail });
        }
        let brought = match &source.at {
            FilePlace::Upload(upload) => self.bring_upload(payload, upload, hold).await?,
            FilePlace::Url(url) => self.bring_page(payload, url, hold).await?,
        };
        Ok(match brought {
            Ok(file) => Attempt::done(PayloadStatus::Brought(file)),
            Err(attempt) => attempt,
        })
    }

    /// Whether its message still waits for it.
    async fn is_wanted(&self, payload: &Payload) -> Result<bool, PortError> {
        let Some((conversation, message)) = message_of(payload) else { return Ok(false) };
        let tenant = payload.pointer.tenant.clone();
        let pointer = OutboundPointer { tenant, conversation, message };
        let found = self.store.find(&pointer).await?;
        Ok(found.is_some_and(|message| message.status == OutboundStatus::Queued))
    }

    async fn bring_upload(
        &self,
        payload: &Payload,
        upload: &UploadId,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<AppleFile, Attempt>, FetchError> {
        let fingerprint = upload.to_string();
        if let Some(apples) = self.apples(payload, &fingerprint).await? {
            return Ok(Ok(apples));
        }
        let file = FileKey::upload(&payload.pointer.tenant, upload);
        let known = Known { file: &file, fingerprint: &fingerprint, name: None, media_type: None };
        self.hand_over(payload, &known, hold).await
    }

    /// What is at a URL comes into the bucket, and is removed from there when Apple has it.
    async fn bring_page(
        &self,
        payload: &Payload,
        url: &str,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<AppleFile, Attempt>, FetchError> {
        let most = ATTACHMENT_MAX_BYTES.unsigned_abs();
        let page = match self.web.open_web(url, most).await {
            Ok(page) => page,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let file = self.draw_fetched(&payload.pointer.tenant);
        let WebFile { name, content_type, length: _, body } = page;
        let asked = Asked {
            file: file.clone(),
            length: Length::AtMost(most),
            key: None,
            transfer: None,
            from: 0,
        };
        let taken = Intake::new(&self.files, &self.clock, hold.until())
            .take(asked, Held::new(body, hold))
            .await;
        let facts = match taken {
            Ok(facts) => facts,
            Err(stopped) => {
                // No server is asked to go on where this one broke off.
                if let Some(transfer) = &stopped.transfer {
                    let_go(&self.files, transfer).await;
                }
                return judge(stopped.why).map(Err);
            }
        };
        let place = (name.as_deref(), content_type.as_deref());
        let brought = self.bring_fetched(payload, &file, &facts, place, hold).await;
        if let Err(error) = self.files.remove(&file).await {
            tracing::warn!(error = %chain(&error), "a file is left to the bucket's rule");
        }
        brought
    }

    async fn bring_fetched(
        &self,
        payload: &Payload,
        file: &FileKey,
        facts: &Facts,
        (name, media_type): (Option<&str>, Option<&str>),
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<AppleFile, Attempt>, FetchError> {
        let fingerprint = format!("sha256:{}", facts.sha256);
        if let Some(apples) = self.apples(payload, &fingerprint).await? {
            // The same bytes may have lain elsewhere before, under another name.
            let media_type = outgoing::media_type(None, name, media_type, &facts.head);
            let name = outgoing::name(None, name, &media_type);
            return Ok(Ok(AppleFile { name, media_type, ..apples }));
        }
        let known = Known { file, fingerprint: &fingerprint, name, media_type };
        self.hand_over(payload, &known, hold).await
    }

    /// A file that Apple has, and will have for as long as a message needs.
    async fn apples(
        &self,
        payload: &Payload,
        fingerprint: &str,
    ) -> Result<Option<AppleFile>, PortError> {
        let (tenant, business) = (&payload.pointer.tenant, &payload.business);
        let known = self.store.apple_file(tenant, business, fingerprint).await?;
        Ok(known.filter(|known| self.clock.now() < known.expires_at))
    }

    /// Encrypts a file under a fresh key and uploads it, both while it is read.
    async fn hand_over(
        &self,
        payload: &Payload,
        known: &Known<'_>,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<AppleFile, Attempt>, FetchError> {
        let Some(file) = self.files.open(known.file, 0).await? else {
            return Ok(Err(Attempt::failed(PayloadFault::SourceMissing)));
        };
        let size = file.size;
        if !(1..=ATTACHMENT_MAX_BYTES.unsigned_abs()).contains(&size) {
            return Ok(Err(wrong_size(size)));
        }
        let plain = Plain::begun(file.body).await?;
        let media_type = outgoing::media_type(None, known.name, known.media_type, plain.head());
        let name = outgoing::name(None, known.name, &media_type);
        let began = self.clock.now();
        let ask = |key| async move { self.apple.pre_upload(&payload.business, size, &key).await };
        let ticket = match self.with_key(ask).await? {
            Ok(ticket) => ticket,
            Err(error) => return Ok(Err(error.into())),
        };
        let key = self.draw_key();
        let sealed = plain.sealed(&key, Arc::clone(hold));
        let signature = match self.apple.upload(&ticket, size, sealed).await {
            Ok(signature) => signature,
            Err(ContentError::BrokenOff | ContentError::Source) if hold.is_over() => {
                return Ok(Err(Attempt::missed(PayloadFault::TooSlow)));
            }
            Err(error @ ContentError::BrokenOff) => {
                let detail = Some(error.to_string());
                return Ok(Err(Attempt::Missed { code: PayloadFault::Unavailable, detail }));
            }
            Err(error) => return Ok(Err(error.into())),
        };
        let apples = AppleFile {
            name,
            media_type,
            size,
            key: key.wire(),
            url: ticket.url,
            owner: ticket.owner,
            signature: signature.base64(),
            expires_at: began + LIFE,
        };
        let (tenant, business) = (&payload.pointer.tenant, &payload.business);
        // That it is known spares bytes later, and nothing depends on it.
        let kept = self.store.keep_apple_file(tenant, business, known.fingerprint, &apples).await;
        if let Err(error) = kept {
            tracing::warn!(error = %chain(&error), "a file will be brought again");
        }
        Ok(Ok(apples))
    }

    /// No key opens two files.
    fn draw_key(&self) -> AttachmentKey {
        let mut bytes = Zeroizing::new([0; 32]);
        self.clock.fill(&mut *bytes);
        AttachmentKey::from_bytes(*bytes)
    }

    fn draw_fetched(&self, tenant: &TenantId) -> FileKey {
        let mut drawn = [0; 16];
        self.clock.fill(&mut drawn);
        FileKey::fetched(tenant, &base32_id(&drawn))
    }
}

fn message_of(payload: &Payload) -> Option<(ConversationId, MessageId)> {
    match &payload.pointer.place {
        PayloadPlace::File { conversation, message, .. } => Some((conversation.clone(), *message)),
        _ => None,
    }
}

/// What became of a URL's file that is not there.
fn judge(why: Stop<WebFault>) -> Result<Attempt, FetchError> {
    Ok(match why {
        Stop::Source(fault) => fault.into(),
        Stop::TooLong => wrong_size(ATTACHMENT_MAX_BYTES.unsigned_abs() + 1),
        Stop::Deadline => Attempt::missed(PayloadFault::TooSlow),
        Stop::TooShort(_) | Stop::Lost => Attempt::missed(PayloadFault::Unavailable),
        Stop::Port(error) => return Err(error.into()),
    })
}

fn wrong_size(size: u64) -> Attempt {
    let detail = match size {
        0 => "there is nothing in it".to_owned(),
        _ => format!("it has more than {ATTACHMENT_MAX_BYTES} bytes"),
    };
    Attempt::Failed { code: PayloadFault::SourceSize, detail: Some(detail) }
}

impl From<WebFault> for Attempt {
    fn from(fault: WebFault) -> Self {
        let detail = Some(fault.to_string());
        match fault {
            _ if fault.is_passing() => Self::Missed { code: PayloadFault::SourceMissing, detail },
            WebFault::TooLarge(_) => Self::Failed { code: PayloadFault::SourceSize, detail },
            WebFault::Status(_) => Self::Failed { code: PayloadFault::SourceMissing, detail },
            _ => Self::Failed { code: PayloadFault::SourceRefused, detail },
        }
    }
}

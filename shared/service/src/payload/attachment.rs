//! A customer's file: from Apple's content store, through decryption, into ours.
//!
//! What the customer says of it, its name, its type, its size, is data and never a place. It is not
//! decoded: its first bytes tell what it is, and whether it is what it says. The cipher knows no wrong
//! key, so a file that begins like nothing it could be is kept and not given out (F094).

use amb_protocol::attachment::{
    Attachment, AttachmentFault, AttachmentKey,
    content_type::{agrees, sniff},
};
use jiff::SignedDuration;
use std::sync::Arc;

use super::{
    Attempt, Fetch, FetchError, FetchTables,
    hold::{Held, Hold},
    transfer::{Asked, Facts, Intake, Length, Stop, Stopped, let_go},
};
use crate::{
    model::{
        AttachmentId, FileKey, Payload, PayloadFault, PayloadStatus, Retention, Scan, StoredFile,
        TenantId, Transfer, base32_id,
    },
    port::{
        AppleSecrets, Clock, ContentError, ContentStore, Entropy, Files, KnownFile, LargeFiles,
        PortError, Reference,
    },
    problem::chain,
};

/// A file that is kept already stands for a new one of the same content for so long: the bucket's rule
/// removes files seven days later than their tenant wants them kept, and counts from when an upload
/// began.
const SHARED: SignedDuration = SignedDuration::from_hours(6 * 24);

/// What a message says of a file that can be fetched.
struct Declared<'d> {
    url: &'d str,
    owner: &'d str,
    signature: &'d str,
    key: AttachmentKey,
    size: u64,
}

/// Where a tenant's files are kept, and how long.
struct Kept {
    tenant: TenantId,
    retention: Retention,
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    C: Clock + Entropy,
{
    /// One attempt at a customer's file.
    pub(super) async fn attachment(
        &self,
        payload: &mut Payload,
        id: &AttachmentId,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Attempt, FetchError> {
        let tenant = payload.pointer.tenant.clone();
        let Some(named) = self.named_attachment(&tenant, id).await? else {
            return Ok(Attempt::failed(PayloadFault::Incomplete));
        };
        let declared = match Declared::of(&named.what) {
            Ok(declared) => declared,
            Err(attempt) => return Ok(attempt),
        };
        let found = self.store.tenant(&tenant).await?;
        let retention = found.map(|tenant| tenant.attachment_retention).unwrap_or_default();
        let kept = Kept { tenant, retention };
        Ok(match self.receive(payload, &declared, &kept, hold).await? {
            Ok((file, facts)) => {
                let stored = self.stored(&named.what, &kept, file, facts).await?;
                Attempt::done(PayloadStatus::Stored(stored))
            }
            Err(attempt) => attempt,
        })
    }

    /// Gets the file into the bucket.
    async fn receive(
        &self,
        payload: &mut Payload,
        declared: &Declared<'_>,
        kept: &Kept,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<(FileKey, Facts), Attempt>, FetchError> {
        let intake = Intake::new(&self.files, &self.clock, hold.until());
        self.forget_other(payload, kept).await;
        if let Some(transfer) = payload.transfer.clone()
            && transfer.offset == declared.size
        {
            if let Some(facts) = intake.join(&transfer).await? {
                payload.transfer = None;
                return Ok(Ok((transfer.file, facts)));
            }
            payload.transfer = None;
        }
        let file = match &payload.transfer {
            Some(transfer) => transfer.file.clone(),
            None => self.draw(kept),
        };
        if declared.size == 0 {
            // There is nothing to fetch (A004).
            self.files.put_file(&file, super::transfer::CONTENT_TYPE, Vec::new()).await?;
            return Ok(Ok((file, Facts::of(&[]))));
        }
        let from = payload.transfer.as_ref().map_or(0, |transfer| transfer.offset);
        let opened = match self.opened(payload, declared, from).await? {
            Ok(opened) => opened,
            Err(attempt) => return Ok(Err(attempt)),
        };
        let (from, body) = opened;
        let asked = Asked {
            file: file.clone(),
            length: Length::Exactly(declared.size),
            key: Some(declared.key.clone()),
            transfer: payload.transfer.take(),
            from,
        };
        let before = asked.transfer.as_ref().map_or(0, |transfer| transfer.offset);
        match intake.take(asked, Held::new(body, hold)).await {
            Ok(facts) => Ok(Ok((file, facts))),
            Err(Stopped { why, transfer }) => {
                let after = transfer.as_ref().map_or(0, |transfer| transfer.offset);
                payload.transfer = transfer;
                judge(why, declared.size, after > before).map(Err)
            }
        }
    }

    /// Opens the file in Apple's content store; answers the byte that it begins with, too.
    async fn opened(
        &self,
        payload: &mut Payload,
        declared: &Declared<'_>,
        from: u64,
    ) -> Result<Result<(u64, A::Body), Attempt>, FetchError> {
        let business = payload.business.clone();
        let reference = Reference {
            business: &business,
            url: declared.url,
            owner: declared.owner,
            signature: declared.signature,
        };
        let ask = |key| async move { self.apple.pre_download(&reference, &key).await };
        let link = match self.with_key(ask).await? {
            Ok(link) => link,
            Err(error) => return Ok(Err(error.into())),
        };
        let opened = match self.apple.open(&link, from).await {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(error.into())),
        };
        if opened.offset != from && opened.offset != 0 {
            return Ok(Err(ContentError::BrokenOff.into()));
        }
        let announced = opened.length.map(|length| opened.offset.saturating_add(length));
        let why = match announced {
            Some(announced) if announced > declared.size => Stop::TooLong,
            Some(announced) if announced < declared.size => Stop::TooShort(announced),
            _ => return Ok(Ok((opened.offset, opened.body))),
        };
        if let Some(transfer) = payload.transfer.take() {
            let_go(&self.files, &transfer).await;
        }
        judge(why, declared.size, false).map(Err)
    }

    /// A transfer to where the tenant does not want files kept any more begins again.
    async fn forget_other(&self, payload: &mut Payload, kept: &Kept) {
        let other = |transfer: &mut Transfer| !kept.holds(&transfer.file);
        if let Some(transfer) = payload.transfer.take_if(other) {
            let_go(&self.files, &transfer).await;
        }
    }

    /// A place for a file: drawn, so that it says nothing of what is there.
    fn draw(&self, kept: &Kept) -> FileKey {
        let mut drawn = [0; 16];
        self.clock.fill(&mut drawn);
        FileKey::attachment(kept.retention, &kept.tenant, &base32_id(&drawn))
    }

    /// The file as it is told; its own bytes, or those of the same content that are there already.
    async fn stored(
        &self,
        attachment: &Attachment,
        kept: &Kept,
        file: FileKey,
        facts: Facts,
    ) -> Result<StoredFile, PortError> {
        let now = self.clock.now();
        let known = self.store.stored_file(&kept.tenant, &facts.sha256).await?;
        let known = known.filter(|known| now < known.stored_at + SHARED && kept.holds(&known.file));
        let file = match known {
            Some(known) => {
                if known.file != file
                    && let Err(error) = self.files.remove(&file).await
                {
                    tracing::warn!(error = %chain(&error), "a file is left to the bucket's rule");
                }
                known.file
            }
            None => {
                let known = KnownFile { file: file.clone(), stored_at: now };
                self.store.remember_file(&kept.tenant, &facts.sha256, &known).await?;
                file
            }
        };
        let (name, declared_type) = (attachment.name.clone(), attachment.mime_type.clone());
        let (name_of, type_of) = (name.as_deref(), declared_type.as_deref());
        let sniffed = sniff(&facts.head);
        Ok(StoredFile {
            file,
            media_type: sniffed.media_type_of(type_of, name_of).to_owned(),
            size: facts.size,
            sha256: facts.sha256,
            quarantined: !agrees(type_of, sniffed, name_of),
            scan: Scan::default(),
            expires_at: now + SignedDuration::from_hours(24 * i64::from(kept.retention.days())),
            name,
            declared_type,
        })
    }
}

/// What became of a file that is not there. `further`: there is more of it than there was before, so
/// that trying again is going on, and comes to an end.
fn judge(why: Stop<ContentError>, size: u64, further: bool) -> Result<Attempt, FetchError> {
    Ok(match why {
        Stop::Source(_) if further => Attempt::Interrupted,
        Stop::Source(error) => error.into(),
        Stop::TooLong => {
            let detail = Some(format!("it has more than the {size} bytes that were declared"));
            Attempt::Failed { code: PayloadFault::Oversize, detail }
        }
        Stop::TooShort(ended) => {
            let detail = Some(format!("it ended after {ended} of {size} bytes"));
            Attempt::Missed { code: PayloadFault::Truncated, detail }
        }
        Stop::Deadline | Stop::Lost => Attempt::Interrupted,
        Stop::Port(error) => return Err(error.into()),
    })
}

impl<'d> Declared<'d> {
    fn of(attachment: &'d Attachment) -> Result<Self, Attempt> {
        if let Some(fault) = attachment.fault() {
            return Err(match fault {
                // One that is there is a bad one (M152, F094).
                AttachmentFault::Incomplete("key") if attachment.key.is_none() => {
                    let detail = Some(fault.to_string());
                    Attempt::Failed { code: PayloadFault::Incomplete, detail }
                }
                fault => fault.into(),
            });
        }
        let declared = || {
            Some(Self {
                url: attachment.url.as_deref()?,
                owner: attachment.owner.as_deref()?,
                signature: attachment.signature_base64.as_deref()?,
                key: AttachmentKey::parse(attachment.key.as_deref()?).ok()?,
                size: u64::try_from(attachment.size?).ok()?,
            })
        };
        declared().ok_or_else(|| Attempt::failed(PayloadFault::Incomplete))
    }
}

impl Kept {
    /// Whether a file is one of these.
    fn holds(&self, file: &FileKey) -> bool {
        let place = FileKey::attachment(self.retention, &self.tenant, "");
        file.as_str().starts_with(place.as_str())
    }
}

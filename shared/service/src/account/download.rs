//! Downloads: references to large answers, resolved for tenants that read Apple's messages themselves.

mod reference;

use amb_protocol::{id::BusinessId, reply::Reply};
use jiff::Timestamp;
use serde_json::value::RawValue;
use std::{fmt, time::Duration};

use super::{Account, attachment::FILE_LINK_LIFE};
use crate::{
    access::Principal,
    json_size::{self, MOST_HANDED_ON},
    model::{
        DownloadId, FileKey, Payload, PayloadFault, PayloadPlace, PayloadPointer, PayloadSource,
        PayloadStatus, Scope,
    },
    port::{Businesses, Clock, Entropy, FileLinks, FileRead, Files, PayloadQueue, Payloads},
    problem::{Faults, ObjectBody, Problem, Reader, chain},
};

pub use reference::MAX_REFERENCED;

/// A request is held for this long, until the answer is there.
const WAIT: Duration = Duration::from_secs(8);
/// How often it is looked for meanwhile.
const WAIT_STEP: Duration = Duration::from_millis(250);
/// The largest answer that is decoded (spec/reliability F108).
const MAX_DECODED: u64 = 10 * 1024 * 1024;

/// A reference that was asked to be resolved.
#[derive(Clone, Debug)]
pub struct Download {
    /// Its name.
    pub id: DownloadId,
    /// How it stands.
    pub state: DownloadState,
}

/// How a download stands.
#[derive(Clone, Debug)]
pub enum DownloadState {
    /// It is under way.
    Pending,
    /// Here it is.
    Ready(InteractiveData),
    /// It will not be had.
    Failed {
        /// Why.
        code: PayloadFault,
        /// More words, for people.
        detail: Option<String>,
    },
}

/// The answer that the reference stood for: Apple's `interactiveData`.
#[derive(Clone)]
pub enum InteractiveData {
    /// Itself.
    Inline(Box<RawValue>),
    /// Too large for one answer: a link to it.
    Link {
        /// Where it is.
        url: String,
        /// The link is dead from then on.
        expires_at: Timestamp,
    },
}

impl fmt::Debug for InteractiveData {
    /// A customer's words never reach a log, and neither does what opens them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inline(_) => "Inline",
            Self::Link { .. } => "Link",
        })
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Payloads + Files + FileLinks + Businesses,
    Q: PayloadQueue,
    C: Clock + Entropy,
{
    /// Resolves a reference: `{"businessId", "interactiveDataRef"}`. Waits a few seconds for it.
    pub async fn create_download(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<Download, Problem> {
        principal.require(Scope::Read)?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let business = reader.parsed("businessId", BusinessId::parse, &mut faults);
        let reference = reference::read(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let (business, reference) = faults.finish(business.zip(reference))?;
        let business = principal.on(self.store.business(&business).await?)?.id;
        let id = DownloadId::draw(&self.clock);
        let (pointer, now) = (pointer(principal, id.clone()), self.clock.now());
        let source = PayloadSource::Reference(reference);
        let payload = Payload::pending(pointer.clone(), business, source, now);
        if !self.store.insert_payload(&payload).await? {
            return Err(Problem::unavailable().retry_after(1));
        }
        if let Err(error) = self.queue.enqueue_payload(&pointer, Duration::ZERO).await {
            tracing::warn!(error = %chain(&error), "a download is left to the sweep");
        }
        let payload = self.ended(payload, now + WAIT).await?;
        self.told(principal, id, payload.status).await
    }

    /// A download, as it stands.
    pub async fn download(&self, principal: &Principal, id: &str) -> Result<Download, Problem> {
        principal.require(Scope::Read)?;
        let id = DownloadId::parse(id).map_err(|_odd| Problem::not_found())?;
        let payload = self.store.payload(&pointer(principal, id.clone())).await?;
        let payload = payload.ok_or_else(Problem::not_found)?;
        principal.on(self.store.business(&payload.business).await?)?;
        self.told(principal, id, payload.status).await
    }

    /// The payload when it came to its end, or as it is when the time is up.
    async fn ended(&self, mut payload: Payload, until: Timestamp) -> Result<Payload, Problem> {
        while payload.status == PayloadStatus::Pending && self.clock.now() < until {
            self.clock.sleep(WAIT_STEP).await;
            if let Some(found) = self.store.payload(&payload.pointer).await? {
                payload = found;
            }
        }
        Ok(payload)
    }

    async fn told(
        &self,
        principal: &Principal,
        id: DownloadId,
        status: PayloadStatus,
    ) -> Result<Download, Problem> {
        let state = match status {
            PayloadStatus::Pending => DownloadState::Pending,
            PayloadStatus::Decoded { file, .. } => {
                DownloadState::Ready(self.decoded(principal, &file).await?)
            }
            PayloadStatus::Failed { code, detail } => DownloadState::Failed { code, detail },
            PayloadStatus::Told | PayloadStatus::Stored(_) | PayloadStatus::Brought(_) => {
                return Err(Problem::not_found());
            }
        };
        Ok(Download { id, state })
    }

    /// What is private in an answer, only keys with the scope for it may read, however it is asked for.
    async fn decoded(
        &self,
        principal: &Principal,
        file: &FileKey,
    ) -> Result<InteractiveData, Problem> {
        let FileRead::Whole(bytes) = self.store.file(file, MAX_DECODED).await? else {
            return Err(Problem::not_found());
        };
        let text = String::from_utf8(bytes).ok();
        let data = text.and_then(|text| RawValue::from_string(text).ok());
        let data = data.ok_or_else(Problem::internal)?;
        if !principal.scopes.contains(&Scope::Private) && Reply::parse(&data).is_private() {
            let detail = "The answer is private: the scope `private` is needed, too.";
            return Err(Problem::missing_scope().detail(detail));
        }
        if json_size::handed_on(&data) <= MOST_HANDED_ON {
            return Ok(InteractiveData::Inline(data));
        }
        let (kind, saved) = ("application/json", "attachment; filename=\"interactiveData.json\"");
        let url = self.store.link(file, kind, saved, FILE_LINK_LIFE).await?;
        Ok(InteractiveData::Link { url, expires_at: self.clock.now() + FILE_LINK_LIFE })
    }
}

fn pointer(principal: &Principal, id: DownloadId) -> PayloadPointer {
    PayloadPointer { tenant: principal.tenant.clone(), place: PayloadPlace::Download(id) }
}

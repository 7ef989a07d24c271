//! Customers' files: links that open them, and what a scanner says of them.

use amb_protocol::attachment::file_name;
use std::time::Duration;

use super::{Account, query::Query};
use crate::{
    access::Principal,
    model::{
        AttachmentId, Payload, PayloadPlace, PayloadPointer, PayloadStatus, Scan, Scope,
        StoredFile, TenantId,
    },
    port::{Businesses, Clock, FileLinks, Payloads},
    problem::{Faults, ObjectBody, Problem, Reader},
    render::signed_for,
};

/// How long a link into the bucket works: long enough to be followed, and no longer than a proxy's
/// log stays unread (spec/reliability A010).
pub const FILE_LINK_LIFE: Duration = Duration::from_secs(5 * 60);
/// Seconds after which a file that is being fetched may be asked for again.
const PENDING_PAUSE: u32 = 2;
/// The name of a file that the customer's device gave none.
const NAMELESS: &str = "attachment";

/// Whether a file that is not what it is said to be is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quarantined {
    Kept,
    GivenOut,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Payloads + FileLinks + Businesses,
    C: Clock,
{
    /// A link that saves a customer's file; `quarantined=include`, for administrators, opens one whose
    /// bytes betray what it is said to be.
    pub async fn attachment_link(
        &self,
        principal: &Principal,
        id: &str,
        query: &[(String, String)],
    ) -> Result<String, Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let quarantined = query.parsed("quarantined", |word| match word {
            "include" => Ok(Quarantined::GivenOut),
            _ => Err("`include` is expected, or nothing"),
        });
        query.finish(Some(()))?;
        if quarantined.is_some() {
            principal.require(Scope::Admin)?;
        }
        let (_, payload) = self.own_attachment(principal, id).await?;
        self.link_to(payload.status, quarantined.unwrap_or(Quarantined::Kept)).await
    }

    /// The same for whoever holds a link out of an `attachment.ready`. One that is forged, too old or
    /// of another file is no link at all.
    pub async fn attachment_content(
        &self,
        id: &str,
        query: &[(String, String)],
    ) -> Result<String, Problem> {
        let id = AttachmentId::parse(id).map_err(|_odd| Problem::not_found())?;
        let tenant = signed_for(&self.key, &id, query, self.clock.now());
        let pointer = pointer(&tenant.ok_or_else(Problem::not_found)?, id);
        let payload = self.store.payload(&pointer).await?.ok_or_else(Problem::not_found)?;
        self.link_to(payload.status, Quarantined::Kept).await
    }

    /// Keeps what the business's scanner says of a file: `{"status"}`. What is infected is not given
    /// out, by no link.
    pub async fn scan_attachment(
        &self,
        principal: &Principal,
        id: &str,
        body: &[u8],
    ) -> Result<(AttachmentId, StoredFile), Problem> {
        principal.require(Scope::Admin)?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let scan = reader.parsed("status", scan, &mut faults);
        reader.finish(&mut faults);
        let scan = faults.finish(scan)?;
        let (id, payload) = self.own_attachment(principal, id).await?;
        let file = stored(payload.status)?;
        let pointer = pointer(&principal.tenant, id.clone());
        if !self.store.record_scan(&pointer, scan).await? {
            return Err(Problem::not_found());
        }
        Ok((id, StoredFile { scan, ..file }))
    }

    /// A file of the caller's tenant, sent to a business of the caller's mode.
    async fn own_attachment(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<(AttachmentId, Payload), Problem> {
        let id = AttachmentId::parse(id).map_err(|_odd| Problem::not_found())?;
        let payload = self.store.payload(&pointer(&principal.tenant, id.clone())).await?;
        let payload = payload.ok_or_else(Problem::not_found)?;
        principal.on(self.store.business(&payload.business).await?)?;
        Ok((id, payload))
    }

    async fn link_to(
        &self,
        status: PayloadStatus,
        quarantined: Quarantined,
    ) -> Result<String, Problem> {
        let file = stored(status)?;
        if file.expires_at <= self.clock.now() {
            return Err(Problem::attachment_expired());
        }
        if file.scan == Scan::Infected {
            return Err(Problem::attachment_infected());
        }
        if file.quarantined && quarantined == Quarantined::Kept {
            return Err(Problem::attachment_quarantined());
        }
        let disposition = file_name::disposition(file.name.as_deref().unwrap_or(NAMELESS));
        let kind = &file.media_type;
        Ok(self.store.link(&file.file, kind, &disposition, FILE_LINK_LIFE).await?)
    }
}

fn pointer(tenant: &TenantId, id: AttachmentId) -> PayloadPointer {
    PayloadPointer { tenant: tenant.clone(), place: PayloadPlace::Attachment(id) }
}

/// The file, if it came to be one.
fn stored(status: PayloadStatus) -> Result<StoredFile, Problem> {
    match status {
        PayloadStatus::Stored(file) => Ok(file),
        PayloadStatus::Pending => Err(Problem::attachment_pending().retry_after(PENDING_PAUSE)),
        PayloadStatus::Failed { code, .. } => {
            Err(Problem::attachment_failed().detail(format!("It ended with `{}`.", code.as_str())))
        }
        PayloadStatus::Told | PayloadStatus::Decoded { .. } | PayloadStatus::Brought(_) => {
            Err(Problem::not_found())
        }
    }
}

fn scan(word: &str) -> Result<Scan, &'static str> {
    match word {
        "clean" => Ok(Scan::Clean),
        "infected" => Ok(Scan::Infected),
        "unscanned" => Ok(Scan::Unscanned),
        _ => Err("one of: clean, infected, unscanned"),
    }
}

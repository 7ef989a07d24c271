//! Uploads that go with a message as files: whether they are there, and of a size that Apple takes. It
//! is better told now than by an event; what a URL leads to is told by none but the event.

use amb_protocol::{
    attachment::ATTACHMENT_MAX_BYTES,
    compose::{FileSource, Need, PendingFile},
    rules::Fault,
};
use futures_util::future::join_all;

use crate::{
    model::{Choice, FileKey, OutboundContent, TenantId, UploadId},
    port::{FileRead, Files, PortError},
};

/// The rule that an upload breaks which is not there.
pub(super) const MISSING: &str = "attachment_upload_missing";
/// The rule that an upload breaks which is empty, or too large.
pub(super) const SIZE: &str = "attachment_bytes";

/// What is wrong with the uploads that a message names; an upload that is named twice is told twice.
pub(super) async fn faults<F: Files>(
    files: &F,
    tenant: &TenantId,
    content: &OutboundContent,
) -> Result<Vec<Fault>, PortError> {
    let OutboundContent::Choices { choices } = content else { return Ok(Vec::new()) };
    let looks = named(choices).map(|(file, upload)| fault(files, tenant, file, upload));
    let found: Result<Vec<_>, _> = join_all(looks).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

async fn fault<F: Files>(
    files: &F,
    tenant: &TenantId,
    file: &PendingFile,
    upload: &str,
) -> Result<Option<Fault>, PortError> {
    let missing = || {
        let message = "there is no such upload, or nothing was put there yet, or it expired";
        Some(Fault::new(&file.origin, MISSING, message).fix("upload the file, then send"))
    };
    let Ok(upload) = UploadId::parse(upload) else { return Ok(missing()) };
    // Nothing of it is read: only how large it is.
    let size = match files.file(&FileKey::upload(tenant, &upload), 0).await? {
        FileRead::Missing => return Ok(missing()),
        FileRead::Whole(bytes) => bytes.len() as u64,
        FileRead::TooLarge(size) => size,
    };
    let fits = i64::try_from(size).is_ok_and(|size| (1..=ATTACHMENT_MAX_BYTES).contains(&size));
    Ok((!fits).then(|| {
        let message = format!("1 to {ATTACHMENT_MAX_BYTES} bytes are taken");
        Fault::new(&file.origin, SIZE, message).limit(ATTACHMENT_MAX_BYTES, size)
    }))
}

fn named(choices: &[Choice]) -> impl Iterator<Item = (&PendingFile, &str)> {
    let parts = choices.iter().flat_map(|choice| &choice.parts);
    parts.flat_map(|part| &part.needs).filter_map(|need| match need {
        Need::File(file @ PendingFile { source: FileSource::Upload(id), .. }) => {
            Some((file, id.as_str()))
        }
        _ => None,
    })
}

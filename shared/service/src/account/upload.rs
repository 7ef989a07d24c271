//! Uploads: files that messages and templates name, put by the tenant straight into the bucket.

use jiff::Timestamp;
use std::time::Duration;

use super::{Account, member, require_any};
use crate::{
    access::Principal,
    model::{FileKey, Scope, UploadId, UploadSlot},
    port::{Clock, Entropy, UploadSlots},
    problem::{Faults, ObjectBody, Problem, Reader},
};

/// The largest upload: 100 MiB.
pub const MAX_UPLOAD: u64 = 100 * 1024 * 1024;
/// How long a slot takes its file.
const SLOT_LIFE: Duration = Duration::from_secs(15 * 60);
/// Longest content type, in characters.
const MAX_CONTENT_TYPE: usize = 255;

/// A place for one file.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What messages call it.
    pub id: UploadId,
    /// What the caller calls it; it is not kept.
    pub name: Option<String>,
    /// Where to put it.
    pub slot: UploadSlot,
    /// The slot is closed from then on.
    pub expires_at: Timestamp,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: UploadSlots,
    C: Clock + Entropy,
{
    /// Makes a place for a file: `{"contentType", "size", "name"?}`.
    pub async fn create_upload(
        &self,
        principal: &Principal,
        body: &[u8],
    ) -> Result<Upload, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Send])?;
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let content_type = reader.parsed("contentType", content_type, &mut faults);
        let size = reader.required("size", &mut faults).is_some();
        let size = if size {
            member::whole(&mut reader, "size", 1..=MAX_UPLOAD, &mut faults)
        } else {
            None
        };
        let name = member::optional_name(&mut reader, &mut faults);
        reader.finish(&mut faults);
        let (content_type, size) = faults.finish(content_type.zip(size))?;
        let id = UploadId::draw(&self.clock);
        let key = FileKey::upload(&principal.tenant, &id);
        let slot = self.store.upload_slot(&key, &content_type, size, SLOT_LIFE).await?;
        Ok(Upload { id, name, slot, expires_at: self.clock.now() + SLOT_LIFE })
    }
}

/// A media type as it stands in a header.
fn content_type(text: &str) -> Result<String, &'static str> {
    let kind = text.split(';').next().unwrap_or_default();
    let token = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.bytes().all(plain)
    };
    let typed = kind.trim_end().split_once('/').is_some_and(|(a, b)| token(a) && token(b));
    let visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if typed && visible && text.len() <= MAX_CONTENT_TYPE {
        Ok(text.trim_end().to_owned())
    } else {
        Err("a media type such as image/png is expected")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_any_that_a_header_takes() {
        for yes in ["image/png", "application/json; charset=utf-8", "application/vnd.x+json"] {
            assert_eq!(content_type(yes).as_deref(), Ok(yes));
        }
        for no in ["", "png", "image/", "/png", "image/p ng", "image/png\r\nx: y", "text/plän"] {
            assert!(content_type(no).is_err(), "{no}");
        }
        assert!(content_type(&format!("a/{}", "b".repeat(300))).is_err());
    }
}

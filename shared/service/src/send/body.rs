//! The body that counts: what came inline, or the upload that it names.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value};

use crate::{
    model::{FileKey, TenantId, UploadId, body_hash},
    port::{FileRead, Files},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// The largest body of a request to send, by reference: 10 MiB.
pub const MAX_UPLOADED_BODY: u64 = 10 * 1024 * 1024;

/// A request body, read.
pub(crate) struct Body {
    /// SHA-256 of its bytes, hex: what an idempotency key is held to.
    pub(crate) hash: String,
    /// The object in it.
    pub(crate) map: Map<String, Value>,
}

impl Body {
    /// Reads a body: an object, or `{"uploadId": …}` alone, then the object that was uploaded.
    pub(crate) async fn read<F: Files>(
        files: &F,
        tenant: &TenantId,
        inline: &[u8],
    ) -> Result<Self, Problem> {
        let ObjectBody(map) = ObjectBody::parse(inline)?;
        if map.len() != 1 || !map.contains_key("uploadId") {
            return Ok(Self { hash: hash(inline), map });
        }
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let upload = reader.parsed("uploadId", UploadId::parse, &mut faults);
        let upload = faults.finish(upload)?;
        let bytes = fetch(files, tenant, &upload).await?;
        let ObjectBody(map) = ObjectBody::parse(&bytes)?;
        Ok(Self { hash: hash(&bytes), map })
    }
}

async fn fetch<F: Files>(
    files: &F,
    tenant: &TenantId,
    upload: &UploadId,
) -> Result<Vec<u8>, Problem> {
    match files.file(&FileKey::upload(tenant, upload), MAX_UPLOADED_BODY).await? {
        FileRead::Whole(bytes) => Ok(bytes),
        FileRead::Missing => {
            let message = "there is no such upload, or nothing was put there yet, or it expired";
            let fault = Fault::new("/uploadId", "upload_missing", message);
            Err(Problem {
                errors: vec![fault.fix("make an upload, put the body there, then send")],
                ..Problem::not_found()
            })
        }
        FileRead::TooLarge(size) => {
            let message = format!("at most {MAX_UPLOADED_BODY} bytes are taken");
            let fault = Fault::new("/uploadId", "body_too_large", message);
            let fault = fault.limit(MAX_UPLOADED_BODY, size);
            Err(Problem { errors: vec![fault.fix(LINK_PICTURES)], ..Problem::too_large() })
        }
    }
}

const LINK_PICTURES: &str = "name pictures by `url` or `uploadId` instead of `data`";

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&body_hash(bytes))
}

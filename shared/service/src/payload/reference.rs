//! A reference, followed: fetched, decrypted, and decoded by Apple.

use amb_protocol::{
    attachment::{AttachmentFault, AttachmentKey, Cipher, DataReference},
    id::BusinessId,
    inbound::decoded_answer,
};
use data_encoding::HEXLOWER;
use serde_json::value::RawValue;
use std::sync::Arc;

use super::{
    Attempt, Fetch, FetchError,
    hold::{Held, Hold},
};
use crate::{
    model::{FileKey, PayloadFault, TenantId, body_hash},
    port::{
        AppleSecrets, Chunks, Clock, ContentError, ContentStore, Entropy, FileRead, Files,
        Payloads, PortError, Reference,
    },
};

/// The largest answer that is fetched, encrypted. Apple keeps whole messages below this.
const LARGEST: u64 = 10 * 1024 * 1024;

/// What a reference has to say to be followed.
struct Lead<'r> {
    asked: Reference<'r>,
    key: AttachmentKey,
    bid: &'r str,
    size: Option<u64>,
    /// Where its ciphertext is kept if Apple cannot decode it.
    kept: FileKey,
}

impl<'r> Lead<'r> {
    fn of(
        tenant: &TenantId,
        business: &'r BusinessId,
        reference: &'r DataReference,
    ) -> Result<Self, AttachmentFault> {
        let incomplete = AttachmentFault::Incomplete;
        if let Some(fault) = reference.fault() {
            return Err(fault);
        }
        let url = reference.url.as_deref().ok_or(incomplete("url"))?;
        let owner = reference.owner.as_deref().ok_or(incomplete("owner"))?;
        let signature = reference.signature_base64.as_deref().ok_or(incomplete("signature"))?;
        let key = reference.key.as_deref().or(reference.data_ref_sig.as_deref());
        let key = key.and_then(|key| AttachmentKey::parse(key).ok());
        let size = reference.size.map(|size| u64::try_from(size).unwrap_or(u64::MAX));
        if size.is_some_and(|size| size > LARGEST) {
            return Err(AttachmentFault::Size);
        }
        let name = HEXLOWER.encode(&body_hash(format!("{url}\n{signature}").as_bytes()));
        Ok(Self {
            asked: Reference { business, url, owner, signature },
            key: key.ok_or(incomplete("key"))?,
            bid: reference.bid.as_deref().ok_or(incomplete("bid"))?,
            size,
            kept: FileKey::ciphertext(tenant, &name),
        })
    }
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: Payloads,
    A: ContentStore,
    K: AppleSecrets,
    F: Files,
    C: Clock + Entropy,
{
    /// Follows a reference, and reads what it leads to with `read`; what cannot be read is not decoded.
    /// As long as there is no answer, the ciphertext is kept: Apple gives it out for a short while.
    pub(super) async fn follow<T>(
        &self,
        (tenant, business): (&TenantId, &BusinessId),
        reference: &DataReference,
        hold: &Arc<Hold<S, C>>,
        read: impl Fn(&RawValue) -> Option<T>,
    ) -> Result<Result<T, Attempt>, FetchError> {
        let lead = match Lead::of(tenant, business, reference) {
            Ok(lead) => lead,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let ciphertext = match self.ciphertext(&lead, hold).await? {
            Ok(ciphertext) => ciphertext,
            Err(missed @ Attempt::Missed { .. }) => match self.kept(&lead).await? {
                Some(kept) => kept,
                None => return Ok(Err(missed)),
            },
            Err(attempt) => return Ok(Err(attempt)),
        };
        let answer = match self.decode(&lead, &ciphertext).await? {
            Ok(body) => decoded_answer(&body).and_then(|answer| read(&answer)).ok_or_else(|| {
                let detail = Some("the answer is no interactive data".to_owned());
                Attempt::Failed { code: PayloadFault::Undecodable, detail }
            }),
            Err(error) => Err(undecoded(error)),
        };
        if answer.is_err() {
            self.files.put_file(&lead.kept, "application/octet-stream", ciphertext).await?;
        }
        Ok(answer)
    }

    async fn ciphertext(
        &self,
        lead: &Lead<'_>,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Result<Vec<u8>, Attempt>, FetchError> {
        let asked = lead.asked;
        let link =
            self.with_key(|key| async move { self.apple.pre_download(&asked, &key).await }).await?;
        let opened = match link {
            Ok(link) => self.apple.open(&link, 0).await,
            Err(error) => Err(error),
        };
        let mut body = match opened {
            Ok(opened) => Held::new(opened.body, hold),
            Err(error) => return Ok(Err(error.into())),
        };
        let most = lead.size.unwrap_or(LARGEST);
        let mut bytes = Vec::with_capacity(usize::try_from(lead.size.unwrap_or(0)).unwrap_or(0));
        loop {
            match body.chunk().await {
                Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                Ok(None) => break,
                Err(error) => return Ok(Err(error.into())),
            }
            if bytes.len() as u64 > most {
                return Ok(Err(Attempt::failed(PayloadFault::Oversize)));
            }
            if hold.is_over() {
                return Ok(Err(Attempt::Interrupted));
            }
        }
        if lead.size.is_some_and(|size| (bytes.len() as u64) < size) {
            return Ok(Err(Attempt::missed(PayloadFault::Truncated)));
        }
        Ok(Ok(bytes))
    }

    /// The ciphertext that an earlier attempt kept, of whatever names the same reference.
    async fn kept(&self, lead: &Lead<'_>) -> Result<Option<Vec<u8>>, PortError> {
        Ok(match self.files.file(&lead.kept, LARGEST).await? {
            FileRead::Whole(bytes) => Some(bytes),
            FileRead::Missing | FileRead::TooLarge(_) => None,
        })
    }

    async fn decode(
        &self,
        lead: &Lead<'_>,
        ciphertext: &[u8],
    ) -> Result<Result<Vec<u8>, ContentError>, FetchError> {
        let (business, bid) = (lead.asked.business, lead.bid);
        self.with_key(|key| {
            let mut plain = ciphertext.to_vec();
            Cipher::new(&lead.key).apply(&mut plain);
            async move { self.apple.decode_payload(business, bid, plain, &key).await }
        })
        .await
    }
}

/// What Apple's decoder did not do, in its own words: a 404 of it is no link that died.
fn undecoded(error: ContentError) -> Attempt {
    let detail = Some(error.to_string());
    match error {
        ContentError::Refused(_) | ContentError::Gone(_) => {
            Attempt::Failed { code: PayloadFault::Undecodable, detail }
        }
        ContentError::BrokenOff | ContentError::TooSlow => {
            Attempt::Missed { code: PayloadFault::Unavailable, detail }
        }
        other => other.into(),
    }
}

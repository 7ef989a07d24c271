//! *Prepare*: fills into a [`Draft`] what a pure function could not: pictures, fetched and made fit,
//! and the preview of a page.
//!
//! A picture that cannot be had is a fault, told at the place where the business named it; a preview
//! that cannot be had is none, for the link itself is what was asked for. What needs Apple, an App
//! Clip, is left to the relay.

mod lanes;
mod link;
mod picture;
mod place;

#[cfg(test)]
mod tests;

use amb_protocol::{
    compose::{Draft, ImageSource, Need, PendingImage, Slot},
    rules::{Fault, RulePack},
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

use crate::{
    model::TenantId,
    port::{Clock, Files, PortError, Web},
    preview::Preview,
    ttl_cache::TtlCache,
};
use lanes::Lanes;
use picture::{Job, Picture, PictureKey, Trouble};

pub(crate) use link::linked;

/// How long all of a message's part may take: well within its lease.
pub(crate) const LIMIT: SignedDuration = SignedDuration::from_secs(12);
/// A picture or a page that was fetched is not fetched again so soon: one link often goes to many.
const REMEMBERED: Duration = Duration::from_secs(60);
/// A page that gave no preview is not asked again so soon.
const NO_PREVIEW: Duration = Duration::from_secs(20);
/// Pictures, some 250 kB each, and pages that are remembered.
const CAPACITY: usize = 48;
/// Pictures in work at once, over all messages: each may be ten megabytes and its pixels besides.
const PICTURES_AT_ONCE: usize = 4;

/// Prepares drafts.
#[derive(Debug)]
pub struct Prepare<F, W, C> {
    files: F,
    web: W,
    clock: C,
    lanes: Lanes<PICTURES_AT_ONCE>,
    pictures: TtlCache<PictureKey, Picture>,
    pages: TtlCache<(TenantId, String), Preview>,
}

/// A draft with everything in it.
#[derive(Clone, PartialEq)]
pub struct Prepared {
    /// `type` and what belongs to it, as Apple spells it.
    pub body: Map<String, Value>,
    /// What was made different from what the business sent, or found.
    pub changes: Vec<Change>,
}

impl std::fmt::Debug for Prepared {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("changes", &self.changes).finish_non_exhaustive()
    }
}

/// Something that was made different, or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "change")]
pub enum Change {
    /// A picture was converted, resized or made smaller.
    Image {
        /// Where the business named it, as a JSON Pointer into the request.
        pointer: String,
        /// As it came.
        from: PictureFacts,
        /// As it goes to Apple.
        to: PictureFacts,
    },
    /// The page behind a link was asked for what was missing.
    Preview {
        /// It gave the title; without one, the link's host stands there.
        title: bool,
        /// It gave the picture.
        image: bool,
    },
    /// Apple decides when it is sent whether there is an App Clip; without one, a rich link goes.
    AppClip,
    /// Apple's merchant session, and the addresses that the device calls, are put in when it is sent.
    MerchantSession,
}

/// What there is to say of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PictureFacts {
    /// `png`, `jpeg`, `gif` or `webp`.
    pub format: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bytes.
    pub bytes: usize,
}

/// Why a draft could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Pictures that cannot be used, all of them.
    #[error("a picture cannot be used")]
    Faults(Vec<Fault>),
    /// Pictures that cannot be had right now; should that last, these are the faults.
    #[error("a picture cannot be had right now")]
    Later(Vec<Fault>),
    /// A port failed.
    #[error("a draft could not be prepared")]
    Port(#[from] PortError),
}

impl<F, W, C> Prepare<F, W, C> {
    /// Where the pictures and uploads are.
    pub(crate) fn files(&self) -> &F {
        &self.files
    }
}

impl<F: Files, W: Web, C: Clock> Prepare<F, W, C> {
    /// Prepares with these ports.
    pub fn new(files: F, web: W, clock: C) -> Self {
        Self {
            files,
            web,
            clock,
            lanes: Lanes::default(),
            pictures: TtlCache::new(REMEMBERED, NO_PREVIEW, CAPACITY),
            pages: TtlCache::new(REMEMBERED, NO_PREVIEW, CAPACITY),
        }
    }

    /// Fills in what the draft needs, under the limits of `pack`. What is not there at `until` is
    /// not waited for.
    pub async fn prepare(
        &self,
        tenant: &TenantId,
        draft: &Draft,
        pack: &RulePack,
        until: Timestamp,
    ) -> Result<Prepared, PrepareError> {
        let mut body = draft.body.clone();
        let mut changes = self.images(tenant, draft, pack, until, &mut body).await?;
        for need in &draft.needs {
            match need {
                // Whoever sends the message puts its files there.
                Need::Image(_) | Need::File(_) => {}
                Need::Payment(_) => changes.push(Change::MerchantSession),
                Need::Preview { url } => {
                    changes.push(self.preview(tenant, url, pack, until, &mut body).await);
                }
                Need::AppClip { .. } => changes.push(Change::AppClip),
            }
        }
        Ok(Prepared { body, changes })
    }

    async fn images(
        &self,
        tenant: &TenantId,
        draft: &Draft,
        pack: &RulePack,
        until: Timestamp,
        body: &mut Map<String, Value>,
    ) -> Result<Vec<Change>, PrepareError> {
        let wanted: Vec<_> = draft.needs.iter().filter_map(image).collect();
        let jobs = jobs(&wanted);
        let made = join_all(jobs.iter().map(|job| self.make(tenant, job, pack, until))).await;
        let mut faults = Faults::default();
        let mut changes = Vec::new();
        for image in wanted {
            let done = jobs.iter().zip(&made).find(|(job, _)| *job.source == image.source);
            match done.map(|(job, made)| (job, made.as_ref())) {
                Some((job, Ok(pictures))) => {
                    let slot = job.slots.iter().position(|slot| *slot == image.slot);
                    let Some(picture) = slot.and_then(|slot| pictures.get(slot)) else { continue };
                    place::put(body, &image.pointer, picture.base64.as_ref().into());
                    changes.extend(picture.change(&image.origin));
                }
                Some((_, Err(trouble))) => faults.note(trouble, &image.origin),
                None => {}
            }
        }
        for trouble in made.into_iter().filter_map(Result::err) {
            if let Trouble::Port(error) = trouble
                && faults.lasting.is_empty()
            {
                return Err(error.into());
            }
        }
        faults.lasting.extend(too_many_bytes(draft, body, pack));
        match (faults.lasting.is_empty(), faults.passing.is_empty()) {
            (false, _) => Err(PrepareError::Faults(faults.lasting)),
            (true, false) => Err(PrepareError::Later(faults.passing)),
            (true, true) => Ok(changes),
        }
    }
}

#[derive(Default)]
struct Faults {
    lasting: Vec<Fault>,
    passing: Vec<Fault>,
}

impl Faults {
    fn note(&mut self, trouble: &Trouble, origin: &str) {
        let at = |fault: &Fault| Fault { pointer: origin.to_owned(), ..fault.clone() };
        match trouble {
            Trouble::Lasting(fault) => self.lasting.push(at(fault)),
            Trouble::Passing(fault) => self.passing.push(at(fault)),
            Trouble::Port(_) => {}
        }
    }
}

fn image(need: &Need) -> Option<&PendingImage> {
    match need {
        Need::Image(image) => Some(image),
        Need::File(_) | Need::Preview { .. } | Need::AppClip { .. } | Need::Payment(_) => None,
    }
}

/// Each source once, with every slot that it is wanted for.
fn jobs<'d>(wanted: &[&'d PendingImage]) -> Vec<Job<'d>> {
    let mut jobs: Vec<Job<'d>> = Vec::new();
    for image in wanted {
        match jobs.iter_mut().find(|job| *job.source == image.source) {
            Some(job) if job.slots.contains(&image.slot) => {}
            Some(job) => job.slots.push(image.slot),
            None => jobs.push(Job { source: &image.source, slots: vec![image.slot] }),
        }
    }
    jobs
}

/// Apple takes a list of pictures only so far, as it goes over the wire (rule pack `apple-2026-08`).
fn too_many_bytes(draft: &Draft, body: &Map<String, Value>, pack: &RulePack) -> Option<Fault> {
    let images = body.get("interactiveData")?.get("data")?.get("images")?.as_array()?;
    let data = images.iter().filter_map(|image| image.get("data")?.as_str());
    let actual: usize = data.map(str::len).sum();
    let limit = picture::images_limit(pack);
    let origin = draft.needs.iter().filter_map(image).map(|image| image.origin.as_str()).next()?;
    let content = origin.find("/content").and_then(|at| origin.get(..at)).unwrap_or_default();
    (actual > limit).then(|| {
        Fault::new(format!("{content}/content/images"), "images_bytes", TOO_MANY)
            .limit(limit, actual)
            .fix("use fewer pictures, or name one picture several times")
    })
}

const TOO_MANY: &str = "all pictures together are more than Apple takes";

impl Job<'_> {
    fn of(source: &ImageSource, slot: Slot) -> Job<'_> {
        Job { source, slots: vec![slot] }
    }
}

//! One picture: its bytes, wherever they are, and what is made of them. What was made is kept by what
//! it was made from, so that a campaign converts its picture once.

use amb_imaging::{Format, ImageFault, Source, inspect, render};
use amb_protocol::{
    compose::{ImageSource, Slot},
    rules::{Fault, RulePack},
};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{Change, PictureFacts, Prepare};
use crate::{
    model::{FileKey, TenantId, UploadId, body_hash},
    port::{Clock, FileRead, Files, PortError, Web, WebAsk},
    problem::chain,
};

/// A picture as a business has it.
const SOURCE_MAX: usize = 10 * 1024 * 1024;
/// One fetch.
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// A source and the slots that it is wanted for.
pub(super) struct Job<'d> {
    pub(super) source: &'d ImageSource,
    pub(super) slots: Vec<Slot>,
}

/// Whose picture it is, where it was, what it was made for, and under which limit.
pub(super) type PictureKey = (TenantId, String, Slot, usize);

/// A picture that is fit to be sent.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) base64: Arc<str>,
    /// Before and after, unless it is sent as it came.
    changed: Option<(PictureFacts, PictureFacts)>,
}

impl Picture {
    pub(super) fn change(&self, origin: &str) -> Option<Change> {
        self.changed.map(|(from, to)| Change::Image { pointer: origin.to_owned(), from, to })
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("bytes", &self.base64.len()).finish_non_exhaustive()
    }
}

/// Why there is no picture. The faults have no place yet.
#[derive(Debug)]
pub(super) enum Trouble {
    Lasting(Fault),
    Passing(Fault),
    Port(PortError),
}

impl<F: Files, W: Web, C: Clock> Prepare<F, W, C> {
    /// The pictures of a job, one for each slot.
    pub(super) async fn make(
        &self,
        tenant: &TenantId,
        job: &Job<'_>,
        pack: &RulePack,
        until: Timestamp,
    ) -> Result<Vec<Picture>, Trouble> {
        if let Some(pictures) = self.recall(tenant, job, pack) {
            return Ok(pictures);
        }
        let _lane = self.lanes.enter().await;
        let bytes = self.source(tenant, job.source, until).await?;
        let source = inspect(&bytes).map_err(unusable)?;
        let mut pictures = Vec::with_capacity(job.slots.len());
        for slot in &job.slots {
            if self.clock.now() >= until {
                let message = "the picture takes too long to convert";
                return Err(Trouble::Passing(Fault::new("", "image_unreachable", message)));
            }
            let limit = limit(*slot, pack);
            let png = self.fit(tenant, &bytes, source, *slot, limit).await?;
            let picture = picture(&bytes, source, &png);
            if let ImageSource::Url(url) = job.source {
                let key = (tenant.clone(), url.clone(), *slot, limit);
                self.pictures.remember(key, Some(picture.clone()), self.clock.now());
            }
            pictures.push(picture);
        }
        Ok(pictures)
    }

    fn recall(&self, tenant: &TenantId, job: &Job<'_>, pack: &RulePack) -> Option<Vec<Picture>> {
        let ImageSource::Url(url) = job.source else { return None };
        let now = self.clock.now();
        let recall = |slot: &Slot| {
            let key = (tenant.clone(), url.clone(), *slot, limit(*slot, pack));
            self.pictures.recall(&key, now).flatten()
        };
        job.slots.iter().map(recall).collect()
    }

    async fn source<'s>(
        &self,
        tenant: &TenantId,
        source: &'s ImageSource,
        until: Timestamp,
    ) -> Result<Cow<'s, [u8]>, Trouble> {
        match source {
            ImageSource::Data(text) => match BASE64.decode(text.as_bytes()) {
                Ok(bytes) => Ok(bytes.into()),
                Err(_) => Err(lasting("image_data", "the picture is no Base64")),
            },
            ImageSource::Upload(id) => self.upload(tenant, id).await.map(Cow::from),
            ImageSource::Url(url) => {
                let left = self.clock.now().duration_until(until);
                let within = Duration::try_from(left).unwrap_or_default().min(FETCH_LIMIT);
                let ask = WebAsk {
                    accept: "image/png, image/jpeg, image/webp, image/gif",
                    max_bytes: SOURCE_MAX,
                    cut: false,
                    within,
                };
                match self.web.get(url, &ask).await {
                    Ok(page) => Ok(page.bytes.into()),
                    Err(fault) => {
                        let told = Fault::new("", "image_unreachable", fault.to_string());
                        let passing = fault.is_passing();
                        Err(if passing { Trouble::Passing(told) } else { Trouble::Lasting(told) })
                    }
                }
            }
        }
    }

    async fn upload(&self, tenant: &TenantId, id: &str) -> Result<Vec<u8>, Trouble> {
        let missing = || lasting("image_upload_missing", "there is no upload of this id");
        let Ok(id) = UploadId::parse(id) else { return Err(missing()) };
        let key = FileKey::upload(tenant, &id);
        match self.files.file(&key, SOURCE_MAX as u64).await.map_err(Trouble::Port)? {
            FileRead::Whole(bytes) => Ok(bytes),
            FileRead::Missing => Err(missing()),
            FileRead::TooLarge(size) => {
                let fault = Fault::new("", "image_source_bytes", "the upload is too large");
                Err(Trouble::Lasting(fault.limit(SOURCE_MAX, size)))
            }
        }
    }

    /// PNG for the slot. What the cache cannot give or take is made, and made again.
    async fn fit(
        &self,
        tenant: &TenantId,
        bytes: &[u8],
        source: Source,
        slot: Slot,
        limit: usize,
    ) -> Result<Vec<u8>, Trouble> {
        if is_fit(source, slot, limit) {
            return Ok(render(bytes, slot, limit).map_err(unusable)?.png);
        }
        let key = FileKey::picture(tenant, &HEXLOWER.encode(&body_hash(bytes)), word(slot));
        match self.files.file(&key, limit as u64).await {
            Ok(FileRead::Whole(png)) => return Ok(png),
            Ok(FileRead::Missing | FileRead::TooLarge(_)) => {}
            Err(error) => tracing::warn!(error = %chain(&error), "a picture is made again"),
        }
        let png = render(bytes, slot, limit).map_err(unusable)?.png;
        if let Err(error) = self.files.put_file(&key, "image/png", png.clone()).await {
            tracing::warn!(error = %chain(&error), "a picture is not kept");
        }
        Ok(png)
    }
}

/// How many bytes a picture may have, under these rules.
fn limit(slot: Slot, pack: &RulePack) -> usize {
    match slot {
        Slot::AppIcon => rule(pack, "app_icon_bytes", 14_999),
        Slot::RichLink => rule(pack, "rich_link_image_bytes", 200_000),
        _ => rule(pack, "image_bytes", 200_000),
    }
}

/// How many bytes of Base64 a list of pictures may have, under these rules.
pub(super) fn images_limit(pack: &RulePack) -> usize {
    rule(pack, "images_bytes", 4_999_999)
}

fn rule(pack: &RulePack, id: &str, otherwise: usize) -> usize {
    let limit = pack.rules().iter().find(|rule| rule.id == id).and_then(|rule| rule.limit);
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(otherwise)
}

/// Whether it can go as it came.
fn is_fit(source: Source, slot: Slot, limit: usize) -> bool {
    let (width, height) = slot.pixels();
    let exact = (source.width, source.height) == (width, height);
    let within = source.width <= width && source.height <= height;
    let sized = exact || (within && !slot.is_exact());
    source.format == Format::Png && sized && source.bytes <= limit
}

fn picture(bytes: &[u8], source: Source, png: &[u8]) -> Picture {
    let changed = (bytes != png).then(|| {
        let from = facts(source);
        (from, inspect(png).map_or(from, facts))
    });
    Picture { base64: BASE64.encode(png).into(), changed }
}

fn facts(source: Source) -> PictureFacts {
    let Source { format, width, height, bytes } = source;
    let format = match format {
        Format::Png => "png",
        Format::Jpeg => "jpeg",
        Format::Gif => "gif",
        Format::WebP => "webp",
    };
    PictureFacts { format, width, height, bytes }
}

/// The word for a slot in a key.
fn word(slot: Slot) -> &'static str {
    match slot {
        Slot::Icon => "icon",
        Slot::Small => "small",
        Slot::Large => "large",
        Slot::ListItem => "list-item",
        Slot::TimePicker => "time-picker",
        Slot::RichLink => "rich-link",
        Slot::Form => "form",
        Slot::AppIcon => "app-icon",
        Slot::BrandLogo => "brand-logo",
    }
}

fn lasting(rule: &'static str, message: &str) -> Trouble {
    Trouble::Lasting(Fault::new("", rule, message))
}

fn unusable(fault: ImageFault) -> Trouble {
    let rule = match fault {
        ImageFault::Format => "image_kind",
        ImageFault::TooManyPixels { .. } | ImageFault::TooLong { .. } => "image_pixels",
        ImageFault::Damaged => "image_damaged",
        ImageFault::TooLarge { .. } => "image_bytes",
    };
    lasting(rule, &fault.to_string())
}

//! Payloads: the rows, the lease, the end, what is due; and what is known of files.

use jiff::SignedDuration;

use super::sample::{Sample, both};
use crate::{
    model::{
        AppleFile, AttachmentId, ConversationState, DownloadId, FileKey, FilePlace, FileSource,
        Payload, PayloadFault, PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus,
        Retention, Scan, StoredFile, Transfer, UploadId,
    },
    port::{
        AppleFiles, DuePayloads, Entropy, KnownFile, PayloadLease, Payloads, PortError, StoredFiles,
    },
};

/// Payloads one may look at without meeting the limit.
const PLENTY: usize = 1_000;

/// One worker at a time attempts a payload; a lost lease writes nothing; what is over stays over.
pub async fn payloads<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Payloads + DuePayloads,
    E: Entropy,
{
    a_payload_of_each_place_comes_back_as_it_was(store, sample).await?;
    a_lease_is_taken_once_and_runs_out(store, sample).await?;
    an_attempt_is_written_by_who_holds_the_lease(store, sample).await?;
    each_end_stands(store, sample).await?;
    a_scanner_speaks_of_stored_files_only(store, sample).await?;
    what_is_due_is_pending(store, sample).await?;
    of_two_workers_one_attempts(store, sample).await
}

impl<E: Entropy> Sample<E> {
    pub(super) fn attachment_id(&self, state: &ConversationState, index: u8) -> AttachmentId {
        AttachmentId { conversation: state.id.clone(), message: self.message_id(), index }
    }

    pub(super) fn payload(&self, place: PayloadPlace, source: PayloadSource) -> Payload {
        let pointer = PayloadPointer { tenant: self.tenant.clone(), place };
        Payload::pending(pointer, self.business.clone(), source, self.now)
    }

    /// A file that a customer sent to a conversation of its own.
    fn attached(&self) -> Payload {
        let id = self.attachment_id(&self.conversation(), 39);
        self.payload(PayloadPlace::Attachment(id), PayloadSource::Inbox)
    }

    fn drawn_key(&self) -> FileKey {
        let upload = UploadId::draw(self.entropy());
        let drawn = upload.as_str().strip_prefix(UploadId::PREFIX).unwrap_or_default();
        FileKey::attachment(Retention::Week, &self.tenant, drawn)
    }

    pub(super) fn stored_file(&self) -> StoredFile {
        StoredFile {
            file: self.drawn_key(),
            name: Some("שלום \u{202e}gpj.exe\u{0}".to_owned()),
            declared_type: None,
            media_type: "image/png".to_owned(),
            size: 104_857_600,
            sha256: "ab".repeat(32),
            quarantined: true,
            scan: Scan::Unscanned,
            expires_at: self.after(7 * 86_400),
        }
    }

    fn apple_file(&self) -> AppleFile {
        AppleFile {
            name: "brochure 📄.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 104_857_600,
            key: format!("00{}", "1f".repeat(32)),
            url: "https://p00-content.example.com/M0002.C01".to_owned(),
            owner: "M0002.C01".to_owned(),
            signature: "gZ+G0IGITH1lmi/qoMVa0BWjv08b".to_owned(),
            expires_at: self.after(29 * 86_400),
        }
    }
}

async fn a_payload_of_each_place_comes_back_as_it_was(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let state = sample.conversation();
    let (conversation, message) = (state.id.clone(), sample.message_id());
    let file = |at| FileSource { at, name: Some("a/b\u{0}".to_owned()), media_type: None };
    let from_file = |at| PayloadSource::File(file(at));
    let place = |part, index| {
        let conversation = conversation.clone();
        PayloadPlace::File { conversation, message, part, index }
    };
    let upload = FilePlace::Upload(UploadId::draw(sample.entropy()));
    let url = FilePlace::Url("https://shop.example.com/a?b=%23#c".to_owned());
    let attachment = |index| {
        PayloadPlace::Attachment(AttachmentId {
            conversation: conversation.clone(),
            message,
            index,
        })
    };
    let download = PayloadPlace::Download(DownloadId::draw(sample.entropy()));
    let reference = PayloadSource::Reference("{\"bid\": \"b#1\", \"z\":1.0}".to_owned());
    let reply = PayloadPlace::Reply { conversation: conversation.clone(), message };
    let all = [
        sample.payload(reply, PayloadSource::Inbox),
        sample.payload(attachment(0), PayloadSource::Inbox),
        sample.payload(attachment(1), PayloadSource::Inbox),
        sample.payload(place(0, 0), from_file(upload)),
        sample.payload(place(0, 19), from_file(url.clone())),
        sample.payload(place(1, 0), from_file(url)),
        sample.payload(download, reference),
    ];
    for payload in &all {
        assert_eq!(store.payload(&payload.pointer).await?, None, "{:?}", payload.pointer);
        assert!(store.insert_payload(payload).await?, "{:?}", payload.pointer);
    }
    for payload in all {
        assert_eq!(store.payload(&payload.pointer).await?, Some(payload.clone()));
        let again = Payload { failures: 2, outages: 5, ..payload.clone() };
        assert!(!store.insert_payload(&again).await?, "it is there");
        assert_eq!(store.payload(&payload.pointer).await?, Some(payload.clone()));
        let tenant = crate::model::TenantId::draw(sample.entropy());
        let elsewhere = PayloadPointer { tenant, ..payload.pointer };
        assert_eq!(store.payload(&elsewhere).await?, None, "another tenant's");
    }
    Ok(())
}

async fn a_lease_is_taken_once_and_runs_out(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payload = sample.attached();
    let pointer = &payload.pointer;
    // Finer than a millisecond: a lease is compared as it was given.
    let until = sample.after(905) + SignedDuration::from_nanos(123_456);
    assert_eq!(store.lease_payload(pointer, sample.now, until).await?, PayloadLease::Over);
    assert!(store.insert_payload(&payload).await?);
    let taken = Payload { attempts: 1, lease_until: Some(until), ..payload.clone() };
    let answer = store.lease_payload(pointer, sample.now, until).await?;
    assert_eq!(answer, PayloadLease::Taken(taken.clone()));
    assert_eq!(store.payload(pointer).await?, Some(taken.clone()));
    let later = sample.after(2_000);
    let answer = store.lease_payload(pointer, sample.after(904), later).await?;
    assert_eq!(answer, PayloadLease::Busy(until));
    let again = Payload { attempts: 2, lease_until: Some(later), ..taken };
    let answer = store.lease_payload(pointer, until, later).await?;
    assert_eq!(answer, PayloadLease::Taken(again));
    Ok(())
}

async fn an_attempt_is_written_by_who_holds_the_lease(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payload = sample.attached();
    let pointer = &payload.pointer;
    let (lease, next_at) = (sample.after(905), sample.after(910));
    let transfer = Transfer {
        file: sample.drawn_key(),
        upload: "2~x/y+z=".to_owned(),
        parts: (0..13).map(|part| format!("\"{part:032x}\"")).collect(),
        offset: 13 * 8 * 1024 * 1024,
    };
    let held = Payload { attempts: 1, lease_until: Some(lease), ..payload.clone() };
    let moving = Payload { transfer: Some(transfer.clone()), ..held.clone() };
    assert!(!store.record_payload(&moving, lease).await?, "there is none");
    assert_eq!(store.payload(pointer).await?, None);
    assert!(store.insert_payload(&payload).await?);
    assert!(!store.record_payload(&moving, lease).await?, "nobody holds it");
    store.lease_payload(pointer, sample.now, lease).await?;
    assert!(!store.record_payload(&moving, sample.after(904)).await?, "somebody else's lease");
    assert_eq!(store.payload(pointer).await?, Some(held));
    assert!(store.record_payload(&moving, lease).await?);
    assert_eq!(store.payload(pointer).await?, Some(moving.clone()), "the lease is kept");

    let back = Payload {
        failures: 1,
        outages: 1,
        next_attempt_at: next_at,
        sweep_at: sample.after(1_030),
        lease_until: None,
        ..moving
    };
    assert!(store.record_payload(&back, lease).await?);
    assert_eq!(store.payload(pointer).await?, Some(back.clone()));
    assert!(!store.record_payload(&back, lease).await?, "the lease was given back");
    let lease = sample.after(2_000);
    let early = store.lease_payload(pointer, sample.after(909), lease).await?;
    assert_eq!(early, PayloadLease::Busy(next_at));
    let taken = Payload { attempts: 2, lease_until: Some(lease), ..back };
    let answer = store.lease_payload(pointer, next_at, lease).await?;
    assert_eq!(answer, PayloadLease::Taken(taken.clone()));

    let renewed = sample.after(2_090);
    assert!(!store.renew_payload(pointer, sample.after(1_999), renewed).await?, "not that one");
    assert!(store.renew_payload(pointer, lease, renewed).await?);
    assert!(store.renew_payload(pointer, lease, renewed).await?, "an answer may be lost");
    assert!(!store.record_payload(&taken, lease).await?, "the lease is another one now");
    let late = store.lease_payload(pointer, lease, sample.after(3_000)).await?;
    assert_eq!(late, PayloadLease::Busy(renewed));
    let lease = renewed;

    let fresh = Payload { transfer: None, lease_until: Some(lease), ..taken };
    assert!(store.record_payload(&fresh, lease).await?);
    assert_eq!(store.payload(pointer).await?, Some(fresh), "from the start");
    Ok(())
}

async fn each_end_stands(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let file = FileKey::download(&sample.tenant, &DownloadId::draw(sample.entropy()));
    for status in [
        PayloadStatus::Told,
        PayloadStatus::Decoded { file, size: 10_485_760 },
        PayloadStatus::Stored(sample.stored_file()),
        PayloadStatus::Brought(sample.apple_file()),
        PayloadStatus::Failed { code: PayloadFault::BadHost, detail: Some("é\"".to_owned()) },
        PayloadStatus::Failed { code: PayloadFault::GivenUp, detail: None },
    ] {
        let payload = sample.attached();
        let lease = sample.after(905);
        assert!(store.insert_payload(&payload).await?);
        store.lease_payload(&payload.pointer, sample.now, lease).await?;
        let finished_at = Some(sample.after(9));
        let ended = Payload { status, attempts: 1, finished_at, ..payload.clone() };
        assert!(store.record_payload(&ended, lease).await?);
        assert_eq!(store.payload(&payload.pointer).await?, Some(ended.clone()));
        let (late, later) = (sample.after(9_999), sample.after(10_904));
        let answer = store.lease_payload(&payload.pointer, late, later).await?;
        assert_eq!(answer, PayloadLease::Over, "{}", ended.status.as_str());
        assert!(!store.record_payload(&payload, lease).await?, "{}", ended.status.as_str());
        assert!(!store.insert_payload(&payload).await?, "{}", ended.status.as_str());
        assert_eq!(store.payload(&payload.pointer).await?, Some(ended));
    }
    Ok(())
}

async fn a_scanner_speaks_of_stored_files_only(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payload = sample.attached();
    let (pointer, lease) = (&payload.pointer, sample.after(905));
    assert!(!store.record_scan(pointer, Scan::Clean).await?, "there is none");
    assert_eq!(store.payload(pointer).await?, None);
    assert!(store.insert_payload(&payload).await?);
    assert!(!store.record_scan(pointer, Scan::Clean).await?, "it is pending");
    assert_eq!(store.payload(pointer).await?, Some(payload.clone()));
    store.lease_payload(pointer, sample.now, lease).await?;
    let stored = |scan| Payload {
        status: PayloadStatus::Stored(StoredFile { scan, ..sample_file(&payload, sample) }),
        attempts: 1,
        ..payload.clone()
    };
    assert!(store.record_payload(&stored(Scan::Unscanned), lease).await?);
    for scan in [Scan::Infected, Scan::Clean, Scan::Unscanned] {
        assert!(store.record_scan(pointer, scan).await?);
        assert_eq!(store.payload(pointer).await?, Some(stored(scan)), "nothing else changes");
    }
    let failed = sample.attached();
    assert!(store.insert_payload(&failed).await?);
    store.lease_payload(&failed.pointer, sample.now, lease).await?;
    let status = PayloadStatus::Failed { code: PayloadFault::Expired, detail: None };
    assert!(store.record_payload(&Payload { status, ..failed.clone() }, lease).await?);
    assert!(!store.record_scan(&failed.pointer, Scan::Clean).await?, "there is no file");
    Ok(())
}

/// The same file each time it is asked for.
fn sample_file(payload: &Payload, sample: &Sample<impl Entropy>) -> StoredFile {
    let file = FileKey::attachment(Retention::Day, &payload.pointer.tenant, "drawn");
    StoredFile { file, ..sample.stored_file() }
}

async fn what_is_due_is_pending<S: Payloads + DuePayloads>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payload = sample.attached();
    assert!(store.insert_payload(&payload).await?);
    let is_due = async |at| {
        let due = store.due_payloads(at, PLENTY).await?;
        Ok::<_, PortError>(due.contains(&payload.pointer))
    };
    assert!(!is_due(sample.after(118)).await?, "the queue still has it");
    assert!(is_due(sample.after(121)).await?, "the queue lost it");
    assert_eq!(store.due_payloads(sample.after(121), 1).await?.len(), 1);
    let lease = sample.after(1_000);
    store.lease_payload(&payload.pointer, sample.now, lease).await?;
    assert!(is_due(sample.after(1_001)).await?, "whoever had it died");
    let back = Payload { attempts: 1, sweep_at: sample.after(2_000), ..payload.clone() };
    assert!(store.record_payload(&back, lease).await?);
    assert!(!is_due(sample.after(1_990)).await?, "the queue has it again");
    assert!(is_due(sample.after(2_001)).await?);
    let lease = sample.after(3_000);
    store.lease_payload(&payload.pointer, sample.after(2_001), lease).await?;
    let ended = Payload { status: PayloadStatus::Told, attempts: 2, ..payload.clone() };
    assert!(store.record_payload(&ended, lease).await?);
    assert!(!is_due(sample.after(9_999)).await?, "it is over");
    Ok(())
}

async fn of_two_workers_one_attempts(
    store: &impl Payloads,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payload = sample.attached();
    assert!(store.insert_payload(&payload).await?);
    let (now, until) = (sample.now, sample.after(905));
    let attempt = || store.lease_payload(&payload.pointer, now, until);
    let (a, b) = both(attempt(), attempt()).await;
    let answers = [a?, b?];
    let taken = answers.iter().filter(|answer| matches!(answer, PayloadLease::Taken(_))).count();
    assert!(taken == 1 && answers.contains(&PayloadLease::Busy(until)), "{answers:?}");
    Ok(())
}

/// What is known of files by their content, within a tenant; a later one replaces it, and its time is
/// the caller's to judge.
pub async fn known_files<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: StoredFiles + AppleFiles,
    E: Entropy,
{
    let (tenant, sha256) = (&sample.tenant, "ab".repeat(32));
    let stranger = Sample::new(sample.now, sample.entropy());
    assert_eq!(store.stored_file(tenant, &sha256).await?, None);
    let known = KnownFile { file: sample.drawn_key(), stored_at: sample.now };
    store.remember_file(tenant, &sha256, &known).await?;
    assert_eq!(store.stored_file(tenant, &sha256).await?, Some(known));
    let later = KnownFile { file: sample.drawn_key(), stored_at: sample.after(9_999_999) };
    store.remember_file(tenant, &sha256, &later).await?;
    assert_eq!(store.stored_file(tenant, &sha256).await?, Some(later));
    assert_eq!(store.stored_file(&stranger.tenant, &sha256).await?, None, "never across tenants");
    assert_eq!(store.stored_file(tenant, &"cd".repeat(32)).await?, None);

    let (business, upload) = (&sample.business, UploadId::draw(sample.entropy()));
    let content = format!("sha256:{}", "ab".repeat(32));
    for fingerprint in [upload.as_str(), content.as_str()] {
        assert_eq!(store.apple_file(tenant, business, fingerprint).await?, None);
        let file = sample.apple_file();
        store.keep_apple_file(tenant, business, fingerprint, &file).await?;
        assert_eq!(store.apple_file(tenant, business, fingerprint).await?, Some(file.clone()));
        let later = AppleFile { size: 0, expires_at: sample.now, ..file };
        store.keep_apple_file(tenant, business, fingerprint, &later).await?;
        assert_eq!(store.apple_file(tenant, business, fingerprint).await?, Some(later));
        let other = &stranger.business;
        assert_eq!(store.apple_file(tenant, other, fingerprint).await?, None, "a business's own");
        assert_eq!(store.apple_file(&stranger.tenant, business, fingerprint).await?, None);
    }
    Ok(())
}

use amb_aws::Bucket;
use amb_service::{
    model::{FileKey, Retention, TenantId},
    port::{Bytes, Chunks, Entropy, Joined, LargeFiles},
};
use futures_util::{StreamExt, TryStreamExt, stream};

/// What the product cuts a file into.
const PART: usize = 8 * 1024 * 1024;
/// A hundred megabytes and a bit: the last part is a short one.
const PARTS: u32 = 13;
const LAST: usize = 4 * 1024 * 1024;
const IN_FLIGHT: usize = 2;
/// Everything that this process holds: the file alone would be more.
const MOST: u64 = 96 * 1024 * 1024;

/// A file of any size takes the memory of a few parts on its way in and of a few pieces on its way out.
pub(crate) async fn memory_moves_large_files(bucket: &Bucket, draw: &impl Entropy) {
    let key = FileKey::attachment(Retention::Day, &TenantId::draw(draw), "large");
    forget_the_peak();
    let upload = bucket.begin(&key, "application/octet-stream").await.expect("an upload");
    let puts = stream::iter(1..=PARTS).map(|number| {
        let (key, upload) = (&key, upload.as_str());
        async move { bucket.put_part(key, upload, number, part(number)).await }
    });
    let tags: Vec<_> = puts.buffered(IN_FLIGHT).try_collect().await.expect("parts");
    let joined = bucket.join(&key, &upload, &tags).await.expect("an answer");
    assert_eq!(joined, Joined::Whole);
    let written = peak();

    forget_the_peak();
    let file = bucket.open(&key, 0).await.expect("an answer").expect("a file");
    let mut body = file.body;
    let mut expected = (1..=PARTS).map(part);
    let (mut current, mut size) = (Bytes::new(), 0);
    while let Some(mut piece) = body.chunk().await.expect("a piece") {
        size += piece.len() as u64;
        while !piece.is_empty() {
            if current.is_empty() {
                current = expected.next().expect("no more than was written");
            }
            let length = piece.len().min(current.len());
            assert!(piece.split_to(length) == current.split_to(length), "it came back changed");
        }
    }
    let read = peak();
    assert!(current.is_empty() && expected.next().is_none(), "nothing is missing");
    assert_eq!(size, file.size);
    bucket.remove(&key).await.expect("removed");
    assert!(written <= MOST, "{written} bytes to write {size}");
    assert!(read <= MOST, "{read} bytes to read {size}");
}

/// A part, in which no two places look alike.
fn part(number: u32) -> Bytes {
    let length = if number == PARTS { LAST } else { PART };
    let mut bytes = Vec::with_capacity(length);
    for place in 0..length / 8 {
        bytes.extend_from_slice(&(place * 64 + number as usize).to_be_bytes());
    }
    bytes.into()
}

/// Lets the peak start anew.
fn forget_the_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
}

/// The most that this process held since, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024
}

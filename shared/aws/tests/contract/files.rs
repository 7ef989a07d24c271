use amb_aws::{Bucket, Store};
use amb_protocol::compose::ContentType;
use amb_service::{
    contract::Sample,
    model::{FileKey, Template, TemplateName, TenantId, UploadId, UploadSlot},
    port::{
        Bytes, Entropy, FileLinks, FileRead, Files, Joined, LargeFiles, PortError, Replaced,
        TemplateLibrary, Templates, UploadSlots,
    },
};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::Builder,
    types::{BucketLocationConstraint, CreateBucketConfiguration},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

pub(crate) const BUCKET: &str = "files";

pub(crate) async fn create(config: &SdkConfig) {
    let client = Client::from_conf(Builder::from(config).force_path_style(true).build());
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuWest1)
        .build();
    let create = client.create_bucket().bucket(BUCKET).create_bucket_configuration(place);
    create.send().await.expect("a bucket");
}

/// A version that a new one ends takes its file along: nothing else would ever find it.
pub(crate) async fn of_old_templates_are_deleted(
    store: &Store,
    bucket: &Bucket,
    sample: &Sample<impl Entropy>,
) {
    let template = |version: u32| Template {
        tenant: sample.tenant.clone(),
        name: TemplateName::parse("long-lived").expect("a name"),
        version,
        kind: ContentType::Text,
        description: String::new(),
        locale: None,
        content: serde_json::json!({ "text": "x".repeat(if version == 1 { 300_000 } else { 1 }) }),
        locales: std::collections::BTreeMap::new(),
        variables: serde_json::Map::new(),
        schema: serde_json::json!({ "type": "object" }),
        created_at: sample.now,
    };
    let Template { tenant, name, .. } = template(1);
    for version in 1..=Template::MAX_VERSIONS {
        let put = store.put_template(&template(version)).await.expect("a version");
        assert_eq!(put, Replaced::Done, "{version}");
    }
    let life = Duration::from_secs(60);
    let link = store.template_link(&tenant, &name, 1, life).await.expect("a link");
    let link = link.expect("a large version has a file");
    let key = link.split_once(&format!("/{BUCKET}/")).and_then(|(_, rest)| rest.split_once('?'));
    let key = key.map(|(key, _)| serde_json::Value::from(key)).expect("a key");
    let key: FileKey = serde_json::from_value(key).expect("a key is a string");
    assert!(matches!(bucket.file(&key, u64::MAX).await, Ok(FileRead::Whole(_))));
    store.put_template(&template(Template::MAX_VERSIONS + 1)).await.expect("a version");
    assert!(matches!(bucket.file(&key, u64::MAX).await, Ok(FileRead::Missing)));
    assert_eq!(store.template(&tenant, &name, Some(1)).await.expect("a look"), None);
}

/// What was put at a slot is the upload, and the slot takes what it was made for.
pub(crate) async fn take_uploads(
    bucket: &Bucket,
    sample: &Sample<impl Entropy>,
    draw: &impl Entropy,
) {
    let key = FileKey::upload(&sample.tenant, &UploadId::draw(draw));
    let life = Duration::from_secs(900);
    let slot = bucket.upload_slot(&key, "image/png", 5, life).await.expect("a slot");
    let header = |name: &str| {
        slot.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(header("content-type"), Some("image/png"));
    assert_eq!(header("content-length"), Some("5"));
    assert_eq!(slot.headers.len(), 2, "nothing else is asked for: {:?}", slot.headers);
    for part in ["X-Amz-Expires=900", "content-length%3Bcontent-type%3Bhost"] {
        assert!(slot.url.contains(part), "{part} is not in the URL");
    }
    assert_eq!(put(&slot, b"12345"), 200);
    for (name, value, body) in [
        ("content-length", "6", b"123456".as_slice()),
        ("content-type", "text/html", b"12345".as_slice()),
    ] {
        let mut other = slot.clone();
        for header in other.headers.iter_mut().filter(|(known, _)| known == name) {
            value.clone_into(&mut header.1);
        }
        assert_eq!(put(&other, body), 403, "{name} is signed");
    }
    let uploaded = bucket.file(&key, 100).await.expect("an answer");
    assert_eq!(uploaded, FileRead::Whole(b"12345".to_vec()));
}

/// A link answers the file under the name and type that it was made for, and nothing else.
pub(crate) async fn are_opened_by_links(
    store: &Store,
    sample: &Sample<impl Entropy>,
    draw: &impl Entropy,
) {
    let key = FileKey::upload(&sample.tenant, &UploadId::draw(draw));
    let upload = store.begin(&key, "application/pdf").await.expect("an upload");
    let bytes = Bytes::from_static(b"%PDF-1.7");
    let tag = store.put_part(&key, &upload, 1, bytes).await.expect("a part");
    assert_eq!(store.join(&key, &upload, &[tag]).await.expect("an answer"), Joined::Whole);
    let file = store.open(&key, 3).await.expect("an answer").expect("a file");
    assert_eq!((file.size, file.content_type.as_deref()), (8, Some("application/pdf")));

    let disposition = "attachment; filename=\"a b.pdf\"; filename*=UTF-8''%E2%82%AC.pdf";
    let life = Duration::from_secs(300);
    let link = store.link(&key, "application/octet-stream", disposition, life).await;
    let link = link.expect("a link");
    assert!(link.contains("X-Amz-Expires=300"), "{link}");
    let answer = get(&link);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n%PDF-1.7"), "{answer}");
    let has =
        |line: &str| answer.to_lowercase().contains(&format!("\r\n{line}\r\n").to_lowercase());
    assert!(has("content-type: application/octet-stream"), "{answer}");
    assert!(has(&format!("content-disposition: {disposition}")), "{answer}");
    for (from, to) in [("octet-stream", "pdf"), ("filename", "filenam"), ("/uploads/", "/other/")] {
        let other = link.replacen(from, to, 1);
        assert_ne!(other, link);
        assert!(get(&other).starts_with("HTTP/1.1 403"), "{to} is signed");
    }
}

/// S3's own rule, which the product's parts have to keep.
pub(crate) async fn of_short_parts_are_not_joined(bucket: &Bucket, draw: &impl Entropy) {
    let key = FileKey::fetched(&TenantId::draw(draw), "short");
    let upload = bucket.begin(&key, "application/pdf").await.expect("an upload");
    let mut tags = Vec::new();
    for number in 1..=2 {
        let part = Bytes::from_static(b"short");
        tags.push(bucket.put_part(&key, &upload, number, part).await.expect("a part"));
    }
    let refused = bucket.join(&key, &upload, &tags).await;
    assert!(matches!(refused, Err(PortError::Unavailable { .. })), "{refused:?}");
    bucket.abandon(&key, &upload).await.expect("given up");
    assert!(bucket.open(&key, 0).await.expect("an answer").is_none());
}

/// Gets by hand, as a browser would; answers everything.
fn get(link: &str) -> String {
    let rest = link.strip_prefix("http://").expect("the emulator");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the emulator");
    let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a head");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Puts by hand, as a business would with any client; answers the status.
fn put(slot: &UploadSlot, body: &[u8]) -> u16 {
    let rest = slot.url.strip_prefix("http://").expect("the emulator");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut head = format!("PUT /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in &slot.headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(host).expect("the emulator");
    stream.write_all(head.as_bytes()).expect("a head");
    stream.write_all(body).expect("a body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

//! Customers' files: who gets which, how, and what they are called on the way.

use amb_protocol::{
    attachment::file_name,
    id::{BusinessId, MessageId},
};
use amb_service::{
    account::FILE_LINK_LIFE,
    deliver::Deliver,
    model::{
        AttachmentId, ConversationId, ConversationState, Delivery, DeliveryKey, DeliveryPointer,
        DownloadId, EndpointId, EventId, EventSource, EventStream, EventType, FileKey, Payload,
        PayloadFault, PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus, Retention, Scan,
        StoredFile, TenantId, TimelineEntry, TimelineItem,
    },
    port::{ServiceKeySource, WebhookError},
    service_key::ServiceKey,
};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

use super::world::{BUSINESS, CUSTOMER, INBOUND, OURS, Reply, THEIRS, World};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A file of the customer's first message.
pub(crate) fn attachment(index: u8) -> AttachmentId {
    let business = BusinessId::parse(BUSINESS).unwrap();
    let opaque = amb_protocol::id::OpaqueId::parse(CUSTOMER).unwrap();
    AttachmentId {
        conversation: ConversationId::of(&business, &opaque),
        message: MessageId::parse(INBOUND).unwrap(),
        index,
    }
}

/// A photograph that is kept for a month.
fn photograph(world: &World) -> StoredFile {
    let tenant = TenantId::parse(OURS).unwrap();
    StoredFile {
        file: FileKey::attachment(Retention::Month, &tenant, "abcdefghijklmnopqrstuvwxyz"),
        name: Some("IMG_0007.HEIC".into()),
        declared_type: Some("image/heic".into()),
        media_type: "image/heif".into(),
        size: 183_204,
        sha256: "ab".repeat(32),
        quarantined: false,
        scan: Scan::Unscanned,
        expires_at: world.memory.world().now + 30 * DAY,
    }
}

fn keep(world: &World, place: PayloadPlace, status: PayloadStatus) {
    let pointer = PayloadPointer { tenant: TenantId::parse(OURS).unwrap(), place };
    let mut inner = world.memory.world();
    let business = BusinessId::parse(BUSINESS).unwrap();
    let pending = Payload::pending(pointer.clone(), business, PayloadSource::Inbox, inner.now);
    inner.payloads.insert(pointer, Payload { status, ..pending });
}

fn keep_file(world: &World, index: u8, file: StoredFile) {
    keep(world, PayloadPlace::Attachment(attachment(index)), PayloadStatus::Stored(file));
}

/// What the samples speak of: five files of the customer's message, and an answer that was resolved.
pub(crate) fn keep_samples(world: &World) {
    keep_file(world, 0, photograph(world));
    keep(world, PayloadPlace::Attachment(attachment(1)), PayloadStatus::Pending);
    keep_file(world, 2, StoredFile { quarantined: true, ..photograph(world) });
    keep_file(world, 3, StoredFile { scan: Scan::Infected, ..photograph(world) });
    let expired = PayloadStatus::Failed { code: PayloadFault::Expired, detail: None };
    keep(world, PayloadPlace::Attachment(attachment(4)), expired);
    let data = json!({ "data": { "version": "1.0", "replyMessage": { "title": "Walnut" } } });
    keep_decoded(world, "dld_samplesamplesamplesamplesa", data.to_string().into_bytes());
}

/// A download that came to its end.
pub(super) fn keep_decoded(world: &World, id: &str, bytes: Vec<u8>) {
    let id = DownloadId::parse(id).unwrap();
    let file = FileKey::download(&TenantId::parse(OURS).unwrap(), &id);
    let size = bytes.len() as u64;
    world.memory.world().files.insert(file.clone(), bytes);
    keep(world, PayloadPlace::Download(id), PayloadStatus::Decoded { file, size });
}

/// The files of `keep_samples`, told at the customer's first message.
async fn told() -> (World, String) {
    let (world, conversation, _) = World::with_conversation().await;
    keep_samples(&world);
    {
        let mut inner = world.memory.world();
        let state: &mut ConversationState = inner.conversations.values_mut().next().unwrap();
        state.seq += 1;
        let (seq, tenant, id) = (state.seq, state.tenant.clone(), state.id.clone());
        let data = json!({
            "messageId": INBOUND, "opaqueId": CUSTOMER,
            "attachment": { "id": attachment(0), "index": 0, "mediaType": "image/heif" },
        });
        let entry = TimelineEntry {
            seq,
            at: inner.now,
            item: TimelineItem::Event {
                id: EventId::of(id.as_str(), &seq.to_string()),
                kind: EventType::AttachmentReady,
                source: EventSource::Attachment { attachment: attachment(0), data },
            },
            context: amb_service::model::Context::default(),
        };
        inner.timeline.insert((tenant, EventStream::Conversation(id), seq), entry);
    }
    (world, conversation)
}

/// The link in the event of the first file, without its host.
async fn signed_link(world: &World, conversation: &str) -> String {
    let target = format!("/v1/events?conversationId={conversation}&type=attachment.ready");
    let events = world.as_operator(OURS, "GET", &target, None).await;
    let link = events.items()[0]["data"]["attachment"]["url"].as_str().unwrap();
    link.strip_prefix("https://api.example.com").unwrap().to_owned()
}

async fn follow(world: &World, link: &str) -> Reply {
    world.send("GET", link, json!({}), None).await
}

/// What the store will say of the file.
fn answered(reply: &Reply, name: &str) -> String {
    assert_eq!((reply.status, &reply.body), (302, &Value::Null));
    let link = Url::parse(reply.header("location").unwrap()).unwrap();
    link.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a001_a_hostile_name_is_neither_a_key_nor_a_header_of_its_own() {
    let world = World::new().await;
    let longest = "é".repeat(500) + ".pdf";
    for name in [
        "../../etc/passwd",
        "..\\..\\x",
        "/abs",
        "C:\\x",
        "\\\\srv\\share",
        "a/b",
        ".",
        "..",
        "",
        &"a".repeat(255),
        &"a".repeat(256),
        &longest,
        "dot.",
        "space ",
        "CON",
        "NUL.txt",
        "-rf",
        ".profile",
        "nul\u{0}l.png",
        "a\r\nSet-Cookie: x=1",
        "\"; filename=\"x.exe",
        "a;b",
        "%2e%2e%2fx",
        "\u{202e}gpj.exe",
        "a\u{ff0f}b",
        "e\u{301}.txt",
        "é.txt",
        "🎉.png",
        "   ",
    ] {
        keep_file(&world, 0, StoredFile { name: Some(name.into()), ..photograph(&world) });
        let target = format!("/v1/attachments/{}", attachment(0));
        let reply = world.as_operator(OURS, "GET", &target, None).await;
        let disposition = answered(&reply, "response-content-disposition");
        assert_eq!(disposition, file_name::disposition(name), "{name:?}");
        assert!(disposition.bytes().all(|b| b.is_ascii_graphic() || b == b' '), "{disposition}");
        let whole = disposition.rsplit_once("filename*=UTF-8''").unwrap().1;
        let whole: String =
            url::form_urlencoded::parse(whole.as_bytes()).next().unwrap().0.into_owned();
        assert_eq!(whole, file_name::harmless(name), "it is read back as it was made harmless");
        let link = Url::parse(reply.header("location").unwrap()).unwrap();
        let key = format!("/attachments/30d/{OURS}/abcdefghijklmnopqrstuvwxyz");
        assert_eq!(link.path(), key, "{name:?}");
    }
    keep_file(&world, 0, StoredFile { name: None, ..photograph(&world) });
    let target = format!("/v1/attachments/{}", attachment(0));
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    let disposition = answered(&reply, "response-content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"attachment\""), "{disposition}");
}

#[tokio::test]
async fn a008_nothing_is_ever_shown_inline_whatever_it_is() {
    let (world, conversation) = told().await;
    let link = signed_link(&world, &conversation).await;
    for (media_type, name) in [
        ("image/svg+xml", "drawing.svg"),
        ("text/html", "page.html"),
        ("application/pdf", "form.pdf"),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", "macros.xlsm"),
        ("text/javascript", "inline; x.js"),
        ("image/png", "photo.png"),
    ] {
        let kind = media_type.to_owned();
        let file = StoredFile { media_type: kind, name: Some(name.into()), ..photograph(&world) };
        keep_file(&world, 0, file);
        let target = format!("/v1/attachments/{}", attachment(0));
        let asked = world.as_operator(OURS, "GET", &target, None).await;
        for reply in [asked, follow(&world, &link).await] {
            let disposition = answered(&reply, "response-content-disposition");
            assert!(disposition.starts_with("attachment; "), "{disposition}");
            assert_eq!(answered(&reply, "response-content-type"), media_type);
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            let life = answered(&reply, "X-Amz-Expires");
            assert_eq!(life, FILE_LINK_LIFE.as_secs().to_string());
        }
    }
    assert!(FILE_LINK_LIFE <= Duration::from_secs(300));
}

#[tokio::test]
async fn a010_what_is_guessed_forged_too_old_theirs_or_gone_reads_the_same() {
    let (world, conversation) = told().await;
    let link = signed_link(&world, &conversation).await;
    assert_eq!(follow(&world, &link).await.status, 302);
    let theirs = world.key(THEIRS, "test", &["admin", "read"]).await;
    let (id, other) = (attachment(0), attachment(1));
    let mut refused = vec![
        world.with_key(&theirs, "GET", &format!("/v1/attachments/{id}"), None).await,
        world.as_operator(THEIRS, "GET", &format!("/v1/attachments/{id}"), None).await,
        world.as_operator(OURS, "GET", &format!("/v1/attachments/{}", attachment(9)), None).await,
        world.as_operator(OURS, "GET", "/v1/attachments/att_x", None).await,
        follow(&world, &format!("/v1/attachments/{id}/content")).await,
        follow(&world, &link.replace(&id.to_string(), &other.to_string())).await,
        follow(&world, &link.replace(OURS, THEIRS)).await,
        follow(&world, &format!("{link}&quarantined=include")).await,
        follow(&world, link.get(..link.len() - 1).unwrap()).await,
    ];
    world.memory.world().now += Duration::from_secs(15 * 60);
    refused.push(follow(&world, &link).await);
    let fresh = signed_link(&world, &conversation).await;
    world.memory.world().payloads.clear();
    refused.push(follow(&world, &fresh).await);
    refused.push(world.as_operator(OURS, "GET", &format!("/v1/attachments/{id}"), None).await);
    for reply in &refused {
        assert_eq!((reply.status, &reply.body), (404, &refused[0].body));
        assert_eq!(reply.header("location"), None);
    }
}

#[tokio::test]
async fn a_link_needs_no_key_and_leads_where_the_api_is_called() {
    let (world, conversation) = told().await;
    let target = format!("/v1/events?conversationId={conversation}&type=attachment.ready");
    let key = world.key(OURS, "test", &["read"]).await;
    let headers = json!({ "authorization": format!("Bearer {key}"), "host": "api.example.net" });
    let events = world.send("GET", &target, headers, None).await;
    let attachment = &events.items()[0]["data"]["attachment"];
    let link = attachment["url"].as_str().unwrap();
    assert!(link.starts_with("https://api.example.net/v1/attachments/att_"), "{link}");
    assert_eq!(attachment["urlExpiresAt"], "2026-11-21T12:15:00.000Z");
    let id = events.items()[0]["id"].as_str().unwrap();
    let target = format!("/v1/events/{id}?conversationId={conversation}");
    let one = world.as_operator(OURS, "GET", &target, None).await;
    assert_eq!(one.body["data"]["attachment"]["index"], 0);
    let link = signed_link(&world, &conversation).await;
    world.memory.world().faults.calls.clear();
    assert!(follow(&world, &link).await.header("location").is_some());
    let calls = world.memory.world().faults.calls.clone();
    assert_eq!(calls, ["Payloads::payload", "FileLinks::link"]);
}

#[tokio::test]
async fn a_webhook_carries_a_link_that_the_api_follows_made_anew_with_each_attempt() {
    let (world, conversation) = told().await;
    let url = json!({ "url": "https://hooks0.example.org/in" });
    let endpoint = world.as_operator(OURS, "POST", "/v1/endpoints", Some(url)).await.text("id");
    let key = {
        let mut inner = world.memory.world();
        let (tenant, stream, seq) = inner.timeline.keys().next_back().unwrap().clone();
        let TimelineItem::Event { id, kind, .. } =
            inner.timeline.values().next_back().unwrap().item.clone()
        else {
            panic!()
        };
        let endpoint = EndpointId::parse(&endpoint).unwrap();
        let key = DeliveryKey { tenant, stream, endpoint, seq };
        let business = Some(BusinessId::parse(BUSINESS).unwrap());
        let delivery = Delivery::new(key.clone(), id, kind, business, inner.now);
        inner.deliveries.insert(key.clone(), delivery);
        inner.far_side.webhook_script.push_back(Err(WebhookError::Timeout));
        key
    };
    let service_key = ServiceKey::derive(&world.memory.service_key().await.unwrap()).unwrap();
    let m = || world.memory.clone();
    let deliver = Deliver::new(m(), m(), m(), m(), service_key)
        .linking_to(Some("https://api.example.com".into()));
    let mut links = Vec::new();
    for _ in 0..2 {
        let pointer = DeliveryPointer::Stored(key.clone());
        deliver.deliver(&pointer, Duration::from_secs(20)).await.unwrap();
        let told = world.memory.world().far_side.webhook_calls.last().unwrap().body.clone();
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told["conversationId"], json!(conversation));
        let file = &told["data"]["attachment"];
        links.push(file["url"].as_str().unwrap().to_owned());
        assert!(file["urlExpiresAt"].is_string());
        world.memory.world().now += Duration::from_secs(20 * 60);
    }
    assert_ne!(links[0], links[1]);
    let path = |link: &str| link.strip_prefix("https://api.example.com").unwrap().to_owned();
    assert_eq!(follow(&world, &path(&links[1])).await.status, 404, "20 minutes later");
    world.memory.world().now -= Duration::from_secs(20 * 60);
    assert_eq!(follow(&world, &path(&links[1])).await.status, 302);
    assert_eq!(follow(&world, &path(&links[0])).await.status, 404);
}

#[tokio::test]
async fn a_file_that_is_not_to_be_had_says_why() {
    let world = World::new().await;
    keep_samples(&world);
    let late = world.memory.world().now;
    keep_file(&world, 5, StoredFile { expires_at: late, ..photograph(&world) });
    let target = |index| format!("/v1/attachments/{}", attachment(index));
    for (index, expected) in [
        (1, (409, "attachment_pending")),
        (2, (403, "attachment_quarantined")),
        (3, (403, "attachment_infected")),
        (4, (410, "attachment_failed")),
        (5, (410, "attachment_expired")),
        (6, (404, "not_found")),
    ] {
        let reply = world.as_operator(OURS, "GET", &target(index), None).await;
        assert_eq!(reply.code(), expected, "{index}");
        let again = (index == 1).then_some("2");
        assert_eq!(reply.header("retry-after"), again, "{index}");
    }
    let failed = world.as_operator(OURS, "GET", &target(4), None).await;
    assert!(failed.text("detail").contains("`expired`"));
}

#[tokio::test]
async fn f094_only_an_administrator_opens_what_is_in_quarantine() {
    let world = World::new().await;
    keep_samples(&world);
    let target = format!("/v1/attachments/{}?quarantined=include", attachment(2));
    let reader = world.key(OURS, "test", &["read"]).await;
    let reply = world.with_key(&reader, "GET", &target, None).await;
    assert_eq!(reply.code(), (403, "missing_scope"));
    let admin = world.key(OURS, "test", &["read", "admin"]).await;
    let reply = world.with_key(&admin, "GET", &target, None).await;
    assert!(answered(&reply, "response-content-disposition").starts_with("attachment; "));
    for odd in ["quarantined=yes", "quarantined=include&quarantined=include", "inline=1"] {
        let target = format!("/v1/attachments/{}?{odd}", attachment(2));
        assert_eq!(world.with_key(&admin, "GET", &target, None).await.status, 400, "{odd}");
    }
    // What a scanner found is not opened by anybody.
    let infected = format!("/v1/attachments/{}?quarantined=include", attachment(3));
    let reply = world.with_key(&admin, "GET", &infected, None).await;
    assert_eq!(reply.code(), (403, "attachment_infected"));
}

#[tokio::test]
async fn f105_an_infected_file_is_given_out_by_no_link() {
    let (world, conversation) = told().await;
    let link = signed_link(&world, &conversation).await;
    let file = format!("/v1/attachments/{}", attachment(0));
    let scan = |word: Value| {
        let (world, target) = (&world, format!("{file}/scan"));
        async move { world.as_operator(OURS, "PUT", &target, Some(json!({ "status": word }))).await }
    };
    for (word, status) in [("infected", 403), ("clean", 302), ("infected", 403), ("unscanned", 302)]
    {
        let reply = scan(json!(word)).await;
        assert_eq!((reply.status, reply.text("scan")), (200, word.to_owned()));
        assert_eq!(world.as_operator(OURS, "GET", &file, None).await.status, status, "{word}");
        assert_eq!(follow(&world, &link).await.status, status, "{word}");
    }
    for odd in [json!("dirty"), json!(1), Value::Null] {
        assert_eq!(scan(odd).await.faults()[0].0, "/status");
    }
    let reader = world.key(OURS, "test", &["read"]).await;
    let body = Some(json!({ "status": "clean" }));
    let reply = world.with_key(&reader, "PUT", &format!("{file}/scan"), body.clone()).await;
    assert_eq!(reply.code(), (403, "missing_scope"));
    for (index, code) in [(1, (409, "attachment_pending")), (4, (410, "attachment_failed"))] {
        let target = format!("/v1/attachments/{}/scan", attachment(index));
        let reply = world.as_operator(OURS, "PUT", &target, body.clone()).await;
        assert_eq!(reply.code(), code);
    }
    let reply = world.as_operator(THEIRS, "PUT", &format!("{file}/scan"), body).await;
    assert_eq!(reply.code(), (404, "not_found"));
}

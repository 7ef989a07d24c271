//! What the gateway is asked, and what is made of its answers.

use super::*;

const LINK: &str = "http://127.0.0.1:9/d/one-time";

fn reference<'r>(business: &'r BusinessId, url: &'r str) -> Reference<'r> {
    Reference { business, url, owner: "M0001.C01", signature: SIGNATURE }
}

async fn pre_download(store: &AppleContent<Noon>) -> Result<String, ContentError> {
    let business = business();
    store.pre_download(&reference(&business, "http://127.0.0.1:9/M0001.C01"), &key()).await
}

async fn decode(store: &AppleContent<Noon>) -> Result<Vec<u8>, ContentError> {
    store.decode_payload(&business(), "com.example:0:x", b"bplist00\0\xff".to_vec(), &key()).await
}

#[tokio::test]
async fn ap07_a_link_is_asked_for_with_either_spelling_of_the_headers() {
    let (server, mut requests) = recording(json(&format!(r#"{{"download-url":"{LINK}"}}"#))).await;
    for (headers, names) in [
        (ContentHeaders::Plain, ["url", "signature", "owner"]),
        (ContentHeaders::Mmcs, ["mmcs-url", "mmcs-signature", "mmcs-owner"]),
    ] {
        let store = named(&server.url("/v1"), headers);
        assert_eq!(pre_download(&store).await.as_deref(), Ok(LINK));
        let request = requests.recv().await.unwrap();
        let [url, signature, owner] = names;
        let mut lines = [
            "GET /v1/preDownload HTTP/1.1",
            "accept: */*",
            "accept-encoding: identity",
            &format!("source-id: {BUSINESS}"),
            &format!("{url}: http://127.0.0.1:9/M0001.C01"),
            &format!("{signature}: {SIGNATURE}"),
            &format!("{owner}: M0001.C01"),
        ];
        lines.sort_unstable();
        assert_eq!(told(&request), lines);
        assert!(request.contains("\r\nauthorization: Bearer ey"), "{request}");
    }
}

#[tokio::test]
async fn ap08_a_place_is_asked_for_with_the_size() {
    let slot =
        r#"{"upload-url":"http://127.0.0.1:9/u/abc","mmcs-url":"https://c/M2","mmcs-owner":"M2"}"#;
    let (server, mut requests) = recording(json(slot)).await;
    for (headers, name) in [(ContentHeaders::Plain, "size"), (ContentHeaders::Mmcs, "mmcs-size")] {
        let store = named(&server.url("/v1"), headers);
        let ticket = store.pre_upload(&business(), 104_857_600, &key()).await.unwrap();
        let expected = UploadTicket {
            upload_url: "http://127.0.0.1:9/u/abc".to_owned(),
            url: "https://c/M2".to_owned(),
            owner: "M2".to_owned(),
        };
        assert_eq!(ticket, expected);
        let request = requests.recv().await.unwrap();
        assert!(request.starts_with("GET /v1/preUpload HTTP/1.1\r\n"), "{request}");
        for line in [format!("{name}: 104857600"), format!("source-id: {BUSINESS}")] {
            assert!(request.contains(&format!("\r\n{line}\r\n")), "{line}");
        }
    }
    let elsewhere = slot.replace("http://127.0.0.1:9/u", "https://evil-icloud.com/u");
    let server = Server::answering(json(&elsewhere)).await;
    let refused = content(&server.url("/v1")).pre_upload(&business(), 1, &key()).await;
    assert_eq!(refused, Err(ContentError::Host));
}

#[tokio::test]
async fn ap07_plain_bytes_are_decoded_as_they_are() {
    let data = r#"{"bid":"b","data":{"version":"1.0"}}"#;
    let (server, mut requests) = recording(json(data)).await;
    let store = content(&server.url("/v1"));
    assert_eq!(decode(&store).await.unwrap(), data.as_bytes());
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /v1/decodePayload HTTP/1.1\r\n"), "{request}");
    for line in [
        "bid: com.example:0:x",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/octet-stream",
        "content-length: 10",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line}");
    }
    assert!(request.ends_with("\r\n\r\nbplist00\0\u{fffd}"), "{request:?}");

    let wrapped = Server::answering(json(&format!(r#"{{"interactiveData":{data}}}"#))).await;
    assert_eq!(decode(&content(&wrapped.url("/v1"))).await.unwrap(), data.as_bytes());
}

#[tokio::test]
async fn f108_an_answer_that_is_none_is_refused() {
    for garbage in ["", "null", "[]", "<html>", "{", r#"{"download-url":7}"#, r#"{"url":"x"}"#] {
        let server = Server::answering(json(garbage)).await;
        let store = content(&server.url("/v1"));
        assert_eq!(pre_download(&store).await, Err(ContentError::Refused(200)), "{garbage}");
        let slot = store.pre_upload(&business(), 1, &key()).await;
        assert_eq!(slot, Err(ContentError::Refused(200)), "{garbage}");
    }
    let server = Server::answering(json("not json")).await;
    assert_eq!(decode(&content(&server.url("/v1"))).await, Err(ContentError::Refused(200)));
    let zipped = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}";
    let server = Server::answering(zipped).await;
    assert_eq!(decode(&content(&server.url("/v1"))).await, Err(ContentError::Refused(200)));
}

#[tokio::test]
async fn f108_an_answer_is_read_up_to_ten_megabytes() {
    let eleven = 11 * 1024 * 1024;
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {eleven}\r\n\r\n");
    let server = Server::answering(announced).await;
    assert_eq!(decode(&content(&server.url("/v1"))).await, Err(ContentError::TooLarge));

    let padded = |length: usize| format!(r#"{{"bid":"{}"}}"#, "x".repeat(length - 10));
    for (length, outcome) in [
        (DECODED_BYTES, Ok(DECODED_BYTES)),
        (DECODED_BYTES + 1, Err(ContentError::TooLarge)),
        (eleven, Err(ContentError::TooLarge)),
    ] {
        let body = padded(length);
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n\r\n{body}")).await;
        let decoded = decode(&content(&server.url("/v1"))).await;
        assert_eq!(decoded.map(|decoded| decoded.len()), outcome);
    }
    // A link is no longer than a link.
    let long = json(&format!(r#"{{"download-url":"{}"}}"#, "x".repeat(64 * 1024)));
    let server = Server::answering(long).await;
    assert_eq!(pre_download(&content(&server.url("/v1"))).await, Err(ContentError::TooLarge));
}

#[tokio::test]
async fn f091_f108_each_status_of_the_gateway_says_what_to_do() {
    use ContentError::{Gone, Refused, Unauthorized, Unavailable};
    for (status, download, others) in [
        (401, Unauthorized, Unauthorized),
        // Apple documents 403 for a key that does not hold; where a file is named it may be the file.
        (403, Gone(403), Unauthorized),
        (404, Gone(404), Gone(404)),
        (410, Gone(410), Gone(410)),
        (408, Unavailable, Unavailable),
        (429, Unavailable, Unavailable),
        (500, Unavailable, Unavailable),
        (503, Unavailable, Unavailable),
        (204, Refused(204), Refused(204)),
        (400, Refused(400), Refused(400)),
        (413, Refused(413), Refused(413)),
        (302, Refused(302), Refused(302)),
    ] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        let store = content(&server.url("/v1"));
        assert_eq!(pre_download(&store).await, Err(download), "{status}");
        assert_eq!(decode(&store).await, Err(others), "{status}");
        assert_eq!(store.pre_upload(&business(), 1, &key()).await, Err(others), "{status}");
        assert_eq!(server.connections(), 3, "{status}");
    }
}

#[tokio::test]
async fn f108_nobody_there_or_an_answer_that_breaks_off_passes() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let nobody = content(&format!("http://{free}/v1"));
    assert_eq!(pre_download(&nobody).await, Err(ContentError::Unavailable));
    let silent = Server::answering("").await;
    assert_eq!(decode(&content(&silent.url("/v1"))).await, Err(ContentError::Unavailable));
    let half = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{").await;
    let store = content(&half.url("/v1"));
    assert_eq!(pre_download(&store).await, Err(ContentError::BrokenOff));
    assert_eq!(decode(&store).await, Err(ContentError::BrokenOff));
}

#[tokio::test]
async fn f107_m154_another_host_is_refused_before_the_gateway_is_asked() {
    let (store, lookup) = production(&["17.253.144.10"]);
    let business = business();
    for url in [
        "https://example.com/M0001.C01",
        "https://evil-icloud.com/M0001.C01",
        "https://icloud.com.evil.example/M0001.C01",
        "https://icloud-content.com@evil.example.com/M0001.C01",
        "http://p26-content.icloud.com/M0001.C01",
        "https://10.0.0.1/M0001.C01",
        "http://127.0.0.1/M0001.C01",
        "file:///etc/passwd",
        "",
    ] {
        let refused = store.pre_download(&reference(&business, url), &key()).await;
        assert_eq!(refused, Err(ContentError::Host), "{url}");
        let refused = store.open(url, 0).await.map(|opened| opened.offset);
        assert_eq!(refused, Err(ContentError::Host), "{url}");
    }
    assert_eq!(lookup.questions(), 0);
}

#[tokio::test]
async fn m152_values_that_no_header_carries_are_refused_unasked() {
    let server = Server::answering(json("{}")).await;
    let store = content(&server.url("/v1"));
    let business = business();
    let mut odd = reference(&business, "http://127.0.0.1:9/a");
    odd.owner = "a\r\nauthorization: x";
    assert_eq!(store.pre_download(&odd, &key()).await, Err(ContentError::Refused(400)));
    let decoded = store.decode_payload(&business, "b\u{e9}\n", Vec::new(), &key()).await;
    assert_eq!(decoded, Err(ContentError::Refused(400)));
    assert_eq!(server.connections(), 0);
}

//! Files that are brought to the content store.

use super::*;
use futures_util::stream;
use std::sync::Mutex;
use tokio::io::AsyncReadExt;

type Piece = Result<Bytes, PortError>;

fn pieces(pieces: &[&str]) -> Vec<Piece> {
    pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece.as_bytes()))).collect()
}

fn broken() -> Piece {
    Err(PortError::unavailable("open", "reset"))
}

async fn upload(server: &Server, size: u64, pieces: Vec<Piece>) -> Result<Signature, ContentError> {
    let ticket = UploadTicket {
        upload_url: server.url("/u/abc?k=1"),
        url: "https://p00-content.example.com/M2".to_owned(),
        owner: "M2".to_owned(),
    };
    store().upload(&ticket, size, stream::iter(pieces)).await
}

fn checksum() -> String {
    json(&format!(r#"{{"singleFile":{{"fileChecksum":"{SIGNATURE}","size":10,"receipt":"r"}}}}"#))
}

#[tokio::test]
async fn ap08_an_upload_has_its_exact_length_and_no_token() {
    let (server, mut requests) = recording(checksum()).await;
    let uploaded = upload(&server, 10, pieces(&["cipher", "", "text"])).await;
    assert_eq!(uploaded, Ok(Signature::from_base64(SIGNATURE).unwrap()));
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /u/abc?k=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nciphertext"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("\r\ncontent-length: 10\r\n"), "{request}");
    for absent in ["authorization", "source-id", "transfer-encoding", "expect"] {
        assert!(!lower.contains(&format!("\r\n{absent}:")), "{absent}");
    }
}

#[tokio::test]
async fn ap08_ten_megabytes_arrive_as_they_were_sent() {
    const SIZE: usize = 10 * 1024 * 1024;
    let got = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&got);
    let server = Server::start(move |mut stream: TcpStream| {
        let seen = Arc::clone(&seen);
        async move {
            let mut all = Vec::new();
            let mut buffer = vec![0; 64 * 1024];
            let body = loop {
                let read = stream.read(&mut buffer).await.unwrap();
                all.extend_from_slice(&buffer[..read]);
                let head = all.windows(4).position(|window| window == b"\r\n\r\n");
                if let Some(head) = head
                    && all.len() >= head + 4 + SIZE
                {
                    break all.split_off(head + 4);
                }
            };
            *seen.lock().unwrap() = body;
            let _ = stream.write_all(checksum().as_bytes()).await;
        }
    })
    .await;
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let cut = bytes.chunks(65_537).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    assert!(upload(&server, SIZE as u64, cut).await.is_ok());
    assert!(*got.lock().unwrap() == bytes);
}

/// How many bytes of a body came before the connection ended, and whether that was all announced.
async fn received(size: u64, pieces: Vec<Piece>) -> (Result<Signature, ContentError>, usize) {
    let (seen, mut bodies) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let seen = seen.clone();
        async move {
            // Answers before it has read anything: that alone must never count.
            let _ = stream.write_all(checksum().as_bytes()).await;
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
            let body = all.windows(4).position(|window| window == b"\r\n\r\n");
            let _ = seen.send(body.map_or(0, |head| all.len() - head - 4));
        }
    })
    .await;
    let outcome = upload(&server, size, pieces).await;
    let body = bodies.recv().await.unwrap();
    (outcome, body)
}

#[tokio::test]
async fn f110_a_source_that_fails_or_lies_never_makes_a_complete_body() {
    let mut reset = pieces(&["cipher"]);
    reset.push(broken());
    let mut late = pieces(&["ciphertext"]);
    late.push(broken());
    for source in [
        vec![broken()],
        reset,
        late,
        pieces(&["cipher"]),
        pieces(&[]),
        pieces(&["ciphertext", "!"]),
        pieces(&["ciphertexts"]),
    ] {
        let (outcome, body) = received(10, source).await;
        let broke_off = matches!(outcome, Err(ContentError::Source | ContentError::BrokenOff));
        assert!(broke_off, "{outcome:?}");
        assert!(body < 10, "{body}");
    }
}

#[tokio::test]
async fn f110_a_source_that_fails_is_told_from_a_store_that_does() {
    let silent = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let mut failing = pieces(&["cipher"]);
    failing.push(broken());
    assert_eq!(upload(&silent, 10, failing).await, Err(ContentError::Source));
    let lost = upload(&silent, 10, pieces(&["ciphertext"])).await;
    assert_eq!(lost, Err(ContentError::BrokenOff));
}

#[tokio::test]
async fn f110_only_a_checksum_confirms_an_upload() {
    for garbage in [
        "",
        "{}",
        "null",
        r#"{"singleFile":{}}"#,
        r#"{"singleFile":{"fileChecksum":""}}"#,
        r#"{"singleFile":{"fileChecksum":"819f86d081884c7d659a2feaa0c55ad015a3bf4f1b"}}"#,
        r#"{"singleFile":{"fileChecksum":"AAAA"}}"#,
        r#"{"fileChecksum":"gZ+G0IGITH1lmi/qoMVa0BWjv08b"}"#,
    ] {
        let (server, _requests) = recording(json(garbage)).await;
        let outcome = upload(&server, 10, pieces(&["ciphertext"])).await;
        assert_eq!(outcome, Err(ContentError::Refused(200)), "{garbage}");
    }
    for (status, fault) in [
        (401, ContentError::Gone(401)),
        (403, ContentError::Gone(403)),
        (404, ContentError::Gone(404)),
        (413, ContentError::Refused(413)),
        (302, ContentError::Refused(302)),
        (201, ContentError::Refused(201)),
        (429, ContentError::Unavailable),
        (503, ContentError::Unavailable),
    ] {
        let (server, _requests) = recording(answer(status, "")).await;
        assert_eq!(upload(&server, 10, pieces(&["ciphertext"])).await, Err(fault), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn f099_an_upload_that_stalls_or_is_not_answered_ends() {
    let stalled = State::default();
    assert_eq!(overdue(&stalled, 10).await, ContentError::TooSlow);
    let unanswered = State::default();
    unanswered.sent.add(&Bytes::from_static(b"ciphertext"));
    assert_eq!(overdue(&unanswered, 10).await, ContentError::Unavailable);
}

#[tokio::test]
async fn f107_an_upload_goes_to_apple_alone() {
    let (store, lookup) = production(&["17.253.144.10"]);
    for upload_url in
        ["https://evil-icloud.com/u", "http://icloud.com/u", "https://icloud.com.evil.example/u"]
    {
        let ticket = UploadTicket {
            upload_url: upload_url.to_owned(),
            url: String::new(),
            owner: String::new(),
        };
        let outcome = store.upload(&ticket, 1, stream::iter(pieces(&["x"]))).await;
        assert_eq!(outcome, Err(ContentError::Host), "{upload_url}");
    }
    assert_eq!(lookup.questions(), 0);
}

//! Files that are downloaded from the content store.

use super::*;

async fn open(answer: &str, from: u64) -> Result<(u64, Option<u64>, Download), ContentError> {
    let server = Server::answering(answer).await;
    let opened = store().open(&server.url("/d/one-time"), from).await?;
    Ok((opened.offset, opened.length, opened.body))
}

fn ranged(content_range: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 206 Partial Content\r\n{content_range}content-length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn ap07_a_link_is_opened_without_a_token() {
    let (server, mut requests) = recording(json("ciphertext")).await;
    let opened = store().open(&server.url("/d/one-time?x=%2F&s=a/b"), 0).await.unwrap();
    assert_eq!((opened.offset, opened.length), (0, Some(10)));
    assert_eq!(read(opened.body).await.unwrap(), b"ciphertext");
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("GET /d/one-time?x=%2F&s=a/b HTTP/1.1\r\n"), "{request}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("\r\naccept-encoding: identity\r\n"), "{request}");
    for absent in ["authorization", "source-id", "range", "cookie"] {
        assert!(!lower.contains(&format!("\r\n{absent}:")), "{absent}");
    }
}

#[tokio::test]
async fn f100_a_server_that_takes_ranges_goes_on_from_there() {
    let part = ranged("content-range: bytes 4096-4100/4101\r\n", "hello");
    let (server, mut requests) = recording(part).await;
    let opened = store().open(&server.url("/d"), 4096).await.unwrap();
    assert_eq!((opened.offset, opened.length), (4096, Some(5)));
    assert_eq!(read(opened.body).await.unwrap(), b"hello");
    let request = requests.recv().await.unwrap();
    assert!(request.contains("\r\nrange: bytes=4096-\r\n"), "{request}");
}

#[tokio::test]
async fn f100_a_server_that_takes_no_ranges_begins_at_the_beginning() {
    let (offset, length, body) = open(&json("the whole"), 4096).await.unwrap();
    assert_eq!((offset, length), (0, Some(9)));
    assert_eq!(read(body).await.unwrap(), b"the whole");
}

#[tokio::test]
async fn f100_an_odd_answer_to_a_range_is_asked_for_whole() {
    for odd in [
        ranged("content-range: bytes 0-4/4101\r\n", "hello"),
        ranged("content-range: bytes 4097-4100/4101\r\n", "ello"),
        ranged("content-range: bytes=4096-4100/4101\r\n", "hello"),
        ranged("content-range: bytes */4101\r\n", ""),
        ranged("content-range: pages 4096-4100/4101\r\n", "hello"),
        ranged("content-type: multipart/byteranges; boundary=x\r\n", "--x--"),
        ranged("", "hello"),
        answer(416, ""),
    ] {
        let whole = json("the whole");
        let server = Server::start(move |mut stream: TcpStream| {
            let (odd, whole) = (odd.clone(), whole.clone());
            async move {
                let request = read_request(&mut stream).await;
                let answer = if request.contains("\r\nrange: ") { odd } else { whole };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await;
        let opened = store().open(&server.url("/d"), 4096).await.unwrap();
        assert_eq!((opened.offset, opened.length), (0, Some(9)));
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_part_that_nobody_asked_for_is_refused_unless_it_begins_the_file() {
    let (offset, ..) = open(&ranged("content-range: bytes 0-4/5\r\n", "hello"), 0).await.unwrap();
    assert_eq!(offset, 0);
    let middle = open(&ranged("content-range: bytes 3-7/9\r\n", "hello"), 0).await;
    assert_eq!(middle.unwrap_err(), ContentError::Refused(206));
}

#[tokio::test]
async fn f092_a_file_that_ends_before_its_length_broke_off() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    let (_, length, body) = open(short, 0).await.unwrap();
    assert_eq!((length, read(body).await), (Some(100), Err(ContentError::BrokenOff)));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let (_, length, body) = open(chunked, 0).await.unwrap();
    assert_eq!((length, read(body).await), (None, Err(ContentError::BrokenOff)));
    let nonsense = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhalf\r\n";
    let (_, _, body) = open(nonsense, 0).await.unwrap();
    assert_eq!(read(body).await, Err(ContentError::BrokenOff));
}

#[tokio::test]
async fn f093_how_much_an_unannounced_body_brings_is_the_callers_to_judge() {
    let longer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n";
    let (_, length, body) = open(longer, 0).await.unwrap();
    assert_eq!((length, read(body).await.unwrap()), (None, b"hellothere".to_vec()));
    let plain = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    let (_, length, body) = open(plain, 0).await.unwrap();
    assert_eq!((length, read(body).await.unwrap()), (None, b"until the end".to_vec()));
}

#[tokio::test]
async fn f091_each_status_of_the_store_says_what_to_do() {
    use ContentError::{Gone, Refused, Unavailable};
    for (status, fault) in [
        // It was shown no key: the link is dead.
        (401, Gone(401)),
        (403, Gone(403)),
        (404, Gone(404)),
        (410, Gone(410)),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (204, Refused(204)),
        (400, Refused(400)),
        (416, Refused(416)),
    ] {
        assert_eq!(open(&answer(status, ""), 0).await.unwrap_err(), fault, "{status}");
    }
    let zipped = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\ngzip";
    assert_eq!(open(zipped, 0).await.unwrap_err(), Refused(200));
}

#[tokio::test]
async fn f107_no_redirect_is_followed() {
    let target = Server::answering(json("there")).await;
    for status in [301, 302, 303, 307, 308] {
        let moved = format!(
            "HTTP/1.1 {status} X\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            target.url("/")
        );
        assert_eq!(open(&moved, 0).await.unwrap_err(), ContentError::Refused(status));
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn f107_a_host_of_apples_that_leads_inside_is_never_connected_to() {
    let inside = Server::answering(json("inside")).await;
    let link = format!("https://p26-content.icloud.com:{}/d", inside.address.port());
    for addresses in [&["127.0.0.1"][..], &["10.1.2.3"], &["17.253.144.10", "169.254.169.254"]] {
        let (store, _) = production(addresses);
        assert_eq!(store.open(&link, 0).await.unwrap_err(), ContentError::Host, "{addresses:?}");
    }
    assert_eq!(inside.connections(), 0);
    let (gone, _) = production(&[]);
    assert_eq!(gone.open(&link, 0).await.unwrap_err(), ContentError::Unavailable);
}

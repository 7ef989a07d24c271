//! Pages as they are, and as nobody should write them.

use proptest::{collection, prelude::*, sample::select};

use super::*;

const BASE: &str = "https://shop.example.com/desks/oak?size=l";

fn preview(html: &str) -> Preview {
    read(html.as_bytes(), BASE, Some("text/html; charset=utf-8"))
}

fn title(html: &str) -> Option<String> {
    preview(html).title
}

fn image(html: &str) -> Option<String> {
    preview(html).image_url
}

fn property(name: &str, content: &str) -> String {
    format!("<meta property=\"{name}\" content=\"{content}\">")
}

#[test]
fn ap12_a_page_with_open_graph_has_title_and_picture() {
    let read = preview(
        "<!doctype html><html><head><title>Desk | Shop</title>\
         <meta property=\"og:title\" content=\"Oak desk\" />\
         <meta property=\"og:image\" content=\"https://cdn.example.com/desk.png\" /></head></html>",
    );
    assert_eq!(read.title.as_deref(), Some("Oak desk"));
    assert_eq!(read.image_url.as_deref(), Some("https://cdn.example.com/desk.png"));
}

#[test]
fn ap12_without_open_graph_other_words_are_taken() {
    let twitter = "<title>Title</title><meta name=twitter:title content=Card>\
                   <meta name='twitter:image' content='/card.png'>";
    assert_eq!(title(twitter).as_deref(), Some("Card"));
    assert_eq!(image(twitter).as_deref(), Some("https://shop.example.com/card.png"));
    assert_eq!(title("<TITLE>Only\n\t a title</TITLE>").as_deref(), Some("Only a title"));
    assert_eq!(title("<meta name='OG:Title' content='By name'>").as_deref(), Some("By name"));
    assert_eq!(preview("<p>Nothing of the kind"), Preview::default());
}

#[test]
fn sc10_the_secure_picture_goes_before_the_other_and_http_is_passed_over() {
    let html = [
        property("og:image", "http://cdn.example.com/plain.png"),
        property("og:image", "https://cdn.example.com/second.png"),
    ]
    .concat();
    assert_eq!(image(&html).as_deref(), Some("https://cdn.example.com/second.png"));
    let html = html + &property("og:image:secure_url", "https://cdn.example.com/secure.png");
    assert_eq!(image(&html).as_deref(), Some("https://cdn.example.com/secure.png"));
    for odd in ["http://x.example.com/a.png", "data:image/png;base64,AAAA", "javascript:alert(1)"] {
        assert_eq!(image(&property("og:image", odd)), None, "{odd}");
    }
    for empty in ["", "  ", "https://", "https://[::1"] {
        assert_eq!(image(&property("og:image", empty)), None, "{empty}");
    }
}

#[test]
fn pages_on_the_local_stack_may_name_pictures_of_their_own_scheme() {
    let html = property("og:image", "pictures/desk.png");
    let read = read(html.as_bytes(), "http://127.0.0.1:9000/shop/desk", None);
    assert_eq!(read.image_url.as_deref(), Some("http://127.0.0.1:9000/shop/pictures/desk.png"));
}

#[test]
fn relative_urls_are_resolved() {
    for (given, expected) in [
        ("/a.png", "https://shop.example.com/a.png"),
        ("a.png", "https://shop.example.com/desks/a.png"),
        ("//cdn.example.com/a.png", "https://cdn.example.com/a.png"),
        ("?v=1&amp;w=2", "https://shop.example.com/desks/oak?v=1&w=2"),
        (" https://cdn.example.com/a b.png#top ", "https://cdn.example.com/a%20b.png"),
    ] {
        assert_eq!(image(&property("og:image", given)).as_deref(), Some(expected), "{given}");
        let based = format!("<base href='/other/'>{}", property("og:image", given));
        assert!(image(&based).is_some_and(|url| url.starts_with("https://")), "{given}");
    }
    let based = format!("<base href='https://b.example.com/c/'>{}", property("og:image", "a.png"));
    assert_eq!(image(&based).as_deref(), Some("https://b.example.com/c/a.png"));
}

#[test]
fn a_title_is_one_line_of_two_hundred_characters() {
    assert_eq!(
        title("<title> a &amp; b\n\n &lt;c&gt;&nbsp;d&#x07; </title>").as_deref(),
        Some("a & b <c> d")
    );
    let long = "größe ".repeat(100);
    let title = title(&property("og:title", &long)).unwrap();
    assert!(title.chars().count() <= MAX_TITLE && title.ends_with('r'), "{title}");
    assert_eq!(
        self::title(&(property("og:title", " \n ") + "<title>t</title>")).as_deref(),
        Some("t")
    );
}

#[test]
fn text_that_is_no_markup_is_not_read() {
    let html = "<script>document.write('<title>script</title>')</script>\
                <style><title>style</title></style><!-- <title>comment</title> -->\
                <textarea><title>area</title></textarea>\
                <body><svg><title>icon</title></svg><title>late</title></body>";
    assert_eq!(title(html), None);
    assert_eq!(title("<title>first</title><title>second</title>").as_deref(), Some("first"));
}

#[test]
fn every_declared_charset_is_read() {
    let read = |bytes: &[u8], content_type| read(bytes, BASE, content_type).title;
    let wanted = Some("Größe".to_owned());
    assert_eq!(read("<title>Größe</title>".as_bytes(), None), wanted);
    assert_eq!(read(b"<title>Gr\xf6\xdfe</title>", None), wanted);
    assert_eq!(
        read(b"<title>Gr\xf6\xdfe</title>", Some("text/html; Charset=\"ISO-8859-1\"")),
        wanted
    );
    assert_eq!(read(b"<meta charset=latin1><title>Gr\xf6\xdfe</title>", Some("text/html")), wanted);
    let http_equiv = b"<meta http-equiv=content-type content='text/html; charset=shift_jis'>\
                       <title>\x8a\xf7</title>";
    assert_eq!(read(http_equiv, None), Some("机".to_owned()));
    assert_eq!(
        read("\u{feff}<title>Größe</title>".as_bytes(), Some("text/html;charset=latin1")),
        wanted
    );
    let utf16: Vec<u8> =
        "\u{feff}<title>Größe</title>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&utf16, None), wanted);
    assert_eq!(read("<meta charset=utf-16><title>Größe</title>".as_bytes(), None), wanted);
}

#[test]
fn a_page_is_read_to_its_limit() {
    let far = format!("{}<title>far</title>", " ".repeat(MAX_PAGE));
    assert_eq!(title(&far), None);
    let near = format!("{}<title>near</title>{}", " ".repeat(1000), "ö".repeat(MAX_PAGE));
    assert_eq!(read(near.as_bytes(), BASE, None).title.as_deref(), Some("near"));
}

#[test]
fn what_is_no_page_has_no_preview_but_a_picture_is_its_own() {
    let html = "<title>t</title>".as_bytes();
    for other in ["application/pdf", "application/json", "text/plain; charset=utf-8", "video/mp4"] {
        assert_eq!(read(html, BASE, Some(other)), Preview::default());
    }
    let picture = read(b"\x89PNG", BASE, Some("IMAGE/png"));
    assert_eq!((picture.title, picture.image_url.as_deref()), (None, Some(BASE)));
    assert_eq!(read(html, "no url", None), Preview::default());
}

#[test]
fn hostile_pages_are_read_all_the_same() {
    let huge = property("og:title", &"x".repeat(MAX_PAGE));
    assert_eq!(title(&huge), None);
    let attributes: Vec<String> = (0..50_000).map(|number| format!("a{number}=1")).collect();
    let attributes = attributes.join(" ");
    assert_eq!(title(&format!("<p {attributes}><title>t</title>")).as_deref(), Some("t"));
    for html in [
        "<".repeat(MAX_PAGE),
        "<a ".repeat(MAX_PAGE / 3),
        "&".repeat(MAX_PAGE),
        "<!--".repeat(MAX_PAGE / 4),
        property("og:title", "a").repeat(MAX_PAGE / 50),
        "<title>".repeat(MAX_PAGE / 7),
    ] {
        let _ = preview(&html);
    }
}

#[test]
fn the_page_stays_out_of_debug() {
    let read = preview("<title>secret</title>");
    assert!(!format!("{read:?}").contains("secret"));
}

const PIECES: [&str; 18] = [
    "<meta ",
    "<title>",
    "</title>",
    "property=",
    "name='og:title'",
    "content=\"",
    "\"",
    ">",
    "&#x",
    "&amp;",
    "<base href=",
    "<script>",
    "<!--",
    "-->",
    "og:image",
    "https://",
    "\u{0}",
    "charset=",
];

proptest! {
    #[test]
    fn any_bytes_are_read(page in collection::vec(any::<u8>(), 0..300), content_type: Option<String>) {
        let _ = read(&page, BASE, content_type.as_deref());
    }

    #[test]
    fn any_markup_is_read(pieces in collection::vec(select(&PIECES[..]), 0..40), base: String) {
        let page = pieces.concat();
        let read = read(page.as_bytes(), BASE, None);
        let title = read.title.unwrap_or_default();
        prop_assert!(title.chars().count() <= MAX_TITLE);
        prop_assert!(!title.chars().any(char::is_control));
        prop_assert!(read.image_url.is_none_or(|url| url.starts_with("https://")));
        let _ = super::read(page.as_bytes(), &base, None);
    }
}

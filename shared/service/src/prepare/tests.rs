use amb_imaging::{Format, inspect};
use amb_protocol::compose::Channel;
use data_encoding::BASE64;
use serde_json::json;

use super::*;
use crate::{
    memory::{FaultMode, Memory, drive},
    model::{FileKey, UploadId, body_hash},
    port::{WebFault, WebPage},
};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PICTURE: &str = "https://cdn.example.com/desk.png";
const PAGE: &str = "https://shop.example.com/desk";

fn world() -> Memory {
    let world = Memory::new(7);
    page(&world, PICTURE, "image/png", &png());
    world
}

fn png() -> Vec<u8> {
    BASE64.decode(PNG.as_bytes()).unwrap()
}

fn page(world: &Memory, url: &str, content_type: &str, bytes: &[u8]) {
    let found = WebPage {
        url: url.to_owned(),
        content_type: Some(content_type.to_owned()),
        bytes: bytes.to_vec(),
    };
    world.world().far_side.web.insert(url.to_owned(), Ok(found));
}

fn tenant() -> TenantId {
    TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap()
}

fn prepare(world: &Memory) -> Prepare<Memory, Memory, Memory> {
    Prepare::new(world.clone(), world.clone(), world.clone())
}

fn until(world: &Memory) -> Timestamp {
    world.now() + LIMIT
}

fn run(world: &Memory, draft: &Draft) -> Result<Prepared, PrepareError> {
    drive(prepare(world).prepare(&tenant(), draft, RulePack::latest(), until(world))).unwrap()
}

fn draft(body: &Value, needs: Vec<Need>) -> Draft {
    Draft {
        body: body.as_object().unwrap().clone(),
        channel: Channel::Message,
        requires: None,
        request_identifier: None,
        drawn: false,
        pack: String::new(),
        needs,
    }
}

fn wanted(at: usize, slot: Slot, source: ImageSource) -> Need {
    Need::Image(PendingImage {
        pointer: format!("/interactiveData/data/images/{at}/data"),
        origin: format!("/content/images/{at}/url"),
        slot,
        source,
    })
}

fn list(sources: Vec<(Slot, ImageSource)>) -> Draft {
    let images: Vec<_> =
        (0..sources.len()).map(|at| json!({ "identifier": at, "data": "" })).collect();
    let needs = sources.into_iter().enumerate();
    let needs = needs.map(|(at, (slot, source))| wanted(at, slot, source)).collect();
    draft(
        &json!({ "type": "interactive", "interactiveData": { "data": { "images": images } } }),
        needs,
    )
}

fn data(prepared: &Prepared, at: usize) -> Vec<u8> {
    let images = &prepared.body["interactiveData"]["data"]["images"];
    BASE64.decode(images[at]["data"].as_str().unwrap().as_bytes()).unwrap()
}

fn url() -> ImageSource {
    ImageSource::Url(PICTURE.to_owned())
}

fn calls(world: &Memory, port: &str) -> usize {
    world.world().faults.calls.iter().filter(|call| **call == port).count()
}

fn link(link: &Value) -> Draft {
    let body = json!({ "type": "richLink", "richLinkData": link });
    draft(&body, vec![Need::Preview { url: PAGE.to_owned() }])
}

#[test]
fn ap16_a_picture_has_the_size_of_its_slot_and_stays_below_its_limit() {
    let world = world();
    for slot in Slot::ALL {
        let prepared = run(&world, &list(vec![(slot, url())])).unwrap();
        let made = inspect(&data(&prepared, 0)).unwrap();
        assert_eq!(made.format, Format::Png, "{slot:?}");
        assert!(!slot.is_exact() || (made.width, made.height) == slot.pixels(), "{slot:?}");
        assert!(made.bytes <= if slot == Slot::AppIcon { 14_999 } else { 200_000 }, "{slot:?}");
    }
}

#[test]
fn a_picture_comes_from_the_web_from_an_upload_or_from_the_request() {
    let world = world();
    let upload = UploadId::draw(&world);
    world.world().files.insert(FileKey::upload(&tenant(), &upload), png());
    let sources =
        [url(), ImageSource::Upload(upload.to_string()), ImageSource::Data(PNG.to_owned())];
    let wanted = sources.into_iter().map(|source| (Slot::Icon, source)).collect();
    let prepared = run(&world, &list(wanted)).unwrap();
    assert_eq!(data(&prepared, 0), data(&prepared, 1));
    assert_eq!(data(&prepared, 0), data(&prepared, 2));
    let size = |side, bytes| PictureFacts { format: "png", width: side, height: side, bytes };
    let change = Change::Image {
        pointer: "/content/images/2/url".to_owned(),
        from: size(1, png().len()),
        to: size(120, data(&prepared, 2).len()),
    };
    assert_eq!(prepared.changes[2], change);
    let shown = format!("{prepared:?}");
    assert!(!shown.contains(PNG), "{shown}");
}

#[test]
fn a_picture_is_fetched_and_made_once() {
    let world = world();
    let wanted = || vec![(Slot::Icon, url()), (Slot::Icon, url()), (Slot::Small, url())];
    let prepare = prepare(&world);
    let run = || {
        let (draft, until) = (list(wanted()), until(&world));
        drive(prepare.prepare(&tenant(), &draft, RulePack::latest(), until)).unwrap()
    };
    let first = run().unwrap();
    assert_eq!((calls(&world, "Web::get"), calls(&world, "Files::put_file")), (1, 2));
    assert_eq!(run().unwrap(), first);
    assert_eq!(calls(&world, "Web::get"), 1, "remembered for a minute");
    world.world().now += Duration::from_secs(61);
    assert_eq!(run().unwrap(), first);
    assert_eq!((calls(&world, "Web::get"), calls(&world, "Files::put_file")), (2, 2));
}

#[test]
fn what_was_made_is_kept_per_tenant() {
    let world = world();
    let draft = list(vec![(Slot::Icon, url())]);
    run(&world, &draft).unwrap();
    let other = TenantId::parse("ten_othrothrothrothrothrothrot").unwrap();
    let until = until(&world);
    drive(prepare(&world).prepare(&other, &draft, RulePack::latest(), until)).unwrap().unwrap();
    let keys: Vec<_> = world.world().files.keys().map(|key| key.as_str().to_owned()).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].starts_with("pictures/ten_acme") && keys[1].starts_with("pictures/ten_othr"));
}

#[test]
fn a_picture_is_made_although_nothing_can_be_kept() {
    for at in 1..3 {
        let world = world();
        world.world().faults.at = Some((at, FaultMode::Refused));
        assert!(run(&world, &list(vec![(Slot::Icon, url())])).is_ok());
        assert!(world.world().faults.calls[at].starts_with("Files::"));
    }
}

#[test]
fn every_picture_that_cannot_be_used_is_told_where_it_was_named() {
    let world = world();
    page(&world, "https://x.example/html", "text/html", b"<html>");
    page(&world, "https://x.example/huge", "image/png", &vec![0; 10 * 1024 * 1024 + 1]);
    let broken: Vec<_> = png().into_iter().take(45).collect();
    page(&world, "https://x.example/broken", "image/png", &broken);
    let inside = Err(WebFault::Refused("it is no public address".to_owned()));
    world.world().far_side.web.insert("https://10.0.0.1/".to_owned(), inside);
    let upload = UploadId::draw(&world).to_string();
    let url = |url: &str| ImageSource::Url(url.to_owned());
    let table = [
        (url("https://x.example/html"), "image_kind"),
        (ImageSource::Url(PICTURE.to_owned()), ""),
        (url("https://x.example/huge"), "image_unreachable"),
        (url("https://x.example/gone"), "image_unreachable"),
        (url("https://10.0.0.1/"), "image_unreachable"),
        (url("https://x.example/broken"), "image_damaged"),
        (ImageSource::Upload(upload), "image_upload_missing"),
        (ImageSource::Upload("../secret".to_owned()), "image_upload_missing"),
        (ImageSource::Data("AAAA".to_owned()), "image_kind"),
        (ImageSource::Data("A".to_owned()), "image_data"),
        (url("https://x.example/html"), "image_kind"),
    ];
    let wanted = table.iter().map(|(source, _)| (Slot::Icon, source.clone())).collect();
    let Err(PrepareError::Faults(faults)) = run(&world, &list(wanted)) else { panic!() };
    let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.rule)).collect();
    let at: Vec<_> = (0..table.len()).map(|at| format!("/content/images/{at}/url")).collect();
    let expected = at.iter().map(String::as_str).zip(table.iter().map(|(_, rule)| *rule));
    let expected: Vec<_> = expected.filter(|(_, rule)| !rule.is_empty()).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_may_pass_is_worth_another_try() {
    for passing in [WebFault::Unreachable, WebFault::Status(503), WebFault::Status(429)] {
        let world = world();
        world.world().far_side.web.insert(PICTURE.to_owned(), Err(passing));
        let Err(PrepareError::Later(faults)) = run(&world, &list(vec![(Slot::Icon, url())])) else {
            panic!()
        };
        assert_eq!(faults[0].pointer, "/content/images/0/url");
        // What lasts is told before what may pass.
        let wanted = vec![(Slot::Icon, url()), (Slot::Icon, ImageSource::Data("AAAA".to_owned()))];
        let Err(PrepareError::Faults(faults)) = run(&world, &list(wanted)) else { panic!() };
        assert_eq!(faults.len(), 1);
    }
    let world = world();
    world.world().faults.at = Some((0, FaultMode::Refused));
    let upload = ImageSource::Upload(UploadId::draw(&world).to_string());
    let failed = run(&world, &list(vec![(Slot::Icon, upload)]));
    assert!(matches!(failed, Err(PrepareError::Port(_))), "{failed:?}");
}

#[test]
fn all_pictures_together_stay_below_five_megabytes() {
    let world = world();
    let sources: Vec<_> = (0..19).map(|tail: u8| [png(), vec![tail]].concat()).collect();
    for source in &sources {
        let sha256 = data_encoding::HEXLOWER.encode(&body_hash(source));
        let key = FileKey::picture(&tenant(), &sha256, "large");
        world.world().files.insert(key, vec![0; 200_000]);
    }
    let wanted = |count| {
        let some = sources.iter().take(count);
        list(some.map(|bytes| (Slot::Large, ImageSource::Data(BASE64.encode(bytes)))).collect())
    };
    assert!(run(&world, &wanted(18)).is_ok(), "18 × 266,668 characters");
    let Err(PrepareError::Faults(faults)) = run(&world, &wanted(19)) else { panic!() };
    assert_eq!((faults[0].pointer.as_str(), faults[0].rule), ("/content/images", "images_bytes"));
    assert_eq!(faults[0].actual, Some(json!(19 * 266_668)));
}

#[test]
fn ap12_sc10_a_link_shows_title_and_picture_of_its_page() {
    let world = world();
    let html = format!(
        "<html><head><meta property=og:title content='Oak  desk'>\
         <meta property=og:image content='{PICTURE}'></head></html>"
    );
    page(&world, PAGE, "text/html", html.as_bytes());
    let prepared = run(&world, &link(&json!({ "url": PAGE }))).unwrap();
    let shown = &prepared.body["richLinkData"];
    assert_eq!((&shown["url"], &shown["title"]), (&json!(PAGE), &json!("Oak desk")));
    let image = &shown["assets"]["image"];
    assert_eq!(image["mimeType"], "image/png");
    let made =
        inspect(&BASE64.decode(image["data"].as_str().unwrap().as_bytes()).unwrap()).unwrap();
    assert_eq!((made.width, made.height), (240, 240));
    assert_eq!(prepared.changes, [Change::Preview { title: true, image: true }]);
    // What the business gave stays.
    let assets = json!({ "image": { "data": "own", "mimeType": "image/png" } });
    let own = json!({ "url": PAGE, "title": "Ours", "assets": assets });
    let prepared = run(&world, &link(&own)).unwrap();
    assert_eq!(prepared.body["richLinkData"], own);
    let half = json!({ "url": PAGE, "title": "Ours" });
    let prepared = run(&world, &link(&half)).unwrap();
    assert_eq!(prepared.body["richLinkData"]["title"], "Ours");
    assert_eq!(prepared.changes, [Change::Preview { title: false, image: true }]);
}

#[test]
fn ap12_a_link_without_a_preview_still_goes_under_the_name_of_its_host() {
    let pages = [
        None,
        Some(Err(WebFault::Unreachable)),
        Some(Err(WebFault::Refused("it is no public address".to_owned()))),
        Some(Ok("<html></html>".to_owned())),
    ];
    for found in pages {
        let world = world();
        match found {
            Some(Ok(html)) => page(&world, PAGE, "text/html", html.as_bytes()),
            Some(Err(fault)) => {
                world.world().far_side.web.insert(PAGE.to_owned(), Err(fault));
            }
            None => {}
        }
        let prepared = run(&world, &link(&json!({ "url": PAGE }))).unwrap();
        let expected = json!({ "url": PAGE, "title": "shop.example.com", "assets": {} });
        assert_eq!(prepared.body["richLinkData"], expected);
        assert_eq!(prepared.changes, [Change::Preview { title: false, image: false }]);
    }
    // A picture that cannot be used is no reason either.
    let world = world();
    let html = "<head><title>Desk</title><meta property=og:image content=/gone.png></head>";
    page(&world, PAGE, "text/html", html.as_bytes());
    let prepared = run(&world, &link(&json!({ "url": PAGE }))).unwrap();
    let expected = json!({ "url": PAGE, "title": "Desk", "assets": {} });
    assert_eq!(prepared.body["richLinkData"], expected);
}

#[test]
fn a_page_is_asked_once_a_minute_and_one_that_failed_not_at_once() {
    let world = world();
    let prepare = prepare(&world);
    let draft = link(&json!({ "url": PAGE }));
    let run = || {
        let until = until(&world);
        drive(prepare.prepare(&tenant(), &draft, RulePack::latest(), until)).unwrap().unwrap()
    };
    run();
    run();
    assert_eq!(calls(&world, "Web::get"), 1);
    world.world().now += NO_PREVIEW;
    page(&world, PAGE, "text/html", b"<title>Desk</title>");
    assert_eq!(run().body["richLinkData"]["title"], "Desk");
    assert_eq!(calls(&world, "Web::get"), 2);
}

#[test]
fn an_app_clip_is_left_to_the_relay_and_told() {
    let needs = vec![Need::AppClip { url: PAGE.to_owned(), store_region: "US".to_owned() }];
    let body = json!({ "type": "richLink", "richLinkData": { "url": PAGE } });
    let prepared = run(&world(), &draft(&body, needs)).unwrap();
    assert_eq!(Value::Object(prepared.body), body);
    assert_eq!(prepared.changes, [Change::AppClip]);
}

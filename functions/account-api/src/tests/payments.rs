//! Payments: settings of a business, what is read back, what is asked of them, receipts.

use amb_protocol::id::{BusinessId, OpaqueId};
use amb_service::{
    contract::Sample,
    memory::Memory,
    model::{
        ApiKey, ApiKeyId, Attempt, Chain, JournalEvent, JournalRow, MerchantSettings, Mode,
        Payment, PaymentContacts, PaymentId, PaymentPointer, PaymentState, PspResult, Scope,
        SealedContacts, SecretName, TenantId, TokenHash, Told,
    },
    payment::journal,
    port::{AskedPayment, Clock},
    service_key::ServiceKey,
};
use serde_json::{Value, json};

use super::world::{BUSINESS, CUSTOMER, LIVE_BUSINESS, OURS, Reply, THEIRS, World};

/// A payment that is captured, and one whose money is held.
pub(crate) const CAPTURED: &str = "pay_captpaycaptpaycaptpaycaptp";
const HELD: &str = "pay_heldpayheldpayheldpayheldp";
/// SHA-256 of the key in the samples.
const KEY_HASH: &str = "93a57203609b30bda02c92ac23f4cb4ac02c1254e36c6c0bcda0c11b4d3f5c40";
const IDENTITY: &str =
    r#"{"v":1,"certificate":"-----BEGIN CERTIFICATE-----","key":"-----BEGIN PRIVATE KEY-----"}"#;

/// Settings, secrets, two payments and a key that may act on them, as the samples speak of them.
pub(crate) fn keep_samples(world: &World) {
    let memory = &world.memory;
    let now = memory.world().now;
    let tenant = TenantId::parse(OURS).unwrap();
    let sample = Sample::new(now, Memory::new(5));
    keep_secrets(world, OURS);
    let settings = MerchantSettings {
        tenant: tenant.clone(),
        business: BusinessId::parse(BUSINESS).unwrap(),
        ..sample.merchant()
    };
    let place = (tenant.clone(), settings.business.clone());
    memory.world().book.merchants.insert(place, settings);
    for (id, state) in [(CAPTURED, PaymentState::Captured), (HELD, PaymentState::Authorized)] {
        keep_payment(world, BUSINESS, id, state);
    }
    keep_contacts(world, CAPTURED);
    let key = ApiKey {
        id: ApiKeyId::parse("key_paymentsamplepaymentsample").unwrap(),
        tenant,
        name: "Back office".into(),
        mode: Mode::Test,
        scopes: [Scope::Send, Scope::Payments, Scope::Private].into(),
        hash: KEY_HASH.to_owned(),
        created_at: now,
        not_before: None,
        not_after: None,
        revoked_at: None,
    };
    memory.world().api_keys.insert(key.id.clone(), key);
}

fn keep_secrets(world: &World, tenant: &str) {
    let signing = format!(r#"{{"v":1,"key":"{}"}}"#, "k".repeat(32));
    for (name, text) in [
        ("identity-2026", IDENTITY),
        ("adyen", r#"{"v":1,"apiKey":"canary-AQE","hmacKey":"44af"}"#),
        ("stripe", r#"{"v":1,"key":"sk_test_canary","webhookSecret":"whsec_canary"}"#),
        ("signing", signing.as_str()),
    ] {
        let name = SecretName::parse(name).unwrap();
        let place = (TenantId::parse(tenant).unwrap(), name);
        world.memory.world().pay.secrets.insert(place, text.to_owned());
    }
}

/// A payment of ours that got so far.
fn keep_payment(world: &World, business: &str, id: &str, state: PaymentState) {
    let memory = &world.memory;
    let now = memory.world().now;
    let sample = Sample::new(now, Memory::new(5));
    let mut payment = Payment { state, due_at: None, ..sample.payment() };
    payment.pointer.tenant = TenantId::parse(OURS).unwrap();
    payment.pointer.payment = PaymentId::parse(id).unwrap();
    payment.business = BusinessId::parse(business).unwrap();
    payment.opaque = OpaqueId::parse(CUSTOMER).unwrap();
    let (amount, token) = (payment.offered, TokenHash::of(id));
    if state != PaymentState::Open {
        payment.sent_at = Some(now);
        payment.attempts.push(Attempt {
            no: 1,
            key: Attempt::key("authorize", &payment.merchant, &token),
            token,
            quote: 0,
            amount,
            begun_at: now,
            reply_before: None,
            lease_until: now,
            told: Some(Told::Success),
            errors: Vec::new(),
            result: Some(PspResult::Approved {
                reference: "pi_sample".to_owned(),
                amount,
                currency: payment.currency,
                auth_code: None,
                network: Some("visa".to_owned()),
                last4: Some("4242".to_owned()),
            }),
            authorised: None,
            another: None,
            absent_since: None,
            fence: None,
        });
    }
    if state == PaymentState::Captured {
        payment.captured = amount;
    }
    let chain = Chain::of(&payment.pointer.tenant, &payment.merchant, &payment.pointer.payment);
    let rows = [
        JournalRow::about(JournalEvent::OfferSent, &payment),
        JournalRow::about(JournalEvent::Told, &payment)
            .moved(PaymentState::Authorizing, PaymentState::Authorized),
    ];
    let mut world = memory.world();
    let head = world.book.head(&chain);
    let rows = journal::chain(&chain, &head, &payment.time_zone, now, rows.into());
    world.book.journal.entry(chain).or_default().extend(rows);
    let AskedPayment { payment, offer } = AskedPayment { payment, offer: sample.offer() };
    world.book.offers.insert(payment.pointer.clone(), offer);
    world.book.payments.insert(payment.pointer.clone(), payment);
}

/// Whom a payment of ours is for.
fn keep_contacts(world: &World, id: &str) {
    let memory = &world.memory;
    let place = PaymentPointer {
        tenant: TenantId::parse(OURS).unwrap(),
        payment: PaymentId::parse(id).unwrap(),
    };
    let shipping = json!({
        "givenName": "Ada", "familyName": "Moreno", "addressLines": ["1 Infinite Loop"],
        "locality": "Cupertino", "administrativeArea": "CA", "postalCode": "95014",
        "country": "United States", "countryCode": "us",
    });
    let contacts = PaymentContacts {
        shipping_contact: shipping.as_object().cloned(),
        shipping_method: Some("exp".to_owned()),
        ..PaymentContacts::default()
    };
    // What the world seals with.
    let key = ServiceKey::derive(&vec![0x5a; 32].into()).unwrap();
    let sealed = contacts.seal(&key, &place, memory.now(), &Memory::new(5)).unwrap();
    memory.world().book.contacts.insert(place, sealed);
}

async fn world() -> (World, String) {
    let (world, _, _) = World::with_conversation().await;
    keep_samples(&world);
    let key = world.key(OURS, "test", &["admin", "read", "send", "payments"]).await;
    (world, key)
}

fn settings() -> Value {
    json!({
        "merchantIdentifier": "merchant.com.example.shop", "displayName": "Example Shop",
        "countryCode": "US", "supportedNetworks": ["visa", "masterCard"],
        "identity": "identity-2026", "psp": { "kind": "stripe", "secret": "stripe" },
        "timeZone": "America/New_York",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut settings = settings();
    settings[name] = value;
    settings
}

async fn put(world: &World, key: &str, body: Value) -> Reply {
    let target = format!("/v1/businesses/{BUSINESS}/apple-pay");
    world.with_key(key, "PUT", &target, Some(body)).await
}

#[tokio::test]
async fn p029_f116_payments_of_another_tenant_are_404() {
    let (world, ours) = world().await;
    let theirs = world.key(THEIRS, "test", &["admin", "read", "send", "payments"]).await;
    let receipt = json!({ "url": "https://shop.example.com/1" });
    for (method, target, body) in [
        ("GET", format!("/v1/payments/{CAPTURED}"), None),
        ("GET", format!("/v1/payments?businessId={BUSINESS}"), None),
        ("POST", format!("/v1/payments/{HELD}/capture"), Some(json!({}))),
        ("POST", format!("/v1/payments/{HELD}/void"), Some(json!({}))),
        ("POST", format!("/v1/payments/{CAPTURED}/refunds"), Some(json!({}))),
        ("POST", format!("/v1/payments/{CAPTURED}/receipt"), Some(receipt)),
        ("GET", format!("/v1/businesses/{BUSINESS}/apple-pay"), None),
        ("PUT", format!("/v1/businesses/{BUSINESS}/apple-pay"), Some(settings())),
    ] {
        let reply = world.with_key(&theirs, method, &target, body).await;
        assert_eq!(reply.code(), (404, "not_found"), "{method} {target}");
    }
    let unknown = "pay_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for id in [unknown, "pay_", "x"] {
        let reply = world.with_key(&ours, "GET", &format!("/v1/payments/{id}"), None).await;
        assert_eq!(reply.code(), (404, "not_found"), "{id}");
    }
    let moved = world.memory.world().settlement_queue.is_empty();
    assert!(moved, "nothing was asked of anybody");
}

#[tokio::test]
async fn a_test_key_acts_on_payments_of_test_businesses() {
    let (world, key) = world().await;
    let id = "pay_livepaylivepaylivepaylivep";
    keep_payment(&world, LIVE_BUSINESS, id, PaymentState::Captured);
    for (method, target) in
        [("GET", format!("/v1/payments/{id}")), ("POST", format!("/v1/payments/{id}/void"))]
    {
        let reply = world.with_key(&key, method, &target, None).await;
        assert_eq!(reply.code(), (403, "wrong_mode"), "{target}");
    }
}

#[tokio::test]
async fn whom_a_payment_is_for_is_read_by_keys_for_what_is_private_while_it_is_kept() {
    let (world, key) = world().await;
    let private = world.key(OURS, "test", &["private"]).await;
    let target = format!("/v1/payments/{HELD}/contacts");
    let read = |key: String| {
        let (world, target) = (&world, target.as_str());
        async move { world.with_key(&key, "GET", target, None).await }
    };
    assert_eq!(read(key.clone()).await.code(), (403, "missing_scope"));
    assert_eq!(read(private.clone()).await.status, 404, "nobody paid");

    keep_contacts(&world, HELD);
    let told = read(private.clone()).await;
    assert_eq!((&told.body["shippingContact"]["givenName"], told.status), (&json!("Ada"), 200));
    assert_eq!(told.text("shippingMethod"), "exp");
    let history = world.with_key(&key, "GET", &format!("/v1/payments/{HELD}"), None).await;
    assert!(!history.body.to_string().contains("Infinite"));
    let theirs = world.key(THEIRS, "test", &["read", "private"]).await;
    assert_eq!(read(theirs).await.status, 404);

    world.memory.world().now += SealedContacts::LIFE;
    assert_eq!(read(private).await.status, 404, "it is forgotten");
}

#[tokio::test]
async fn a_payment_is_read_with_everything_that_happened_to_it() {
    let (world, key) = world().await;
    let read = world.with_key(&key, "GET", &format!("/v1/payments/{CAPTURED}"), None).await;
    assert_eq!(
        (read.text("state").as_str(), read.text("captured").as_str()),
        ("captured", "63.99")
    );
    assert_eq!(read.body["attempts"][0]["told"], "success");
    let events: Vec<_> =
        read.body["history"].as_array().unwrap().iter().map(|row| &row["event"]).collect();
    assert_eq!(events, ["OFFER_SENT", "TOLD"]);
    let list = format!("/v1/payments?businessId={BUSINESS}&limit=1");
    let first = world.with_key(&key, "GET", &list, None).await;
    let next = first.text("nextCursor");
    let second = world.with_key(&key, "GET", &format!("{list}&cursor={next}"), None).await;
    let ids = [&first, &second].map(|page| page.items()[0]["id"].as_str().unwrap().to_owned());
    assert_eq!(ids, [HELD, CAPTURED], "newest first");
    assert_eq!(second.body["nextCursor"], Value::Null);
    let forged = world.with_key(&key, "GET", &format!("{list}&cursor=x"), None).await;
    assert_eq!(forged.code(), (400, "invalid_cursor"));
}

#[tokio::test]
async fn money_is_moved_for_keys_of_its_own_and_the_journal_says_for_whom() {
    let (world, key) = world().await;
    let agent = world.key(OURS, "test", &["admin", "read", "send"]).await;
    let capture = format!("/v1/payments/{HELD}/capture");
    let refused = world.with_key(&agent, "POST", &capture, None).await;
    assert_eq!(refused.code(), (403, "missing_scope"));
    let odd = world.with_key(&key, "POST", &capture, Some(json!({ "amount": "63.991" }))).await;
    assert_eq!(odd.status, 400, "{:?}", odd.body);
    let asked = world.with_key(&key, "POST", &capture, Some(json!({ "amount": "40.00" }))).await;
    assert_eq!(asked.status, 202, "{:?}", asked.body);
    let held = PaymentId::parse(HELD).unwrap();
    let world = world.memory.world();
    let rows = world.book.journal.values().flatten();
    let actors: Vec<_> = rows
        .filter(|row| row.payment_id.as_ref() == Some(&held))
        .filter_map(|row| row.actor.as_deref())
        .collect();
    assert!(matches!(actors.as_slice(), [actor] if actor.starts_with("key_")), "{actors:?}");
}

#[tokio::test]
async fn lc03_settings_are_put_whole_and_read_back_with_their_tag() {
    let (world, key) = world().await;
    world.memory.world().book.merchants.clear();
    let target = format!("/v1/businesses/{BUSINESS}/apple-pay");
    let none = world.with_key(&key, "GET", &target, None).await;
    assert_eq!(none.code(), (404, "not_found"));
    let made = put(&world, &key, settings()).await;
    assert_eq!((made.status, made.header("etag")), (200, Some("\"1\"")), "{:?}", made.body);
    assert_eq!(made.body["merchantCapabilities"], json!(["supports3DS"]));
    assert_eq!(made.body["capture"], json!({ "when": "acknowledged", "afterMinutes": 15 }));
    let read = world.with_key(&key, "GET", &target, None).await;
    assert_eq!(read.body, made.body);
    assert_eq!(read.body["sessionIdentifier"], "plain");
    assert!(!read.body.to_string().contains("canary"));

    let tagged = |tag: &str| {
        json!({ "authorization": format!("Bearer {key}"), "content-type": "application/json",
            "if-match": tag })
    };
    let body = || Some(with("checkoutUrl", json!("https://shop.example/cart")).to_string());
    let stale = world.send("PUT", &target, tagged("\"7\""), body()).await;
    assert_eq!(stale.code(), (409, "conflict"));
    let next = world.send("PUT", &target, tagged("\"1\""), body()).await;
    assert_eq!((next.status, next.header("etag")), (200, Some("\"2\"")));
    assert_eq!(next.body["checkoutUrl"], "https://shop.example/cart");

    // The journal tells who changed them, and nothing of what they name.
    let actor = key.split('_').nth(2).unwrap();
    let world = world.memory.world();
    let told: Vec<_> = world.book.journal.values().flatten().collect();
    let told: Vec<_> =
        told.iter().filter(|row| row.event_type == JournalEvent::ConfigChanged).collect();
    assert_eq!(told.len(), 2);
    for row in told {
        assert_eq!(row.actor.as_deref(), Some(format!("key_{actor}").as_str()));
        let text = row.canonical();
        assert!(!text.contains("identity-2026") && !text.contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn apple_is_told_the_merchant_and_servers_are_asked_as_the_settings_say() {
    let (world, key) = world().await;
    world.memory.world().book.merchants.clear();
    let odd = put(&world, &key, with("sessionIdentifier", json!("md5"))).await;
    assert_eq!(odd.faults(), [("/sessionIdentifier".to_owned(), "format".to_owned())]);
    let mut body = with("sessionIdentifier", json!("sha256"));
    body["pricing"] = json!({ "by": "callback", "url": "https://shop.example.com/price" });
    body["signing"] = json!("signing");
    let made = put(&world, &key, body.clone()).await;
    assert_eq!((made.status, made.text("sessionIdentifier")), (200, "sha256".to_owned()));
    // A provider of one's own shares a key already.
    body.as_object_mut().unwrap().remove("signing");
    body["psp"] =
        json!({ "kind": "endpoint", "secret": "signing", "url": "https://shop.example.com/pay" });
    let made = put(&world, &key, body).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
}

#[tokio::test]
async fn what_cannot_be_opened_is_not_taken_by_who_opens_tokens() {
    let (world, key) = world().await;
    let mut body = with("merchantCapabilities", json!(["supports3DS", "supportsEMV"]));
    assert_eq!(put(&world, &key, body.clone()).await.status, 200);
    body["psp"]["decrypts"] = json!(true);
    let reply = put(&world, &key, body).await;
    let expected = ("/merchantCapabilities".to_owned(), "payment_capability".to_owned());
    assert_eq!(reply.faults(), [expected]);
}

#[tokio::test]
async fn every_fault_of_settings_is_told_at_once_with_its_pointer() {
    let (world, key) = world().await;
    for (body, pointer, rule) in [
        (with("merchantIdentifier", json!("com.example")), "/merchantIdentifier", "format"),
        (with("displayName", json!("x".repeat(65))), "/displayName", "length"),
        (with("countryCode", json!("us")), "/countryCode", "payment_country"),
        (
            with("supportedNetworks", json!(["visa", "x"])),
            "/supportedNetworks/1",
            "payment_network",
        ),
        (
            with("merchantCapabilities", json!(["supportsDebit"])),
            "/merchantCapabilities",
            "payment_3ds",
        ),
        (with("pricing", json!({ "by": "magic" })), "/pricing/by", "payment_pricing"),
        (
            with("pricing", json!({ "by": "callback", "url": "https://10.0.0.1/price" })),
            "/pricing/url",
            "ip_literal",
        ),
        (
            with(
                "pricing",
                json!({ "by": "static", "surcharges":
                [{ "paymentType": "credit", "label": "Card", "amount": "1.00" }] }),
            ),
            "/pricing/surcharges",
            "payment_pricing",
        ),
        (
            with("pricing", json!({ "by": "callback", "url": "https://shop.example.com/price" })),
            "/signing",
            "required",
        ),
        (with("checkoutUrl", json!("http://shop.example")), "/checkoutUrl", "payment_url"),
        (with("channel", json!("mars")), "/channel", "format"),
        (with("identity", json!("../../other")), "/identity", "format"),
        (with("identity", json!("missing")), "/identity", "secret_missing"),
        (with("identity", json!("stripe")), "/identity", "secret_form"),
        (with("signing", json!("stripe")), "/signing", "secret_form"),
        (with("psp", json!({ "kind": "stripe", "secret": "adyen" })), "/psp/secret", "secret_form"),
        (with("psp", json!({ "kind": "cash", "secret": "stripe" })), "/psp/kind", "format"),
        (
            with("psp", json!({ "kind": "adyen", "secret": "adyen" })),
            "/psp/merchantAccount",
            "required",
        ),
        (
            with(
                "psp",
                json!({ "kind": "adyen", "secret": "adyen", "merchantAccount": "A",
            "prefix": "evil.example/" }),
            ),
            "/psp/prefix",
            "format",
        ),
        (
            with(
                "psp",
                json!({ "kind": "stripe", "secret": "stripe", "url": "https://a.example" }),
            ),
            "/psp/url",
            "unknown_field",
        ),
        (
            with(
                "psp",
                json!({ "kind": "endpoint", "secret": "signing", "url": "http://a.example" }),
            ),
            "/psp/url",
            "https_only",
        ),
        (
            with("capture", json!({ "when": "acknowledged", "afterMinutes": 0 })),
            "/capture/afterMinutes",
            "range",
        ),
        (
            with("capture", json!({ "when": "manual", "afterMinutes": 5 })),
            "/capture/afterMinutes",
            "unknown_field",
        ),
        (with("timeZone", json!("Mars/Olympus")), "/timeZone", "format"),
        (with("domainAssociation", json!("ä")), "/domainAssociation", "format"),
        (with("odd", json!(1)), "/odd", "unknown_field"),
    ] {
        let reply = put(&world, &key, body).await;
        let found = reply.faults();
        assert!(found.contains(&(pointer.to_owned(), rule.to_owned())), "{pointer}: {found:?}");
        assert!(!reply.body.to_string().contains("canary"));
    }
    let reply = put(&world, &key, json!({})).await;
    let missing: Vec<_> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
    for name in ["merchantIdentifier", "displayName", "countryCode", "supportedNetworks"] {
        assert!(missing.contains(&format!("/{name}")), "{name}: {missing:?}");
    }
    let rows = world.memory.world();
    let changed = rows.book.journal.values().flatten();
    assert_eq!(changed.filter(|row| row.event_type == JournalEvent::ConfigChanged).count(), 0);
}

#[tokio::test]
async fn secrets_are_the_tenants_own() {
    let (world, _) = world().await;
    let theirs = world.key(THEIRS, "test", &["admin"]).await;
    let target = format!("/v1/businesses/{}/apple-pay", super::world::THEIR_BUSINESS);
    let reply = world.with_key(&theirs, "PUT", &target, Some(settings())).await;
    let found = reply.faults();
    assert!(found.contains(&("/identity".to_owned(), "secret_missing".to_owned())), "{found:?}");
}

#[tokio::test]
async fn a_receipt_is_sent_once_and_only_for_what_is_paid() {
    let (world, key) = world().await;
    let target = format!("/v1/payments/{CAPTURED}/receipt");
    let receipt = |url: &str| Some(json!({ "url": url, "title": "Receipt" }));
    let first = world.with_key(&key, "POST", &target, receipt("https://shop.example.com/1")).await;
    assert_eq!(first.status, 202, "{:?}", first.body);
    let again = world.with_key(&key, "POST", &target, receipt("https://shop.example.com/1")).await;
    assert_eq!(again.body, first.body, "the same receipt is the same message");
    let other = world.with_key(&key, "POST", &target, receipt("https://shop.example.com/2")).await;
    assert_ne!(other.text("messageId"), first.text("messageId"));
    let body = json!({ "url": "http://shop.example.com", "imageUrl": "ftp://x", "odd": 1 });
    let odd = world.with_key(&key, "POST", &target, Some(body)).await;
    assert_eq!(odd.faults(), [("/odd".to_owned(), "unknown_field".to_owned())]);
    let body = json!({ "url": "http://shop.example.com", "imageUrl": "ftp://x" });
    let odd = world.with_key(&key, "POST", &target, Some(body)).await;
    let pointers: Vec<_> = odd.faults().into_iter().map(|(pointer, _)| pointer).collect();
    assert!(pointers.contains(&"/url".to_owned()), "{pointers:?}");
    assert!(pointers.contains(&"/imageUrl".to_owned()), "{pointers:?}");

    let open = "pay_openpayopenpayopenpayopenp";
    keep_payment(&world, BUSINESS, open, PaymentState::Open);
    let target = format!("/v1/payments/{open}/receipt");
    let early = world.with_key(&key, "POST", &target, receipt("https://shop.example.com/1")).await;
    assert_eq!(early.code(), (409, "payment_state"));
}

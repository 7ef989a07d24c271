//! Apple Pay, from the request for money to the journal, with providers that keep books of their own.

use amb_local::Merchant;
use amb_simulator::model::{
    BusinessEvent, Choices, Dialect, Effect, FaultSpec, Pay, Place, PspFilter, PspPayment, Repeat,
    Sheet, SheetState, TokenTricks, TranscriptFilter, Tricks, Twist,
};
use http::Method;
use serde_json::{Value, json};

use crate::aws::{queued, until};
use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, items, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the desk costs, delivered: cents.
const TOTAL: i64 = 19_900 + 499;

/// A payment that is on the customer's phone.
pub(crate) struct Asked {
    /// `pay_…`
    pub(crate) id: String,
    /// Apple's id of the bubble.
    pub(crate) message: String,
}

impl Scene<'_> {
    /// A business that takes payments, and a customer who has written to it.
    pub(crate) async fn shop<'s>(
        ground: &Ground<'s>,
        name: &str,
        psp: Dialect,
    ) -> Fallible<Scene<'s>> {
        let scene = Scene::new(ground, name).await?;
        let merchant = Merchant::of(&scene.tenant).paid_by(psp);
        scene.stack.take_payments(&scene.tenant, &merchant).await?;
        scene.customer_is_heard("I would like the desk").await?;
        Ok(scene)
    }

    /// The business asks for the price of a desk.
    pub(crate) async fn ask(&self, key: &str) -> Fallible<Asked> {
        let body = json!({
            "from": self.tenant.business_id,
            "to": self.customer.opaque_id,
            "content": {
                "currencyCode": "USD",
                "reference": format!("order-{key}"),
                "title": "Your desk",
                "lineItems": [{"label": "Walnut desk", "amount": "199.00"}],
                "shippingMethods": [
                    {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": "4.99"},
                    {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": "15.00"}],
                "requiredShippingContactFields": ["post", "name"],
                "requiredBillingContactFields": ["post"],
                "pricing": {"by": "static", "servable": [{"country": "US"}],
                    "taxes": [{"country": "US", "region": "NY", "label": "Sales tax", "percent": "8.875"}]},
            },
        });
        let headers = [("idempotency-key", key)];
        let asked = self.api.call(Method::POST, "/v1/payments", &headers, Some(&body)).await?;
        assert_eq!(asked.status, 202, "{}", asked.body);
        let (id, message) = (text_at(&asked.body, "/id"), text_at(&asked.body, "/messageId"));
        let shown = TranscriptFilter {
            id: Some(message.clone()),
            customer: Some(self.customer.name.clone()),
            state: Some(amb_simulator::model::EntryState::Shown),
            wait: PATIENCE_MS,
            ..TranscriptFilter::default()
        };
        let shown = self.simulator.transcript(&shown).await?;
        assert_eq!(shown.len(), 1, "the bubble is on the phone");
        Ok(Asked { id, message })
    }

    pub(crate) async fn pays(&self, asked: &Asked) -> Fallible<Sheet> {
        Ok(self.simulator.pay(&self.customer.name, &Pay::message(&asked.message)).await?)
    }

    /// The event of this type about this payment.
    pub(crate) async fn told(&self, kind: &str, asked: &Asked) -> Fallible<BusinessEvent> {
        self.taken(kind, &asked.id).await
    }

    /// What the provider keeps of payments of this customer.
    async fn books(&self) -> Fallible<Vec<PspPayment>> {
        let customer = Some(self.customer.name.clone());
        Ok(self.simulator.psp_payments(&PspFilter { customer, ..PspFilter::default() }).await?)
    }

    async fn payment(&self, asked: &Asked) -> Fallible<Value> {
        Ok(self.api.read(&format!("/v1/payments/{}", asked.id)).await?)
    }
}

/// Money that is held or was captured, in all books: cents.
fn kept(books: &[PspPayment]) -> i64 {
    books.iter().map(|it| it.held + it.captured - it.refunded).sum()
}

fn holds(books: &[PspPayment]) -> usize {
    books.iter().map(PspPayment::holds).sum()
}

/// No money is held or kept any more. A doubt is looked into after 45 s, and a round that is lost costs 40 s
/// more: nobody looks only once.
async fn is_let_go(scene: &Scene<'_>) -> Outcome {
    let nothing_is_kept = async || Ok(kept(&scene.books().await?) == 0);
    if until("the money is let go", &nothing_is_kept).await.is_ok() {
        return Ok(());
    }
    until("the money is let go", &nothing_is_kept).await
}

/// Statuses that the device was told.
fn statuses(sheet: &Sheet) -> Vec<String> {
    let calls = sheet.calls_of("paymentGateway");
    calls.into_iter().map(|call| text_at(&call.answer, "/status")).collect()
}

async fn paid_through(ground: &Ground<'_>, name: &str, psp: Dialect) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(ground, name, psp).await?;
    let asked = scene.ask("1001").await?;
    let sheet = scene.pays(&asked).await?;
    assert_eq!(sheet.state, SheetState::Paid, "{sheet:#?}");

    let authorized = scene.told("payment.authorized", &asked).await?;
    assert_eq!(text_at(&authorized.event, "/data/amount"), "203.99");
    assert_eq!(text_at(&authorized.event, "/data/reference"), "order-1001");
    // The device has told what it showed: it is captured at once.
    scene.told("payment.captured", &asked).await?;
    let books = scene.books().await?;
    assert_eq!((holds(&books), kept(&books)), (1, TOTAL), "{books:#?}");
    let payment = scene.payment(&asked).await?;
    assert_eq!(text_at(&payment, "/state"), "captured", "{payment}");

    // Half of it goes back, once however often it is asked for.
    let path = format!("/v1/payments/{}/refunds", asked.id);
    for _ in 0..2 {
        let headers = [("idempotency-key", "half")];
        let half = json!({"amount": "100.00"});
        let answer = scene.api.call(Method::POST, &path, &headers, Some(&half)).await?;
        assert!((200..300).contains(&answer.status), "{}", answer.body);
    }
    scene.told("payment.refunded", &asked).await?;
    let books = scene.books().await?;
    assert_eq!(kept(&books), TOTAL - 10_000, "{books:#?}");
    Ok(())
}

pub(crate) async fn ap17_ap18_ap19_a_customer_pays_through_stripe(ground: Ground<'_>) -> Outcome {
    paid_through(&ground, "pay-stripe", Dialect::Stripe).await
}

pub(crate) async fn ap17_ap18_ap19_a_customer_pays_through_adyen(ground: Ground<'_>) -> Outcome {
    paid_through(&ground, "pay-adyen", Dialect::Adyen).await
}

pub(crate) async fn ap17_ap18_ap19_a_customer_pays_through_the_business(
    ground: Ground<'_>,
) -> Outcome {
    paid_through(&ground, "pay-endpoint", Dialect::Endpoint).await
}

/// Address and delivery change the price, a card is declined, another one pays.
pub(crate) async fn ap18_choices_change_the_total_and_a_declined_card_may_be_changed(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-choices", Dialect::Stripe).await?;
    let asked = scene.ask("1002").await?;
    let simulator = &scene.simulator;
    let sheet = simulator.open_sheet(&scene.customer.name, &asked.message).await?;
    assert_eq!(text_at(&sheet.total, "/amount"), "203.99");
    let choose = async |choices: Choices| simulator.choose(&sheet, &choices).await;
    let moved =
        choose(Choices { shipping_contact: Some("work".to_owned()), ..Choices::default() }).await?;
    assert_eq!(text_at(&moved.total, "/amount"), "221.65", "8.875 % on the desk");
    let fast =
        choose(Choices { shipping_method: Some("exp".to_owned()), ..Choices::default() }).await?;
    assert_eq!(text_at(&fast.total, "/amount"), "231.66");
    let far =
        choose(Choices { shipping_contact: Some("antarctica".to_owned()), ..Choices::default() })
            .await?;
    assert_eq!(text_at(&json!(far.errors), "/0/code"), "addressUnserviceable");
    let back =
        choose(Choices { shipping_contact: Some("work".to_owned()), ..Choices::default() }).await?;
    assert!(back.errors.is_empty(), "{:?}", back.errors);

    let poor = choose(Choices { card: Some("declined".to_owned()), ..Choices::default() }).await?;
    let declined = simulator.authorize(&poor, &Tricks::default()).await?;
    assert_eq!(declined.state, SheetState::Declined);
    scene.told("payment.declined", &asked).await?;

    let again = simulator.open_sheet(&scene.customer.name, &asked.message).await?;
    let card = Choices { card: Some("mastercard".to_owned()), ..Choices::default() };
    let again = simulator.choose(&again, &card).await?;
    let paid = simulator.authorize(&again, &Tricks::default()).await?;
    assert_eq!(paid.state, SheetState::Paid, "{paid:#?}");
    scene.told("payment.captured", &asked).await?;
    let books = scene.books().await?;
    let shown = text_at(&paid.total, "/amount").replace('.', "").parse::<i64>()?;
    assert_eq!(kept(&books), shown, "what is charged is what was shown: {books:#?}");

    let private = json!({"name": "Fulfilment", "mode": "test", "scopes": ["private"]});
    let key = scene.api.create("/v1/keys", &private).await?;
    let fulfilment = scene.stack.api(&text_at(&key, "/key"));
    let contacts = fulfilment.read(&format!("/v1/payments/{}/contacts", asked.id)).await?;
    let call = paid.calls_of("paymentGateway").pop().ok_or("the gateway was called")?;
    for contact in ["shippingContact", "billingContact"] {
        let sent = call.request.pointer(&format!("/payment/{contact}"));
        assert!(sent.is_some() && contacts.get(contact) == sent, "{contacts:#}");
    }
    Ok(())
}

pub(crate) async fn f113_f115_the_same_callback_fifty_times_makes_one_hold(
    ground: Ground<'_>,
) -> Outcome {
    let _alone = ground.alone().await; // fifty callbacks at once: nobody else would be served
    let scene = Scene::shop(&ground, "pay-fifty", Dialect::Stripe).await?;
    let asked = scene.ask("1003").await?;
    let tricks = Tricks { copies: Some(50), ..Tricks::default() };
    let pay = Pay::message(&asked.message).tricks(tricks);
    let sheet = scene.simulator.pay(&scene.customer.name, &pay).await?;
    let told = statuses(&sheet);
    assert_eq!(told.len(), 50);
    assert!(told.iter().all(|status| status == "STATUS_SUCCESS"), "{told:?}");
    let later =
        scene.simulator.repeat(&sheet, &Repeat { copies: Some(3), ..Repeat::default() }).await?;
    let again: Vec<_> = later.iter().map(|call| text_at(&call.answer, "/status")).collect();
    assert!(again.iter().all(|status| status == "STATUS_SUCCESS"), "{again:?}");
    scene.told("payment.captured", &asked).await?;
    let books = scene.books().await?;
    assert_eq!((holds(&books), kept(&books)), (1, TOTAL), "{books:#?}");
    Ok(())
}

pub(crate) async fn f114_a_token_pays_one_payment_only(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-replay", Dialect::Stripe).await?;
    let (first, second) = (scene.ask("1004").await?, scene.ask("1005").await?);
    let paid = scene.pays(&first).await?;
    assert_eq!(paid.state, SheetState::Paid);
    let token = TokenTricks { of_sheet: Some(paid.id.clone()), ..TokenTricks::default() };
    let pay = Pay::message(&second.message).tricks(Tricks { token, ..Tricks::default() });
    let replayed = scene.simulator.pay(&scene.customer.name, &pay).await?;
    assert_eq!(statuses(&replayed), ["STATUS_FAILURE"]);
    // Old, forged, or for somebody else: nothing is held for any of them.
    for token in [
        TokenTricks { signed_seconds: -301, ..TokenTricks::default() },
        TokenTricks { signed_seconds: 120, ..TokenTricks::default() },
    ] {
        let pay = Pay::message(&second.message).tricks(Tricks { token, ..Tricks::default() });
        let stale = scene.simulator.pay(&scene.customer.name, &pay).await?;
        assert_eq!(statuses(&stale), ["STATUS_FAILURE"]);
    }
    assert_eq!(holds(&scene.books().await?), 1);
    Ok(())
}

/// The provider holds the money and the answer is lost, or wrong, or late: the device is told failure,
/// and the money is let go.
pub(crate) async fn f112_f117_money_that_nobody_is_sure_of_is_let_go(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let twists = [
        ("fails", Dialect::Stripe, "authorize", Twist::FailsAfter),
        ("partly", Dialect::Adyen, "authorize", Twist::Partial { amount: 100 }),
        ("pending", Dialect::Endpoint, "authorize", Twist::Pending),
    ];
    for (name, psp, operation, twist) in twists {
        let scene = Scene::shop(&ground, &format!("pay-doubt-{name}"), psp).await?;
        let asked = scene.ask(name).await?;
        // Every try of ours meets the same.
        scene.fault(FaultSpec::money(psp, operation, twist).times(2)).await?;
        let sheet = scene.pays(&asked).await?;
        let told = statuses(&sheet);
        if told == ["STATUS_SUCCESS"] {
            // A second try under the same key may tell the truth in time.
            scene.told("payment.captured", &asked).await?;
            assert_eq!(kept(&scene.books().await?), TOTAL, "{name}");
            continue;
        }
        assert_eq!(told, ["STATUS_FAILURE"], "{name}");
        is_let_go(&scene).await.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// A business that captures by hand waits too long: the provider lets the money go by itself, and says so.
pub(crate) async fn a_hold_that_runs_out_at_the_provider_is_voided_here(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    for (name, psp) in
        [("stripe", Dialect::Stripe), ("adyen", Dialect::Adyen), ("own", Dialect::Endpoint)]
    {
        let scene = Scene::new(&ground, &format!("pay-runs-out-{name}")).await?;
        let mut merchant = Merchant::of(&scene.tenant).paid_by(psp);
        merchant.settings.insert("capture".to_owned(), json!({"when": "manual"}));
        scene.stack.take_payments(&scene.tenant, &merchant).await?;
        scene.customer_is_heard("I would like the desk").await?;
        let asked = scene.ask(name).await?;
        assert_eq!(scene.pays(&asked).await?.state, SheetState::Paid);
        scene.told("payment.authorized", &asked).await?;
        let held = scene.books().await?.remove(0);
        scene.simulator.expire(&held).await?;
        scene.told("payment.voided", &asked).await?;
        assert_eq!(text_at(&scene.payment(&asked).await?, "/state"), "voided", "{name}");
        assert!(scene.simulator.expire(&held).await.is_err(), "nothing is held any more");
    }
    Ok(())
}

/// The function dies while the provider holds its answer back: the row and the delayed message bring it
/// to its end.
pub(crate) async fn f111_a_killed_gateway_holds_no_money(ground: Ground<'_>) -> Outcome {
    let scene = Scene::shop(&ground, "pay-killed", Dialect::Stripe).await?;
    let asked = scene.ask("1006").await?;
    let slow = FaultSpec::new(Place::Psp(Dialect::Stripe), Effect::AnswerLost);
    scene.fault(slow.message_type("authorize").delay_ms(8_000).times(1)).await?;
    let alone = ground.alone().await;
    let pay = Pay::message(&asked.message);
    let killed = async {
        let is_held = async || Ok(holds(&scene.books().await?) > 0);
        until("the provider holds the money", is_held).await?;
        for process in scene.stack.processes("apple-pay") {
            process.kill();
        }
        drop(alone);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let (sheet, killed) = tokio::join!(scene.simulator.pay(&scene.customer.name, &pay), killed);
    killed?;
    let sheet = sheet?;
    assert_ne!(sheet.state, SheetState::Paid, "nobody told the device that it was paid");
    is_let_go(&scene).await?;
    let repeated = scene.simulator.repeat(&sheet, &Repeat::default()).await?;
    let repeated = repeated.first().map(|call| text_at(&call.answer, "/status"));
    assert_eq!(repeated.as_deref(), Some("STATUS_FAILURE"));
    assert_eq!(holds(&scene.books().await?), 1);
    Ok(())
}

/// What the customer's device showed is not what was authorised: nothing is captured.
pub(crate) async fn a_device_that_showed_another_total_is_not_charged(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-mismatch", Dialect::Stripe).await?;
    let asked = scene.ask("1007").await?;
    let tricks = Tricks { tracked_total: Some("1.00".to_owned()), ..Tricks::default() };
    let pay = Pay::message(&asked.message).tricks(tricks);
    scene.simulator.pay(&scene.customer.name, &pay).await?;
    scene.told("payment.mismatch", &asked).await?;
    assert_eq!(text_at(&scene.payment(&asked).await?, "/state"), "ackMismatch");
    let path = format!("/v1/payments/{}/void", asked.id);
    let voided = scene.api.call(Method::POST, &path, &[], None).await?;
    assert!((200..300).contains(&voided.status), "{}", voided.body);
    scene.told("payment.voided", &asked).await?;
    assert_eq!(kept(&scene.books().await?), 0);
    Ok(())
}

/// Adyen takes a capture, and its notice says that it came to nothing: nobody is told that it is captured,
/// and a person has to look.
pub(crate) async fn a_capture_that_was_taken_and_failed_is_a_persons(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-taken", Dialect::Adyen).await?;
    let asked = scene.ask("1009").await?;
    let twist = Twist::Declined { code: "expired".to_owned() };
    scene.fault(FaultSpec::money(Dialect::Adyen, "capture", twist).times(1)).await?;
    scene.pays(&asked).await?;
    let told = scene.told("payment.mismatch", &asked).await?;
    assert_eq!(text_at(&told.event, "/data/reason"), "capture_refused");
    let payment = scene.payment(&asked).await?;
    assert_eq!(text_at(&payment, "/state"), "ackMismatch");
    assert_eq!(text_at(&payment, "/captured"), "0.00");
    // Once more, under another key: now it is done.
    let path = format!("/v1/payments/{}/capture", asked.id);
    let again = scene.api.call(Method::POST, &path, &[], None).await?;
    assert!((200..300).contains(&again.status), "{}", again.body);
    scene.told("payment.captured", &asked).await?;
    assert_eq!(kept(&scene.books().await?), TOTAL);
    Ok(())
}

/// The journal tells everything, in a chain, and none of what it must not.
pub(crate) async fn the_journal_tells_all_and_nothing_private(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-journal", Dialect::Stripe).await?;
    let asked = scene.ask("1008").await?;
    let sheet = scene.pays(&asked).await?;
    scene.told("payment.captured", &asked).await?;
    let payment = scene.payment(&asked).await?;
    let merchant = Merchant::of(&scene.tenant).identifier;
    let journal = scene.api.read(&format!("/v1/journal?merchant={merchant}&limit=100")).await?;
    let rows = items(&journal);
    let events: Vec<_> = rows.iter().map(|row| text_at(row, "/event_type")).collect();
    for event in [
        "OFFER_SENT",
        "SESSION_CREATED",
        "TOKEN_RECEIVED",
        "CLAIMED",
        "PSP_REQUEST",
        "PSP_RESULT",
        "TOLD",
        "ORDER_TRACKED",
        "CAPTURE_REQUESTED",
        "CAPTURED",
        "CONFIG_CHANGED",
    ] {
        assert!(events.iter().any(|it| it == event), "{event} is not among {events:?}");
    }

    let call = sheet.calls_of("paymentGateway").pop().ok_or("the gateway was called")?;
    let data = text_at(&call.request, "/payment/paymentToken/paymentData/data");
    let signature = text_at(&call.request, "/payment/paymentToken/paymentData/signature");
    let capability = call.url.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let secrets = [
        "4111111111111111",
        "Made-Up",
        "Sample St",
        "+12025550143",
        "ada@example.com",
        "sk_test_",
        "BEGIN PRIVATE KEY",
        data.get(..24).unwrap_or("data"),
        signature.get(100..140).unwrap_or("cms"),
        &capability,
    ];
    let mut places = vec![
        ("GET /v1/payments".to_owned(), payment.to_string()),
        ("GET /v1/journal".to_owned(), journal.to_string()),
        ("the queues".to_owned(), queued(scene.stack).await?),
    ];
    for entry in std::fs::read_dir(&scene.stack.file.logs)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name != "emulator.log") {
            let log = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            places.push((path.display().to_string(), log));
        }
    }
    assert!(places.len() > 8, "the logs are where they should be");
    for (place, text) in &places {
        for (at, secret) in secrets.iter().enumerate() {
            assert!(!text.contains(secret), "secret {at} in {place}");
        }
    }
    Ok(())
}

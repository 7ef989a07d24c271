//! The payment sheet, proved against a gateway that answers as told.

use amb_simulator::client::ClientError;
use amb_simulator::model::{
    Choices, Pay, Repeat, SheetState, TokenTricks, TranscriptFilter, Tricks,
};
use serde_json::{Value, json};

use crate::support::{Stage, WAIT};
use crate::till::{MESSAGE_ID, REQUEST, Till, steps};

async fn at_the_till() -> (Stage, Till, String) {
    let (stage, till) = (Stage::new().await, Till::open().await);
    let ada = stage.open_conversation().await;
    till.ask(&stage, &ada, |_| ()).await;
    (stage, till, ada.name)
}

#[tokio::test]
async fn ap18_a_payment_goes_from_the_first_tap_to_the_reply() {
    let (stage, till, ada) = at_the_till().await;
    let sheet = stage.client.pay(&ada, &Pay::message(MESSAGE_ID)).await.unwrap();
    assert_eq!(sheet.state, SheetState::Paid, "{:?}", sheet.calls);
    let expected =
        ["paymentMethodUpdate", "shippingContactUpdate", "paymentGateway", "orderTracking"];
    assert_eq!(steps(&sheet), expected);

    let called = till.heard("gateway").remove(0);
    let body = called.json();
    assert_eq!((&body["requestIdentifier"], &body["version"]), (&json!(REQUEST), &json!(1)));
    let payment = &body["payment"];
    assert_eq!(payment["shippingContact"]["addressLines"], json!(["1 Sample St"]));
    assert_eq!(payment["shippingMethod"]["identifier"], "std");
    let token = &payment["paymentToken"];
    let inner = token["paymentData"]["header"]["transactionId"].as_str().unwrap();
    assert!(token["transactionIdentifier"].as_str().unwrap().eq_ignore_ascii_case(inner));
    assert_eq!(token["paymentMethod"]["network"], "Visa");

    let filter =
        TranscriptFilter { id: sheet.reply_id.clone(), wait: WAIT, ..TranscriptFilter::default() };
    let entries = stage.client.transcript(&filter).await.unwrap();
    let reply = &entries[0].message["interactiveData"]["data"];
    assert_eq!(reply["requestIdentifier"], REQUEST);
    assert_eq!(reply["payment"]["state"], "paid");
    assert_eq!(reply["payment"]["merchantSession"]["displayName"], "Example Shop");
}

#[tokio::test]
async fn p002_the_device_says_nothing_of_who_it_is() {
    let (stage, till, ada) = at_the_till().await;
    stage.client.pay(&ada, &Pay::message(MESSAGE_ID)).await.unwrap();
    for step in ["gateway", "method", "contact", "tracking"] {
        let called = till.heard(step).remove(0);
        let mut names: Vec<_> = called.headers.keys().map(|it| it.as_str().to_owned()).collect();
        names.retain(|it| !["host", "content-length", "connection"].contains(&it.as_str()));
        names.sort();
        assert_eq!(names, ["accept", "content-type"], "{step}");
        assert_eq!(called.header("content-type"), "application/json");
    }
    let garbage = [("authorization".to_owned(), "Bearer x".to_owned())];
    let tricks = Tricks { headers: garbage.into_iter().collect(), ..Tricks::default() };
    stage.client.pay(&ada, &Pay::message(MESSAGE_ID).tricks(tricks)).await.unwrap();
    assert_eq!(till.heard("gateway")[1].header("authorization"), "Bearer x");
}

#[tokio::test]
async fn ap18_what_is_chosen_changes_what_it_costs() {
    let (stage, till, ada) = at_the_till().await;
    till.answers("contact", 200, &json!({
        "newTotal": {"label": "Example Shop", "amount": "216.66", "type": "final"},
        "newLineItems": [{"label": "Desk", "amount": "199.00"}, {"label": "Tax", "amount": "17.66"}],
        "newShippingMethods": [{"identifier": "slow", "label": "Slow", "detail": "", "amount": "0.00"}],
    }));
    till.answers("method", 200, &json!({}));
    let sheet = stage.client.open_sheet(&ada, MESSAGE_ID).await.unwrap();
    assert_eq!(sheet.total["amount"], "216.66");
    assert_eq!(sheet.shipping_method.as_deref(), Some("slow"));
    let contact = till.heard("contact").remove(0).json()["payment"]["shippingContact"].clone();
    let shown: Vec<_> = contact.as_object().unwrap().keys().cloned().collect();
    let roughly = ["locality", "administrativeArea", "postalCode", "countryCode", "country"];
    assert_eq!(shown, roughly);

    let card = Choices { card: Some("mastercard".to_owned()), ..Choices::default() };
    stage.client.choose(&sheet, &card).await.unwrap();
    assert_eq!(
        till.heard("method")[1].json()["payment"],
        json!({"paymentMethod": {"type": "credit"}})
    );
    let gone = Choices { shipping_method: Some("exp".to_owned()), ..Choices::default() };
    let refused = stage.client.choose(&sheet, &gone).await;
    assert!(matches!(refused, Err(ClientError::Refused { status: 409, .. })));

    let paid = stage.client.authorize(&sheet, &Tricks::default()).await.unwrap();
    assert_eq!(paid.state, SheetState::Paid);
    let seen = till.heard("tracking").remove(0).json()["payment"]["summaryItems"].clone();
    assert_eq!(seen[0], json!({"label": "Desk", "amount": "199", "type": "Final"}));
    assert_eq!(seen[2], json!({"label": "Example Shop", "amount": "216.66", "type": "Final"}));
}

#[tokio::test]
async fn ap18_an_update_that_fails_ends_the_sheet_and_one_that_is_absent_does_not() {
    for (status, answer) in [(500, "{}"), (204, ""), (200, ""), (200, "[]"), (404, "{}")] {
        let (stage, till, ada) = at_the_till().await;
        till.says("method", status, answer);
        let sheet = stage.client.open_sheet(&ada, MESSAGE_ID).await.unwrap();
        assert_eq!(sheet.state, SheetState::Unavailable, "{status} {answer}");
        assert!(sheet.fallback_url.unwrap().ends_with("/fallback"));
    }
    let (stage, till) = (Stage::new().await, Till::open().await);
    let ada = stage.open_conversation().await;
    let bare = |payment: &mut Value| {
        let endpoints = payment["endpoints"].as_object_mut().unwrap();
        endpoints.retain(|name, _| name == "paymentGatewayUrl");
    };
    till.ask(&stage, &ada, bare).await;
    let pay = Pay::message(MESSAGE_ID).ship_by("exp");
    let sheet = stage.client.pay(&ada.name, &pay).await.unwrap();
    assert_eq!((steps(&sheet), sheet.state), (vec!["paymentGateway"], SheetState::Paid));
    assert_eq!(sheet.total["amount"], "199.00");
}

#[tokio::test]
async fn ap18_something_to_correct_keeps_the_sheet_open_and_a_plain_no_ends_it() {
    let (stage, till, ada) = at_the_till().await;
    let wrong =
        json!({"code": "billingContactInvalid", "contactField": "postalCode", "message": "No"});
    let unknown = json!({"code": "somethingNew", "message": "?"});
    till.says_first(200, &json!({"status": "STATUS_FAILURE", "errors": [wrong, unknown]}));
    let sheet = stage.client.pay(&ada, &Pay::message(MESSAGE_ID)).await.unwrap();
    assert_eq!((sheet.state, &sheet.errors), (SheetState::Open, &vec![wrong]));
    assert_eq!(sheet.reply_id, None);
    let again = stage.client.authorize(&sheet, &Tricks::default()).await.unwrap();
    assert_eq!((again.state, again.errors.len()), (SheetState::Paid, 0));
    let tokens: Vec<_> = till
        .heard("gateway")
        .iter()
        .map(|it| it.json()["payment"]["paymentToken"].clone())
        .collect();
    assert_ne!(tokens[0]["transactionIdentifier"], tokens[1]["transactionIdentifier"]);

    for (status, answer, state) in [
        (200, json!({"status": "STATUS_FAILURE", "errors": []}), SheetState::Declined),
        (200, json!({"status": "STATUS_PIN_REQUIRED"}), SheetState::Declined),
        (200, json!({"status": "OK"}), SheetState::Unavailable),
        (200, json!({}), SheetState::Unavailable),
        (500, json!({"status": "STATUS_SUCCESS"}), SheetState::Unavailable),
    ] {
        let (stage, till, ada) = at_the_till().await;
        till.says_first(status, &answer);
        let sheet = stage.client.pay(&ada, &Pay::message(MESSAGE_ID)).await.unwrap();
        assert_eq!(sheet.state, state, "{status} {answer}");
        assert!(till.heard("tracking").is_empty() && sheet.reply_id.is_none());
    }
}

#[tokio::test]
async fn ap17_the_device_calls_what_stands_in_the_session_and_believes_apple_only() {
    for (change, state) in [
        (json!({"merchantSession": {"displayName": "Somebody Else"}}), SheetState::Invalid),
        (json!({"merchantSession": {"expiresAt": 1}}), SheetState::Invalid),
        (json!({"state": "expired"}), SheetState::Expired),
        (
            json!({"paymentRequest": {"applePay": {"supportedNetworks": ["jcb"]}}}),
            SheetState::Setup,
        ),
    ] {
        let (stage, till) = (Stage::new().await, Till::open().await);
        let ada = stage.open_conversation().await;
        till.ask(&stage, &ada, |payment| merge(payment, &change)).await;
        let sheet = stage.client.open_sheet(&ada.name, MESSAGE_ID).await.unwrap();
        assert_eq!((sheet.state, sheet.calls.len()), (state, 0), "{change}");
    }
}

fn merge(into: &mut Value, change: &Value) {
    match change {
        Value::Object(members) => {
            for (name, value) in members {
                merge(&mut into[name.as_str()], value);
            }
        }
        other => *into = other.clone(),
    }
}

#[tokio::test]
async fn ap19_after_a_success_the_device_tells_once_what_the_customer_saw() {
    let (stage, till, ada) = at_the_till().await;
    // Nobody looks at the answer.
    till.says("tracking", 500, "no");
    let pay = Pay::message(MESSAGE_ID).ship_to("work");
    let sheet = stage.client.pay(&ada, &pay).await.unwrap();
    assert_eq!(sheet.state, SheetState::Paid);
    let told = till.heard("tracking");
    assert_eq!(told.len(), 1);
    let body = told[0].json();
    assert_eq!((&body["requestIdentifier"], &body["version"]), (&json!(REQUEST), &json!(1)));
    let payment = &body["payment"];
    assert_eq!(payment["shippingContact"]["addressLines"], json!(["500 Example Ave"]));
    assert_eq!(
        (&payment["shippingMethod"]["type"], &payment["errors"]),
        (&json!("Final"), &json!([]))
    );
    let seen = payment["summaryItems"].as_array().unwrap();
    assert_eq!(
        seen.last(),
        Some(&json!({"label": "Example Shop", "amount": "199", "type": "Final"}))
    );
    assert!(payment.get("paymentToken").is_none());
    assert!(sheet.reply_id.is_some());
}

#[tokio::test]
async fn a_device_can_be_made_to_lie_and_to_say_it_twice() {
    let (stage, till, ada) = at_the_till().await;
    let tricks = Tricks {
        copies: Some(2),
        version: Some(json!("1.0")),
        token: TokenTricks { amount: Some(1), ..TokenTricks::default() },
        tracked_total: Some("1.50".to_owned()),
        replies: Some("paymentNotCompleted".to_owned()),
        ..Tricks::default()
    };
    let sheet = stage.client.pay(&ada, &Pay::message(MESSAGE_ID).tricks(tricks)).await.unwrap();
    let calls = till.heard("gateway");
    assert_eq!((calls.len(), sheet.calls_of("paymentGateway").len()), (2, 2));
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(calls[0].json()["version"], "1.0");
    let seen = till.heard("tracking").remove(0).json()["payment"]["summaryItems"].clone();
    assert_eq!(seen.as_array().unwrap().last().unwrap()["amount"], "1.5");

    let again = Repeat { copies: Some(2), ..Repeat::default() };
    let answers = stage.client.repeat(&sheet, &again).await.unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1].answer["status"], "STATUS_SUCCESS");
    assert_eq!(till.heard("gateway")[3].body, calls[0].body);
}

#[tokio::test]
async fn a_message_that_asks_for_nothing_cannot_be_paid() {
    let (stage, _till, ada) = at_the_till().await;
    let missing = stage.client.open_sheet(&ada, "9c2e6a10-1f00-4f6e-8a01-00000000ffff").await;
    assert!(matches!(missing, Err(ClientError::Refused { status: 404, .. })));
    let sheet = stage.client.open_sheet(&ada, MESSAGE_ID).await.unwrap();
    let gone = stage.client.cancel_sheet(&sheet).await.unwrap();
    assert_eq!(gone.state, SheetState::Cancelled);
    let late = stage.client.authorize(&sheet, &Tricks::default()).await;
    assert!(matches!(late, Err(ClientError::Refused { status: 409, .. })));
}

//! Adyen's own words: answers that say "received", and notices that say what came of it.

use amb_simulator::model::{Dialect, FaultSpec, PspState, Twist};
use aws_lc_rs::hmac;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Shop, notices};

/// `PaymentResponse.ResultCodeEnum` and the members of the answers and of `ServiceError` in Adyen's API library for Node.js, 32.1.0 (Checkout v72).
const RESULT_CODES: [&str; 14] = [
    "AuthenticationFinished",
    "AuthenticationNotRequired",
    "Authorised",
    "Cancelled",
    "ChallengeShopper",
    "Error",
    "IdentifyShopper",
    "PartiallyAuthorised",
    "Pending",
    "PresentToShopper",
    "Received",
    "RedirectShopper",
    "Refused",
    "Success",
];
const PAYMENT_RESPONSE: [&str; 16] = [
    "action",
    "additionalData",
    "amount",
    "donationToken",
    "fraudResult",
    "merchantReference",
    "order",
    "paymentMethod",
    "paymentValidations",
    "pspReference",
    "refusalReason",
    "refusalReasonCode",
    "resultCode",
    "threeDS2ResponseData",
    "threeDS2Result",
    "threeDSPaymentData",
];
const CAPTURE_RESPONSE: [&str; 10] = [
    "amount",
    "lineItems",
    "merchantAccount",
    "paymentPspReference",
    "platformChargebackLogic",
    "pspReference",
    "reference",
    "splits",
    "status",
    "subMerchants",
];
const REFUND_RESPONSE: [&str; 11] = [
    "amount",
    "capturePspReference",
    "lineItems",
    "merchantAccount",
    "merchantRefundReason",
    "paymentPspReference",
    "pspReference",
    "reference",
    "splits",
    "status",
    "store",
];
const REVERSAL_RESPONSE: [&str; 5] =
    ["merchantAccount", "paymentPspReference", "pspReference", "reference", "status"];
const STANDALONE_CANCEL_RESPONSE: [&str; 5] =
    ["merchantAccount", "paymentReference", "pspReference", "reference", "status"];
const SERVICE_ERROR: [&str; 6] =
    ["additionalData", "errorCode", "errorType", "message", "pspReference", "status"];

fn is_made_of(answer: &Value, members: &[&str]) {
    let odd: Vec<_> =
        answer.as_object().unwrap().keys().filter(|it| !members.contains(&it.as_str())).collect();
    assert!(odd.is_empty(), "{odd:?} in {answer}");
}

#[tokio::test]
async fn adyens_answers_are_made_of_what_its_library_knows() {
    for card in ["visa", "declined", "stolen", "expired", "postcode", "challenge"] {
        let shop = Shop::with_accounts(card).await;
        let (_, said) = shop.adyen("payments", &shop.payment("a-1"), "k").await.unwrap();
        is_made_of(&said, &PAYMENT_RESPONSE);
        let code = said["resultCode"].as_str().unwrap();
        assert!(RESULT_CODES.contains(&code), "{code}");
        // What waits for its customer has no name yet, but for the books.
        assert_eq!(said.get("pspReference").is_none(), card == "challenge", "{said}");
        let psp = shop.books(Dialect::Adyen).await.remove(0).id;
        let change = json!({"merchantAccount": "ShopECOM", "reference": "c",
                            "amount": {"currency": "USD", "value": 19_900}});
        let (_, taken) =
            shop.adyen(&format!("payments/{psp}/captures"), &change, "c").await.unwrap();
        is_made_of(&taken, &CAPTURE_RESPONSE);
        let (_, taken) =
            shop.adyen(&format!("payments/{psp}/refunds"), &change, "r").await.unwrap();
        is_made_of(&taken, &REFUND_RESPONSE);
        let bare = json!({"merchantAccount": "ShopECOM", "reference": "c"});
        for (what, key) in [("reversals", "v"), ("cancels", "x")] {
            let (_, taken) =
                shop.adyen(&format!("payments/{psp}/{what}"), &bare, key).await.unwrap();
            is_made_of(&taken, &REVERSAL_RESPONSE);
        }
        let own =
            json!({"merchantAccount": "ShopECOM", "paymentReference": "a-1", "reference": "c"});
        let (_, taken) = shop.adyen("cancels", &own, "t").await.unwrap();
        is_made_of(&taken, &STANDALONE_CANCEL_RESPONSE);
        let (status, no) = shop.adyen("payments/NONE/captures", &change, "n").await.unwrap();
        assert_eq!(status, 422);
        is_made_of(&no, &SERVICE_ERROR);
    }
}

#[tokio::test]
async fn adyen_takes_a_capture_that_comes_to_nothing() {
    let shop = Shop::with_accounts("visa").await;
    let (_, paid) = shop.adyen("payments", &shop.payment("pay_a-1"), "k").await.unwrap();
    let psp = paid["pspReference"].as_str().unwrap();
    let twist = Twist::Declined { code: "expired".to_owned() };
    shop.fault(FaultSpec::money(Dialect::Adyen, "capture", twist)).await;
    let change = json!({"merchantAccount": "ShopECOM", "reference": "c",
                        "amount": {"currency": "USD", "value": 19_900}});
    let (status, taken) =
        shop.adyen(&format!("payments/{psp}/captures"), &change, "c").await.unwrap();
    assert_eq!((status, &taken["status"]), (201, &json!("received")));
    let told = notices(&shop, 2).await;
    let items: Vec<_> =
        told.iter().map(|it| &it["notificationItems"][0]["NotificationRequestItem"]).collect();
    let capture = items.iter().find(|it| it["eventCode"] == "CAPTURE").unwrap();
    assert_eq!(
        (&capture["success"], &capture["pspReference"]),
        (&json!("false"), &taken["pspReference"])
    );
    let payment = shop.books(Dialect::Adyen).await.remove(0);
    assert_eq!((payment.state, payment.held, payment.captured), (PspState::Held, 19_900, 0));
}

#[tokio::test]
async fn adyen_takes_a_change_and_tells_what_came_of_it() {
    let shop = Shop::with_accounts("visa").await;
    let (_, paid) = shop.adyen("payments", &shop.payment("pay_a-1"), "k").await.unwrap();
    assert_eq!(paid["resultCode"], "Authorised");
    assert_eq!(paid["amount"], json!({"currency": "USD", "value": 19_900}));
    let (_, again) = shop.adyen("payments", &shop.payment("pay_a-1"), "k").await.unwrap();
    assert_eq!(paid, again);
    let psp = paid["pspReference"].as_str().unwrap();
    let change = json!({"merchantAccount": "ShopECOM", "reference": "c",
                        "amount": {"currency": "USD", "value": 19_900}});
    let (status, taken) =
        shop.adyen(&format!("payments/{psp}/captures"), &change, "c").await.unwrap();
    assert_eq!((status, &taken["status"]), (201, &json!("received")));
    assert_eq!(taken["paymentPspReference"], psp);
    let (status, _) = shop.adyen(&format!("payments/{psp}/cancels"), &change, "x").await.unwrap();
    assert_eq!(status, 201);

    let told = notices(&shop, 3).await;
    let item = |index: usize| &told[index]["notificationItems"][0]["NotificationRequestItem"];
    let mut events: Vec<_> =
        (0..3).map(|it| (item(it)["eventCode"].clone(), item(it)["success"].clone())).collect();
    events.sort_by_key(|it| it.0.to_string());
    let expected = [("AUTHORISATION", "true"), ("CANCELLATION", "false"), ("CAPTURE", "true")];
    assert_eq!(events, expected.map(|(code, success)| (json!(code), json!(success))));
    for index in 0..3 {
        let it = item(index);
        let text = |name: &str| it[name].as_str().unwrap_or_default();
        let signed = format!(
            "{}:{}:ShopECOM:pay_a-1:{}:USD:{}:{}",
            text("pspReference"),
            text("originalReference"),
            it["amount"]["value"],
            text("eventCode"),
            text("success")
        );
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[0, 0xff]), signed.as_bytes());
        assert_eq!(it["additionalData"]["hmacSignature"], BASE64.encode(mac.as_ref()));
    }
}

#[tokio::test]
async fn adyen_says_which_of_the_two_a_reversal_was() {
    for captures in [true, false] {
        let shop = Shop::with_accounts("visa").await;
        let (_, paid) = shop.adyen("payments", &shop.payment("pay_a-1"), "k").await.unwrap();
        let psp = paid["pspReference"].as_str().unwrap();
        let change = json!({"merchantAccount": "ShopECOM", "reference": "c",
                            "amount": {"currency": "USD", "value": 19_900}});
        if captures {
            shop.adyen(&format!("payments/{psp}/captures"), &change, "c").await.unwrap();
        }
        let bare = json!({"merchantAccount": "ShopECOM", "reference": "v"});
        shop.adyen(&format!("payments/{psp}/reversals"), &bare, "v").await.unwrap();
        let told = notices(&shop, if captures { 3 } else { 2 }).await;
        let items: Vec<_> =
            told.iter().map(|it| &it["notificationItems"][0]["NotificationRequestItem"]).collect();
        let reversed = items.iter().find(|it| it["eventCode"] == "CANCEL_OR_REFUND").unwrap();
        let action = &reversed["additionalData"]["modification.action"];
        assert_eq!(action, if captures { "refund" } else { "cancel" });
        assert_eq!(reversed["success"], "true");
    }
}

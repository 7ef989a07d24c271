//! Invitations: a conversation that the business begins, at a phone number.

use amb_simulator::client::ClientError;
use amb_simulator::model::{
    Answer, Close, ConversationState, Customer, CustomerPatch, NewCustomer, Reply, Send,
};
use serde_json::json;

use crate::sample::{BID, RED_DOT};
use crate::support::{BUSINESS_ID, Outbound, Stage, WAIT};

const NUMBER: &str = "+12025550100";
const MESSAGE_ID: &str = "9c2e6a10-1f00-4f6e-8a01-000000000001";

async fn with_number(stage: &Stage) -> Customer {
    let new = NewCustomer { phone: Some(NUMBER.to_owned()), ..NewCustomer::default() };
    stage.client.create_customer(&new).await.unwrap()
}

fn invitation(stage: &Stage, customer: &Customer, number: &str) -> Outbound {
    let content = json!({
        "bid": BID, "useLiveLayout": true,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-00000000000c",
            "notification": {
                "templateId": "binaryChoice.engage.withImage", "locale": "en-us",
                "referenceId": "order-1001",
                "parameters": {"brandName": "Example Shop", "brandLogo": RED_DOT},
            },
        },
    });
    let to = format!("tel:{number}");
    let mut call = stage.interactive(customer, content).property("destinationId", json!(to));
    call.to = to;
    call
}

async fn send(call: &Outbound) -> (u16, String) {
    let request = call.request().header("message-type", "notification");
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn state(stage: &Stage, customer: &Customer) -> ConversationState {
    stage.client.conversations(&customer.name).await.unwrap().pop().unwrap().state
}

#[tokio::test]
async fn an_invitation_taken_up_opens_the_conversation() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    assert_eq!(send(&invitation(&stage, &ada, NUMBER)).await, (200, String::new()));
    assert_eq!(state(&stage, &ada).await, ConversationState::New);
    assert_eq!(stage.outbound(&ada, "Hello").send().await.0, 404, "only the number is known yet");

    let yes = Reply::to(MESSAGE_ID, Answer::Invitation { accept: true }).wait(WAIT);
    stage.client.reply(&ada.name, &yes).await.unwrap();
    let heard = stage.msp.last();
    assert_eq!(heard.header("source-id"), ada.opaque_id);
    let data = &heard.json()["interactiveData"]["data"];
    assert_eq!(data["requestIdentifier"], format!("tel:{NUMBER}"));
    assert_eq!(data["referenceId"], "order-1001");
    assert_eq!(data["notification"]["id"], "yes");
    let shown = &data["notification"]["displayContent"]["determinateResponse"];
    assert_eq!((&shown["subtitle"], &shown["type"]), (&json!("Example Shop"), &json!({"yes": {}})));
    assert_eq!(stage.outbound(&ada, "Hello").send().await.0, 200);
}

#[tokio::test]
async fn an_invitation_turned_down_is_a_close_that_names_it_and_an_opt_out() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    assert_eq!(send(&invitation(&stage, &ada, NUMBER)).await.0, 200);
    let no = Reply::to(MESSAGE_ID, Answer::Invitation { accept: false }).wait(WAIT);
    stage.client.reply(&ada.name, &no).await.unwrap();
    let heard = stage.msp.last();
    let body = heard.json();
    assert_eq!((&body["type"], &body["referenceIds"]), (&json!("close"), &json!(["order-1001"])));
    assert_eq!(body["sourceId"], format!("tel:{NUMBER}"));
    assert_eq!(heard.header("source-id"), format!("tel:{NUMBER}"));
    assert_eq!(send(&invitation(&stage, &ada, NUMBER)).await.0, 410);

    stage.client.send(&ada.name, &Send::text("Hi").to(BUSINESS_ID).wait(WAIT)).await.unwrap();
    assert_eq!(send(&invitation(&stage, &ada, NUMBER)).await.0, 200);
}

#[tokio::test]
async fn a_number_that_nobody_has_is_404() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    let answer = send(&invitation(&stage, &ada, "+12025550199")).await;
    assert_eq!(answer, (404, "404 Not Found : No device registrations for user".to_owned()));
}

#[tokio::test]
async fn a_customer_who_left_is_410() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    stage.client.send(&ada.name, &Send::text("Hi").to(BUSINESS_ID).wait(WAIT)).await.unwrap();
    let close = Close { wait: WAIT, ..Close::default() };
    stage.client.close(&ada.name, &close).await.unwrap();
    assert_eq!(send(&invitation(&stage, &ada, NUMBER)).await.0, 410);
}

#[tokio::test]
async fn an_invitation_with_the_wrong_headers_is_refused() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    assert_eq!(invitation(&stage, &ada, NUMBER).send().await.0, 410, "no header");
    let mut at_opaque_id =
        invitation(&stage, &ada, NUMBER).property("destinationId", json!(ada.opaque_id));
    at_opaque_id.to.clone_from(&ada.opaque_id);
    assert_eq!(send(&at_opaque_id).await.0, 400);
    let text = stage.outbound(&ada, "Hi");
    let (status, body) = send(&text).await;
    assert_eq!(
        (status, body.as_str()),
        (400, "400 Bad Request : required property 'notification' is missing")
    );
}

#[tokio::test]
async fn a_number_has_one_owner() {
    let stage = Stage::new().await;
    let ada = with_number(&stage).await;
    let bob = stage.quiet_customer().await;
    for number in [NUMBER, "12025550100", "+", "+1202555010012345", "+1202x"] {
        let patch = CustomerPatch { phone: Some(number.to_owned()), ..CustomerPatch::default() };
        let refused = stage.client.change_customer(&bob.name, &patch).await;
        assert!(matches!(refused, Err(ClientError::Refused { status: 400, .. })), "{number}");
    }
    let patch = CustomerPatch { phone: Some(NUMBER.to_owned()), ..CustomerPatch::default() };
    assert_eq!(stage.client.change_customer(&ada.name, &patch).await.unwrap(), ada);
}

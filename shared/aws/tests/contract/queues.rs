use amb_aws::{QueueUrls, Queues};
use amb_service::{
    contract::{self, DELIVERIES, Sample},
    model::{DeliveryPointer, OutboundPointer, PayloadPointer, PaymentPointer, fairness_group},
    port::Entropy,
};
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
};
use std::time::Duration;

pub(crate) async fn take_what_they_are_given(client: &Client, sample: &Sample<impl Entropy>) {
    let deliveries = create(client, "deliveries", &[]).await;
    let fifo = [(QueueAttributeName::FifoQueue, "true")];
    let outbound = create(client, "outbound.fifo", &fifo).await;
    let payloads = create(client, "payloads", &[]).await;
    let settlements = create(client, "settlements", &[]).await;
    let urls = QueueUrls {
        deliveries: Some(deliveries.clone()),
        outbound: Some(outbound.clone()),
        payloads: Some(payloads.clone()),
        settlements: Some(settlements.clone()),
    };
    let queues = Queues::new(client.clone(), urls);
    contract::queues(&queues, sample).await.expect("queues");
    contract::payload_queue(&queues, sample).await.expect("the payloads queue");
    contract::settlement_queue(&queues, sample).await.expect("the settlements queue");

    let received = drained(client, &deliveries).await;
    // One of them is delayed, and a typing event came along.
    assert_eq!(u64::try_from(received.len()), Ok(DELIVERIES - 1 + 1));
    for message in &received {
        let pointer: DeliveryPointer =
            serde_json::from_str(message.body().expect("a body")).expect("a pointer");
        assert_eq!(*pointer.tenant(), sample.tenant);
        assert_eq!(group(message), Some(fairness_group(&sample.tenant)));
    }

    let received = drained(client, &payloads).await;
    // Two of them are delayed.
    assert!((5..=6).contains(&received.len()), "{}", received.len());
    for message in &received {
        let pointer: PayloadPointer =
            serde_json::from_str(message.body().expect("a body")).expect("a pointer");
        assert_eq!(pointer.tenant, sample.tenant);
        assert_eq!(group(message), Some(fairness_group(&sample.tenant)));
    }

    let received = drained(client, &settlements).await;
    assert_eq!(received.len(), 2, "two of them are delayed");
    for message in &received {
        let pointer: PaymentPointer =
            serde_json::from_str(message.body().expect("a body")).expect("a pointer");
        assert_eq!(pointer.tenant, sample.tenant);
        assert_eq!(group(message), Some(fairness_group(&sample.tenant)));
    }

    // The same message in the same round is one message; the group lets one through at a time.
    let first = one(client, &outbound).await;
    let pointer: OutboundPointer =
        serde_json::from_str(first.body().expect("a body")).expect("a pointer");
    assert_eq!(group(&first).as_deref(), Some(pointer.conversation.group()));
    let handle = first.receipt_handle().expect("a handle");
    queues.hold_back_outbound(handle, Duration::from_secs(600)).await.expect("held back");
    assert!(receive(client, &outbound, 10).await.is_empty(), "the second waits for the first");
    queues.hold_back_outbound(handle, Duration::ZERO).await.expect("let go");
    let again = one(client, &outbound).await;
    assert_eq!(again.message_id(), first.message_id());
    delete(client, &outbound, &again).await;
    let second = one(client, &outbound).await;
    assert_eq!(second.body(), first.body(), "the sweep's round");
    delete(client, &outbound, &second).await;
    assert!(receive(client, &outbound, 10).await.is_empty());
}

async fn create(client: &Client, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        request = request.attributes(attribute.clone(), *value);
    }
    request.send().await.expect("a queue").queue_url.expect("its URL")
}

async fn receive(client: &Client, url: &str, at_most: i32) -> Vec<Message> {
    let request = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(at_most)
        .message_system_attribute_names(MessageSystemAttributeName::All);
    request.send().await.expect("an answer").messages.unwrap_or_default()
}

async fn one(client: &Client, url: &str) -> Message {
    let mut received = receive(client, url, 1).await;
    assert_eq!(received.len(), 1);
    received.remove(0)
}

async fn drained(client: &Client, url: &str) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let received = receive(client, url, 10).await;
        if received.is_empty() {
            return all;
        }
        for message in received {
            delete(client, url, &message).await;
            all.push(message);
        }
    }
}

async fn delete(client: &Client, url: &str, message: &Message) {
    let handle = message.receipt_handle().expect("a handle");
    client.delete_message().queue_url(url).receipt_handle(handle).send().await.expect("deleted");
}

fn group(message: &Message) -> Option<String> {
    message.attributes()?.get(&MessageSystemAttributeName::MessageGroupId).cloned()
}

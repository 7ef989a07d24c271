//! What cases do at the emulator's services, and waiting for what cannot be subscribed to.

use std::collections::BTreeSet;
use std::time::Duration;

use amb_local::Stack;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Map, Value};

use crate::scene::PATIENCE_MS;

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The emulator's administrator.
pub(crate) fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "the local stack")
}

/// Puts a new current version of a secret; the one before it becomes the previous.
pub(crate) async fn put_secret(stack: &Stack, secret: &str, value: &Value) -> Fallible<()> {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&stack.file.emulator_url)
        .region(Region::new(stack.file.region.clone()))
        .credentials_provider(credentials())
        .build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    client.put_secret_value().secret_id(secret).secret_string(value.to_string()).send().await?;
    Ok(())
}

/// The ids of queue messages that name this id and that a function has taken and not finished.
/// Counting would not do: another case's messages come back in the meantime.
pub(crate) async fn taken(stack: &Stack, named: &str) -> Fallible<BTreeSet<String>> {
    let answer: Value = serde_json::from_str(&queued(stack).await?)?;
    let queues =
        answer.get("messages").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let queues = queues.filter_map(Value::as_object).flat_map(Map::values);
    let messages = queues.filter_map(Value::as_object).flat_map(Map::values);
    let member = |message: &Value, name: &str| message.get(name).cloned().unwrap_or_default();
    let messages = messages.filter_map(Value::as_array).flatten().filter(|message| {
        member(message, "ReceiveCount").as_u64() > Some(0)
            && member(message, "IsVisible") == false
            && member(message, "Body").as_str().is_some_and(|body| body.contains(named))
    });
    Ok(messages
        .filter_map(|message| Some(member(message, "MessageId").as_str()?.to_owned()))
        .collect())
}

/// Every message of every queue, as the emulator writes them.
pub(crate) async fn queued(stack: &Stack) -> Fallible<String> {
    let url = format!("{}/_ministack/sqs/messages", stack.file.emulator_url);
    Ok(stack.http().get(url).send().await?.text().await?)
}

/// Messages of a queue that wait.
pub(crate) async fn waiting(stack: &Stack, queue: &str) -> Fallible<u32> {
    count(stack, queue, QueueAttributeName::ApproximateNumberOfMessages).await
}

async fn count(stack: &Stack, queue: &str, name: QueueAttributeName) -> Fallible<u32> {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&stack.file.emulator_url)
        .region(Region::new(stack.file.region.clone()))
        .credentials_provider(credentials())
        .build();
    let client = aws_sdk_sqs::Client::from_conf(config);
    let request = client.get_queue_attributes().queue_url(queue).attribute_names(name.clone());
    let attributes = request.send().await?.attributes.unwrap_or_default();
    Ok(attributes.get(&name).map_or(Ok(0), |text| text.parse())?)
}

/// Looks again and again until it is so.
pub(crate) async fn until(
    what: &str,
    mut is_so: impl AsyncFnMut() -> Fallible<bool>,
) -> Fallible<()> {
    let looking = async {
        while !is_so().await? {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_millis(PATIENCE_MS), looking)
        .await
        .map_err(|_elapsed| format!("waited in vain until {what}"))?
}

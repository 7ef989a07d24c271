//! The row on its way to DynamoDB: made of the message, written as JSON, put.

use std::{
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use amb_aws::{Store, Tables};
use amb_protocol::inbound::Envelope;
use amb_service::{
    memory::Memory,
    model::{
        BodyEncoding, ConversationId, InboxMessage, InboxPointer, InboxSort, StoredBody, TenantId,
        body_hash,
    },
    port::Inbox,
};
use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
        },
    },
    error::BoxError,
    operation::put_item::PutItemInput,
};

use crate::{
    aws::{Aws, TABLES},
    clock::{median, micros, thread_nanos},
    journey::dynamodb,
    message::Webhook,
};

/// Rows written one by one.
const WRITES: u32 = 400;

/// Processor time in microseconds.
pub(super) struct Put {
    /// Making the row of the message.
    pub(super) row: f64,
    /// Writing it as JSON.
    pub(super) json: f64,
    /// All of it, over loopback without TLS.
    pub(super) whole: f64,
}

pub(super) fn measure(webhook: &Webhook, tenant: TenantId) -> Result<Put, Box<dyn Error>> {
    let aws = Aws::start()?;
    let marks = Marks::default();
    let client = Client::from_conf(dynamodb(&aws.url()).interceptor(marks.clone()).build());
    let [inbox, ..] = TABLES;
    let tables = Tables { inbox: Some(inbox.to_owned()), ..Tables::default() };
    let store = Store::new(client.clone(), tables);
    let message = stored(webhook, tenant)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut made, mut written, mut put) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..WRITES {
            let began = thread_nanos();
            store.commit(&message).await?;
            put.push(micros(thread_nanos() - began));
            made.push(marks.until_called(began));
            written.push(marks.writing());
        }
        // The same call with the row made beforehand: what is left is the SDK's own beginning.
        let mut ready = Vec::new();
        for _ in 0..WRITES {
            let input = marks.input().ok_or("the SDK was not called")?;
            let began = thread_nanos();
            let put = client
                .put_item()
                .set_table_name(input.table_name)
                .set_item(input.item)
                .set_condition_expression(input.condition_expression)
                .set_return_values_on_condition_check_failure(
                    input.return_values_on_condition_check_failure,
                );
            Box::pin(put.send()).await?;
            ready.push(marks.until_called(began));
        }
        let row = median(&mut made) - median(&mut ready);
        Ok(Put { row, json: median(&mut written), whole: median(&mut put) })
    })
}

/// When the SDK is called, and around its writing JSON, on this thread's own clock; and what it was
/// called with.
#[derive(Clone, Debug, Default)]
struct Marks(Arc<([AtomicU64; 3], Mutex<Option<PutItemInput>>)>);

impl Marks {
    fn until_called(&self, began: u64) -> f64 {
        let [called, ..] = self.0.0.each_ref().map(|mark| mark.load(Ordering::Relaxed));
        micros(called.saturating_sub(began))
    }

    fn writing(&self) -> f64 {
        let [_, before, after] = self.0.0.each_ref().map(|mark| mark.load(Ordering::Relaxed));
        micros(after.saturating_sub(before))
    }

    fn input(&self) -> Option<PutItemInput> {
        self.0.1.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Marks {
    fn name(&self) -> &'static str {
        "Marks"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ([called, ..], input) = &*self.0;
        called.store(thread_nanos(), Ordering::Relaxed);
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        if input.is_none() {
            *input = context.input().downcast_ref::<PutItemInput>().cloned();
        }
        Ok(())
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ([_, before, _], _) = &*self.0;
        before.store(thread_nanos(), Ordering::Relaxed);
        Ok(())
    }

    fn read_after_serialization(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ([_, _, after], _) = &*self.0;
        after.store(thread_nanos(), Ordering::Relaxed);
        Ok(())
    }
}

/// What the ack path puts.
fn stored(webhook: &Webhook, tenant: TenantId) -> Result<InboxMessage, Box<dyn Error>> {
    let envelope = Envelope::parse(&webhook.json)?;
    let conversation = ConversationId::of(&envelope.destination, &envelope.source);
    let sort = InboxSort::Message(envelope.id);
    let hash = body_hash(&webhook.json);
    Ok(InboxMessage {
        pointer: InboxPointer { tenant, conversation, sort },
        id: envelope.id,
        business: envelope.destination,
        opaque: envelope.source,
        kind: envelope.kind.as_str().to_owned(),
        capability_list: Some("LIST,TIME,QUICK,AUTH,AUTH2,FORM".to_owned()),
        body: StoredBody { encoding: BodyEncoding::Gzip, bytes: webhook.body.clone(), hash },
        received_at: Memory::new(1).world().now,
    })
}

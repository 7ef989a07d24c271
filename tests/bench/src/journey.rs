//! One message's way through the product, on the real adapters: AWS and the business's server are
//! stubs.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amb_aws::{QueueUrls, Queues, SecretsManagerApple, Store, Tables};
use amb_lambda::adapter::System;
use amb_protocol::secret::Secret;
use amb_service::{
    deliver::{Deliver, Delivered},
    dispatch::Dispatch,
    model::{
        Business, BusinessStatus, DeliveryPointer, Endpoint, EndpointId, EndpointStatus, Mode,
        TenantId,
    },
    port::{
        Businesses, Clock, Endpoints, InboxReader, WebhookAnswer, WebhookCall, WebhookError,
        Webhooks,
    },
    receive::Receive,
    seal::seal,
    service_key::ServiceKey,
};
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};

use crate::{
    aws::{APPLE_SECRET, Aws, TABLES, Tally},
    message::{Webhook, authorization, business, msp, secret},
};

/// A tenant's id.
const TENANT: &str = "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa";
/// What the endpoint's webhooks are signed with.
const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The use cases that a message passes.
pub(crate) struct Journey {
    store: Store,
    receive: Receive<Store, SecretsManagerApple, System>,
    dispatch: Dispatch<Store, Queues, System>,
    deliver: Deliver<Store, Queues, Answering, System>,
    business: Answering,
    authorization: String,
}

/// What one message cost.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Receive, dispatch, deliver.
    pub(crate) stages: [Tally; 3],
    /// What went to the business.
    pub(crate) webhook_bytes: usize,
}

impl Journey {
    /// On this AWS.
    pub(crate) fn new(aws: &Aws) -> Result<Self, Box<dyn Error>> {
        let url = aws.url();
        let store = store(&url);
        let sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region())
            .credentials_provider(credentials())
            .endpoint_url(&url);
        let queue = Some(format!("{url}/123456789012/deliveries"));
        let urls = QueueUrls { deliveries: queue, ..QueueUrls::default() };
        let queues = Queues::new(aws_sdk_sqs::Client::from_conf(sqs.build()), urls);
        let secrets = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region())
            .credentials_provider(credentials())
            .endpoint_url(&url);
        let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets.build());
        let secrets = SecretsManagerApple::new(secrets, APPLE_SECRET);
        let business = Answering::default();
        let key = service_key()?;
        Ok(Self {
            receive: Receive::new(msp(), store.clone(), secrets, System),
            dispatch: Dispatch::new(store.clone(), queues.clone(), System),
            deliver: Deliver::new(store.clone(), queues, business.clone(), System, key),
            authorization: authorization(&msp(), &secret(), System.now().as_second())?,
            store,
            business,
        })
    }

    /// One message, from Apple's request to the business's answer.
    pub(crate) async fn pass(
        &self,
        aws: &Aws,
        webhook: &Webhook,
    ) -> Result<Counted, Box<dyn Error>> {
        aws.take_tally();
        let request = webhook.request(&self.authorization);
        let received = Box::pin(self.receive.receive(request, webhook.body.clone())).await?;
        let receive = aws.take_tally();
        // The stream's record brings the row along: reading it is not the product's.
        let message = self.store.inbox_message(&received.pointer).await?.ok_or("no such row")?;
        aws.take_tally();
        self.dispatch.dispatch(&message).await?;
        let dispatch = aws.take_tally();
        let queued = dispatch.queued.first().ok_or("nothing was enqueued")?;
        let pointer: DeliveryPointer = serde_json::from_str(queued)?;
        match self.deliver.deliver(&pointer, Duration::from_secs(5)).await? {
            Delivered::Delivered => {}
            other => return Err(format!("the event was not delivered: {other:?}").into()),
        }
        let webhook_bytes = self.business.0.load(Ordering::Relaxed);
        Ok(Counted { stages: [receive, dispatch, aws.take_tally()], webhook_bytes })
    }
}

/// A business and its endpoint.
pub(crate) fn seed(aws_url: &str) -> Result<(), Box<dyn Error>> {
    let (store, now) = (store(aws_url), System.now());
    let tenant = TenantId::parse(TENANT)?;
    let row = Business {
        id: business(),
        tenant: tenant.clone(),
        name: "bench".to_owned(),
        mode: Mode::Live,
        status: BusinessStatus::Active,
        created_at: now,
    };
    let id = EndpointId::draw(&System);
    let signing_secret = Secret::new(SIGNING_SECRET.to_owned());
    let sealed = seal(&service_key()?, &id, &signing_secret, now, &System)?;
    let endpoint = Endpoint {
        id,
        tenant,
        url: "https://hooks.example.com/messages".to_owned(),
        description: String::new(),
        events: [].into(),
        routes: Vec::new(),
        ordered: false,
        timeout_seconds: 15,
        secrets: vec![sealed],
        status: EndpointStatus::Enabled,
        failing_since: None,
        failures: 0,
        created_at: now,
        revision: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        store.claim_business(&row).await?;
        store.insert_endpoint(&endpoint).await?;
        Ok(())
    })
}

/// A DynamoDB client's configuration for this endpoint.
pub(crate) fn dynamodb(aws_url: &str) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region())
        .credentials_provider(credentials())
        .endpoint_url(aws_url)
}

fn store(aws_url: &str) -> Store {
    let [inbox, conversations, accounts] = TABLES.map(|table| Some(table.to_owned()));
    let client = aws_sdk_dynamodb::Client::from_conf(dynamodb(aws_url).build());
    Store::new(client, Tables { inbox, conversations, accounts, ..Tables::default() })
}

fn region() -> Region {
    Region::from_static("eu-west-1")
}

fn credentials() -> Credentials {
    Credentials::new("bench", "bench", None, None, "bench")
}

fn service_key() -> Result<ServiceKey, Box<dyn Error>> {
    Ok(ServiceKey::derive(&Secret::new(vec![b'k'; 64]))?)
}

/// A business's server that takes everything and remembers how much the last call brought.
#[derive(Clone, Debug, Default)]
struct Answering(Arc<AtomicUsize>);

impl Webhooks for Answering {
    async fn call(&self, call: WebhookCall) -> Result<WebhookAnswer, WebhookError> {
        let headers = call.headers.iter().map(|(name, value)| name.len() + value.len() + 4);
        let size = call.url.len() + headers.sum::<usize>() + call.body.len();
        self.0.store(size, Ordering::Relaxed);
        Ok(WebhookAnswer { status: 204, retry_after: None, elapsed: Duration::ZERO })
    }
}

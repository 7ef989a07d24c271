use amb_aws::{Store, Tables};
use amb_protocol::id::{BusinessId, OpaqueId};
use amb_service::{
    model::{
        ConversationState, DownloadId, Payload, PayloadPlace, PayloadPointer, PayloadSource,
        TenantId,
    },
    port::{Conversations, Entropy, PortError, Step, Tenants},
};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;

const TENANT: &str = "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) async fn of_another_version_are_refused(store: &Store, client: &Client) {
    let put = client
        .put_item()
        .table_name("accounts")
        .item("pk", AttributeValue::S(format!("T#{TENANT}")))
        .item("sk", AttributeValue::S("TENANT".to_owned()))
        .item("v", AttributeValue::N("2".to_owned()));
    put.send().await.expect("a row");
    let found = store.tenant(&tenant()).await;
    assert!(matches!(found, Err(PortError::Unreadable { .. })), "{found:?}");
}

pub(crate) async fn tables_that_were_not_named_are_named_in_the_error(client: &Client) {
    let store = Store::new(client.clone(), Tables::default());
    let Err(PortError::Unavailable { source, .. }) = store.tenant(&tenant()).await else {
        panic!("there is no table");
    };
    assert!(source.to_string().contains("AMB_ACCOUNTS_TABLE"), "{source}");
}

/// DynamoDB would refuse it each time: that is nothing to be tried again.
pub(crate) async fn of_a_step_are_a_hundred_at_most(store: &Store, draw: &impl Entropy) {
    let now = Timestamp::UNIX_EPOCH;
    let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").expect("an id");
    let opaque = OpaqueId::parse("urn:mbid:rows").expect("an id");
    let mut state = ConversationState::new(tenant(), business.clone(), opaque, now);
    state.revision = 1;
    let payloads = (0..100).map(|_| {
        let place = PayloadPlace::Download(DownloadId::draw(draw));
        let pointer = PayloadPointer { tenant: tenant(), place };
        Payload::pending(pointer, business.clone(), PayloadSource::Inbox, now)
    });
    let step = Step { payloads: payloads.collect(), ..Step::to(state) };
    let refused = store.step(&step).await;
    assert!(matches!(refused, Err(PortError::Unreadable { .. })), "{refused:?}");
}

fn tenant() -> TenantId {
    TenantId::parse(TENANT).expect("a tenant id")
}

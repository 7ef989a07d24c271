use amb_aws::{Store, Tables};
use amb_service::{
    model::TenantId,
    port::{PortError, Tenants},
};
use aws_sdk_dynamodb::{Client, types::AttributeValue};

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

fn tenant() -> TenantId {
    TenantId::parse(TENANT).expect("a tenant id")
}

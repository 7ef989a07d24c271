//! The tables, keys and indexes as in `infra/template.yaml`.

use aws_sdk_dynamodb::{
    Client,
    operation::create_table::builders::CreateTableFluentBuilder,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};

use amb_aws::Tables;

/// Makes the four tables.
pub(crate) async fn create(client: &Client) -> Tables {
    let text = ScalarAttributeType::S;
    let inbox = index(table(client, "inbox"), "by-minute", ("mb", &text), ("rx", &text));
    let [conversations, payments] = ["conversations", "payments"].map(|name| {
        let due = ("due_at", &ScalarAttributeType::N);
        let due = index(table(client, name), "due", ("due", &text), due);
        index(due, "list", ("lpk", &text), ("lsk", &text))
    });
    for table in [inbox, conversations, payments, table(client, "accounts")] {
        table.send().await.expect("a table");
    }
    Tables {
        inbox: Some("inbox".to_owned()),
        conversations: Some("conversations".to_owned()),
        accounts: Some("accounts".to_owned()),
        payments: Some("payments".to_owned()),
    }
}

fn table(client: &Client, name: &str) -> CreateTableFluentBuilder {
    let text = ScalarAttributeType::S;
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", &text))
        .attribute_definitions(attribute("sk", &text))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
}

fn index(
    table: CreateTableFluentBuilder,
    name: &str,
    hash: (&str, &ScalarAttributeType),
    range: (&str, &ScalarAttributeType),
) -> CreateTableFluentBuilder {
    let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(key(hash.0, KeyType::Hash))
        .key_schema(key(range.0, KeyType::Range))
        .projection(keys_only)
        .build()
        .expect("an index");
    table
        .attribute_definitions(attribute(hash.0, hash.1))
        .attribute_definitions(attribute(range.0, range.1))
        .global_secondary_indexes(index)
}

fn attribute(name: &str, kind: &ScalarAttributeType) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name);
    definition.attribute_type(kind.clone()).build().expect("an attribute")
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
}

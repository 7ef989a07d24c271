//! What each function's role may do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Fallible, label, list, resources};
use crate::harness::Outcome;
use crate::scene::text_at;

/// Every permission of every role, besides its own log group and the key: `role: resource actions`.
pub(super) const PERMISSIONS: &str = "\
ApplePayOpensTokens: TokenDecryptFunction lambda:InvokeFunction
account-api: AccountsTable dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query
account-api: ConversationsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem
account-api: ConversationsTable/index/list dynamodb:Query
account-api: DeliveriesQueue sqs:SendMessage
account-api: FilesBucket/attachments/* s3:GetObject
account-api: FilesBucket/downloads/* s3:GetObject
account-api: FilesBucket/templates/* s3:DeleteObject s3:GetObject s3:PutObject
account-api: FilesBucket/uploads/* s3:GetObject s3:PutObject
account-api: InboxTable dynamodb:GetItem dynamodb:Query
account-api: OperatorKeySecret secretsmanager:GetSecretValue
account-api: OutboundQueue sqs:SendMessage
account-api: PayloadsQueue sqs:SendMessage
account-api: PaymentsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
account-api: PaymentsTable/index/list dynamodb:Query
account-api: ServiceKeySecret secretsmanager:GetSecretValue
account-api: SettlementsQueue sqs:SendMessage
account-api: merchants/* secretsmanager:GetSecretValue
apple-pay: AccountsTable dynamodb:GetItem
apple-pay: PaymentsTable dynamodb:GetItem dynamodb:PutItem
apple-pay: ServiceKeySecret secretsmanager:GetSecretValue
apple-pay: SettlementsQueue sqs:SendMessage
apple-pay: merchants/* secretsmanager:GetSecretValue
delivery-sweep: AccountsTable dynamodb:GetItem dynamodb:Query
delivery-sweep: ConversationsTable dynamodb:GetItem dynamodb:PutItem
delivery-sweep: ConversationsTable/index/due dynamodb:Query
delivery-sweep: DeliveriesQueue sqs:SendMessage
delivery-sweep: InboxTable dynamodb:GetItem dynamodb:Query
delivery-sweep: InboxTable/index/by-minute dynamodb:Query
delivery-sweep: OutboundQueue sqs:SendMessage
delivery-sweep: PayloadsQueue sqs:SendMessage
delivery-sweep: PaymentsTable dynamodb:GetItem dynamodb:PutItem
delivery-sweep: PaymentsTable/index/due dynamodb:Query
delivery-sweep: SettlementsQueue sqs:SendMessage
event-dispatch: AccountsTable dynamodb:GetItem dynamodb:Query
event-dispatch: ConversationsTable dynamodb:GetItem dynamodb:PutItem
event-dispatch: DeliveriesQueue sqs:SendMessage
event-dispatch: DispatchDlq sqs:SendMessage
event-dispatch: InboxTable dynamodb:GetItem dynamodb:Query
event-dispatch: InboxTable.StreamArn dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator
event-dispatch: InboxTable/stream/* dynamodb:ListStreams
event-dispatch: PayloadsQueue sqs:SendMessage
event-dispatch: PaymentsTable dynamodb:GetItem dynamodb:PutItem
event-dispatch: SettlementsQueue sqs:SendMessage
finance-export: FinanceBucket/* s3:GetObject
finance-export: FinanceBucket/tenant=*/journal-parquet/* s3:PutObject
finance-export: FinanceBucket/tenant=*/journal/* s3:PutObject
finance-export: FinanceBucket/tenant=*/matching/* s3:PutObject
finance-export: PaymentsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
finance-export: PaymentsTable/index/list dynamodb:Query
inbound-webhook: AccountsTable dynamodb:GetItem
inbound-webhook: AppleSecret secretsmanager:GetSecretValue
inbound-webhook: InboxTable dynamodb:PutItem
outbound-relay: AccountsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
outbound-relay: AppleSecret secretsmanager:GetSecretValue
outbound-relay: ConversationsTable dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem
outbound-relay: DeliveriesQueue sqs:SendMessage
outbound-relay: FilesBucket/outbound/* s3:GetObject
outbound-relay: FilesBucket/pictures/* s3:GetObject s3:PutObject
outbound-relay: FilesBucket/uploads/* s3:GetObject
outbound-relay: OutboundQueue sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage
outbound-relay: PayloadsQueue sqs:SendMessage
outbound-relay: PaymentsTable dynamodb:GetItem dynamodb:PutItem
outbound-relay: ServiceKeySecret secretsmanager:GetSecretValue
outbound-relay: merchants/* secretsmanager:GetSecretValue
outbound-send: AccountsTable dynamodb:GetItem dynamodb:PutItem
outbound-send: ConversationsTable dynamodb:GetItem dynamodb:PutItem
outbound-send: FilesBucket/outbound/* s3:PutObject
outbound-send: FilesBucket/pictures/* s3:GetObject s3:PutObject
outbound-send: FilesBucket/templates/* s3:GetObject
outbound-send: FilesBucket/uploads/* s3:GetObject
outbound-send: OutboundQueue sqs:SendMessage
outbound-send: PaymentsTable dynamodb:PutItem
payload-fetch: AccountsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
payload-fetch: AppleSecret secretsmanager:GetSecretValue
payload-fetch: ConversationsTable dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem
payload-fetch: DeliveriesQueue sqs:SendMessage
payload-fetch: FilesBucket/attachments/* s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject
payload-fetch: FilesBucket/ciphertexts/* s3:GetObject s3:PutObject
payload-fetch: FilesBucket/downloads/* s3:PutObject
payload-fetch: FilesBucket/fetched/* s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject
payload-fetch: FilesBucket/uploads/* s3:GetObject
payload-fetch: InboxTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
payload-fetch: PayloadsQueue sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
payload-fetch: PaymentsTable dynamodb:GetItem dynamodb:PutItem
payload-fetch: SettlementsQueue sqs:SendMessage
payment-settle: AccountsTable dynamodb:Query
payment-settle: ConversationsTable dynamodb:GetItem dynamodb:PutItem
payment-settle: DeliveriesQueue sqs:SendMessage
payment-settle: PaymentsTable dynamodb:GetItem dynamodb:PutItem
payment-settle: SettlementsQueue sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
payment-settle: merchants/* secretsmanager:GetSecretValue
token-decrypt: merchants/* secretsmanager:GetSecretValue
token-decrypt: processing/* secretsmanager:GetSecretValue
webhook-delivery: AccountsTable dynamodb:GetItem dynamodb:UpdateItem
webhook-delivery: ConversationsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem
webhook-delivery: DeliveriesQueue sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
webhook-delivery: InboxTable dynamodb:GetItem dynamodb:Query
webhook-delivery: ServiceKeySecret secretsmanager:GetSecretValue
";

/// What may be done with a function's own log group.
const LOGGING: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
/// What may be done with the key, by way of the services it encrypts for.
const KEY_USE: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

pub(crate) fn every_role_has_exactly_its_actions() -> Outcome {
    let mut found = BTreeSet::new();
    for (role, statement) in statements()? {
        for resource in list(&statement, "/Resource") {
            let resource = label(&resource);
            let actions: BTreeSet<_> =
                list(&statement, "/Action").iter().map(|it| text_at(it, "")).collect();
            let is = |these: &[&str]| actions.iter().map(String::as_str).eq(these.iter().copied());
            match resource.as_str() {
                "Key" => {
                    assert!(is(&KEY_USE), "{role}: {actions:?}");
                    let via = "/Condition/StringEquals/kms:ViaService";
                    assert!(statement.pointer(via).is_some(), "{role} uses the key directly");
                }
                logs if logs.ends_with("Logs") => assert!(is(&LOGGING), "{role}: {actions:?}"),
                _ => {
                    let actions = actions.into_iter().collect::<Vec<_>>().join(" ");
                    assert!(found.insert(format!("{role}: {resource} {actions}")), "twice");
                }
            }
        }
    }
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    let expected: Vec<_> = PERMISSIONS.lines().collect();
    let too_much: Vec<_> = found.iter().filter(|line| !expected.contains(line)).collect();
    let too_little: Vec<_> = expected.iter().filter(|line| !found.contains(line)).collect();
    assert!(too_much.is_empty() && too_little.is_empty(), "{too_much:#?} for {too_little:#?}");
    Ok(())
}

pub(crate) fn no_role_has_a_wildcard_or_a_managed_policy() -> Outcome {
    for (name, role) in resources("AWS::IAM::Role")? {
        assert_eq!(role.pointer("/ManagedPolicyArns"), None, "{name}");
        let trust = role.pointer("/AssumeRolePolicyDocument/Statement/0/Principal/Service");
        assert_eq!(trust, Some(&json!("lambda.amazonaws.com")), "{name}");
    }
    for (role, statement) in statements()? {
        assert_eq!(statement.pointer("/Effect"), Some(&json!("Allow")), "{role}");
        for action in list(&statement, "/Action") {
            assert!(!text_at(&action, "").contains('*'), "{role}: {action}");
        }
        for resource in list(&statement, "/Resource") {
            let label = label(&resource);
            let streams = label == "InboxTable/stream/*"; // a stream's name holds its birthday
            let files = label.strip_prefix("FilesBucket/").and_then(|key| key.strip_suffix("/*"));
            let folder = files.is_some_and(|name| name.bytes().all(|b| b.is_ascii_lowercase()));
            // Finance reads all of its bucket and writes what it makes; reports are others' to put there.
            let made = ["journal", "journal-parquet", "matching"];
            let made = made.map(|it| format!("FinanceBucket/tenant=*/{it}/*")).contains(&label);
            let reads = list(&statement, "/Action") == ["s3:GetObject"];
            let finance = made || reads && label == "FinanceBucket/*";
            // Secrets are those of merchants.
            let opener = role == "token-decrypt" && label == "processing/*";
            let money = opener || role == "finance-export" && finance || label == "merchants/*";
            assert!(streams || folder || money || !label.contains('*'), "{role}: {label}");
        }
    }
    Ok(())
}

/// Every statement of every role, with the package whose role it is.
fn statements() -> Fallible<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for (name, role) in resources("AWS::IAM::Role")? {
        for policy in list(&role, "/Policies") {
            let package = text_at(&policy, "/PolicyName");
            let owner = name.trim_end_matches("Role").to_ascii_lowercase();
            assert_eq!(package.replace('-', ""), owner, "a policy is named for its function");
            for statement in list(&policy, "/PolicyDocument/Statement") {
                all.push((package.clone(), statement));
            }
        }
    }
    // What a role may besides, in some deployments.
    for (name, policy) in resources("AWS::IAM::RolePolicy")? {
        for statement in list(&policy, "/PolicyDocument/Statement") {
            all.push((name.clone(), statement));
        }
    }
    Ok(all)
}

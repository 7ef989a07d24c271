//! What the deployed template promises.

#![expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]

use std::collections::{BTreeMap, BTreeSet};

use amb_local::Places;
use serde_json::{Value, json};

use crate::harness::Outcome;
use crate::repository;
use crate::scene::text_at;

/// Every permission of every role, besides its own log group and the key: `role: resource actions`.
const PERMISSIONS: &str = "\
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
apple-pay: PaymentsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
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
finance-export: FinanceBucket/* s3:GetObject s3:PutObject
finance-export: PaymentsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
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
outbound-send: FilesBucket/outbound/* s3:GetObject s3:PutObject
outbound-send: FilesBucket/pictures/* s3:GetObject s3:PutObject
outbound-send: FilesBucket/templates/* s3:GetObject
outbound-send: FilesBucket/uploads/* s3:GetObject
outbound-send: OutboundQueue sqs:SendMessage
outbound-send: PaymentsTable dynamodb:GetItem dynamodb:PutItem
payload-fetch: AccountsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
payload-fetch: AppleSecret secretsmanager:GetSecretValue
payload-fetch: ConversationsTable dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem
payload-fetch: DeliveriesQueue sqs:SendMessage
payload-fetch: FilesBucket/attachments/* s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject
payload-fetch: FilesBucket/ciphertexts/* s3:GetObject s3:PutObject
payload-fetch: FilesBucket/downloads/* s3:GetObject s3:PutObject
payload-fetch: FilesBucket/fetched/* s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject
payload-fetch: FilesBucket/uploads/* s3:GetObject
payload-fetch: InboxTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
payload-fetch: PayloadsQueue sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
payload-fetch: PaymentsTable dynamodb:GetItem dynamodb:PutItem
payload-fetch: SettlementsQueue sqs:SendMessage
payment-settle: AccountsTable dynamodb:GetItem dynamodb:Query
payment-settle: ConversationsTable dynamodb:GetItem dynamodb:PutItem
payment-settle: DeliveriesQueue sqs:SendMessage
payment-settle: PaymentsTable dynamodb:GetItem dynamodb:PutItem dynamodb:Query
payment-settle: SettlementsQueue sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage
payment-settle: merchants/* secretsmanager:GetSecretValue
token-decrypt: merchants/* secretsmanager:GetSecretValue
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

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Logical id and properties of every resource of a type.
fn resources(kind: &str) -> Fallible<BTreeMap<String, Value>> {
    let template = repository::template()?;
    let all = template.pointer("/Resources").and_then(Value::as_object).cloned();
    let of_kind: BTreeMap<_, _> = all
        .unwrap_or_default()
        .into_iter()
        .filter(|(_, resource)| text_at(resource, "/Type") == kind)
        .map(|(name, resource)| {
            (name, resource.pointer("/Properties").cloned().unwrap_or_default())
        })
        .collect();
    assert!(!of_kind.is_empty(), "there is no {kind}");
    Ok(of_kind)
}

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
            // The bucket is finance's alone, and the secrets are those of merchants.
            let money = ["FinanceBucket/*", "merchants/*"].contains(&&*label);
            assert!(streams || folder || money || !label.contains('*'), "{role}: {label}");
        }
    }
    Ok(())
}

pub(crate) fn tables_are_backed_up_encrypted_and_expire_rows() -> Outcome {
    let tables = resources("AWS::DynamoDB::Table")?;
    for (name, table) in &tables {
        let at = |pointer| table.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/BillingMode"), "PAY_PER_REQUEST", "{name}");
        let recovery = at("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
        assert_eq!(recovery, true, "{name}");
        assert_eq!(
            at("/TimeToLiveSpecification"),
            json!({"AttributeName": "ttl", "Enabled": true})
        );
        assert_eq!(at("/SSESpecification/SSEType"), "KMS", "{name}");
        assert_eq!(label(&at("/SSESpecification/KMSMasterKeyId")), "Key", "{name}");
        let kept = name == "InboxTable"; // the stream hands on what Apple sent
        assert_eq!(at("/StreamSpecification/StreamViewType") == "NEW_IMAGE", kept, "{name}");
    }
    let names: Vec<_> = tables.keys().map(String::as_str).collect();
    assert_eq!(names, ["AccountsTable", "ConversationsTable", "InboxTable", "PaymentsTable"]);
    Ok(())
}

pub(crate) fn files_are_private_encrypted_and_expire() -> Outcome {
    let buckets = resources("AWS::S3::Bucket")?;
    let names: Vec<_> = buckets.keys().map(String::as_str).collect();
    assert_eq!(names, ["FilesBucket", "FinanceBucket"]);
    for (name, bucket) in &buckets {
        let at = |pointer: &str| bucket.pointer(pointer).cloned().unwrap_or_default();
        for what in
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
        {
            assert_eq!(at(&format!("/PublicAccessBlockConfiguration/{what}")), true, "{name}");
        }
        let encryption = at("/BucketEncryption/ServerSideEncryptionConfiguration/0");
        assert_eq!(encryption["BucketKeyEnabled"], true, "{name}");
        let by_default = &encryption["ServerSideEncryptionByDefault"];
        assert_eq!(by_default["SSEAlgorithm"], "aws:kms", "{name}");
        assert_eq!(label(&by_default["KMSMasterKeyID"]), "Key", "{name}");
        if name == "FinanceBucket" {
            continue; // it is locked instead
        }
        let mut life = BTreeMap::new();
        for rule in list(bucket, "/LifecycleConfiguration/Rules") {
            assert_eq!(rule["Status"], "Enabled", "{name}");
            let unfinished = &rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"];
            let days = rule["ExpirationInDays"].as_u64().or(unfinished.as_u64());
            life.insert(text_at(&rule, "/Prefix"), days);
        }
        let kept = [
            ("", 1),
            ("attachments/1d/", 8),
            ("attachments/30d/", 37),
            ("attachments/365d/", 372),
            ("attachments/7d/", 14),
            ("attachments/90d/", 97),
            ("ciphertexts/", 35),
            ("downloads/", 8),
            ("fetched/", 2),
            ("outbound/", 35),
            ("pictures/", 60),
            ("uploads/", 35),
        ];
        let kept = kept.map(|(prefix, days)| (prefix.to_owned(), Some(days)));
        assert_eq!(life, BTreeMap::from(kept), "{name}; templates are kept");
    }
    for (name, policy) in resources("AWS::S3::BucketPolicy")? {
        let at = |pointer| policy.pointer(pointer).cloned().unwrap_or_default();
        let bucket = name.replace("OverTlsOnly", "Bucket");
        assert_eq!(label(&at("/Bucket")), bucket, "{name}");
        let statement = at("/PolicyDocument/Statement/0");
        assert_eq!(statement["Effect"], "Deny", "{name}");
        assert_eq!(statement["Condition"], json!({"Bool": {"aws:SecureTransport": "false"}}));
    }
    Ok(())
}

/// What finance reads cannot be changed, and its table knows one way to write.
pub(crate) fn nobody_can_rewrite_the_journal() -> Outcome {
    let buckets = resources("AWS::S3::Bucket")?;
    let bucket = buckets.get("FinanceBucket").cloned().unwrap_or_default();
    assert_eq!(bucket["ObjectLockEnabled"], true);
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let retention = bucket.pointer("/ObjectLockConfiguration/Rule/DefaultRetention");
    let retention = retention.cloned().unwrap_or_default();
    let mode = json!({"Fn::If": ["IsProd", "COMPLIANCE", "GOVERNANCE"]});
    assert_eq!(retention, json!({"Mode": mode, "Days": {"Ref": "FinanceRetentionDays"}}));
    let mut readers = 0;
    for permission in PERMISSIONS.lines().filter(|line| line.contains(" PaymentsTable")) {
        readers += 1;
        for action in ["UpdateItem", "DeleteItem", "BatchWriteItem"] {
            assert!(!permission.contains(action), "{permission}");
        }
    }
    assert!(readers > 5, "somebody reads payments");
    let finance = PERMISSIONS.lines().filter(|line| line.contains(" FinanceBucket"));
    for permission in finance {
        assert!(!permission.contains("Delete") && !permission.contains("Retention"));
    }
    Ok(())
}

pub(crate) fn queues_are_encrypted_and_have_dead_letter_queues() -> Outcome {
    const FOUR_DAYS: u64 = 4 * 24 * 3600;
    const FOURTEEN_DAYS: u64 = 14 * 24 * 3600;
    let queues = resources("AWS::SQS::Queue")?;
    for (name, queue) in &queues {
        let at = |pointer| queue.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/SqsManagedSseEnabled"), true, "{name}");
        if name.ends_with("Dlq") {
            assert_eq!(at("/MessageRetentionPeriod"), FOURTEEN_DAYS, "{name}");
            continue;
        }
        assert_eq!(at("/MessageRetentionPeriod"), FOUR_DAYS, "{name}");
        assert_eq!(at("/MaximumMessageSize"), 4096, "{name} carries pointers only");
        // Six times its function's timeout; a transfer's own quarter of an hour need not be waited
        // for so often, as the sweep finds its row.
        let hidden = if name == "PayloadsQueue" { 960 } else { 180 };
        assert_eq!(at("/VisibilityTimeout"), hidden, "{name}");
        let dead = label(&at("/RedrivePolicy/deadLetterTargetArn"));
        assert_eq!(dead, name.replace("Queue", "Dlq"));
        assert_eq!(
            at("/FifoQueue"),
            queues.get(&dead).map(|it| it["FifoQueue"].clone()).unwrap_or_default()
        );
    }
    let redeliveries = |name: &str| {
        queues.get(name).and_then(|queue| queue.pointer("/RedrivePolicy/maxReceiveCount")?.as_u64())
    };
    assert_eq!(redeliveries("DeliveriesQueue"), Some(10));
    assert_eq!(redeliveries("PayloadsQueue"), Some(10));
    assert_eq!(redeliveries("SettlementsQueue"), Some(10));
    assert_eq!(redeliveries("OutboundQueue"), Some(100));
    assert_eq!(queues.get("OutboundQueue").and_then(|it| it["FifoQueue"].as_bool()), Some(true));
    Ok(())
}

pub(crate) fn event_sources_report_item_failures() -> Outcome {
    let sources = resources("AWS::Lambda::EventSourceMapping")?;
    assert_eq!(sources.len(), 5, "the stream and four queues");
    for (name, source) in &sources {
        let types = source.pointer("/FunctionResponseTypes");
        assert_eq!(types, Some(&json!(["ReportBatchItemFailures"])), "{name}");
        let from = label(source.pointer("/EventSourceArn").unwrap_or(&Value::Null));
        if from != "InboxTable.StreamArn" {
            assert!(source.pointer("/ScalingConfig/MaximumConcurrency").is_some(), "{name}");
            continue;
        }
        let at = |pointer| source.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/BisectBatchOnFunctionError"), true);
        assert_eq!(at("/StartingPosition"), "TRIM_HORIZON");
        assert_eq!(at("/MaximumRetryAttempts"), 10);
        assert_eq!(at("/MaximumRecordAgeInSeconds"), 6 * 3600);
        assert_eq!(label(&at("/DestinationConfig/OnFailure/Destination")), "DispatchDlq");
    }
    Ok(())
}

pub(crate) fn functions_are_small_and_keep_their_logs_for_a_time() -> Outcome {
    let functions = resources("AWS::Lambda::Function")?;
    let groups = resources("AWS::Logs::LogGroup")?;
    for (name, group) in &groups {
        let retention = group.pointer("/RetentionInDays").map(label);
        assert_eq!(retention.as_deref(), Some("LogRetentionDays"), "{name}");
        assert_eq!(group.pointer("/KmsKeyId").map(label).as_deref(), Some("Key"), "{name}");
    }
    let mut roles = BTreeSet::new();
    for (name, function) in &functions {
        let at = |pointer| function.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(at("/Runtime"), "provided.al2023", "{name}");
        assert_eq!(at("/Architectures/0"), json!({"Ref": "Architecture"}), "{name}");
        let is_one_of = |names: &[&str]| names.contains(&name.as_str());
        let long = is_one_of(&["FinanceExportFunction", "PayloadFetchFunction"]);
        let busy =
            is_one_of(&["ApplePayFunction", "OutboundRelayFunction", "OutboundSendFunction"]);
        assert_eq!(at("/MemorySize"), if busy || long { 512 } else { 256 }, "{name}");
        let longest = if long { 900 } else { 60 };
        assert!(at("/Timeout").as_u64().is_some_and(|seconds| seconds <= longest), "{name}");
        assert!(groups.contains_key(&label(&at("/LoggingConfig/LogGroup"))), "{name}");
        assert!(roles.insert(label(&at("/Role"))), "{name} shares its role");
    }
    Ok(())
}

pub(crate) fn alarms_watch_what_can_go_wrong() -> Outcome {
    let alarms = resources("AWS::CloudWatch::Alarm")?;
    let names: Vec<_> = alarms.keys().map(String::as_str).collect();
    for name in [
        "DeliveriesDlqAlarm",
        "OutboundDlqAlarm",
        "PayloadsDlqAlarm",
        "SettlementsDlqAlarm",
        "DispatchDlqAlarm",
        "DeliveriesAgeAlarm",
        "OutboundAgeAlarm",
        "PayloadsWaitingAlarm",
        "DispatchIteratorAgeAlarm",
        "Api5xxAlarm",
        "FunctionErrorsAlarm",
        "MoneyAlarm",
        "AuthFailureAlarm",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    for (name, alarm) in &alarms {
        let told = alarm.pointer("/AlarmActions/0").map(label);
        assert_eq!(told.as_deref(), Some("AlarmTopic"), "{name} tells nobody");
    }
    Ok(())
}

pub(crate) fn loopback_cannot_be_opened_from_the_template() -> Outcome {
    let text = std::fs::read_to_string(Places::find()?.template())?;
    assert!(!text.to_ascii_uppercase().contains("LOOPBACK"), "the template names it");
    let deployed = repository::template()?.to_string();
    assert!(!deployed.contains("AMB_EGRESS_LOOPBACK"), "the transform adds it");
    for (name, function) in resources("AWS::Lambda::Function")? {
        let variables = function.pointer("/Environment/Variables").and_then(Value::as_object);
        for variable in variables.into_iter().flatten().map(|(variable, _)| variable) {
            let known = variable.starts_with("AMB_") || variable == "SSL_CERT_FILE";
            assert!(known, "{name} is given {variable}");
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
    Ok(all)
}

/// A resource by its logical id and what of it: `InboxTable`, `InboxTable.StreamArn`,
/// `InboxTable/index/by-minute`.
fn label(value: &Value) -> String {
    if let Some(path) = value.pointer("/Fn::GetAtt").and_then(Value::as_array) {
        let parts: Vec<_> = path.iter().map(|part| text_at(part, "")).collect();
        return parts.join(".").trim_end_matches(".Arn").to_owned();
    }
    let text = ["/Ref", "/Fn::Sub", ""].iter().map(|pointer| text_at(value, pointer));
    let text = text.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    // A merchant's secret is made by its operator: the template knows the beginning of its name.
    let text = text.rsplit_once("secret:${AWS::StackName}/").map_or(&*text, |(_, name)| name);
    text.replace("${", "").replace(".Arn}", "")
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

//! What the deployed template promises.

#![expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]

mod roles;

use std::collections::{BTreeMap, BTreeSet};

use amb_local::Places;
use serde_json::{Value, json};

use self::roles::PERMISSIONS;
pub(crate) use self::roles::{
    every_role_has_exactly_its_actions, no_role_has_a_wildcard_or_a_managed_policy,
};
use crate::harness::Outcome;
use crate::repository;
use crate::scene::text_at;

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
    // Nothing is laid on top of what is there, either.
    let policies = resources("AWS::S3::BucketPolicy")?;
    let once =
        policies.get("FinanceOverTlsOnly").and_then(|it| it.pointer("/PolicyDocument/Statement/1"));
    let once = once.cloned().unwrap_or_default();
    assert_eq!((&once["Effect"], &once["Action"]), (&json!("Deny"), &json!("s3:PutObject")));
    assert_eq!(once["Condition"]["Null"], json!({"s3:if-none-match": "true"}));
    let kept: Vec<_> = list(&once, "/Resource").iter().map(label).collect();
    assert_eq!(
        kept,
        ["journal", "journal-parquet", "matching"]
            .map(|it| format!("FinanceBucket/tenant=*/{it}/*"))
    );
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
    let mut called = BTreeSet::new();
    for api in resources("AWS::ApiGatewayV2::Api")?.values() {
        references(api, &mut called);
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
        // API Gateway waits for 30 seconds.
        let behind_the_api = called.contains(name);
        let longest = if long {
            900
        } else if behind_the_api {
            29
        } else {
            60
        };
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
        "MerchantAlarm",
        "MoneyAlarm",
        "SettlementsWaitingAlarm",
        "AuthFailureAlarm",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let mut watched = BTreeSet::new();
    for (name, alarm) in &alarms {
        let told = alarm.pointer("/AlarmActions/0").map(label);
        assert_eq!(told.as_deref(), Some("AlarmTopic"), "{name} tells nobody");
        let metrics = alarm["Metrics"].to_string();
        // CloudWatch takes no more, whoever asks.
        assert!(metrics.matches("MetricStat").count() <= 10, "{name} watches too much");
        // Another deployment in the same account does not ring here.
        for metric in list(alarm, "/Metrics") {
            let namespace = metric.pointer("/MetricStat/Metric/Namespace").map(label);
            let is_ours = |it: &str| it.starts_with("AWS/") || it == "AWS::StackName";
            assert!(namespace.is_none_or(|it| is_ours(&it)), "{name} watches {metric}");
        }
        if metrics.contains(r#""MetricName":"Errors""#) {
            references(&alarm["Metrics"], &mut watched);
        }
    }
    for function in resources("AWS::Lambda::Function")?.keys() {
        assert!(watched.contains(function), "{function} may fail unheard");
    }
    Ok(())
}

/// CloudFormation makes nothing of a template with a circle in it; the emulator does not mind.
pub(crate) fn no_resource_waits_for_itself() -> Outcome {
    let template = repository::template()?;
    let all = template.pointer("/Resources").and_then(Value::as_object).cloned();
    let mut waiting = BTreeMap::new();
    for (name, resource) in all.unwrap_or_default() {
        let mut named = BTreeSet::new();
        references(&resource["Properties"], &mut named);
        waiting.insert(name, named);
    }
    assert!(waiting.len() > 50, "the template has resources");
    // Whoever waits for nobody is made; whom nobody waits for is in no circle.
    loop {
        let is_waited_for = |name: &String| waiting.values().any(|named| named.contains(name));
        let (circles, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            waiting.clone().into_iter().partition(|(name, named)| {
                named.iter().any(|name| waiting.contains_key(name)) && is_waited_for(name)
            });
        if rest.is_empty() {
            break;
        }
        waiting = circles;
    }
    assert!(waiting.is_empty(), "they wait for each other: {:?}", waiting.keys());
    Ok(())
}

/// Logical ids that a value names, in whatever way.
fn references(value: &Value, into: &mut BTreeSet<String>) {
    let Some(members) = value.as_object() else {
        let items = value.as_array().into_iter().flatten();
        return items.for_each(|item| references(item, into));
    };
    for (name, value) in members {
        match name.as_str() {
            "Ref" => into.extend(value.as_str().map(str::to_owned)),
            "Fn::GetAtt" => into.extend(value[0].as_str().map(str::to_owned)),
            "Fn::Sub" => {
                let text = value.as_str().or_else(|| value[0].as_str()).unwrap_or_default();
                let names = text.split("${").skip(1).filter_map(|it| it.split(['}', '.']).next());
                into.extend(names.map(str::to_owned));
                references(&value[1], into);
            }
            _ => references(value, into),
        }
    }
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

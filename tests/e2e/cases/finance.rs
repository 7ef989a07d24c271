//! The month is closed: the journal of the deployed table in the deployed bucket, a day later.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use amb_aws::{Bucket, Clients, Profile, Store, Tables};
use amb_local::{Merchant, Places};
use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::finance::{Finance, export::Scope};
use amb_service::model::{ExportKey, TenantId};
use amb_service::port::{Clock, Entropy, Exports, FileRead, Kept};
use amb_simulator::model::{Dialect, Pay, PspFilter, Sheet, SheetState};
use aws_config::{BehaviorVersion, Region};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde_json::{Value, json};

use crate::aws::credentials;
use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The largest file that is looked into.
const MOST_BYTES: u64 = 1 << 24;

/// The emulator reads who calls which service off it, and checks no signature.
const SIGNED: &str = "AWS4-HMAC-SHA256 \
    Credential=test/20260101/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=0";

/// The same time tomorrow, and a little: today is over everywhere.
#[derive(Debug, Clone, Copy)]
struct Tomorrow;

impl Clock for Tomorrow {
    #[expect(clippy::disallowed_methods, reason = "the stack's own clock, moved")]
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(26)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Entropy for Tomorrow {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

pub(crate) async fn finance_exports_the_day_and_the_verifier_agrees(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::shop(&ground, "pay-finance", Dialect::Stripe).await?;
    let (paid, declined) = (scene.ask("2001").await?, scene.ask("2002").await?);
    let accepted = scene.pays(&paid).await?;
    assert_eq!(accepted.state, SheetState::Paid);
    let poor = Pay::message(&declined.message).card("declined");
    let sheet = scene.simulator.pay(&scene.customer.name, &poor).await?;
    assert_eq!(sheet.state, SheetState::Declined);
    scene.told("payment.captured", &paid).await?;
    scene.told("payment.declined", &declined).await?;

    let stack = scene.stack;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&stack.file.emulator_url)
        .region(Region::new(stack.file.region.clone()))
        .credentials_provider(credentials())
        .load()
        .await;
    let clients = Clients::new(&config, Profile::worker());
    let payments = stack.deployment.tables.payments.clone();
    let store = Store::new(clients.dynamodb, Tables::default().with_payments(payments));
    let finance_bucket = stack.deployment.finance.clone();
    let bucket = Bucket::new(&clients.config, Profile::carrier(), finance_bucket);
    let tenant = TenantId::parse(&scene.tenant.id)?;
    let merchant = MerchantIdentifier::parse(&Merchant::of(&scene.tenant).identifier)?;
    let folder = Places::find()?.root.join("target/e2e/finance").join(&scene.tenant.id);
    as_deployed(&scene, &bucket, (&tenant, &merchant), &folder.join("matching")).await?;

    let scope = Scope { tenant: Some(tenant.clone()), merchant: Some(merchant.clone()), day: None };
    let finance = Finance::new(store, bucket.clone(), Tomorrow);
    let until = Tomorrow.now() + SignedDuration::from_hours(1);
    let mut failures = Vec::new();
    let ran = finance.run(&scope, until, |_, error| failures.push(error.to_string())).await?;
    assert_eq!((ran.broken, ran.left, ran.failed), (0, 0, 0), "{failures:?}");

    // New York's midnight may have been meanwhile: from the day before to the day after.
    let mut day = today().yesterday()?;
    for _ in 0..4 {
        fetch(&bucket, (&tenant, &merchant, day), &folder).await?;
        day = day.tomorrow()?;
    }
    let files = files_below(&folder)?;
    let journals = files.iter().filter(|(path, _)| path.ends_with("journal.csv"));
    let lines = journals.flat_map(|(_, bytes)| bytes.split(|byte| *byte == b'\n')).count();
    assert!(lines > 15, "a day is in the bucket");
    let secrets = private(&accepted)?;
    for (path, bytes) in &files {
        for (at, secret) in secrets.iter().enumerate() {
            let is_told = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_told, "secret {at} in {}", path.display());
        }
    }
    assert!(verifies(&folder)?, "the verifier agrees");
    let again = finance.run(&scope, until, |_, _| {}).await?;
    assert_eq!(again.rows, 0, "what is exported stays as it is");

    // A cent is enough.
    let paid_in = |(path, bytes): &(PathBuf, Vec<u8>)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        (path.ends_with("journal.csv") && text.contains("203.99")).then(|| (path.clone(), text))
    };
    let (journal, text) = files.iter().find_map(paid_in).ok_or("a day has the payment")?;
    std::fs::write(&journal, text.replacen("203.99", "203.98", 1))?;
    assert!(!verifies(&folder)?, "nobody changes a row unnoticed");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// What the deployed function does by its own clock: it leaves a day that is not over, and matches a
/// report. What it makes of that is copied.
async fn as_deployed(
    scene: &Scene<'_>,
    bucket: &Bucket,
    (tenant, merchant): (&TenantId, &MerchantIdentifier),
    folder: &Path,
) -> Outcome {
    let began = today();
    let ran = invoke(scene, &json!({})).await?;
    let none = Some(json!(0));
    assert_eq!((ran.get("broken"), ran.get("left")), (none.as_ref(), none.as_ref()), "{ran}");
    let control = ExportKey::day(tenant, merchant, began, "control.json");
    let control = bucket.export(&control, MOST_BYTES).await?;
    assert!(control == FileRead::Missing || today() > began, "a day that is not over is exported");

    let filter = PspFilter { customer: Some(scene.customer.name.clone()), ..PspFilter::default() };
    let books = scene.simulator.psp_payments(&filter).await?;
    let account = books.first().map(|it| it.account.as_str());
    let report = scene.simulator.psp_report(Dialect::Stripe, account).await?;
    // Not where the bucket itself would tell the function of it.
    let name = "reports/by-hand.csv";
    let key = ExportKey::report(tenant, name)?;
    assert_eq!(bucket.put_export(&key, "text/csv", report.into()).await?, Kept::Now);
    let ask =
        json!({"report": {"tenant": tenant, "merchant": merchant, "psp": "stripe", "key": name}});
    let matched = invoke(scene, &ask).await?;
    let name = text_at(&matched, "/report");
    let agrees =
        json!({"report": name, "lines": 1, "exceptions": {}, "pages": false, "wasBefore": false});
    assert_eq!(matched, agrees);
    for ending in ["csv", "json"] {
        let key = ExportKey::matching(tenant, merchant, &name, ending);
        let FileRead::Whole(bytes) = bucket.export(&key, MOST_BYTES).await? else {
            return Err(format!("there is no result as {ending}").into());
        };
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("report.{ending}")), bytes)?;
    }
    let again = invoke(scene, &ask).await?;
    assert_eq!(again.get("wasBefore"), Some(&json!(true)), "a report is matched once");

    let log =
        std::fs::read_to_string(scene.stack.file.logs.join(format!("{}.log", function(scene))))?;
    for stage in ["export", "matching"] {
        assert!(log.contains(&format!(r#""Stage":"{stage}""#)), "the log tells of it: {log}");
    }
    let told =
        |line: &&str| line.contains(r#""level":"ERROR""#) || line.contains(r#""Outcome":"failed""#);
    assert_eq!(log.lines().find(told), None);
    Ok(())
}

/// The deployed function's name.
fn function<'s>(scene: &Scene<'s>) -> &'s str {
    scene.stack.deployment.functions.get("finance-export").map_or("finance-export", String::as_str)
}

/// Calls the deployed function, as its schedule and finance do; its answer.
async fn invoke(scene: &Scene<'_>, event: &Value) -> Fallible<Value> {
    let functions = format!("{}/2015-03-31/functions", scene.stack.file.emulator_url);
    let url = format!("{functions}/{}/invocations", function(scene));
    let request = scene.stack.http().post(url).header("authorization", SIGNED);
    let answer = request.body(event.to_string()).send().await?;
    let failed = answer.headers().contains_key("x-amz-function-error");
    let (status, text) = (answer.status(), answer.text().await?);
    assert!(status.is_success() && !failed, "{status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// What came with the accepted sheet that finance has no business to read, and what paid for it.
fn private(sheet: &Sheet) -> Fallible<Vec<String>> {
    let call = sheet.calls_of("paymentGateway").pop().ok_or("the gateway was called")?;
    let sent = |member: &str| text_at(&call.request, &format!("/payment/{member}"));
    let token = |member: &str| sent(&format!("paymentToken/paymentData/{member}"));
    let (data, signature) = (token("data"), token("signature"));
    let mut secrets = vec![
        "4111111111111111".to_owned(),
        "+12025550143".to_owned(),
        "ada@example.com".to_owned(),
        "sk_test_".to_owned(),
        "BEGIN PRIVATE KEY".to_owned(),
        data.get(..24).ok_or("a token has data")?.to_owned(),
        signature.get(100..140).ok_or("a token is signed")?.to_owned(),
        call.url.rsplit('/').nth(1).unwrap_or_default().to_owned(),
    ];
    for contact in ["shippingContact", "billingContact"] {
        let members = ["familyName", "addressLines/0", "locality"];
        secrets.extend(members.map(|member| sent(&format!("{contact}/{member}"))));
    }
    let shortest = secrets.iter().map(String::len).min();
    assert!(shortest >= Some(7), "too little to look for: {shortest:?}");
    Ok(secrets)
}

/// The day in the merchant's books, which are kept in New York.
#[expect(clippy::disallowed_methods, reason = "the stack's own clock")]
fn today() -> Date {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap_or(jiff::tz::TimeZone::UTC);
    Timestamp::now().to_zoned(zone).date()
}

/// Copies a day's files from the bucket, if there is such a day.
async fn fetch(
    bucket: &Bucket,
    (tenant, merchant, day): (&TenantId, &MerchantIdentifier, Date),
    folder: &Path,
) -> Outcome {
    let folder = folder.join(format!("day={day}"));
    for file in ["control.json", "journal.csv", "journal.parquet", "ledger.csv"] {
        let key = ExportKey::day(tenant, merchant, day, file);
        let FileRead::Whole(bytes) = bucket.export(&key, MOST_BYTES).await? else {
            assert_eq!(file, "control.json", "{day} is not whole");
            return Ok(());
        };
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(file), bytes)?;
    }
    Ok(())
}

/// What finance's own command says.
fn verifies(folder: &Path) -> std::io::Result<bool> {
    let program = Places::find().map_err(std::io::Error::other)?.target.join("debug/amb");
    let output = Command::new(program).arg("verify-journal").arg(folder).output()?;
    Ok(output.status.success())
}

/// Every file that was copied.
fn files_below(folder: &Path) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            let bytes = std::fs::read(&path)?;
            files.push((path, bytes));
        }
    }
    Ok(files)
}

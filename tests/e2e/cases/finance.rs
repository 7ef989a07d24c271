//! The month is closed: the journal of the deployed table in the deployed bucket, a day later.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use amb_aws::{Bucket, Clients, Profile, Store, Tables};
use amb_local::{Merchant, Places};
use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::finance::{Finance, export::Scope};
use amb_service::model::{ExportKey, TenantId};
use amb_service::port::{Clock, Entropy, Exports, FileRead};
use amb_simulator::model::{Dialect, Pay, SheetState};
use aws_config::{BehaviorVersion, Region};
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::aws::credentials;
use crate::harness::{Ground, Outcome};
use crate::scene::Scene;

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
    assert_eq!(scene.pays(&paid).await?.state, SheetState::Paid);
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
    let scope = Scope { tenant: Some(tenant.clone()), merchant: Some(merchant.clone()), day: None };
    let finance = Finance::new(store, bucket.clone(), Tomorrow);
    let until = Tomorrow.now() + SignedDuration::from_hours(1);
    let mut failures = Vec::new();
    let ran = finance.run(&scope, until, |_, error| failures.push(error.to_string())).await?;
    assert_eq!((ran.broken, ran.left), (0, 0), "{failures:?}");
    assert!(failures.is_empty() && ran.days >= 1 && ran.rows > 15, "{failures:?} {ran:?}");

    let folder = Places::find()?.root.join("target/e2e/finance").join(&scene.tenant.id);
    let mut day = today();
    let mut days = 0;
    for _ in 0..3 {
        days += u32::from(fetch(&bucket, (&tenant, &merchant, day), &folder).await?);
        day = day.tomorrow()?;
        if days == 0 && day > today() {
            day = today().yesterday()?;
        }
    }
    assert!(days >= 1, "a day is in the bucket");
    assert!(verifies(&folder)?, "the verifier agrees");
    let again = finance.run(&scope, until, |_, _| {}).await?;
    assert_eq!(again.rows, 0, "what is exported stays as it is");

    // A cent is enough.
    let journal = find(&folder, "journal.csv")?;
    let text = std::fs::read_to_string(&journal)?;
    std::fs::write(&journal, text.replacen("203.99", "203.98", 1))?;
    assert!(!verifies(&folder)?, "nobody changes a row unnoticed");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The day in the merchant's books, which are kept in New York.
#[expect(clippy::disallowed_methods, reason = "the stack's own clock")]
fn today() -> Date {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap_or(jiff::tz::TimeZone::UTC);
    Timestamp::now().to_zoned(zone).date()
}

/// Copies a day's files from the bucket; whether there is such a day.
async fn fetch(
    bucket: &Bucket,
    (tenant, merchant, day): (&TenantId, &MerchantIdentifier, Date),
    folder: &Path,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let folder = folder.join(format!("day={day}"));
    for file in ["control.json", "journal.csv", "ledger.csv"] {
        let key = ExportKey::day(tenant, merchant, day, file);
        let FileRead::Whole(bytes) = bucket.export(&key, 1 << 24).await? else { return Ok(false) };
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(file), bytes)?;
    }
    Ok(true)
}

/// What finance's own command says.
fn verifies(folder: &Path) -> std::io::Result<bool> {
    let program = Places::find().map_err(std::io::Error::other)?.target.join("debug/amb");
    let output = Command::new(program).arg("verify-journal").arg(folder).output()?;
    Ok(output.status.success())
}

fn find(folder: &Path, name: &str) -> std::io::Result<std::path::PathBuf> {
    for day in std::fs::read_dir(folder)? {
        let file = day?.path().join(name);
        if file.is_file() {
            return Ok(file);
        }
    }
    Err(std::io::Error::other("no day has such a file"))
}

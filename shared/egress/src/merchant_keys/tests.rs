//! Rotation of merchants' secrets (F148), and how often Secrets Manager is asked meanwhile (F143).

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// One secret that the test changes, and how often it was read. The error is that it cannot be had.
struct Shelf {
    text: Mutex<Result<Option<&'static str>, ()>>,
    asked: AtomicUsize,
}

impl Shelf {
    fn holds(&self, text: Result<Option<&'static str>, ()>) {
        *self.text.lock().unwrap() = text;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl MerchantSecrets for Shelf {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let text = *self.text.lock().unwrap();
        let text = text.map_err(|()| PortError::unavailable("Shelf", "no answer"))?;
        Ok(text.map(|text| Secret::new(text.to_owned())))
    }
}

fn keys(text: Result<Option<&'static str>, ()>) -> MerchantKeys<Shelf> {
    MerchantKeys::new(Shelf { text: Mutex::new(text), asked: AtomicUsize::new(0) })
}

fn place() -> Place {
    let tenant = TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap();
    (tenant, SecretName::parse("psp").unwrap())
}

async fn read(keys: &MerchantKeys<Shelf>, second: i64) -> Result<Option<String>, PortError> {
    let (tenant, name) = place();
    let now = Timestamp::from_second(1_795_000_000 + second).unwrap();
    let text = keys.get(&tenant, &name, now).await?;
    Ok(text.map(|text| text.expose().clone()))
}

fn refuse(keys: &MerchantKeys<Shelf>) {
    let (tenant, name) = place();
    keys.forget(&tenant, &name);
}

#[tokio::test]
async fn a_secret_is_kept_for_five_minutes_and_no_longer() {
    let keys = keys(Ok(Some("old")));
    assert_eq!(read(&keys, 0).await.unwrap().as_deref(), Some("old"));
    keys.secrets().holds(Ok(Some("new")));
    assert_eq!(read(&keys, 299).await.unwrap().as_deref(), Some("old"));
    assert_eq!(read(&keys, 300).await.unwrap().as_deref(), Some("new"));
    assert_eq!(keys.secrets().asked(), 2);
}

#[tokio::test]
async fn a_refused_secret_is_read_anew_at_once_if_it_was_not_just_read() {
    let keys = keys(Ok(Some("old")));
    assert_eq!(read(&keys, 0).await.unwrap().as_deref(), Some("old"));
    keys.secrets().holds(Ok(Some("new")));
    refuse(&keys);
    assert_eq!(read(&keys, 9).await.unwrap().as_deref(), Some("old"));
    assert_eq!(read(&keys, 10).await.unwrap().as_deref(), Some("new"));
    // What was read anew lives as long as any other.
    assert_eq!(read(&keys, 309).await.unwrap().as_deref(), Some("new"));
    assert_eq!(keys.secrets().asked(), 2);
}

#[tokio::test]
async fn f143_whatever_is_refused_missing_or_failing_is_asked_for_once_in_some_seconds() {
    for (held, times) in [(Ok(Some("revoked")), 6), (Ok(None), 6), (Err(()), 30)] {
        let keys = keys(held);
        for tenth in 0..600 {
            let _ = read(&keys, tenth / 10).await;
            refuse(&keys);
        }
        assert_eq!(keys.secrets().asked(), times, "{held:?}");
    }
}

#[tokio::test]
async fn a_missing_secret_is_found_soon_after_it_was_put() {
    let keys = keys(Ok(None));
    assert_eq!(read(&keys, 0).await.unwrap(), None);
    keys.secrets().holds(Ok(Some("put")));
    assert_eq!(read(&keys, 10).await.unwrap().as_deref(), Some("put"));
}

#[tokio::test]
async fn f148_a_secret_that_is_not_to_be_had_is_used_as_it_was_and_a_deleted_one_is_not() {
    let keys = keys(Err(()));
    assert!(read(&keys, 0).await.is_err());
    assert!(read(&keys, 1).await.is_err());
    keys.secrets().holds(Ok(Some("old")));
    assert_eq!(read(&keys, 10).await.unwrap().as_deref(), Some("old"));
    keys.secrets().holds(Err(()));
    for second in [400, 4_000] {
        assert_eq!(read(&keys, second).await.unwrap().as_deref(), Some("old"), "{second}");
    }
    keys.secrets().holds(Ok(None));
    assert_eq!(read(&keys, 4_010).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_kept_does_not_grow_without_end_and_tells_nothing() {
    let keys = keys(Ok(Some("canary")));
    let (tenant, _) = place();
    for number in 0..=MOST {
        let name = SecretName::parse(&format!("s{number}")).unwrap();
        assert!(keys.get(&tenant, &name, Timestamp::UNIX_EPOCH).await.unwrap().is_some());
    }
    let known = keys.known.lock().unwrap();
    assert!(known.len() <= MOST);
    assert!(!format!("{known:?}").contains("canary"));
}

//! A provider's key that is rolled, from Secrets Manager's HTTP to the provider's: what lies between
//! keeps no copy for itself.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use amb_aws::{Clients, Profile, SecretsManagerMerchants};
use amb_egress::Policy;
use amb_service::port::{Psp, PspFault};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// One server that plays both: Stripe, which takes one key, and Secrets Manager, which has one.
#[derive(Clone, Default)]
struct World(Arc<State>);

#[derive(Default)]
struct State {
    stored: Mutex<&'static str>,
    taken: Mutex<&'static str>,
    readings: AtomicUsize,
    seconds: AtomicI64,
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW + self.0.seconds.load(Ordering::Relaxed)).unwrap()
    }
    async fn sleep(&self, _duration: std::time::Duration) {}
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends the task")]
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = self.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = vec![0; 16 * 1024];
                let mut read = 0;
                let text = loop {
                    read += stream.read(&mut bytes[read..]).await.unwrap();
                    let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
                    if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                        break text;
                    }
                };
                let (status, body) = world.answer(&text);
                let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
                let answer = format!("{head}connection: close\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url
    }

    fn answer(&self, request: &str) -> (u16, String) {
        let State { stored, taken, readings, .. } = &*self.0;
        if request.contains("secretsmanager.GetSecretValue") {
            readings.fetch_add(1, Ordering::Relaxed);
            let key = *stored.lock().unwrap();
            let secret = json!({"v": 1, "key": key, "webhookSecret": "whsec_1"});
            return (200, json!({"SecretString": secret.to_string()}).to_string());
        }
        if request.contains(&format!("Bearer {}\r\n", taken.lock().unwrap())) {
            let intent = json!({
                "id": "pi_1", "status": "requires_payment_method", "amount": 6399, "currency": "usd",
            });
            return (200, intent.to_string());
        }
        (401, r#"{"error":{"type":"invalid_request_error"}}"#.to_owned())
    }

    fn roll(&self, stored: &'static str, taken: &'static str) {
        *self.0.stored.lock().unwrap() = stored;
        *self.0.taken.lock().unwrap() = taken;
    }

    fn readings(&self) -> usize {
        self.0.readings.load(Ordering::Relaxed)
    }
}

fn secrets_at(url: &str) -> SecretsManagerMerchants {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build();
    SecretsManagerMerchants::new(Clients::new(&config, Profile::ack()).secrets, "shop/merchants")
}

#[tokio::test]
async fn a_key_that_was_rolled_without_a_grace_is_used_seconds_after_the_old_one_was_refused() {
    let world = World::default();
    world.roll("sk_old", "sk_old");
    let url = world.start().await;
    let psps = Psps::new(secrets_at(&url), world.clone(), Policy::with_loopback());
    let psps = psps.elsewhere(Some(&url), None).unwrap();
    let prepare = async |second: i64| {
        world.0.seconds.store(second, Ordering::Relaxed);
        let order = PspOrder { intent: None, ..order(6399, "USD") };
        psps.prepare(&order, Timestamp::from_second(NOW + second + 5).unwrap()).await
    };
    let refused = Err(PspFault::Refused(DeclineClass::Configuration));
    assert_eq!(prepare(0).await, Ok(Some("pi_1".to_owned())));
    assert_eq!(prepare(60).await, Ok(Some("pi_1".to_owned())));
    assert_eq!(world.readings(), 1);

    world.roll("sk_new", "sk_new");
    assert_eq!(prepare(61).await, refused);
    assert_eq!(prepare(62).await, Ok(Some("pi_1".to_owned())), "the new key");
    assert_eq!(world.readings(), 2);

    // A merchant whose key is revoked and not replaced.
    world.roll("sk_new", "sk_none");
    for second in 63..123 {
        assert_eq!(prepare(second).await, refused);
    }
    assert!(world.readings() <= 2 + 6, "{}", world.readings());
}

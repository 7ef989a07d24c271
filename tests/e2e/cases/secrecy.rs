//! What must not be read in any log.

use serde_json::json;

use crate::harness::{Ground, Outcome};
use crate::scene::Scene;

pub(crate) async fn no_log_repeats_a_message_a_key_or_a_customer(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "secrecy").await?;
    let (inbound, outbound) = ("canary in a text 7f3a", "canary in an answer 9c1d");
    scene.customer_is_heard(inbound).await?;
    let id = scene.send("canary-key-51bc", outbound).await?;
    scene.taken("message.accepted", &id).await?;
    // Refusals are where input is repeated most easily.
    let broken = json!({"from": "canary-from-77aa", "to": "canary-to-88bb", "type": "canary-type"});
    scene.post_with(&[("idempotency-key", "canary-key-51bc")], &broken).await?;
    scene.stack.api("amb_test_canarycanarycanary").read("/v1/endpoints").await.err();
    scene
        .stack
        .operator()
        .create("/v1/tenants", &json!({"name": 7, "canary-name-66": 1}))
        .await
        .err();

    let file = &scene.stack.file;
    let secrets = [
        inbound,
        outbound,
        "canary",
        &scene.customer.opaque_id,
        &scene.tenant.api_key,
        &scene.tenant.webhook_secret,
        &file.apple_secret,
        &file.operator_key,
    ];
    let mut lines = 0;
    for entry in std::fs::read_dir(&file.logs)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == "emulator.log") {
            continue;
        }
        let log = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        lines += log.lines().count();
        for (at, secret) in secrets.iter().enumerate() {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "secret {at} in {}", path.display());
        }
    }
    assert!(lines > 5, "the logs are where they should be");
    Ok(())
}

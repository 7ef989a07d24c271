//! Functions that are killed at the worst moment. What was committed is not lost.
//!
//! A frozen process takes an invocation and does nothing with it: killed then, it dies between the
//! commit and what should have followed, wherever that lies in its code.

use std::time::Duration;

use amb_local::FunctionProcess;
use amb_simulator::model::{Effect, EventFilter, FaultSpec, Verdict};

use crate::aws::{taken, until, waiting};
use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, text_at};

/// Nothing tells that a frozen process was given a stream record: it has it after this long.
const HANDED_OVER: Duration = Duration::from_millis(500);

pub(crate) async fn a_killed_dispatch_loses_nothing(ground: Ground<'_>) -> Outcome {
    let scene = Scene::new(&ground, "kill-dispatch").await?;
    let alone = ground.alone().await;
    scene.customer_is_heard("the function is warm").await?;

    let processes = freeze(&scene, "event-dispatch");
    let sent = scene.customer_writes("killed before it was dispatched").await?;
    tokio::time::sleep(HANDED_OVER).await;
    kill(&processes);
    drop(alone);

    let event = scene.taken("message.received", "killed before it was dispatched").await?;
    assert_eq!(text_at(&event.event, "/data/message/id"), sent.id);
    assert_eq!(event.event.pointer("/seq"), Some(&2.into()), "it has its place");
    Ok(())
}

pub(crate) async fn a_killed_delivery_loses_nothing(ground: Ground<'_>) -> Outcome {
    let scene = Scene::new(&ground, "kill-delivery").await?;
    let endpoint = &scene.tenant.endpoint_id;
    let alone = ground.alone().await;
    scene.customer_is_heard("the function is warm").await?;

    at_rest(&scene).await?;
    let processes = freeze(&scene, "webhook-delivery");
    let before = taken(scene.stack, endpoint).await?;
    scene.customer_writes("killed before it was posted").await?;
    until("the delivery is taken", async || {
        Ok(!taken(scene.stack, endpoint).await?.is_subset(&before))
    })
    .await?;
    kill(&processes);
    drop(alone);

    scene.taken("message.received", "killed before it was posted").await?;
    Ok(())
}

pub(crate) async fn a_delivery_killed_in_its_post_loses_nothing(ground: Ground<'_>) -> Outcome {
    let scene = Scene::new(&ground, "kill-post").await?;
    // The business takes the event, and the function dies before it has the answer.
    let lost = FaultSpec::new(scene.place(), Effect::AnswerLost).times(1).delay_ms(20_000);
    scene.fault(lost).await?;
    let alone = ground.alone().await;

    scene.customer_writes("killed while it was posted").await?;
    let first = scene.taken("message.received", "killed while it was posted").await?;
    kill(&scene.stack.processes("webhook-delivery"));
    drop(alone);

    let again = EventFilter {
        contains: Some("killed while it was posted".to_owned()),
        verdict: Some(Verdict::Duplicate),
        ..EventFilter::default()
    };
    let again = scene.calls(again, 1).await?.remove(0);
    assert_eq!(again.webhook_id, first.webhook_id, "the business knows it by its id");
    assert_eq!(again.event, first.event);
    Ok(())
}

pub(crate) async fn a_killed_relay_loses_nothing(ground: Ground<'_>) -> Outcome {
    let scene = Scene::new(&ground, "kill-relay").await?;
    scene.customer_is_heard("hello").await?;
    let alone = ground.alone().await;
    let warm = scene.send("warm", "the function is warm").await?;
    scene.taken("message.accepted", &warm).await?;

    at_rest(&scene).await?;
    let processes = freeze(&scene, "outbound-relay");
    let id = scene.send("killed", "killed before it was sent").await?;
    until("the message is taken", async || Ok(!taken(scene.stack, &id).await?.is_empty())).await?;
    kill(&processes);
    drop(alone);

    let shown = scene.shown("killed before it was sent", 1).await?;
    assert_eq!(shown.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&id]);
    let dead = &scene.stack.deployment.queues.outbound_dlq;
    assert_eq!(waiting(scene.stack, dead).await?, 0);
    Ok(())
}

/// A process that is frozen before it has finished its last batch takes no other: the next message
/// would go to a new process.
async fn at_rest(scene: &Scene<'_>) -> Outcome {
    until("no message is in work", async || Ok(taken(scene.stack, "").await?.is_empty())).await
}

fn freeze(scene: &Scene<'_>, package: &str) -> Vec<FunctionProcess> {
    let processes = scene.stack.processes(package);
    assert!(!processes.is_empty(), "{package} does not run");
    for process in &processes {
        process.freeze();
    }
    processes
}

fn kill(processes: &[FunctionProcess]) {
    for process in processes {
        process.kill();
    }
}

//! The adapters on the emulator pass the suites that the twins pass, and what only adapters have to
//! promise. One test, because one emulator serves all of it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod answers;
mod constant;
mod emulator;
mod files;
mod lines;
mod lossy;
mod queues;
mod rows;
mod secrets;
mod tables;

use amb_aws::{Bucket, Clients, Profile, Store};
use amb_service::{
    contract::{self, Sample},
    memory::Memory,
};
use jiff::Timestamp;

macro_rules! pass {
    ($store:expr, $entropy:expr => $($suite:ident),+ $(,)?) => {$(
        let sample = Sample::new(now(), $entropy.clone());
        // On the heap: all suites' futures together are more than a test's stack holds.
        Box::pin(contract::$suite($store, &sample)).await.expect(stringify!($suite));
    )+};
}

#[tokio::test]
async fn the_adapters_keep_every_ports_promises() {
    let emulator = emulator::Emulator::start().await;
    let clients = Clients::new(&emulator.config().await, Profile::worker());
    let tables = tables::create(&clients.dynamodb).await;
    let store = Store::new(clients.dynamodb.clone(), tables.clone());
    // Only its randomness is used: the ids of one run, the same in every run.
    let entropy = Memory::new(11);

    pass!(&store, entropy =>
        inbox, inbox_sweep, steps, refusals, timeline, leases, ordered_lines, delivery_log, outbox,
        payloads, awaited, known_files, decoded, idempotency, data_refs, tenants, businesses, api_keys, endpoints,
        payments, payment_lists, journal, merchants,
    );
    files::create(&clients.config).await;
    let bucket = Bucket::new(&clients.config, Profile::worker(), files::BUCKET.to_owned());
    pass!(&bucket, entropy => files, large_files, exports);
    constant::memory_moves_large_files(&bucket, &entropy).await;
    let with_files = store.clone().with_files(bucket.clone());
    pass!(&with_files, entropy => templates, large_files);
    let sample = Sample::new(now(), entropy.clone());
    files::of_old_templates_are_deleted(&with_files, &bucket, &sample).await;
    files::take_uploads(&bucket, &Sample::new(now(), entropy.clone()), &entropy).await;
    files::are_opened_by_links(&with_files, &Sample::new(now(), entropy.clone()), &entropy).await;
    files::of_short_parts_are_not_joined(&bucket, &entropy).await;
    Box::pin(lines::hear_of_places_that_were_resolved(&store, &entropy, now())).await;
    rows::of_another_version_are_refused(&store, &clients.dynamodb).await;
    rows::of_a_step_are_a_hundred_at_most(&store, &entropy).await;
    rows::tables_that_were_not_named_are_named_in_the_error(&clients.dynamodb).await;
    let lossy = Clients::new(&emulator.lossy_config().await, Profile::worker());
    let lossy = Store::new(lossy.dynamodb, tables);
    Box::pin(answers::that_were_lost_are_made_up_for(&lossy, &entropy, now())).await;
    queues::take_what_they_are_given(&clients.sqs, &Sample::new(now(), entropy)).await;
    secrets::have_stages(&clients.secrets).await;
}

/// A Saturday noon, in whole seconds.
fn now() -> Timestamp {
    Timestamp::from_second(1_795_262_400).expect("an instant")
}

//! The twins pass the suites that the adapters pass.

#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]

use amb_service::{
    contract::{self, Sample},
    memory::{Memory, drive},
    port::PortError,
};

fn world() -> (Memory, Sample<Memory>) {
    let world = Memory::new(7);
    let now = world.world().now;
    let sample = Sample::new(now, world.clone());
    (world, sample)
}

fn passes(suite: Option<Result<(), PortError>>) {
    suite.expect("twins answer at once").expect("no port fails");
}

macro_rules! twins {
    ($($suite:ident),+ $(,)?) => {$(
        #[test]
        fn $suite() {
            let (world, sample) = world();
            passes(drive(contract::$suite(&world, &sample)));
        }
    )+};
}

twins!(
    inbox,
    inbox_sweep,
    steps,
    refusals,
    timeline,
    leases,
    ordered_lines,
    delivery_log,
    outbox,
    idempotency,
    data_refs,
    tenants,
    businesses,
    api_keys,
    endpoints,
    queues,
    payload_queue,
    payloads,
    awaited,
    known_files,
    decoded,
    files,
    large_files,
    exports,
    payments,
    payment_lists,
    journal,
    merchants,
    settlement_queue,
);

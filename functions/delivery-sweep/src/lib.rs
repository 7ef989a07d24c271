//! `delivery-sweep`: once a minute, what streams and queues have lost.

use amb_lambda::telemetry::stage;
use amb_service::{
    port::{Clock, DeliveryQueue, OutboundQueue, PayloadQueue, SettlementQueue},
    sweep::{Sweep, SweepError, SweptTables},
};

/// One run. An error is the invocation's error: the next minute tries again.
pub async fn sweep_once<S, Q, C>(sweep: &Sweep<S, Q, C>, clock: &C) -> Result<(), SweepError>
where
    S: SweptTables,
    Q: DeliveryQueue + OutboundQueue + PayloadQueue + SettlementQueue + Clone,
    C: Clock + Clone,
{
    let began = clock.now();
    let swept = sweep.sweep().await;
    let line = stage("sweep").took(began.duration_until(clock.now()).unsigned_abs());
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    match swept {
        Ok(swept) => {
            line.count("deliveries", number(swept.deliveries))
                .count("outbound", number(swept.outbound))
                .count("payloads", number(swept.payloads))
                .count("payments", number(swept.payments))
                .count("dispatched", number(swept.dispatched))
                .count("left", number(swept.left))
                .emit();
            Ok(())
        }
        Err(error) => {
            line.outcome("failed").error(&error).emit();
            Err(error)
        }
    }
}

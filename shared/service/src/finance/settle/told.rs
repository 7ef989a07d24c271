//! Chargebacks that a report tells before the provider itself does.

use std::collections::BTreeSet;

use crate::{
    dispatch::stand_back,
    finance::{
        append::{TRIES, moving},
        book::Book,
        report::{LineKind, Report},
    },
    model::{PaymentId, PaymentPointer, TenantId},
    payment::commit::{Committed, Plan, commit},
    port::{Clock, Entropy, Payments, PortError},
};

/// Has each chargeback of a report stand with its payment, so that what the provider tells of it later is
/// no news; whether one was not there yet. Then the journal has to be read once more: the provider may
/// have told it in between. The rows come after this: without them, the report is not matched yet.
pub(super) async fn tell<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    tenant: &TenantId,
    report: &Report,
    book: &Book,
) -> Result<bool, PortError> {
    let mut is_news = false;
    for payment in charged_back(report, book) {
        let pointer = PaymentPointer { tenant: tenant.clone(), payment };
        is_news |= tell_one(store, clock, &pointer).await?;
    }
    Ok(is_news)
}

/// The payments of which a report takes money back in the currency that was paid. What comes in another
/// is in no books yet.
fn charged_back(report: &Report, book: &Book) -> BTreeSet<PaymentId> {
    let lines = report.lines.iter();
    let lines = lines.filter(|line| line.kind == LineKind::Chargeback && line.gross.get() < 0);
    let found = lines.filter_map(|line| {
        let (payment, known) = book.find(line.payment.as_ref(), &line.psp_references)?;
        (known.currency == Some(line.currency)).then(|| payment.clone())
    });
    found.collect()
}

async fn tell_one<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    pointer: &PaymentPointer,
) -> Result<bool, PortError> {
    for tried in 0..TRIES {
        let found = store.find_payment(pointer).await?;
        let Some(mut payment) = found.filter(|payment| payment.charged_back_at.is_none()) else {
            return Ok(false);
        };
        payment.charged_back_at = Some(clock.now());
        if let Committed::Done(_) = commit(store, clock, Plan::of(payment, Vec::new())).await? {
            return Ok(true);
        }
        stand_back(clock, tried).await;
    }
    Err(moving())
}

//! A body that cannot be read has its row in the journal, too.

use super::{Call, CallbackError, Callbacks, Reply, TRIES, body::BodyFault};
use crate::{
    model::{JournalEvent, JournalRow, Payment},
    payment::commit::{Committed, Plan},
    port::{Clock, Entropy, Payments},
};

impl<S: Payments, Q, P, W, K, C: Clock + Entropy, T> Callbacks<S, Q, P, W, K, C, T> {
    /// What the device is told of a body that cannot be read. It is noted where it can be, and changes
    /// nothing else.
    pub(super) async fn unreadable(
        &self,
        call: &Call<'_>,
        payment: Payment,
        event: JournalEvent,
        fault: BodyFault,
    ) -> Reply {
        if let Err(error) = self.note_unread(call, payment, event, fault).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a body that cannot be read is not noted");
        }
        Reply::unreadable(fault)
    }

    /// One row, and nothing of the body in it. Whoever keeps on sending such does not make the journal
    /// longer for ever.
    async fn note_unread(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        event: JournalEvent,
        fault: BodyFault,
    ) -> Result<(), CallbackError> {
        for tried in 0..TRIES {
            if payment.updates >= Payment::MOST_UPDATES {
                return Ok(());
            }
            let unmoved = payment.clone();
            payment.updates += 1;
            let row = JournalRow::of_attempt(event, &payment, None);
            let row = JournalRow {
                decision: Some("refused".to_owned()),
                error_class: Some(fault.code().to_owned()),
                ..call.stamp(row, self.clock.now())
            };
            match self.write(call, Plan::of(payment, vec![row])).await? {
                Committed::Done(_) => return Ok(()),
                Committed::Moved | Committed::Claimed(_) => {
                    self.goes_on(call, tried).await?;
                    payment = self.again(&unmoved).await?;
                }
            }
        }
        Err(CallbackError::Busy)
    }
}

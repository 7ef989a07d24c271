//! What the customer saw of a payment, against what was authorised (spec/payments §1.6, §5 rule 7).

use amb_protocol::{
    id::{BusinessId, OpaqueId},
    money::Minor,
};

use crate::{
    model::{Payment, PaymentPointer, PaymentReply, Seen, Tracking},
    port::{Payments, PortError},
};

/// How often a reply is weighed again because another one was kept meanwhile.
const TRIES: usize = 4;

/// Who acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// Order tracking told the authorised total.
    Tracking,
    /// The customer's reply says that it was paid.
    Reply,
}

impl Acknowledged {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tracking => "order_tracking",
            Self::Reply => "reply",
        }
    }
}

/// What the customer saw that is not what we were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Order tracking told another total.
    Total,
    /// The customer's reply says that it was not paid.
    Reply,
}

impl Denied {
    /// The word in the journal and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "tracked_total",
            Self::Reply => "reply_denies",
        }
    }
}

impl Payment {
    /// Who acknowledged the live attempt, if anybody did.
    pub fn acknowledged(&self) -> Option<Acknowledged> {
        match self.seen()? {
            (Some(_), _) if self.denied().is_none() => Some(Acknowledged::Tracking),
            (None, Some(reply)) if reply.affirms() && self.denied().is_none() => {
                Some(Acknowledged::Reply)
            }
            _ => None,
        }
    }

    /// What speaks against the live attempt, if anything does.
    pub fn denied(&self) -> Option<Denied> {
        let amount = self.live()?.amount;
        match self.seen()? {
            (Some(total), _) if total != amount => Some(Denied::Total),
            (_, Some(reply)) if reply.denies() => Some(Denied::Reply),
            _ => None,
        }
    }

    /// What was seen of the live attempt: a reply to an earlier one may well say that it was not paid.
    /// A total that cannot be read says nothing: the reply or the time has to.
    fn seen(&self) -> Option<(Option<Minor>, Option<&Seen>)> {
        self.live()?;
        let tracking = self.tracking.as_ref().filter(|tracking| self.tracks_live(tracking));
        let reply = self.reply.as_ref().filter(|reply| self.answers_live(reply));
        Some((tracking.and_then(|tracking| tracking.total), reply))
    }

    /// The number of the live attempt; 0: there is none yet.
    pub(super) fn attempt_no(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    /// Whether order tracking came after the live attempt began. It is counted, not timed: the clocks of
    /// whoever wrote down the one and the other may differ by minutes, and a denial would be lost. Where
    /// nobody counted, it is.
    fn tracks_live(&self, tracking: &Tracking) -> bool {
        tracking.attempts.is_none_or(|attempts| attempts == self.attempt_no())
    }

    /// The same of a reply, which is in a row of its own: the live attempt began with this one known, or
    /// it is another. One that came while it began is taken for its own: it may deny.
    fn answers_live(&self, reply: &Seen) -> bool {
        self.live().is_none_or(|attempt| attempt.reply_before.as_ref() != Some(reply))
    }

    /// Whether order tracking takes the place of what was kept of it: the first call stands, unless it
    /// was of an earlier attempt or said less. A total that differs says most, whenever it comes.
    pub(super) fn weighs_more(&self, tracking: &Tracking) -> bool {
        let amount = self.live().map(|attempt| attempt.amount);
        let weight = |tracking: &Tracking| match tracking.total {
            Some(total) if amount.is_some_and(|amount| amount != total) => Weight::Denial,
            Some(_) => Weight::Assent,
            None => Weight::Nothing,
        };
        let of = |tracking: &Tracking| (self.tracks_live(tracking), weight(tracking));
        self.tracking.as_ref().is_none_or(|kept| of(tracking) > of(kept))
    }

    /// The same of a reply: a denial weighs most, whenever it comes.
    fn reply_weighs_more(&self, reply: &Seen) -> bool {
        let weight = |reply: &Seen| match reply {
            reply if reply.denies() => Weight::Denial,
            reply if reply.affirms() => Weight::Assent,
            _ => Weight::Nothing,
        };
        let of = |reply: &Seen| (self.answers_live(reply), weight(reply));
        self.reply.as_ref().is_none_or(|kept| of(reply) > of(kept))
    }
}

/// How much a piece of evidence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Nothing,
    Assent,
    Denial,
}

/// Keeps what a customer's reply says of a payment, if it weighs more than what was kept; whether there
/// is such a payment and the customer is the one who was asked.
pub async fn keep_reply<S: Payments>(
    store: &S,
    pointer: &PaymentPointer,
    (business, opaque): (&BusinessId, &OpaqueId),
    seen: &Seen,
) -> Result<bool, PortError> {
    for _ in 0..TRIES {
        let found = store.find_payment(pointer).await?;
        let is_theirs = |it: &Payment| it.business == *business && it.opaque == *opaque;
        let Some(payment) = found.filter(is_theirs) else { return Ok(false) };
        if !payment.reply_weighs_more(seen) {
            return Ok(true);
        }
        let reply = PaymentReply { payment: pointer.clone(), seen: seen.clone() };
        if store.keep_reply(&reply, payment.reply.as_ref()).await? {
            return Ok(true);
        }
    }
    Err(PortError::unavailable("Payments::keep_reply", "the reply did not hold still"))
}

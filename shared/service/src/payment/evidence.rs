//! What the customer saw of a payment, against what was authorised (spec/payments §1.6, §5 rule 7).

use amb_protocol::money::Minor;

use crate::model::{Payment, Seen};

/// Who acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// Order tracking told the authorised total.
    Tracking,
    /// The customer's reply does not deny it.
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
            (None, Some(_)) if self.denied().is_none() => Some(Acknowledged::Reply),
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
        let begun_at = self.live()?.begun_at;
        let tracking = self.tracking.as_ref().filter(|tracking| tracking.at >= begun_at);
        let reply = self.reply.as_ref().filter(|reply| reply.at >= begun_at);
        Some((tracking.and_then(|tracking| tracking.total), reply))
    }
}

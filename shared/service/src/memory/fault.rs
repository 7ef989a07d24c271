//! What happens to port calls: nothing, or one thing at one call.

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultMode {
    /// The process dies before the effect.
    DieBefore,
    /// The process dies after the effect.
    DieAfter,
    /// The effect happens and the caller gets an error instead of the answer.
    AnswerLost,
    /// The caller gets an error and nothing happens.
    Refused,
}

impl FaultMode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::DieBefore, Self::DieAfter, Self::AnswerLost, Self::Refused];

    /// Whether the process is gone afterwards.
    pub fn is_death(self) -> bool {
        matches!(self, Self::DieBefore | Self::DieAfter)
    }
}

/// Counts the calls, and lets one or two of them go wrong.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// The number of the call that goes wrong, from zero, and how.
    pub at: Option<(usize, FaultMode)>,
    /// A second one, later.
    pub then: Option<(usize, FaultMode)>,
    /// The number of the call at which the process is frozen, before the effect: it goes on when it
    /// is polled again.
    pub frozen_at: Option<usize>,
    /// Calls so far.
    pub calls: Vec<&'static str>,
}

impl FaultPlan {
    /// Whether the process is frozen at the call that comes next.
    pub(super) fn freezes(&self) -> bool {
        self.frozen_at == Some(self.calls.len())
    }

    pub(super) fn next(&mut self, port: &'static str) -> Option<FaultMode> {
        let number = self.calls.len();
        self.calls.push(port);
        let mut planned = self.at.into_iter().chain(self.then);
        planned.find(|(at, _)| *at == number).map(|(_, mode)| mode)
    }
}

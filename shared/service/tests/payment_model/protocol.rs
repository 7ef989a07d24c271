//! One token, two deliveries of it, one provider, one worker.

#![expect(
    clippy::indexing_slicing,
    reason = "a delivery's number is below the number of deliveries"
)]

use stateright::{Model, Property};

/// Deliveries of the same callback.
const DELIVERIES: usize = 2;

/// What is left out of the protocol, or done otherwise.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that can be left out by itself")]
pub(crate) struct Variant {
    /// A delivery claims the token before it asks the provider.
    pub(crate) claims: bool,
    /// `told` is written once.
    pub(crate) told_once: bool,
    /// How a doubt ends.
    pub(crate) resolve: Resolve,
    /// Money that is held although failure was told is let go.
    pub(crate) voids_after_failure: bool,
    /// A delivery that finds an old lease asks the provider again.
    pub(crate) takeover_asks_again: bool,
    /// Whether the provider knows its keys again.
    pub(crate) provider: Provider,
}

impl Variant {
    /// The protocol as it is meant.
    pub(crate) fn proposed() -> Self {
        Self {
            claims: true,
            told_once: true,
            resolve: Resolve::Fence,
            voids_after_failure: true,
            takeover_asks_again: false,
            provider: Provider::Idempotent,
        }
    }
}

/// How a doubt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolve {
    /// The provider is kept from acting, then asked.
    Fence,
    /// It is asked.
    Query,
    /// It is taken for a failure.
    Assume,
    /// It does not.
    Never,
}

/// Whether the provider knows its keys again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The same key holds once.
    Idempotent,
    /// Every request holds.
    Forgetful,
}

/// The protocol, as a variant has it.
#[derive(Clone, Debug)]
pub(crate) struct Protocol(pub(crate) Variant);

/// What the device was, or will be, told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Success,
    Failure,
}

/// How the payment stands in our own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Record {
    Open,
    Authorizing,
    Authorized,
    Declined,
    Unknown,
    Failed,
    Voided,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Arrived,
    /// It owns the attempt, and has not asked yet.
    Claimed,
    /// It asked, and waits.
    Waiting,
    /// It knows what the provider said; none: it gave up waiting.
    Heard(Option<bool>),
    /// It waits for what another one finds out.
    Following,
    /// It told the device.
    Done(Told),
    /// It died.
    Dead,
}

/// A request on its way to the provider, or what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    None,
    UnderWay,
    Approved,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "facts of the model, all combinations of them")]
pub(crate) struct State {
    places: [Place; DELIVERIES],
    requests: [Request; DELIVERIES],
    claimed: bool,
    record: Record,
    told: Option<Told>,
    lease_ran_out: bool,
    /// Money that the provider holds, in authorisations.
    holds: u8,
    fenced: bool,
    /// The worker fenced and saw this.
    seen: Option<bool>,
    crashes_left: u8,
    asked_without_claim: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Claim(usize),
    Ask(usize),
    /// The provider acts on a request, and says yes or no.
    Land(usize, bool),
    Hear(usize),
    GiveUp(usize),
    Finalise(usize),
    Follow(usize),
    /// A follower's own deadline.
    RunOut(usize),
    Crash(usize),
    LeaseEnds,
    TakeOver(usize),
    Resolve,
    Settle,
}

impl State {
    /// Whether someone who may still write owns the attempt.
    fn is_worked_on(&self) -> bool {
        let at_it =
            |place: &Place| matches!(place, Place::Claimed | Place::Waiting | Place::Heard(_));
        self.places.iter().any(at_it)
    }

    fn told_devices(&self, told: Told) -> bool {
        self.places.contains(&Place::Done(told))
    }

    fn owes_resolution(&self) -> bool {
        let late = self.record == Record::Authorizing && self.lease_ran_out;
        late || self.record == Record::Unknown
    }
}

impl Protocol {
    /// Writes what was found out, if nobody did before; the device is told what is written.
    fn finalise(&self, state: &mut State, delivery: usize, heard: Option<bool>) {
        let (record, told) = match heard {
            Some(true) => (Record::Authorized, Told::Success),
            Some(false) => (Record::Declined, Told::Failure),
            None => (Record::Unknown, Told::Failure),
        };
        let is_first = state.record == Record::Authorizing && state.told.is_none();
        if is_first || !self.0.told_once || !self.0.claims {
            state.record = record;
            state.told = Some(told);
        }
        state.places[delivery] = Place::Done(state.told.unwrap_or(told));
    }

    fn land(&self, state: &mut State, delivery: usize, says_yes: bool) {
        if state.fenced {
            state.requests[delivery] = Request::Refused;
            return;
        }
        let known =
            state.requests.iter().find(|it| matches!(it, Request::Approved | Request::Refused));
        if let (Provider::Idempotent, Some(known)) = (self.0.provider, known) {
            state.requests[delivery] = *known;
            return;
        }
        state.holds += u8::from(says_yes);
        state.requests[delivery] = if says_yes { Request::Approved } else { Request::Refused };
    }

    fn resolve(&self, state: &mut State) {
        // Failure is what the device is told from now on, whatever is found.
        state.told.get_or_insert(Told::Failure);
        state.record = Record::Unknown;
        match self.0.resolve {
            Resolve::Fence => state.fenced = true,
            Resolve::Query => {}
            Resolve::Assume | Resolve::Never => {
                state.seen = Some(false);
                return;
            }
        }
        state.seen = Some(state.holds > 0);
    }

    fn settle(&self, state: &mut State, is_held: bool) {
        state.seen = None;
        if !is_held {
            state.record = Record::Failed;
        } else if self.0.voids_after_failure {
            state.holds = 0;
            state.record = Record::Voided;
        } else {
            state.record = Record::Authorized;
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            places: [Place::Arrived; DELIVERIES],
            requests: [Request::None; DELIVERIES],
            claimed: false,
            record: Record::Open,
            told: None,
            lease_ran_out: false,
            holds: 0,
            fenced: false,
            seen: None,
            crashes_left: 1,
            asked_without_claim: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for delivery in 0..DELIVERIES {
            match state.places[delivery] {
                Place::Arrived => actions.push(Action::Claim(delivery)),
                Place::Claimed => actions.push(Action::Ask(delivery)),
                Place::Waiting => {
                    actions.push(Action::GiveUp(delivery));
                    if matches!(state.requests[delivery], Request::Approved | Request::Refused) {
                        actions.push(Action::Hear(delivery));
                    }
                }
                Place::Heard(_) => actions.push(Action::Finalise(delivery)),
                Place::Following => {
                    actions.push(if state.told.is_some() {
                        Action::Follow(delivery)
                    } else {
                        Action::RunOut(delivery)
                    });
                    let is_late = state.record == Record::Authorizing && state.lease_ran_out;
                    if is_late && self.0.takeover_asks_again {
                        actions.push(Action::TakeOver(delivery));
                    }
                }
                Place::Done(_) | Place::Dead => {}
            }
            if state.requests[delivery] == Request::UnderWay {
                actions.extend([Action::Land(delivery, true), Action::Land(delivery, false)]);
            }
            let may_die = !matches!(state.places[delivery], Place::Done(_) | Place::Dead);
            if may_die && state.crashes_left > 0 {
                actions.push(Action::Crash(delivery));
            }
        }
        // A lease is longer than a process lives.
        let is_orphan = state.record == Record::Authorizing && !state.is_worked_on();
        if is_orphan && !state.lease_ran_out {
            actions.push(Action::LeaseEnds);
        }
        if state.seen.is_some() {
            actions.push(Action::Settle);
        } else if state.owes_resolution() && self.0.resolve != Resolve::Never {
            actions.push(Action::Resolve);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Claim(delivery) => {
                let is_first = !state.claimed || !self.0.claims;
                state.places[delivery] = if is_first { Place::Claimed } else { Place::Following };
                state.claimed |= self.0.claims;
                if is_first {
                    state.record = Record::Authorizing;
                }
            }
            Action::Ask(delivery) => {
                state.places[delivery] = Place::Waiting;
                state.requests[delivery] = Request::UnderWay;
                state.asked_without_claim |= !state.claimed;
            }
            Action::Land(delivery, says_yes) => self.land(&mut state, delivery, says_yes),
            Action::Hear(delivery) => {
                let said = state.requests[delivery] == Request::Approved;
                state.places[delivery] = Place::Heard(Some(said));
            }
            Action::GiveUp(delivery) => state.places[delivery] = Place::Heard(None),
            Action::Finalise(delivery) => {
                let Place::Heard(heard) = state.places[delivery] else { return None };
                self.finalise(&mut state, delivery, heard);
            }
            Action::Follow(delivery) => state.places[delivery] = Place::Done(state.told?),
            Action::RunOut(delivery) => {
                let told = *state.told.get_or_insert(Told::Failure);
                if state.record == Record::Authorizing {
                    state.record = Record::Unknown;
                }
                state.places[delivery] = Place::Done(told);
            }
            Action::Crash(delivery) => {
                state.places[delivery] = Place::Dead;
                state.crashes_left -= 1;
            }
            Action::LeaseEnds => state.lease_ran_out = true,
            Action::TakeOver(delivery) => {
                state.places[delivery] = Place::Claimed;
                state.lease_ran_out = false;
            }
            Action::Resolve => self.resolve(&mut state),
            Action::Settle => {
                let is_held = state.seen?;
                self.settle(&mut state, is_held);
            }
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        /// Nobody has anything left to do.
        fn rests(model: &Protocol, state: &State) -> bool {
            let mut actions = Vec::new();
            model.actions(state, &mut actions);
            // A crash that could still happen is nothing that is left to do.
            actions.iter().all(|action| matches!(action, Action::Crash(_)))
        }
        vec![
            Property::always("P1 at most one hold", |_, state: &State| state.holds <= 1),
            Property::always("P2 success told means that money is held", |_, state: &State| {
                !state.told_devices(Told::Success) || state.holds > 0
            }),
            Property::always("P3 a device is told one thing", |_, state: &State| {
                !(state.told_devices(Told::Success) && state.told_devices(Told::Failure))
            }),
            Property::always(
                "P4 at rest, failure told means that nothing is held",
                |model, state: &State| {
                    !rests(model, state) || state.told != Some(Told::Failure) || state.holds == 0
                },
            ),
            Property::always(
                "P5 at rest, the record says what the provider has",
                |model, state: &State| {
                    let says_held = u8::from(state.record == Record::Authorized);
                    !rests(model, state) || state.holds == says_held
                },
            ),
            Property::always("P6 nothing stays in doubt", |model, state: &State| {
                let doubtful = matches!(state.record, Record::Authorizing | Record::Unknown);
                !rests(model, state) || !doubtful
            }),
            Property::always("P9 no call without a claim", |_, state: &State| {
                !state.asked_without_claim
            }),
        ]
    }
}

//! What is promised of payments (spec/payments §4.6), checked when nothing is owed any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use amb_protocol::money::Minor;
use amb_service::{
    finance::ledger::{TrialBalance, ledger},
    memory::{PspRecord, World},
    model::{
        Attempt, ChainHead, EventType, JournalEvent, JournalRow, Payment, PaymentState, PspChange,
        TimelineItem, TokenHash, Told,
    },
};

use super::shop::Shop;

/// Every promise that is broken, in words that begin with its name.
pub(crate) fn broken(shop: &Shop) -> Vec<String> {
    let mut found = Vec::new();
    for ((pointer, _), heard) in &shop.heard {
        let answers: BTreeSet<_> = heard.answers.iter().collect();
        if answers.len() > 1 {
            found.push(format!("P3/P8 {}: a device heard {answers:?}", pointer.payment));
        }
    }
    let world = shop.world.world();
    shown(shop, &world, &mut found);
    chains(&world, &mut found);
    claims(&world, &mut found);
    for payment in world.book.payments.values() {
        let mut of_payment = Vec::new();
        money(&world, payment, &mut of_payment);
        rows(&world, payment, &mut of_payment);
        evidence(shop, &world, payment, &mut of_payment);
        events(&world, payment, &mut of_payment);
        alarms(&world, payment, &mut of_payment);
        found.extend(
            of_payment
                .into_iter()
                .map(|what| format!("{what} ({} {:?})", payment.pointer.payment, payment.state)),
        );
    }
    let entries = ledger(world.book.journal.values().flatten());
    let mut balance = TrialBalance::default();
    balance.add(&entries);
    if let Err(fault) = balance.check() {
        found.push(format!("ledger: {fault}"));
    }
    found
}

/// Whoever was told that it is paid pays what the sheet showed.
fn shown(shop: &Shop, world: &World, found: &mut Vec<String>) {
    for ((pointer, token), heard) in &shop.heard {
        if !heard.answers.iter().any(|answer| answer.contains("SUCCESS")) {
            continue;
        }
        let (payment, token_hash) = (&world.book.payments[pointer], TokenHash::of(token));
        let attempt = payment.attempts.iter().find(|attempt| attempt.token == token_hash);
        let held = attempt.map(|attempt| attempt.amount.to_decimal(payment.currency));
        let (_, shown) = &shop.sent[&(pointer.clone(), token.clone())];
        if shown.is_some() && held != *shown {
            found.push(format!("shown {}: {shown:?}, and {held:?} is held", pointer.payment));
        }
    }
}

fn record<'w>(world: &'w World, attempt: &Attempt) -> Option<&'w PspRecord> {
    world.psp.orders.get(&attempt.key)
}

/// What the provider keeps of an attempt: held, or captured and not given back.
fn kept(record: &PspRecord) -> i64 {
    record.held.get() + record.captured.get() - record.refunded.get()
}

fn money(world: &World, payment: &Payment, found: &mut Vec<String>) {
    let mut say = |what: String| found.push(what);
    let records = payment.attempts.iter().filter_map(|it| Some((it, record(world, it)?)));
    let live = records.clone().filter(|(_, record)| kept(record) > 0).count();
    if live > 1 {
        say(format!("P1 {live} attempts hold money"));
    }
    for (attempt, record) in records {
        let told_success = attempt.told == Some(Told::Success);
        if attempt.told.is_none() {
            say(format!("P6 attempt {} was told nothing", attempt.no));
        }
        if !told_success && kept(record) != 0 {
            say(format!("P4 attempt {} failed and {} are kept", attempt.no, kept(record)));
        }
        if record.captured > Minor::ZERO && !told_success {
            say(format!("P10 attempt {} is captured and was not told success", attempt.no));
        }
        if attempt.quote > 0 || told_success {
            let quoted = payment.quotes.iter().find(|quote| quote.seq == attempt.quote);
            if quoted.map(|quote| quote.total) != Some(attempt.amount) {
                say(format!("P11 attempt {} is not what was quoted", attempt.no));
            }
        }
    }
    let Some(attempt) = payment.live() else {
        if payment.state != PaymentState::Expired && payment.state != PaymentState::Voided {
            say("P6 nobody paid, and it did not expire".to_owned());
        }
        return;
    };
    let record = record(world, attempt);
    let (held, captured, refunded) = record.map_or((0, 0, 0), |record| {
        (record.held.get(), record.captured.get(), record.refunded.get())
    });
    let success = attempt.told == Some(Told::Success);
    let asked = attempt.amount.get();
    match payment.state {
        PaymentState::Authorized => {
            if !success || held != asked || captured != 0 {
                say(format!("P2/P5 told {:?}, held {held} of {asked}", attempt.told));
            }
        }
        PaymentState::Captured | PaymentState::Refunded => {
            if !success || captured != payment.captured.get() || captured == 0 {
                say(format!("P2/P5 captured {captured}, not {}", payment.captured.get()));
            }
            if payment.refunded() != Some(Minor::new(refunded)) {
                say(format!("P5 given back {refunded}, not {:?}", payment.refunded()));
            }
            let all = payment.state == PaymentState::Refunded;
            if all != (refunded == captured) {
                say(format!("P5 given back {refunded} of {captured}"));
            }
        }
        PaymentState::Voided
        | PaymentState::Failed
        | PaymentState::Declined
        | PaymentState::Expired => {
            if held != 0 || captured != refunded {
                say(format!("P5 held {held}, captured {captured}, given back {refunded}"));
            }
            if success && payment.state != PaymentState::Voided {
                say("P2 success was told, and nothing is held".to_owned());
            }
        }
        PaymentState::Open
        | PaymentState::Authorizing
        | PaymentState::Unknown
        | PaymentState::Voiding
        | PaymentState::Capturing
        | PaymentState::AckMismatch
        | PaymentState::VoidStuck => say("P6 it is left in doubt".to_owned()),
    }
    if payment.due_at.is_some() {
        say(format!("P6 it still owes something at {:?}", payment.due_at));
    }
}

/// Every chain is whole, and what it says of states is the way that the payment went.
fn chains(world: &World, found: &mut Vec<String>) {
    for (chain, rows) in &world.book.journal {
        let mut head = ChainHead::default();
        for row in rows {
            let follows = row.seq == head.seq + 1 && row.prev_hash == head.hash;
            if !follows || row.hash != row.hash_of() || row.ts_utc < head.at || row.day < head.day {
                found.push(format!("P7 chain {} breaks at row {}", chain.shard, row.seq));
                break;
            }
            head = row.head();
        }
    }
}

fn rows(world: &World, payment: &Payment, found: &mut Vec<String>) {
    let rows = world.book.journal.values().flatten();
    let rows: Vec<_> =
        rows.filter(|row| row.payment_id.as_ref() == Some(&payment.pointer.payment)).collect();
    let mut state = PaymentState::Open.as_str().to_owned();
    for row in rows.iter().filter(|row| row.state_to.is_some()) {
        if row.state_from.as_deref() != Some(&state) {
            found.push(format!("P7 row {} comes from {:?}, not {state}", row.seq, row.state_from));
        }
        state = row.state_to.clone().unwrap_or_default();
    }
    if state != payment.state.as_str() {
        found.push(format!("P7 the journal ends at {state}"));
    }
    let sum = |event: JournalEvent| {
        let of_event = rows.iter().filter(|row| row.event_type == event);
        of_event.filter_map(|row| row.amount_minor).map(Minor::get).sum::<i64>()
    };
    let undone = rows.iter().filter(|row| {
        row.event_type == JournalEvent::ChangeFailed
            && row.decision.as_deref() == Some("capture")
            && row.error_class.as_deref() == Some("reversed")
    });
    let undone: i64 = undone.filter_map(|row| row.amount_minor).map(Minor::get).sum();
    if sum(JournalEvent::Captured) - undone != payment.captured.get() {
        found.push(format!("P7 the journal captures {}", sum(JournalEvent::Captured) - undone));
    }
    // The memo accounts of the ledger are what these add up to.
    let held: i64 = rows.iter().filter_map(|row| row.held_minor).map(Minor::get).sum();
    let records = payment.attempts.iter().filter_map(|attempt| record(world, attempt));
    let really: i64 = records.map(|record| record.held.get()).sum();
    if held != really {
        found.push(format!("P7 the journal says that {held} are held, and {really} are"));
    }
    let text = format!("{rows:?} {payment:?}");
    if text.contains("c4n4ry") {
        found.push("secrecy: a token or a contact is kept".to_owned());
    }
}

/// What the customer saw was looked at, and what differs stops a capture that nobody asks for.
fn evidence(shop: &Shop, world: &World, payment: &Payment, found: &mut Vec<String>) {
    let reply = world.book.replies.get(&payment.pointer);
    let is_kept = matches!(
        payment.state,
        PaymentState::Authorized | PaymentState::Captured | PaymentState::Refunded
    );
    if is_kept && reply != payment.weighed_reply.as_ref() {
        found.push(format!("evidence: {reply:?} is not weighed"));
    }
    for ((_, attempt), before) in
        shop.denied.iter().filter(|((pointer, _), _)| *pointer == payment.pointer)
    {
        let rows = world.book.journal.values().flatten();
        let rows = rows.filter(|row| row.payment_id.as_ref() == Some(&payment.pointer.payment));
        let captured = rows.skip(*before).filter(|row| {
            let is_its = row.attempt_no == Some(*attempt);
            is_its && row.event_type == JournalEvent::CaptureRequested && row.ack.is_some()
        });
        if captured.count() > 0 {
            found.push(
                "denial: captured by itself although the customer saw no such payment".to_owned(),
            );
        }
    }
}

/// No provider was asked for what nobody had claimed.
fn claims(world: &World, found: &mut Vec<String>) {
    let claimed: BTreeSet<_> = world
        .book
        .claims
        .values()
        .map(|claim| Attempt::key("auth", &claim.merchant, &claim.token))
        .collect();
    for key in world.psp.asked.iter().filter(|key| !claimed.contains(*key)) {
        found.push(format!("P9 {key:.8} was asked for and not claimed"));
    }
    for (key, record) in &world.psp.orders {
        let known = world.book.payments.values().flat_map(|payment| &payment.attempts);
        if known.into_iter().all(|attempt| attempt.key != *key) && kept(record) > 0 {
            found.push(format!("P1 {key:.8} holds money that no attempt knows of"));
        }
    }
}

/// Every event is told once, and those that have to be are.
fn events(world: &World, payment: &Payment, found: &mut Vec<String>) {
    let id = payment.pointer.payment.as_str();
    let mut told: BTreeMap<EventType, usize> = BTreeMap::new();
    for entry in world.timeline.values() {
        let TimelineItem::Event { kind, source, .. } = &entry.item else { continue };
        let amb_service::model::EventSource::Inline(data) = source else { continue };
        if data["paymentId"] == id {
            *told.entry(*kind).or_default() += 1;
        }
    }
    let count = |kind| told.get(&kind).copied().unwrap_or_default();
    if !payment.untold.is_empty() {
        found.push(format!("events: {} are untold", payment.untold.len()));
    }
    let succeeded = payment.attempts.iter().any(|it| it.told == Some(Told::Success));
    if count(EventType::PaymentAuthorized) != usize::from(succeeded) {
        found.push(format!("events: authorised {} times", count(EventType::PaymentAuthorized)));
    }
    let rows = world.book.journal.values().flatten();
    let rows = rows.filter(|row| row.payment_id.as_ref() == Some(&payment.pointer.payment));
    let captured = rows.filter(|row| row.event_type == JournalEvent::Captured).count();
    if count(EventType::PaymentCaptured) != captured {
        found.push(format!("events: captured {} times", count(EventType::PaymentCaptured)));
    }
    let all: usize = told.values().sum();
    if all != usize::try_from(payment.news).unwrap() {
        found.push(format!("events: {all} told of {}", payment.news));
    }
}

/// A change that the provider told came to nothing was said to a person.
fn alarms(world: &World, payment: &Payment, found: &mut Vec<String>) {
    let rows = world.book.journal.values().flatten();
    let rows = rows.filter(|row| row.payment_id.as_ref() == Some(&payment.pointer.payment));
    let is_said = |change: PspChange, row: &JournalRow| match row.event_type {
        JournalEvent::VoidStuck => change == PspChange::Void,
        JournalEvent::AckMismatch => change == PspChange::Capture,
        JournalEvent::RefundFailed => change == PspChange::Refund,
        JournalEvent::ChangeFailed => {
            let is_undone = row.error_class.as_deref() == Some("reversed");
            is_undone && row.decision.as_deref() == Some(change.as_str())
        }
        _ => false,
    };
    for ending in &payment.endings {
        if !ending.weighed {
            found.push(format!("P6 {} was told and not weighed", ending.reference));
        }
        if !ending.is_done && !rows.clone().any(|row| is_said(ending.change, row)) {
            found.push(format!("alarm: {} failed, and nobody was told", ending.reference));
        }
    }
}

/// What became of many payments.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) payments: usize,
    pub(crate) attempts: usize,
    faults: usize,
    doubts: usize,
    captured: usize,
    refunded: usize,
    voided: usize,
    expired: usize,
    held: usize,
    mismatches: usize,
    replays: usize,
    stuck: usize,
    failed: usize,
    rows: usize,
    captured_minor: i64,
}

impl Totals {
    pub(crate) fn of(shop: &Shop) -> Self {
        let world = shop.world.world();
        let payments = || world.book.payments.values();
        let ended = |state| payments().filter(|payment| payment.state == state).count();
        let rows = || world.book.journal.values().flatten();
        let told = |what: fn(&JournalRow) -> bool| rows().filter(|row| what(row)).count();
        Self {
            payments: payments().count(),
            attempts: payments().map(|payment| payment.attempts.len()).sum(),
            faults: shop.faults_met,
            doubts: told(|row| row.event_type == JournalEvent::Resolved),
            captured: ended(PaymentState::Captured),
            refunded: ended(PaymentState::Refunded),
            voided: ended(PaymentState::Voided),
            expired: ended(PaymentState::Expired),
            held: ended(PaymentState::Authorized),
            mismatches: told(|row| row.event_type == JournalEvent::AckMismatch),
            replays: told(|row| row.error_class.as_deref() == Some("replay")),
            stuck: told(|row| row.event_type == JournalEvent::VoidStuck),
            failed: payments()
                .flat_map(|payment| &payment.endings)
                .filter(|ending| !ending.is_done)
                .count(),
            rows: rows().count(),
            captured_minor: payments().map(|payment| payment.captured.get()).sum(),
        }
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            payments: self.payments + other.payments,
            attempts: self.attempts + other.attempts,
            faults: self.faults + other.faults,
            doubts: self.doubts + other.doubts,
            captured: self.captured + other.captured,
            refunded: self.refunded + other.refunded,
            voided: self.voided + other.voided,
            expired: self.expired + other.expired,
            held: self.held + other.held,
            mismatches: self.mismatches + other.mismatches,
            replays: self.replays + other.replays,
            stuck: self.stuck + other.stuck,
            failed: self.failed + other.failed,
            rows: self.rows + other.rows,
            captured_minor: self.captured_minor + other.captured_minor,
        }
    }

    /// What has to have happened.
    pub(crate) fn counts(&self) -> [(&'static str, usize); 11] {
        [
            ("faults", self.faults),
            ("doubts", self.doubts),
            ("captured", self.captured),
            ("refunded", self.refunded),
            ("voided", self.voided),
            ("expired", self.expired),
            ("held", self.held),
            ("mismatches", self.mismatches),
            ("replays", self.replays),
            ("stuck", self.stuck),
            ("failed changes", self.failed),
        ]
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} attempts", self.attempts)?;
        for (what, count) in self.counts() {
            write!(f, ", {count} {what}")?;
        }
        let units = self.captured_minor / 100;
        write!(f, "; {} rows of journal, {units} USD captured; 0 promises broken", self.rows)
    }
}

//! A provider's report held against the journal (spec/payments §6.3).

use amb_protocol::money::{Currency, Minor};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    book::{Book, Known},
    report::{LineKind, Report, ReportLine},
};
use crate::model::PaymentId;

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// In what report and journal differ.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ExceptionClass { $($(#[$doc])* $variant,)+ }

        impl ExceptionClass {
            /// Every class.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in journal and results.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

classes! {
    /// The device was told of a failure, and money was taken nevertheless. Somebody is called.
    ToldFailureButSettled = "told_failure_but_settled",
    /// It was let go, and settled nevertheless.
    VoidedButSettled = "voided_but_settled",
    /// Nobody here knows what it is.
    SettledUnknown = "settled_unknown",
    /// It was paid or settled in another currency.
    CurrencyDiff = "currency_diff",
    /// Another amount than was captured, or asked to go back.
    AmountDiff = "amount_diff",
    /// It was settled before.
    DuplicateSettlement = "duplicate_settlement",
    /// The provider keeps less than nothing, more than [`Bounds`] allow, or not what is missing.
    FeeUnexpected = "fee_unexpected",
    /// It went back, and nobody asked for it.
    RefundWithoutRequest = "refund_without_request",
    /// It was captured long ago, and no report has settled it.
    CapturedNotSettled = "captured_not_settled",
    /// The device was told of a success, and nothing was ever captured.
    ToldSuccessNeverCaptured = "told_success_never_captured",
    /// It was captured shortly before the report ends: the next one will have it.
    TimingCutoff = "timing_cutoff",
}

impl ExceptionClass {
    /// Whether somebody has to be called.
    pub const fn pages(self) -> bool {
        matches!(self, Self::ToldFailureButSettled)
    }

    /// Whether it is only a matter of time: then the journal has no row of it.
    pub const fn is_expected(self) -> bool {
        matches!(self, Self::TimingCutoff)
    }
}

/// What is still taken for usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From capture to settlement.
    pub settles_within: SignedDuration,
    /// From success to capture: what a hold lasts.
    pub captures_within: SignedDuration,
    /// What a provider keeps of a capture at most, in hundredths of a percent; never less than
    /// [`fee_floor`](Self::fee_floor).
    pub fee_rate: i64,
    /// In the smallest unit.
    pub fee_floor: i64,
}

impl Default for Bounds {
    /// T+3, a week, ten percent or one hundred of the smallest unit.
    fn default() -> Self {
        Self {
            settles_within: SignedDuration::from_hours(3 * 24),
            captures_within: SignedDuration::from_hours(7 * 24),
            fee_rate: 1_000,
            fee_floor: 100,
        }
    }
}

/// What a report and the journal come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Every line of the report.
    pub lines: Vec<MatchedLine>,
    /// Payments that no line is about, and one should be.
    pub open: Vec<OpenItem>,
}

/// A line, and what the journal says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedLine {
    /// The line.
    pub line: ReportLine,
    /// The payment.
    pub payment: Option<PaymentId>,
    /// Its attempt, as far as line or journal tell.
    pub attempt: Option<u32>,
    /// In what they differ.
    pub exceptions: BTreeSet<ExceptionClass>,
    /// Against which account it is booked.
    pub booked: Booked,
}

/// Against which account a line is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// The provider's clearing account.
    Clearing,
    /// The same, and the account of what nobody can place for what came in another currency.
    Exchange,
    /// The provider's charges.
    Fees,
    /// The account of what nobody can place.
    Suspense,
    /// None: it was booked before, or it is the sum of the others.
    Nowhere,
}

impl Booked {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clearing => "clearing",
            Self::Exchange => "exchange",
            Self::Fees => "fee",
            Self::Suspense => "suspense",
            Self::Nowhere => "none",
        }
    }
}

/// A payment that no line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The payment.
    pub payment: PaymentId,
    /// What is missing.
    pub class: ExceptionClass,
    /// The currency.
    pub currency: Currency,
    /// How much of it.
    pub amount: Minor,
    /// The business's own name of the order.
    pub reference: Option<String>,
}

/// Holds a report against the journal.
pub fn hold(report: &Report, book: &Book, bounds: &Bounds) -> Matching {
    let mut seen = BTreeSet::new();
    let mut lines: Vec<MatchedLine> =
        report.lines.iter().map(|line| place(line, book, &mut seen)).collect();
    let mut groups = BTreeMap::<PaymentId, Vec<usize>>::new();
    for (at, placed) in lines.iter().enumerate() {
        let Some((payment, known)) = book.find(placed.payment.as_ref(), &[]) else { continue };
        // A capture of an attempt that failed for the device is none of the one that did not.
        let is_stray = placed.line.kind == LineKind::Capture && known.is_refused(placed.attempt);
        if placed.booked != Booked::Nowhere && !is_stray {
            groups.entry(payment.clone()).or_default().push(at);
        }
    }
    for (payment, places) in &groups {
        let Some((_, known)) = book.find(Some(payment), &[]) else { continue };
        whole(known, places, &mut lines);
    }
    for placed in &mut lines {
        let known = placed.payment.as_ref().and_then(|id| book.find(Some(id), &[]));
        single(placed, known.map(|(_, known)| known), bounds);
    }
    // Charges and transfers are made when a batch closes, and what goes back is newer than the sales
    // that it is paid out with: only a capture says up to when captures are in the report.
    let captures = report.lines.iter().filter(|line| line.kind == LineKind::Capture);
    let ends = captures.map(|line| line.at).max();
    let mut accounts = BTreeSet::new();
    for MatchedLine { line, payment, .. } in &lines {
        let known =
            book.find(payment.as_ref(), &[]).and_then(|(_, known)| known.psp_account.as_deref());
        accounts.extend(line.account.as_deref().or(known));
    }
    let covers = Coverage { psp: report.form.as_str(), accounts, named: &groups };
    let open = ends.map(|ends| open(book, &covers, ends, bounds)).unwrap_or_default();
    Matching { lines, open }
}

/// Which payment a line is about, and where it is booked.
fn place(line: &ReportLine, book: &Book, seen: &mut BTreeSet<String>) -> MatchedLine {
    let found = book.find(line.payment.as_ref(), &line.psp_references);
    let payment = found.map(|(payment, _)| payment.clone());
    let attempt = line.attempt.or_else(|| book.attempt(&line.psp_references));
    let attempt = attempt.filter(|_| payment.is_some());
    let mut exceptions = BTreeSet::new();
    let is_again = !seen.insert(line.id.clone()) || book.was_settled(&line.id);
    let booked = match line.kind {
        LineKind::Payout => Booked::Nowhere,
        _ if is_again => {
            exceptions.insert(ExceptionClass::DuplicateSettlement);
            Booked::Nowhere
        }
        LineKind::Fee => Booked::Fees,
        _ if found.is_none() || line.kind == LineKind::Other => {
            exceptions.insert(ExceptionClass::SettledUnknown);
            Booked::Suspense
        }
        _ if line.net_currency != line.currency => Booked::Exchange,
        _ => Booked::Clearing,
    };
    MatchedLine { line: line.clone(), payment, attempt, exceptions, booked }
}

/// What all lines of one payment come to.
fn whole(known: &Known, places: &[usize], lines: &mut [MatchedLine]) {
    let captures = Kind::of(LineKind::Capture, known, places, lines);
    if !captures.places.is_empty() {
        let all = captures.sum.and_then(|sum| sum.checked_add(known.settled));
        let is_more = all.is_none_or(|all| all > known.captured);
        let settlements = known.settlements as usize + captures.places.len();
        if is_more && settlements > 1 && known.captured > Minor::ZERO {
            captures.mark(ExceptionClass::DuplicateSettlement, lines);
            captures.clear_up_to(known.captured, known.settled, lines);
        } else if all != Some(known.captured) {
            captures.mark(ExceptionClass::AmountDiff, lines);
        }
    }
    let refunds = Kind::of(LineKind::Refund, known, places, lines);
    if !refunds.places.is_empty() {
        let asked = known.refund_asked.max(known.refunded);
        let back = refunds.sum.and_then(|sum| known.settled_back.checked_sub(sum));
        if asked == Minor::ZERO {
            refunds.mark(ExceptionClass::RefundWithoutRequest, lines);
        } else if refunds.has_come_back(lines) || back.is_none_or(|back| back > asked) {
            refunds.mark(ExceptionClass::AmountDiff, lines);
        }
    }
}

/// A payment's lines of one kind, in its currency.
struct Kind {
    places: Vec<usize>,
    sum: Option<Minor>,
}

impl Kind {
    fn of(kind: LineKind, known: &Known, places: &[usize], lines: &[MatchedLine]) -> Self {
        let (mut found, mut sum) = (Vec::new(), Some(Minor::ZERO));
        for at in places {
            let Some(MatchedLine { line, .. }) = lines.get(*at) else { continue };
            if line.kind == kind && Some(line.currency) == known.currency {
                found.push(*at);
                sum = sum.and_then(|sum| sum.checked_add(line.gross));
            }
        }
        Self { places: found, sum }
    }

    /// A refund that did not reach the customer is paid in again.
    fn has_come_back(&self, lines: &[MatchedLine]) -> bool {
        let mut lines = self.places.iter().filter_map(|at| lines.get(*at));
        lines.any(|placed| placed.line.gross > Minor::ZERO)
    }

    /// What is more than the provider owes has nothing to clear.
    fn clear_up_to(&self, owed: Minor, settled: Minor, lines: &mut [MatchedLine]) {
        let mut cleared = settled;
        for at in &self.places {
            let Some(placed) = lines.get_mut(*at) else { continue };
            match cleared.checked_add(placed.line.gross).filter(|sum| *sum <= owed) {
                Some(sum) => cleared = sum,
                None => placed.booked = Booked::Suspense,
            }
        }
    }

    fn mark(&self, class: ExceptionClass, lines: &mut [MatchedLine]) {
        for at in &self.places {
            if let Some(placed) = lines.get_mut(*at) {
                placed.exceptions.insert(class);
            }
        }
    }
}

/// What one line by itself says against the journal.
fn single(placed: &mut MatchedLine, known: Option<&Known>, bounds: &Bounds) {
    let (line, exceptions) = (&placed.line, &mut placed.exceptions);
    if placed.booked == Booked::Nowhere {
        return;
    }
    let is_capture = line.kind == LineKind::Capture;
    if let Some(known) = known {
        if known.currency != Some(line.currency) || line.net_currency != line.currency {
            exceptions.insert(ExceptionClass::CurrencyDiff);
        }
        let is_refused = known.is_refused(placed.attempt);
        let is_failed = !known.refused.is_empty() && known.told_success.is_none();
        if is_capture && (is_refused || is_failed) {
            exceptions.insert(ExceptionClass::ToldFailureButSettled);
        }
        if is_capture && known.voided && known.captured == Minor::ZERO {
            exceptions.insert(ExceptionClass::VoidedButSettled);
        }
        let is_owed = is_owed(line, known) && (!is_refused || line.kind == LineKind::Chargeback);
        if matches!(placed.booked, Booked::Clearing | Booked::Exchange) && !is_owed {
            placed.booked = Booked::Suspense;
        }
    }
    let adds_up =
        line.net_currency != line.currency || line.gross.checked_sub(line.fee) == Some(line.net);
    let rate = i128::from(line.gross.get()).abs() * i128::from(bounds.fee_rate) / 10_000;
    let most = rate.max(i128::from(bounds.fee_floor));
    let fee = i128::from(line.fee.get());
    // What is taken off a capture again may bring its fee back.
    let is_usual = fee <= most && (fee >= 0 || line.gross < Minor::ZERO);
    if !adds_up || (is_capture && !is_usual) {
        exceptions.insert(ExceptionClass::FeeUnexpected);
    }
}

/// Whether the journal has, or will have, what a line of a payment clears.
fn is_owed(line: &ReportLine, known: &Known) -> bool {
    let is_captured = known.captured > Minor::ZERO;
    let is_asked_back = known.refund_asked.max(known.refunded) > Minor::ZERO;
    known.currency == Some(line.currency)
        && match line.kind {
            LineKind::Capture => is_captured,
            LineKind::Refund => is_captured && is_asked_back,
            // What the provider has not told yet, the report tells.
            _ => true,
        }
}

/// What a report is of.
struct Coverage<'a> {
    psp: &'static str,
    /// The accounts with the provider, as its lines or the payments that they name tell.
    accounts: BTreeSet<&'a str>,
    /// The payments that lines are about.
    named: &'a BTreeMap<PaymentId, Vec<usize>>,
}

impl Coverage<'_> {
    /// Whether a line of the report could have been about a payment, and none is.
    fn misses(&self, payment: &PaymentId, known: &Known) -> bool {
        let account = known.psp_account.as_deref();
        known.psp.as_deref() == Some(self.psp)
            && account.is_none_or(|it| self.accounts.is_empty() || self.accounts.contains(it))
            && !self.named.contains_key(payment)
    }
}

/// Payments that no line is about, and one should be.
fn open(book: &Book, covers: &Coverage<'_>, ends: Timestamp, bounds: &Bounds) -> Vec<OpenItem> {
    let mut open = Vec::new();
    for (payment, known) in book.payments() {
        let Some(currency) = known.currency.filter(|_| covers.misses(payment, known)) else {
            continue;
        };
        let class = if let Some(captured_at) = known.captured_at {
            if known.settled >= known.captured || captured_at > ends {
                continue;
            }
            let is_late = captured_at + bounds.settles_within < ends;
            if is_late { ExceptionClass::CapturedNotSettled } else { ExceptionClass::TimingCutoff }
        } else {
            let told = known.told_success.filter(|_| !known.ended);
            match told {
                Some(told) if told + bounds.captures_within < ends => {
                    ExceptionClass::ToldSuccessNeverCaptured
                }
                _ => continue,
            }
        };
        let owed = known.captured.checked_sub(known.settled).unwrap_or_default();
        let amount = if known.captured_at.is_some() { owed } else { known.held };
        let reference = known.reference.clone();
        open.push(OpenItem { payment: payment.clone(), class, currency, amount, reference });
    }
    open
}

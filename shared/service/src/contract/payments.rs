//! Payments: one change, all or nothing, and how they are found.

use amb_protocol::{
    apple_pay::{Line, LineType, Quote, QuoteSource},
    money::Minor,
};

use super::sample::{Sample, both, next};
use crate::{
    model::{
        Chain, ChainHead, JournalEvent, JournalRow, Payment, PaymentReply, PaymentState,
        SealedContacts, Seen, TenantId, TokenClaim, TokenHash,
    },
    payment::journal,
    port::{
        AskedPayment, Changed, Conversations, DuePayments, Entropy, Journal, JournalQuery,
        PaymentChange, PaymentLists, Payments, PortError, Step, Stepped,
    },
};

/// A payment is asked for with a step, changed under its lock, and never by halves.
pub async fn payments<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Payments + Conversations + Journal,
    E: Entropy,
{
    let payment = asked(store, sample, sample.payment()).await?;
    let pointer = &payment.pointer;
    let stranger = Payment { pointer: sample.payment().pointer, ..payment.clone() };
    assert_eq!(store.find_payment(&stranger.pointer).await?, None);
    assert_eq!(store.offer(&stranger.pointer).await?, None);

    // One row, a quote, a claim: then all three are there.
    let head = store.chain_head(&chain_of(&payment)).await?;
    assert_eq!(head, ChainHead::default());
    let paid = Payment { state: PaymentState::Authorizing, ..next_of(&payment) };
    let mut change = change(&paid, &head, sample, 1);
    change.quotes = vec![quote(1)];
    change.claim = Some(claim(&paid, "A1"));
    let until = sample.now + SealedContacts::LIFE;
    change.contacts = Some(SealedContacts { sealed: "c2VhbGVk".to_owned(), until });
    assert_eq!(store.change(&change).await?, Changed::Done);
    assert_eq!(store.find_payment(pointer).await?.as_ref(), Some(&paid));
    assert_eq!(store.quote(pointer, 1).await?, Some(quote(1)));
    assert_eq!(store.contacts(pointer).await?, change.contacts);
    assert_eq!(store.contacts(&stranger.pointer).await?, None);
    assert_eq!(store.quote(pointer, 2).await?, None);
    assert_eq!(store.token_claim(&paid.merchant, &TokenHash::of("a1")).await?, change.claim);
    let end = change.rows.last().map(JournalRow::head).unwrap_or_default();
    assert_eq!(store.chain_head(&change.chain).await?, end);

    refusals(store, sample, &paid, &change).await?;
    replies(store, sample, &paid).await?;

    // A change without a row leaves the chain alone, wherever it ends.
    let quiet = next_of(&paid);
    let change = PaymentChange {
        payment: Some(quiet.clone()),
        claim: None,
        quotes: Vec::new(),
        contacts: None,
        rows: Vec::new(),
        head: ChainHead::default(),
        chain: chain_of(&paid),
    };
    assert_eq!(store.change(&change).await?, Changed::Done);
    let found = store.find_payment(pointer).await?.map(|found| found.revision);
    assert_eq!(found, Some(quiet.revision));
    races(store, sample).await
}

/// What is refused leaves no trace.
async fn refusals<S: Payments + Journal>(
    store: &S,
    sample: &Sample<impl Entropy>,
    paid: &Payment,
    done: &PaymentChange,
) -> Result<(), PortError> {
    let head = store.chain_head(&done.chain).await?;
    // It moved on; a token that was used weighs less.
    let late = Payment { updates: 1, ..paid.clone() };
    let late = PaymentChange { payment: Some(late), ..done.clone() };
    assert_eq!(store.change(&late).await?, Changed::Moved);
    let unknown = Payment { pointer: sample.payment().pointer, ..next_of(paid) };
    assert_eq!(store.change(&change(&unknown, &head, sample, 1)).await?, Changed::Moved);
    assert_eq!(store.find_payment(&unknown.pointer).await?, None);

    // The token was used: by whom is the answer.
    let later = next_of(paid);
    let mut again = change(&later, &head, sample, 1);
    again.claim = Some(TokenClaim { attempt: 2, ..claim(&later, "a1") });
    let first = claim(paid, "A1");
    assert_eq!(store.change(&again).await?, Changed::Claimed(first));

    // The chain grew.
    let mut outrun = change(&later, &ChainHead::default(), sample, 1);
    outrun.claim = Some(claim(&later, "B2"));
    outrun.quotes = vec![quote(2)];
    outrun.contacts = Some(SealedContacts { sealed: "bm90IHRoaXM=".to_owned(), until: sample.now });
    assert_eq!(store.change(&outrun).await?, Changed::Outrun);
    let mut forked = change(&later, &head, sample, 1);
    forked.head.hash = "f".repeat(64);
    assert_eq!(store.change(&forked).await?, Changed::Outrun);

    // More rows than are written together: with the payment and the chain's end, 101.
    assert!(store.change(&change(&later, &head, sample, 99)).await.is_err());

    assert_eq!(store.find_payment(&paid.pointer).await?.as_ref(), Some(paid));
    assert_eq!(store.token_claim(&paid.merchant, &TokenHash::of("B2")).await?, None);
    assert_eq!(store.quote(&paid.pointer, 2).await?, None);
    assert_eq!(store.contacts(&paid.pointer).await?, done.contacts);
    assert_eq!(store.chain_head(&done.chain).await?, head);
    let query =
        JournalQuery { chain: done.chain.clone(), after: 0, from: None, to: None, limit: 10 };
    assert_eq!(store.journal(&query).await?, done.rows);
    Ok(())
}

/// A reply takes another's place only as that was read; whoever reads the payment sees it, and no change
/// takes it back.
async fn replies<S: Payments>(
    store: &S,
    sample: &Sample<impl Entropy>,
    paid: &Payment,
) -> Result<(), PortError> {
    let other = Payment { pointer: sample.payment().pointer, ..paid.clone() };
    let seen = Seen { at: sample.after(3), state: Some("paid".to_owned()) };
    let denied = Seen { at: sample.after(4), state: Some("paymentNotCompleted".to_owned()) };
    let [first, second] = [&seen, &denied]
        .map(|seen| PaymentReply { payment: paid.pointer.clone(), seen: seen.clone() });
    assert!(!store.keep_reply(&first, Some(&denied)).await?, "there is none to take the place of");
    assert!(store.keep_reply(&first, None).await?);
    for stale in [None, Some(&denied)] {
        assert!(!store.keep_reply(&second, stale).await?, "another is kept");
    }
    let found = store.find_payment(&paid.pointer).await?;
    assert_eq!(found.and_then(|found| found.reply), Some(seen.clone()));
    assert!(store.keep_reply(&second, Some(&seen)).await?);
    let found = store.find_payment(&paid.pointer).await?;
    assert_eq!(found.and_then(|found| found.reply), Some(denied));
    assert_eq!(store.find_payment(&other.pointer).await?, None, "a reply is no payment");
    Ok(())
}

/// Of two changes at once, one happens: of the same payment, with the same token, of the same chain.
async fn races<S: Payments + Conversations + Journal>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let payment = asked(store, sample, sample.payment()).await?;
    let chain = chain_of(&payment);
    let head = store.chain_head(&chain).await?;
    let mut changes = ["C3", "D4"].map(|token| {
        let mut change = change(&next_of(&payment), &head, sample, 2);
        change.claim = Some(claim(&payment, token));
        change
    });
    changes[1].rows.iter_mut().for_each(|row| row.actor = Some("resolver".to_owned()));
    let [one, other] = &changes;
    let (a, b) = both(store.change(one), store.change(other)).await;
    let done = [&a, &b].into_iter().filter(|answer| matches!(answer, Ok(Changed::Done))).count();
    assert!(done <= 1, "{a:?} {b:?}");
    let revision = store.find_payment(&payment.pointer).await?.map(|found| found.revision);
    let rows = store.journal_of(&chain.tenant, &chain.merchant, &payment.pointer.payment).await?;
    assert_eq!(revision, Some(payment.revision + u64::try_from(done).unwrap_or_default()));
    assert_eq!(rows.len(), 2 * done);
    Ok(())
}

/// Payments are listed by business, newest first, and while they owe something by when it is due.
pub async fn payment_lists<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: Payments + Conversations + PaymentLists + DuePayments,
    E: Entropy,
{
    let mut newest_first = Vec::new();
    for second in 0..5 {
        let mut payment = sample.payment();
        payment.created_at = sample.after(second);
        payment.due_at = Some(sample.after(100 - second));
        newest_first.insert(0, asked(store, sample, payment).await?);
    }
    let (tenant, business) = (&sample.tenant, &sample.business);
    let all = store.payments_of(tenant, business, None, 10).await?;
    assert_eq!((&all.items, &all.cursor), (&newest_first, &None));
    let all = store.payments_of(tenant, business, None, 5).await?;
    assert_eq!((all.items.len(), &all.cursor), (5, &None), "the last page is known to be it");
    let (mut cursor, mut pages) = (None, Vec::new());
    loop {
        let page = store.payments_of(tenant, business, cursor, 2).await?;
        assert!(page.items.len() <= 2);
        pages.extend(page.items);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, newest_first);
    let stranger = TenantId::draw(sample.entropy());
    assert_eq!(store.payments_of(&stranger, business, None, 5).await?.items, []);

    // The newest is due first.
    let due = |now, limit| store.due_payments(now, limit);
    let ours = |found: Vec<crate::model::PaymentPointer>| -> Vec<_> {
        found.into_iter().filter(|pointer| pointer.tenant == *tenant).collect()
    };
    assert_eq!(ours(due(sample.after(95), 100).await?), []);
    let first: Vec<_> = newest_first.iter().take(2).map(|it| it.pointer.clone()).collect();
    assert_eq!(ours(due(sample.after(97), 100).await?), first);
    assert!(due(sample.after(200), 2).await?.len() <= 2);
    assert_eq!(due(sample.after(200), 0).await?, []);
    let Some(newest) = newest_first.first() else { return Ok(()) };
    let settled = Payment { due_at: None, ..next_of(newest) };
    let head = store.chain_head(&chain_of(newest)).await?;
    assert_eq!(store.change(&change(&settled, &head, sample, 1)).await?, Changed::Done);
    let left = first.get(1..).unwrap_or_default();
    assert_eq!(ours(due(sample.after(97), 100).await?), left, "it owes nothing any more");
    Ok(())
}

/// Asks for a payment, twice: a payment that is there stays, and keeps nothing else from happening.
async fn asked<S: Payments + Conversations>(
    store: &S,
    sample: &Sample<impl Entropy>,
    payment: Payment,
) -> Result<Payment, PortError> {
    let (pointer, offer) = (payment.pointer.clone(), sample.offer());
    let state = next(&sample.conversation());
    let asked = AskedPayment { payment: payment.clone(), offer: offer.clone() };
    let step = Step { asked: Some(asked), ..Step::to(state.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    assert_eq!(store.find_payment(&pointer).await?.as_ref(), Some(&payment));
    assert_eq!(store.offer(&pointer).await?.as_ref(), Some(&offer));

    let mut cheaper = offer.clone();
    cheaper.total.amount = Minor::new(1);
    let asked = AskedPayment {
        payment: Payment { offered: Minor::new(1), ..payment.clone() },
        offer: cheaper,
    };
    let again = next(&state);
    let step = Step { asked: Some(asked), ..Step::to(again.clone()) };
    assert_eq!(store.step(&step).await?, Stepped::Done);
    let revision = store.load(&again.tenant, &again.id).await?.map(|state| state.revision);
    assert_eq!(revision, Some(again.revision));
    assert_eq!(store.find_payment(&pointer).await?.as_ref(), Some(&payment), "it stays");
    assert_eq!(store.offer(&pointer).await?, Some(offer), "it stays");
    Ok(payment)
}

pub(super) fn chain_of(payment: &Payment) -> Chain {
    let pointer = &payment.pointer;
    Chain::of(&pointer.tenant, &payment.merchant, &pointer.payment)
}

pub(super) fn next_of(payment: &Payment) -> Payment {
    Payment { revision: payment.revision + 1, ..payment.clone() }
}

/// A change to this payment, with so many rows.
pub(super) fn change(
    payment: &Payment,
    head: &ChainHead,
    sample: &Sample<impl Entropy>,
    rows: usize,
) -> PaymentChange {
    let rows = vec![JournalRow::about(JournalEvent::Claimed, payment); rows];
    let chain = chain_of(payment);
    PaymentChange {
        payment: Some(payment.clone()),
        claim: None,
        quotes: Vec::new(),
        contacts: None,
        rows: journal::chain(&chain, head, &payment.time_zone, sample.now, rows),
        chain,
        head: head.clone(),
    }
}

fn claim(payment: &Payment, transaction: &str) -> TokenClaim {
    TokenClaim {
        merchant: payment.merchant.clone(),
        token: TokenHash::of(transaction),
        payment: payment.pointer.clone(),
        attempt: 1,
        errors: Vec::new(),
        created_at: payment.created_at,
    }
}

fn quote(seq: u32) -> Quote {
    let line = |label: &str, amount| Line {
        label: label.to_owned(),
        amount: Minor::new(amount),
        kind: LineType::Final,
    };
    Quote {
        seq,
        inputs: amb_protocol::apple_pay::Inputs::default(),
        lines: vec![line("Tea", 6_000), line("Tax", 399)],
        total: line("Café", 6_399),
        shipping_methods: None,
        source: QuoteSource::Static,
        tax: Minor::new(399),
        shipping: Minor::ZERO,
    }
}

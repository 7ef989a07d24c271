//! A change of a payment: one `TransactWriteItems`, one condition per row, and one reading of why it was
//! refused.

use amb_service::{
    model::{ChainHead, JournalRow, body_hash},
    port::{ChainRows, Changed, PaymentChange, PortError},
};
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
        builders::PutBuilder,
    },
};
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::{
    fault::{Refused, incomplete, unavailable, unreadable},
    row::{self, n, s},
    step::MOST_ROWS,
    store::Store,
};

const OPERATION: &str = "Payments::change";

/// What a row of the transaction is, in the order in which they are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is changed, under its revision.
    Changed,
    /// A token's claim.
    Claim,
    /// A quote.
    Quote,
    /// Put whatever was there before.
    Free,
    /// The chain's end, its day, its place among all chains, its rows.
    Chain,
}

impl Store {
    pub(super) async fn change_payment(
        &self,
        change: &PaymentChange,
    ) -> Result<Changed, PortError> {
        let PaymentChange { payment, claim, quotes, contacts, chain, rows, head } = change;
        let token =
            request_token(OPERATION, &(payment, claim, quotes, contacts, chain, rows, head))?;
        self.put_all(OPERATION, self.change_puts(change)?, token).await
    }

    /// Puts all of them or none; what was put twice with the same token was put once.
    pub(crate) async fn put_all(
        &self,
        operation: &'static str,
        puts: Vec<(Part, PutBuilder)>,
        token: String,
    ) -> Result<Changed, PortError> {
        if puts.is_empty() {
            return Ok(Changed::Done);
        }
        if puts.len() > MOST_ROWS {
            let refused = Refused::new(format!("a change of {} rows", puts.len()));
            return Err(PortError::unreadable(operation, refused));
        }
        let mut request = self.client.transact_write_items().client_request_token(token);
        let mut parts = Vec::with_capacity(puts.len());
        for (part, put) in puts {
            parts.push(part);
            request = request.transact_items(transact_item(operation, put)?);
        }
        let Err(error) = request.send().await else { return Ok(Changed::Done) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                match reading(operation, &parts, canceled.cancellation_reasons())? {
                    Some(changed) => Ok(changed),
                    None => Err(unavailable(operation)(error)),
                }
            }
            Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => {
                tracing::error!("two different changes had the same request token");
                Err(unavailable(operation)(error))
            }
            _ => Err(unavailable(operation)(error)),
        }
    }

    fn change_puts(&self, change: &PaymentChange) -> Result<Vec<(Part, PutBuilder)>, PortError> {
        let table = self.payments_table(OPERATION)?;
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let fresh = |item| put(item).condition_expression("attribute_not_exists(pk)");
        let fault = unreadable(OPERATION);

        let mut puts = Vec::new();
        if let Some(payment) = &change.payment {
            let unmoved = put(row::payment::item(payment).map_err(&fault)?)
                .condition_expression("#revision = :before")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":before", n(payment.revision.saturating_sub(1)));
            puts.push((Part::Changed, unmoved));
        }
        if let Some(claim) = &change.claim {
            puts.push((Part::Claim, fresh(row::token_claim::item(claim).map_err(&fault)?)));
        }
        for quote in &change.quotes {
            let Some(payment) = &change.payment else {
                let refused = Refused::new("a quote of no payment");
                return Err(PortError::unreadable(OPERATION, refused));
            };
            puts.push((Part::Quote, fresh(row::quote::item(payment, quote).map_err(&fault)?)));
        }
        if let (Some(payment), Some(contacts)) = (&change.payment, &change.contacts) {
            let item = row::payment_contacts::item(&payment.pointer, contacts).map_err(&fault)?;
            puts.push((Part::Free, put(item)));
        }
        let PaymentChange { chain, head, rows, .. } = change;
        let rows = ChainRows { chain: chain.clone(), head: head.clone(), rows: rows.clone() };
        puts.extend(self.chain_puts(OPERATION, &rows)?);
        Ok(puts)
    }

    /// Rows at the end of a chain; nothing without a row.
    pub(crate) fn chain_puts(
        &self,
        operation: &'static str,
        ChainRows { chain, head, rows }: &ChainRows,
    ) -> Result<Vec<(Part, PutBuilder)>, PortError> {
        let Some(last) = rows.last() else { return Ok(Vec::new()) };
        let table = self.payments_table(operation)?;
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let fresh = |item| put(item).condition_expression("attribute_not_exists(pk)");
        let fault = unreadable(operation);
        let end = put(row::chain::head(chain, &last.head()).map_err(&fault)?);
        let mut puts = vec![after(end, head)];
        if head.seq == 0 {
            puts.push(fresh(row::chain::registered(chain).map_err(&fault)?));
        }
        for row in first_of_days(head, rows) {
            puts.push(fresh(row::chain::day(chain, row).map_err(&fault)?));
        }
        for row in rows {
            puts.push(fresh(row::journal::item(chain, row).map_err(&fault)?));
        }
        Ok(puts.into_iter().map(|put| (Part::Chain, put)).collect())
    }
}

/// The new rows that are the first of their day in the chain.
fn first_of_days<'r>(
    head: &ChainHead,
    rows: &'r [JournalRow],
) -> impl Iterator<Item = &'r JournalRow> {
    let before = std::iter::once(head.day).chain(rows.iter().map(|row| row.day));
    rows.iter().zip(before).filter_map(|(row, before)| (row.day != before).then_some(row))
}

/// The end of a chain, put only where it has to come.
fn after(end: PutBuilder, head: &ChainHead) -> PutBuilder {
    if head.seq == 0 {
        return end.condition_expression("attribute_not_exists(pk)");
    }
    end.condition_expression("seq = :seq AND #hash = :hash")
        .expression_attribute_names("#hash", "hash")
        .expression_attribute_values(":seq", n(head.seq))
        .expression_attribute_values(":hash", s(head.hash.as_str()))
}

fn transact_item(operation: &'static str, put: PutBuilder) -> Result<TransactWriteItem, PortError> {
    let put = put
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(incomplete(operation))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The same change has the same token, so that the SDK's own retry of a change that happened is told
/// that it happened. DynamoDB remembers tokens for ten minutes.
pub(crate) fn request_token(
    operation: &'static str,
    change: &impl Serialize,
) -> Result<String, PortError> {
    let said = serde_json::to_vec(change);
    let said = said.map_err(|error| PortError::unreadable(operation, error))?;
    let mut token = HEXLOWER.encode(&body_hash(&said));
    token.truncate(32);
    Ok(token)
}

/// Why a transaction was refused, in the order of the answers' weight. What met another transaction, or
/// was too much at once, is worth another try soon: whoever is outrun stands back first.
fn reading(
    operation: &'static str,
    parts: &[Part],
    reasons: &[CancellationReason],
) -> Result<Option<Changed>, PortError> {
    let failed = |wanted: Part| {
        let mut both = parts.iter().zip(reasons);
        both.find(|(part, reason)| {
            **part == wanted && reason.code() == Some("ConditionalCheckFailed")
        })
        .map(|(_, reason)| reason.item().cloned().unwrap_or_default())
    };
    if failed(Part::Changed).is_some() {
        return Ok(Some(Changed::Moved));
    }
    if let Some(old) = failed(Part::Claim) {
        let claim = row::read(old).map_err(unreadable(operation))?;
        return Ok(Some(Changed::Claimed(claim)));
    }
    if failed(Part::Chain).is_some() {
        return Ok(Some(Changed::Outrun));
    }
    if failed(Part::Quote).is_some() {
        let refused = Refused::new("a quote's number was given out twice");
        return Err(PortError::unreadable(operation, refused));
    }
    let is_passing = |code| {
        matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    };
    let passing = reasons.iter().filter_map(CancellationReason::code).any(is_passing);
    Ok(passing.then_some(Changed::Outrun))
}

#[cfg(test)]
mod tests {
    use amb_service::{
        contract::Sample,
        memory::Memory,
        model::{JournalEvent, TokenClaim, TokenHash},
    };
    use jiff::{Timestamp, civil::date};

    use super::*;

    const PARTS: [Part; 4] = [Part::Changed, Part::Claim, Part::Quote, Part::Chain];

    fn reading(reasons: &[CancellationReason]) -> Result<Option<Changed>, PortError> {
        super::reading(OPERATION, &PARTS, reasons)
    }

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    fn sample() -> Sample<Memory> {
        Sample::new(Timestamp::from_second(1_795_262_400).unwrap(), Memory::new(3))
    }

    #[test]
    fn a_payment_that_moved_weighs_more_than_a_token_that_was_used() {
        let reasons = ["ConditionalCheckFailed"; 4].map(reason);
        assert_eq!(reading(&reasons).unwrap(), Some(Changed::Moved));
    }

    #[test]
    fn f114_a_token_that_was_used_is_answered_with_who_used_it() {
        let payment = sample().payment();
        let claim = TokenClaim {
            merchant: payment.merchant.clone(),
            token: TokenHash::of("AB"),
            payment: payment.pointer,
            attempt: 1,
            errors: Vec::new(),
            created_at: payment.created_at,
        };
        let old = row::token_claim::item(&claim).unwrap();
        let failed =
            CancellationReason::builder().code("ConditionalCheckFailed").set_item(Some(old));
        let reasons =
            [reason("None"), failed.build(), reason("None"), reason("ConditionalCheckFailed")];
        assert_eq!(reading(&reasons).unwrap(), Some(Changed::Claimed(claim)));
    }

    #[test]
    fn what_met_another_change_or_was_too_much_at_once_was_outrun() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            let reasons = [reason("None"), reason("None"), reason("None"), reason(code)];
            assert_eq!(reading(&reasons).unwrap(), Some(Changed::Outrun), "{code}");
        }
        assert_eq!(reading(&[reason("ValidationError")]).unwrap(), None);
    }

    #[test]
    fn a_quote_given_out_twice_is_an_alarm_and_not_a_retry() {
        let reasons =
            [reason("None"), reason("None"), reason("ConditionalCheckFailed"), reason("None")];
        assert!(reading(&reasons).is_err());
    }

    #[test]
    fn every_day_is_marked_with_its_first_row() {
        let payment = sample().payment();
        let row = |seq, day| {
            let mut row = JournalRow::about(JournalEvent::Captured, &payment);
            (row.seq, row.day) = (seq, day);
            row
        };
        let (first, second) = (date(2026, 11, 21), date(2026, 11, 22));
        let rows = vec![row(1, first), row(2, first), row(3, second)];
        let mut head = ChainHead::default();
        let marked = |head: &ChainHead| -> Vec<u64> {
            first_of_days(head, &rows).map(|row| row.seq).collect()
        };
        assert_eq!(marked(&head), [1, 3]);
        head.day = first;
        assert_eq!(marked(&head), [3]);
    }
}

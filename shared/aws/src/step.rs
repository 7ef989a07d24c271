//! A step: one `TransactWriteItems`, one condition per row, and one reading of why it was refused.

use amb_service::{
    model::{DeliveryStatus, EventStream, OutboundStatus, PayloadStatus, body_hash},
    port::{PortError, Resolved, Step, Stepped},
};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
        builders::PutBuilder,
    },
};
use data_encoding::HEXLOWER;

use crate::{
    fault::{Refused, incomplete, unavailable, unreadable},
    line::take_back,
    row::{self, n, s, time::nanos},
    store::Store,
};

const OPERATION: &str = "Conversations::step";

/// What a row of the transaction is, in the order in which they are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    State,
    /// An entry or a delivery: its place is free because the revision is.
    Place,
    Claim,
    Outbound,
    Payload,
    Idempotency,
    /// A payment that is asked for, and its offer.
    Asked,
    /// What takes the place of an awaited entry, and of the deliveries that were held for it: theirs
    /// because the revision is.
    Resolved,
}

/// Rows that DynamoDB writes together.
pub(crate) const MOST_ROWS: usize = 100;

/// What one transaction came to.
#[derive(Clone, Debug, PartialEq)]
enum Attempted {
    /// A step's answer.
    Stepped(Stepped),
    /// Nothing happened: the payment that it asks for is there.
    Asked,
}

impl Store {
    pub(crate) async fn transact(&self, step: &Step) -> Result<Stepped, PortError> {
        match self.attempt(step).await? {
            Attempted::Stepped(stepped) => Ok(stepped),
            // A payment that is there stays, and keeps nothing else from happening.
            Attempted::Asked => match self.attempt(&Step { asked: None, ..step.clone() }).await? {
                Attempted::Stepped(stepped) => Ok(stepped),
                Attempted::Asked => Ok(Stepped::Moved),
            },
        }
    }

    async fn attempt(&self, step: &Step) -> Result<Attempted, PortError> {
        let (parts, puts): (Vec<_>, Vec<_>) = self.puts(step)?.into_iter().unzip();
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(puts))
            .client_request_token(request_token(step)?);
        match request.send().await {
            Ok(_) => Ok(Attempted::Stepped(Stepped::Done)),
            Err(error) => refusal(&parts, error),
        }
    }

    fn puts(&self, step: &Step) -> Result<Vec<(Part, TransactWriteItem)>, PortError> {
        let table = self.conversations_table(OPERATION)?;
        let state = &step.state;
        let stream = EventStream::Conversation(state.id.clone());
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let fresh = |item| put(item).condition_expression("attribute_not_exists(pk)");
        let fault = unreadable(OPERATION);

        let item = row::state::item(state).map_err(&fault)?;
        let unmoved = match state.revision {
            ..=1 => fresh(item),
            revision => put(item)
                .condition_expression("#revision = :before")
                .expression_attribute_names("#revision", "revision")
                .expression_attribute_values(":before", n(revision - 1)),
        };
        let mut puts = vec![(Part::State, unmoved)];
        for entry in &step.entries {
            let item = row::entry::item(&state.tenant, &stream, entry).map_err(&fault)?;
            puts.push((Part::Place, fresh(item)));
        }
        for delivery in &step.deliveries {
            puts.push((Part::Place, fresh(row::delivery::item(delivery).map_err(&fault)?)));
        }
        if let Some(claim) = &step.claim {
            let at = step.entries.first().map_or(state.last_inbound_at, |entry| entry.at);
            puts.push((Part::Claim, fresh(row::claim::item(claim, at).map_err(&fault)?)));
        }
        if let Some(message) = &step.outbound {
            let unfinished = put(row::outbound::item(message).map_err(&fault)?)
                .condition_expression("attribute_not_exists(pk) OR #status = :queued")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":queued", s(OutboundStatus::Queued.as_str()));
            puts.push((Part::Outbound, unfinished));
        }
        if let Some(record) = &step.idempotency {
            let unused = Put::builder()
                .table_name(self.accounts_table(OPERATION)?)
                .set_item(Some(row::idempotency::item(record).map_err(&fault)?))
                .condition_expression("attribute_not_exists(pk) OR expires <= :now")
                .expression_attribute_values(":now", n(nanos(record.created_at)));
            puts.push((Part::Idempotency, unused));
        }
        if let Some(asked) = &step.asked {
            let table = self.payments_table(OPERATION)?;
            let payment = row::payment::item(&asked.payment).map_err(&fault)?;
            for item in [payment, row::offer::item(asked).map_err(&fault)?] {
                let put = Put::builder().table_name(table).set_item(Some(item));
                puts.push((Part::Asked, put.condition_expression("attribute_not_exists(pk)")));
            }
        }
        for payload in &step.payloads {
            let unfinished = put(row::payload::item(payload).map_err(&fault)?)
                .condition_expression("attribute_not_exists(pk) OR #status = :pending")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":pending", s(PayloadStatus::Pending.as_str()));
            puts.push((Part::Payload, unfinished));
        }
        let mut marks = Vec::new();
        if let Some(Resolved { entry, deliveries }) = &step.resolved {
            let item = row::entry::item(&state.tenant, &stream, entry).map_err(&fault)?;
            let awaited = put(item).condition_expression("attribute_exists(awaited)");
            puts.push((Part::Resolved, awaited));
            for delivery in deliveries {
                let item = row::delivery::item(delivery).map_err(&fault)?;
                puts.push((Part::Resolved, put(item)));
                if delivery.status == DeliveryStatus::Pending {
                    marks.push((Part::Resolved, take_back(OPERATION, table, delivery)?));
                }
            }
        }
        let puts = puts.into_iter().map(|(part, put)| Ok((part, transact_item(put)?)));
        let all: Vec<_> =
            puts.chain(marks.into_iter().map(Ok)).collect::<Result<_, PortError>>()?;
        if all.len() > MOST_ROWS {
            let refused = Refused::new(format!("a step of {} rows", all.len()));
            return Err(PortError::unreadable(OPERATION, refused));
        }
        Ok(all)
    }
}

fn transact_item(put: PutBuilder) -> Result<TransactWriteItem, PortError> {
    let put = put
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(incomplete(OPERATION))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The same step has the same token, so that the SDK's own retry of a step that happened is told that
/// it happened. DynamoDB remembers tokens for ten minutes.
fn request_token(step: &Step) -> Result<String, PortError> {
    let claim = step.claim.as_ref().map(|claim| (claim.message, claim.seq));
    let resolved = step.resolved.as_ref().map(|it| (&it.entry, &it.deliveries));
    let said = (
        (&step.state, &step.entries, claim, &step.deliveries, &step.outbound, &step.idempotency),
        (&step.payloads, resolved, step.asked.as_ref().map(|it| (&it.payment, &it.offer))),
    );
    let said = serde_json::to_vec(&said).map_err(|e| PortError::unreadable(OPERATION, e))?;
    let mut token = HEXLOWER.encode(&body_hash(&said));
    token.truncate(32);
    Ok(token)
}

fn refusal<R: std::fmt::Debug + 'static>(
    parts: &[Part],
    error: SdkError<TransactWriteItemsError, R>,
) -> Result<Attempted, PortError> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            match reading(parts, canceled.cancellation_reasons())? {
                Some(attempted) => Ok(attempted),
                None => Err(unavailable(OPERATION)(error)),
            }
        }
        Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => {
            tracing::error!("two different steps had the same request token");
            Err(unavailable(OPERATION)(error))
        }
        _ => Err(unavailable(OPERATION)(error)),
    }
}

/// Why a transaction was refused. The order is that of the answers' weight: a key that was used
/// before is the caller's answer, whatever else happened since.
fn reading(parts: &[Part], reasons: &[CancellationReason]) -> Result<Option<Attempted>, PortError> {
    let failed = |wanted: Part| {
        let mut both = parts.iter().zip(reasons);
        both.find(|(part, reason)| {
            **part == wanted && reason.code() == Some("ConditionalCheckFailed")
        })
        .map(|(_, reason)| reason.item().cloned().unwrap_or_default())
    };
    let stepped = |stepped| Some(Attempted::Stepped(stepped));
    let fault = unreadable(OPERATION);
    if let Some(old) = failed(Part::Idempotency) {
        let record = row::read(old).map_err(fault)?;
        return Ok(stepped(Stepped::Repeated(record)));
    }
    if let Some(old) = failed(Part::Claim) {
        let claim = row::claim::claim(old).map_err(fault)?;
        return Ok(stepped(Stepped::Claimed(claim)));
    }
    if failed(Part::Outbound).is_some() || failed(Part::Payload).is_some() {
        return Ok(stepped(Stepped::Finished));
    }
    let conflict = reasons.iter().any(|reason| reason.code() == Some("TransactionConflict"));
    if conflict || failed(Part::State).is_some() {
        return Ok(stepped(Stepped::Moved));
    }
    if failed(Part::Place).is_some() {
        let refused = Refused::new("a sequence number was given out twice");
        return Err(PortError::unreadable(OPERATION, refused));
    }
    if failed(Part::Resolved).is_some() {
        let refused = Refused::new("a place was resolved that is not awaited");
        return Err(PortError::unreadable(OPERATION, refused));
    }
    if failed(Part::Asked).is_some() {
        return Ok(Some(Attempted::Asked));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Item;

    fn reason(code: &str, item: Option<Item>) -> CancellationReason {
        CancellationReason::builder().code(code).set_item(item).build()
    }

    fn stepped(stepped: Stepped) -> Attempted {
        Attempted::Stepped(stepped)
    }

    #[test]
    fn a_conflict_with_another_step_means_that_the_conversation_moved() {
        let parts = [Part::State, Part::Place];
        let reasons = [reason("TransactionConflict", None), reason("None", None)];
        assert_eq!(reading(&parts, &reasons).unwrap(), Some(stepped(Stepped::Moved)));
    }

    #[test]
    fn a_finished_message_weighs_more_than_a_moved_conversation() {
        let parts = [Part::State, Part::Outbound];
        let failed = || reason("ConditionalCheckFailed", Some(Item::new()));
        assert_eq!(
            reading(&parts, &[failed(), failed()]).unwrap(),
            Some(stepped(Stepped::Finished))
        );
        assert_eq!(
            reading(&parts, &[failed(), reason("None", None)]).unwrap(),
            Some(stepped(Stepped::Moved))
        );
    }

    #[test]
    fn a_finished_payload_weighs_more_than_a_moved_conversation() {
        let parts = [Part::State, Part::Payload, Part::Payload, Part::Resolved];
        let reasons = ["ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None"]
            .map(|code| reason(code, None));
        assert_eq!(reading(&parts, &reasons).unwrap(), Some(stepped(Stepped::Finished)));
    }

    #[test]
    fn a_place_that_is_not_awaited_any_more_means_that_the_conversation_moved() {
        let parts = [Part::State, Part::Resolved];
        let failed = || reason("ConditionalCheckFailed", None);
        assert_eq!(reading(&parts, &[failed(), failed()]).unwrap(), Some(stepped(Stepped::Moved)));
        assert!(reading(&parts, &[reason("None", None), failed()]).is_err(), "an alarm");
    }

    #[test]
    fn a_payment_that_is_there_keeps_nothing_else_from_happening() {
        let parts = [Part::State, Part::Idempotency, Part::Asked, Part::Asked];
        let failed = || reason("ConditionalCheckFailed", None);
        let none = || reason("None", None);
        let alone = [none(), none(), failed(), failed()];
        assert_eq!(reading(&parts, &alone).unwrap(), Some(Attempted::Asked));
        let moved = [failed(), none(), failed(), failed()];
        assert_eq!(reading(&parts, &moved).unwrap(), Some(stepped(Stepped::Moved)));
    }

    #[test]
    fn a_throttled_step_is_no_answer() {
        let reasons = [reason("ThrottlingError", None)];
        assert_eq!(reading(&[Part::State], &reasons).unwrap(), None);
    }

    #[test]
    fn a_place_given_out_twice_is_an_alarm_and_not_a_retry() {
        let reasons = [reason("None", None), reason("ConditionalCheckFailed", None)];
        assert!(reading(&[Part::State, Part::Place], &reasons).is_err());
    }
}

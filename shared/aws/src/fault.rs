//! What goes wrong between a port and AWS.

use amb_service::port::PortError;
use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError,
    },
};
use std::{error::Error, fmt};

use crate::row::{Item, RowFault};

/// A function was not told of something that it needs after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not configured for this function")]
pub struct NotConfigured {
    /// The environment variable.
    pub variable: &'static str,
}

/// AWS answered with something that cannot be, or refused all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    pub(crate) reason: String,
}

impl Refused {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What the SDK said, without the answer's body: that could hold a customer's words, and the SDK's own
/// error shows it when it is formatted for debugging.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct CallFailed {
    said: String,
}

impl CallFailed {
    pub(crate) fn new(error: &dyn Error) -> Self {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            said.push_str(": ");
            said.push_str(&error.to_string());
            cause = error.source();
        }
        Self { said }
    }
}

pub(crate) fn unavailable<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> PortError
where
    E: Error + 'static,
    R: fmt::Debug + 'static,
{
    move |error| PortError::unavailable(operation, CallFailed::new(&error))
}

pub(crate) fn unreadable(operation: &'static str) -> impl Fn(RowFault) -> PortError {
    move |fault| PortError::unreadable(operation, fault)
}

pub(crate) fn incomplete(operation: &'static str) -> impl Fn(BuildError) -> PortError {
    move |error| PortError::unavailable(operation, error)
}

/// What was there when a conditional write was refused: empty if nothing was. Any other failure is
/// an error.
pub(crate) trait RefusedWrite {
    fn old_item(self, operation: &'static str) -> Result<Item, PortError>;
}

impl<R: fmt::Debug + 'static> RefusedWrite for SdkError<PutItemError, R> {
    fn old_item(self, operation: &'static str) -> Result<Item, PortError> {
        match self.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().cloned().unwrap_or_default())
            }
            _ => Err(unavailable(operation)(self)),
        }
    }
}

impl<R: fmt::Debug + 'static> RefusedWrite for SdkError<UpdateItemError, R> {
    fn old_item(self, operation: &'static str) -> Result<Item, PortError> {
        match self.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().cloned().unwrap_or_default())
            }
            _ => Err(unavailable(operation)(self)),
        }
    }
}

impl<R: fmt::Debug + 'static> RefusedWrite for SdkError<DeleteItemError, R> {
    fn old_item(self, operation: &'static str) -> Result<Item, PortError> {
        match self.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().cloned().unwrap_or_default())
            }
            _ => Err(unavailable(operation)(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_body_never_shows() {
        let raw = "a customer's words";
        let error: SdkError<PutItemError, &str> =
            SdkError::service_error(PutItemError::unhandled("refused"), raw);
        let shown = format!("{:?}", unavailable("port")(error));
        assert!(!shown.contains(raw), "{shown}");
        assert!(shown.contains("refused"), "{shown}");
    }
}

//! What an HTTP status from Apple's gateway means for the message that was sent.
//!
//! Apple documents 200, 400, 401, 403, 404 and 500 (authorizing and preUpload pages). 410 and 429 are
//! observed by implementations in the field; 413 is not documented and only plausible. No
//! `Retry-After` is documented either; honour one if it comes.

/// The meaning of one answer from `mspgw.push.apple.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GatewayStatus {
    /// 200: Apple has the message. It says nothing about delivery; Apple gives no receipts.
    Accepted,
    /// 400: a required field is missing or malformed. The body may hold a sentence that says which;
    /// the same bytes will be refused again.
    BadRequest,
    /// 401 or 403: no Authorization header, or one that did not validate. Worth one fresh token;
    /// after that it is a configuration fault on our side.
    Unauthorized,
    /// 404: Apple does not know the destination. Permanent for this customer.
    UnknownDestination,
    /// 410: the customer has left the conversation. Nothing may be sent until they write again.
    Gone,
    /// 413: the message is too large. Permanent for this message.
    TooLarge,
    /// 429: slow down and send the same id later.
    Throttled,
    /// 5xx: Apple failed, and may or may not have taken the message. Send the same id again.
    ServerError,
    /// Any status that nobody has described, for the log and an alarm.
    Unexpected(u16),
}

/// What to do after an answer other than [`GatewayStatus::Accepted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// The same message would get the same answer.
    Never,
    /// Once, with a newly minted token.
    WithFreshToken,
    /// After a pause, with the same message id.
    Later,
}

/// Reads the meaning of a status. Every 2xx counts as accepted, although only 200 is documented.
pub const fn classify(status: u16) -> GatewayStatus {
    match status {
        200..=299 => GatewayStatus::Accepted,
        400 => GatewayStatus::BadRequest,
        401 | 403 => GatewayStatus::Unauthorized,
        404 => GatewayStatus::UnknownDestination,
        410 => GatewayStatus::Gone,
        413 => GatewayStatus::TooLarge,
        429 => GatewayStatus::Throttled,
        500..=599 => GatewayStatus::ServerError,
        other => GatewayStatus::Unexpected(other),
    }
}

impl GatewayStatus {
    /// Whether, and how, the message may be sent again. `None` when it was accepted.
    ///
    /// An undescribed 4xx is taken as a refusal. Every other undescribed status (a redirect, say,
    /// from something that is not Apple) is tried again later.
    pub const fn retry(self) -> Option<Retry> {
        match self {
            Self::Accepted => None,
            Self::Unauthorized => Some(Retry::WithFreshToken),
            Self::BadRequest
            | Self::UnknownDestination
            | Self::Gone
            | Self::TooLarge
            // 408 is what a proxy answers when the request did not arrive in time.
            | Self::Unexpected(400..=407 | 409..=499) => Some(Retry::Never),
            Self::Throttled | Self::ServerError | Self::Unexpected(_) => Some(Retry::Later),
        }
    }

    /// Whether Apple may have taken the message although it did not say so.
    pub const fn outcome_is_unknown(self) -> bool {
        matches!(self, Self::ServerError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap32_documented_and_observed_codes_have_their_meaning() {
        for (status, meaning, retry) in [
            (200, GatewayStatus::Accepted, None),
            (204, GatewayStatus::Accepted, None),
            (400, GatewayStatus::BadRequest, Some(Retry::Never)),
            (401, GatewayStatus::Unauthorized, Some(Retry::WithFreshToken)),
            (403, GatewayStatus::Unauthorized, Some(Retry::WithFreshToken)),
            (404, GatewayStatus::UnknownDestination, Some(Retry::Never)),
            (410, GatewayStatus::Gone, Some(Retry::Never)),
            (413, GatewayStatus::TooLarge, Some(Retry::Never)),
            (429, GatewayStatus::Throttled, Some(Retry::Later)),
            (500, GatewayStatus::ServerError, Some(Retry::Later)),
            (503, GatewayStatus::ServerError, Some(Retry::Later)),
            (408, GatewayStatus::Unexpected(408), Some(Retry::Later)),
            (418, GatewayStatus::Unexpected(418), Some(Retry::Never)),
            (302, GatewayStatus::Unexpected(302), Some(Retry::Later)),
        ] {
            assert_eq!(classify(status), meaning, "{status}");
            assert_eq!(meaning.retry(), retry, "{status}");
        }
    }

    #[test]
    fn every_status_is_classified() {
        for status in 0..=u16::MAX {
            let meaning = classify(status);
            assert_eq!(meaning.retry().is_none(), meaning == GatewayStatus::Accepted);
        }
    }
}

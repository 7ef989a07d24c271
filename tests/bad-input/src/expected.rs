//! What a case has to come to.

/// A status, a code, and the port calls that may have been made, by name and greatest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The exact status.
    pub status: u16,
    /// The exact code; none: the answer has none.
    pub code: Option<&'static str>,
    /// What may be called, and how often.
    pub ports: &'static [(&'static str, usize)],
    /// How many rows a refusal leaves.
    pub rows: usize,
}

/// Apple's message is durable: 200 and no body.
pub const fn taken() -> Expected {
    Expected {
        status: 200,
        code: None,
        ports: &[
            ("AppleSecrets::apple_keys", 1),
            ("Businesses::business", 1),
            ("Inbox::commit", 1),
        ],
        rows: 0,
    }
}

/// Apple's request is refused. Which ports may have been called follows from how far the request
/// came: before the token nothing, with the token Apple's keys, and the business only when
/// everything else was well.
pub const fn refused(status: u16, code: &'static str) -> Expected {
    let ports: &[_] = match (status, code.as_bytes()) {
        (404, b"unknown_business") => {
            &[("AppleSecrets::apple_keys", 1), ("Businesses::business", 1)]
        }
        (401 | 404 | 405, _) => &[],
        _ => &[("AppleSecrets::apple_keys", 1)],
    };
    Expected { status, code: Some(code), ports, rows: 0 }
}

/// A business's message is committed and on its queue: 202.
pub const fn sent() -> Expected {
    Expected {
        status: 202,
        code: None,
        ports: &[
            ("ApiKeys::api_key", 1),
            ("Businesses::business", 1),
            ("Conversations::load", 1),
            ("Conversations::step", 1),
            ("OutboundQueue::enqueue_outbound", 1),
        ],
        rows: 0,
    }
}

/// A business's request is refused, as [`refused`].
pub const fn problem(status: u16, code: &'static str) -> Expected {
    let ports: &[_] = match (status, code.as_bytes()) {
        (403, b"wrong_mode") | (404, b"not_found") => {
            &[("ApiKeys::api_key", 1), ("Businesses::business", 1)]
        }
        (404, _) => {
            &[("ApiKeys::api_key", 1), ("Businesses::business", 1), ("Conversations::load", 1)]
        }
        (409, _) | (422, b"not_showable") => &[
            ("ApiKeys::api_key", 1),
            ("Businesses::business", 1),
            ("Conversations::load", 1),
            ("IdempotencyRecords::idempotency_record", 1),
        ],
        (422, b"idempotency_key_reused") => &[
            ("ApiKeys::api_key", 1),
            ("Businesses::business", 1),
            ("Conversations::load", 1),
            ("Conversations::step", 1),
            ("IdempotencyRecords::idempotency_record", 1),
        ],
        (405, _) => &[],
        _ => &[("ApiKeys::api_key", 1)],
    };
    Expected { status, code: Some(code), ports, rows: 0 }
}

/// A device is answered with this status. A path that does not hold costs the same look at the table as
/// one that does; what is refused whatever the path costs none.
pub const fn device(status: u16) -> Expected {
    let ports: &[_] = match status {
        200 => &[
            ("Merchants::merchant", 1),
            ("Payments::chain_head", 3),
            ("Payments::change", 3),
            ("Payments::find_payment", 4),
            ("Payments::offer", 2),
            ("Payments::quote", 2),
            ("Payments::token_claim", 2),
            ("PriceSource::price", 1),
            ("Psp::authorize", 1),
            ("ServiceKeySource::service_key", 1),
            ("SettlementQueue::enqueue_settlement", 2),
        ],
        404 => &[("Payments::find_payment", 1), ("ServiceKeySource::service_key", 1)],
        _ => &[],
    };
    Expected { status, code: None, ports, rows: 0 }
}

/// A device's path holds, and its body cannot be read: it is answered with this status, and one row of the
/// journal says so.
pub const fn unread(status: u16) -> Expected {
    Expected {
        status,
        code: None,
        ports: &[
            ("Payments::chain_head", 1),
            ("Payments::change", 1),
            ("Payments::find_payment", 1),
            ("ServiceKeySource::service_key", 1),
        ],
        rows: 1,
    }
}

impl Expected {
    /// The same, and no port may be called at all.
    #[must_use]
    pub const fn without_ports(self) -> Self {
        Self { ports: &[], ..self }
    }

    /// The same with other ports.
    #[must_use]
    pub const fn ports(self, ports: &'static [(&'static str, usize)]) -> Self {
        Self { ports, ..self }
    }
}

//! Rows that are not run here.

/// A row, and why it is not run here.
#[derive(Clone, Copy, Debug)]
pub struct Waiver {
    /// The rows.
    pub rows: &'static [&'static str],
    /// Why not, or where instead.
    pub why: &'static str,
}

/// All of them.
pub const WAIVED: &[Waiver] = &[
    Waiver {
        rows: &["M064"],
        why: "a statistic over 10^5 signatures tells of the machine it runs on: the comparison is \
              `aws_lc_rs::hmac::verify`, constant in time by contract, and every key is tried \
              whether or not an earlier one fits",
    },
    Waiver {
        rows: &["M072"],
        why: "the token parser runs them over its own keys: `jwt::wycheproof` in amb-protocol",
    },
    Waiver {
        rows: &["M115", "M171"],
        why: "API Gateway refuses these before any function is called",
    },
    Waiver { rows: &["S007", "S050"], why: "the HTTP API's throttling is the only limit so far" },
    Waiver {
        rows: &[
            "S023", "S024", "S025", "S026", "S027", "S028", "S029", "S030", "S031", "S032", "S033",
            "S034", "S035", "S037", "S038", "S039", "S040", "S041", "S042", "S043", "S045", "S046",
            "S047",
        ],
        why: "of message types that cannot be sent yet: `type` is text or typing, and S021 refuses \
              the rest",
    },
    Waiver { rows: &["S053", "S054", "S055", "S056"], why: "of reads, which account-api serves" },
    Waiver {
        rows: &["W013", "W014", "W015", "W016", "W022", "W023", "W024"],
        why: "they need a resolver or a server: `webhook::tests` and `resolver` in amb-egress",
    },
];

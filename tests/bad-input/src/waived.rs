//! Rows that are not run here.

/// A row, and why it is not run here.
#[derive(Clone, Copy, Debug)]
pub struct Waiver {
    /// The rows.
    pub rows: &'static [&'static str],
    /// Why not.
    pub why: &'static str,
    /// The sources in which tests carry the rows' names instead.
    pub elsewhere: &'static [&'static str],
}

/// All of them.
pub const WAIVED: &[Waiver] = &[
    Waiver {
        rows: &["M064"],
        why: "a statistic over 10^5 signatures tells of the machine it runs on: the comparison is \
              `aws_lc_rs::hmac::verify`, constant in time by contract, and every key is tried \
              whether or not an earlier one fits",
        elsewhere: &[],
    },
    Waiver {
        rows: &["M072"],
        why: "the vectors bring their own keys, so the token's parser runs them",
        elsewhere: &["shared/protocol/src/jwt/tests/wycheproof.rs"],
    },
    Waiver {
        rows: &["M115", "M171"],
        why: "API Gateway refuses these before any function is called",
        elsewhere: &[],
    },
    Waiver {
        rows: &["S007", "S050"],
        why: "the HTTP API's throttling is the only limit so far",
        elsewhere: &[],
    },
    Waiver {
        rows: &["S037", "S038", "S039", "S040", "S041", "S042", "S043"],
        why: "of payments and sign-in, which cannot be sent yet: S021 refuses their types",
        elsewhere: &[],
    },
    Waiver {
        rows: &["A010", "A012"],
        why: "of reads and uploads, which account-api serves and tests",
        elsewhere: &[
            "functions/account-api/src/tests/administration.rs",
            "functions/account-api/src/tests/files.rs",
        ],
    },
    Waiver {
        rows: &["A011"],
        why: "S3 serves the bytes, and what is asked of ranges: no function of ours is in the path",
        elsewhere: &[],
    },
    Waiver {
        rows: &["S053", "S054", "S055", "S056"],
        why: "of reads, which account-api serves and tests",
        elsewhere: &[
            "functions/account-api/src/tests/administration.rs",
            "functions/account-api/src/tests/lists.rs",
            "functions/account-api/src/tests/walls.rs",
        ],
    },
    Waiver {
        rows: &["W013", "W014", "W016", "W022", "W023"],
        why: "they need a resolver or a server, which amb-egress's own tests have",
        elsewhere: &["shared/egress/src/resolver.rs", "shared/egress/src/webhook/tests.rs"],
    },
    Waiver {
        rows: &["W015"],
        why: "the operating system's resolver follows aliases; whatever addresses come of it are \
              judged one by one, as in W012",
        elsewhere: &[],
    },
    Waiver {
        rows: &["W024"],
        why: "the limits on frames are those of the `h2` crate; the wall's own caps and deadlines \
              end every exchange whatever the server sends (W022, W023)",
        elsewhere: &[],
    },
    Waiver {
        rows: &["P008", "P009", "P010", "P011", "P012", "P013", "P015"],
        why: "of the token's verifier, which has them with a PKI of its own; whatever it refuses is \
              answered with 200 and a failure, because the device takes any other status for a \
              broken endpoint (P033)",
        elsewhere: &[
            "shared/protocol/src/apple_pay/token/tests/hostile.rs",
            "shared/protocol/src/apple_pay/token/tests/wycheproof.rs",
        ],
    },
    Waiver {
        rows: &["P014", "P019", "P020", "P021", "P025", "P026", "P030", "P031", "P037", "P038"],
        why: "of what stands behind an answer: the row, the journal, the provider; where a second \
              card meets a first that succeeded, it gets a failure, not the first one's success",
        elsewhere: &[
            "shared/service/src/payment/callbacks/tests/doubt.rs",
            "shared/service/src/payment/callbacks/tests/page.rs",
            "shared/service/src/payment/callbacks/tests/price.rs",
            "shared/service/src/payment/callbacks/tests/repeat.rs",
            "shared/service/src/payment/callbacks/tests/together.rs",
            "shared/service/src/payment/callbacks/tests/update.rs",
        ],
    },
    Waiver {
        rows: &["P028", "P029", "P034", "P035", "P039"],
        why: "of exports, reads, offers, Apple's sessions and businesses' prices, each tested where \
              it is made",
        elsewhere: &[
            "shared/egress/src/apple_pay/tests.rs",
            "shared/protocol/src/apple_pay/priced/tests.rs",
            "shared/protocol/src/compose/tests/payment.rs",
            "shared/service/src/finance/tests/files.rs",
            "shared/service/src/payment/ask/tests.rs",
        ],
    },
];

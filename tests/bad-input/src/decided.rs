//! Rows that are decided otherwise, or more sharply, than the plan says.

/// A decision.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// The rows.
    pub rows: &'static [&'static str],
    /// What the plan says.
    pub plan: &'static str,
    /// What is answered instead; each has to occur when the row runs. Empty: the statuses are the
    /// plan's, and something beside them differs.
    pub answers: &'static [(u16, Option<&'static str>)],
    /// Why.
    pub why: &'static str,
}

/// All of them.
pub const DECIDED_OTHERWISE: &[Decision] = &[
    Decision {
        rows: &["M014", "M063", "M174"],
        plan: "403 for a token with a line break or a NUL in it",
        answers: &[(401, Some("auth_missing"))],
        why: "no header has these characters, and API Gateway lets none through: what the event \
              claims nevertheless is taken for absent",
    },
    Decision {
        rows: &["M024"],
        plan: "a `kid` of 64 KiB is ignored, and a good signature is taken",
        answers: &[(200, None), (403, Some("auth_invalid"))],
        why: "the token as a whole is longer than 4 KiB then, and M011 comes first",
    },
    Decision {
        rows: &["M046", "M055", "M101", "M107", "M134", "M142", "M167"],
        plan: "a metric of its own",
        answers: &[],
        why: "every refusal counts by outcome in the stage's line, whose code tells which; \
              CloudWatch bills each further metric, and nobody would be woken by these",
    },
    Decision {
        rows: &["M114"],
        plan: "400 for a body that is called base64 and is none",
        answers: &[(400, Some("bad_json")), (200, None)],
        why: "such a body is read as it stands, and mostly is no JSON; if it is a sound message, \
              API Gateway was wrong about its form, and losing the message would help nobody",
    },
    Decision {
        rows: &["M117"],
        plan: "kept unparsed if the headers tell where it belongs",
        answers: &[(400, Some("bad_utf8")), (400, Some("bad_json"))],
        why: "what has no readable ids belongs to no business; Apple's own answer is 400 as well",
    },
    Decision {
        rows: &["M121"],
        plan: "5 of 35 are taken",
        answers: &[(200, None), (400, Some("bad_json")), (400, Some("bad_utf8"))],
        why: "15 are: half an emoji is mended (M118), and numbers that vanish or lose digits are \
              passed on as text",
    },
    Decision {
        rows: &["M124"],
        plan: "413 field_too_long",
        answers: &[(413, Some("too_large")), (200, None)],
        why: "the cap on the whole body bounds every member; a limit for each would be a second \
              number to explain",
    },
    Decision {
        rows: &["M125"],
        plan: "the code is `duplicate`",
        answers: &[(400, Some("duplicate_field"))],
        why: "`duplicate` is what a message is called that came before",
    },
    Decision {
        rows: &["M150"],
        plan: "bodies above 256 KiB go to S3",
        answers: &[(200, None)],
        why: "they go on in further rows of the inbox, so that the ack path has one store; what \
              arrives is at most 4.5 MB",
    },
    Decision {
        rows: &["M153"],
        plan: "an attachment of size 0 is parked, where A004 has it ready and empty",
        answers: &[(200, None)],
        why: "a file may be empty and a customer may send one: it is told as ready, and nothing is \
              fetched for it",
    },
    Decision {
        rows: &["M155"],
        plan: "prefer the reference",
        answers: &[(200, None)],
        why: "both are kept; forms come with both, and the inline data is there at once",
    },
    Decision {
        rows: &["M158", "M159", "M160", "M161", "M162"],
        plan: "mapped, linked or classified",
        answers: &[(200, None)],
        why: "stored as it came and shown nowhere; what is read out of replies is decided where \
              they are dispatched",
    },
    Decision {
        rows: &["M163"],
        plan: "10,000 selections are too many",
        answers: &[(200, None), (400, Some("too_many"))],
        why: "100,000 members of a document are, at any depth and in any member",
    },
    Decision {
        rows: &["M165"],
        plan: "no rows for typing events",
        answers: &[(200, None)],
        why: "one row for each kind, conversation and five seconds: what is durable is delivered \
              although the process died",
    },
    Decision {
        rows: &["S006"],
        plan: "a security event",
        answers: &[(401, Some("unauthenticated"))],
        why: "the query is not looked at; the stage's line counts the failure, and the alarm on it \
              stands",
    },
    Decision {
        rows: &["S012"],
        plan: "409 while the first request is in flight",
        answers: &[(202, None)],
        why: "message and key are committed in one step, so there is no such time: a request is \
              before it, or replays it",
    },
    Decision {
        rows: &["S016"],
        plan: "an answer never repeats input",
        answers: &[(400, Some("invalid_request"))],
        why: "a JSON Pointer names the member it points at, cut to 64 characters; values are never \
              repeated",
    },
    Decision {
        rows: &["S023"],
        plan: "punycode is stored for an internationalised name, and 8 KB are too long",
        answers: &[(202, None)],
        why: "the URL leaves as the business wrote it: the customer's device reads both forms, and \
              Apple names no length",
    },
    Decision {
        rows: &["S024"],
        plan: "most sections and items",
        answers: &[(202, None)],
        why: "Apple names no such number; the size of the body bounds them",
    },
    Decision {
        rows: &["S031", "S032", "S033"],
        plan: "400 or 424 for a picture that is none, or cannot be fetched",
        answers: &[(202, None)],
        why: "pictures are fetched and made when the message leaves, so a slow server holds nobody \
              up: the message then fails with `image_unusable`, and `validate` tells before",
    },
    Decision {
        rows: &["S034"],
        plan: "400 for an icon of more than 15 KB",
        answers: &[(202, None)],
        why: "every picture is made to fit its place before it leaves",
    },
    Decision {
        rows: &["S045"],
        plan: "the code is `capability`",
        answers: &[(422, Some("not_showable"))],
        why: "the refusal is of all choices together; the rule of each fault is `capability`",
    },
    Decision {
        rows: &["S046"],
        plan: "409 for a file that is infected",
        answers: &[(202, None), (400, Some("invalid_request"))],
        why: "a business's own files are nobody's to scan here, and a customer's file is no upload: \
              its id is refused",
    },
];

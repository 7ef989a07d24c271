//! Messages to a customer: what is asked, and what is answered.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use utoipa::ToSchema;

use super::{
    content::Content,
    shape::Fault,
    word::{ChoiceTypeWord, MessageTypeWord, RulePackWord, SendStatusWord, SendTypeWord},
};

/// A message to send.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct SendMessage {
    /// The business.
    #[schema(min_length = 1, max_length = 128)]
    from: String,
    /// The customer: an opaque id that has written to the business. An `invitation` goes to `tel:+`
    /// and a number of E.164.
    #[schema(min_length = 1, max_length = 1024)]
    to: String,
    #[schema(rename = "type", value_type = SendTypeWord)]
    kind: Value,
    content: Content,
    /// Other ways to say it: the first one that the customer's device can show is sent.
    #[schema(max_items = 5)]
    fallback: Option<Vec<Fallback>>,
    /// URLs in a text leave as rich links, in their order.
    #[schema(default = true)]
    rich_links: Option<bool>,
    /// Strings that are too long are cut, instead of refused.
    #[schema(default = false)]
    truncate: Option<bool>,
    /// Whose rules hold; the newest unless named.
    #[schema(value_type = Option<RulePackWord>)]
    rule_pack: Option<Value>,
    /// The business's own reference, on every event of this message.
    #[schema(min_length = 1, max_length = 1024)]
    callback_data: Option<String>,
    /// Marks the message as sent by a bot.
    #[schema(default = false)]
    bot: Option<bool>,
    /// The agent or system, for Apple's log.
    #[schema(min_length = 1, max_length = 64)]
    agent: Option<String>,
}

/// A message to check: as it would be sent, but `from` and `to` may be absent.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckMessage {
    /// The business. Required with `to`.
    #[schema(min_length = 1, max_length = 128)]
    from: Option<String>,
    /// The customer, whose device's capabilities then count.
    #[schema(min_length = 1, max_length = 1024)]
    to: Option<String>,
    #[schema(rename = "type", value_type = SendTypeWord)]
    kind: Value,
    content: Content,
    #[schema(max_items = 5)]
    fallback: Option<Vec<Fallback>>,
    #[schema(default = true)]
    rich_links: Option<bool>,
    #[schema(default = false)]
    truncate: Option<bool>,
    #[schema(value_type = Option<RulePackWord>)]
    rule_pack: Option<Value>,
    #[schema(min_length = 1, max_length = 1024)]
    callback_data: Option<String>,
    #[schema(default = false)]
    bot: Option<bool>,
    #[schema(min_length = 1, max_length = 64)]
    agent: Option<String>,
    /// What the device is to be thought of as having, such as `LIST` and `QUICK`. Without it and
    /// without `to` a device that can show everything.
    capabilities: Option<Vec<String>>,
}

/// A body that was uploaded: the upload holds the object that would else stand here.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadedBody {
    /// Of at most 10 MiB.
    #[schema(pattern = "^upl_[a-z2-7]{26}$")]
    upload_id: String,
}

/// Another way to say it.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fallback {
    #[schema(rename = "type", value_type = ChoiceTypeWord)]
    kind: Value,
    content: Content,
}

/// A payment to ask for: a message without a type, which is `payment`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AskPayment {
    /// The business.
    #[schema(min_length = 1, max_length = 128)]
    from: String,
    /// The customer.
    #[schema(min_length = 1, max_length = 1024)]
    to: String,
    content: super::content::PaymentContent,
    #[schema(max_items = 5)]
    fallback: Option<Vec<Fallback>>,
    #[schema(default = false)]
    truncate: Option<bool>,
    #[schema(value_type = Option<RulePackWord>)]
    rule_pack: Option<Value>,
    #[schema(min_length = 1, max_length = 1024)]
    callback_data: Option<String>,
    #[schema(default = false)]
    bot: Option<bool>,
    #[schema(min_length = 1, max_length = 64)]
    agent: Option<String>,
}

/// A payment that is durably asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AskedPayment {
    #[schema(pattern = "^pay_[a-z2-7]{26}$")]
    id: String,
    /// The message that asks for it; its `status`, `code` and `detail` follow.
    #[schema(format = "uuid")]
    message_id: String,
    #[schema(value_type = SendStatusWord)]
    status: Value,
    warnings: Option<Vec<Fault>>,
    #[schema(value_type = Option<super::word::FailureCodeWord>)]
    code: Option<Value>,
    detail: Option<String>,
}

/// A message that is durably committed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct SentMessage {
    /// The id that Apple knows it by, too.
    #[schema(format = "uuid")]
    id: String,
    /// The type of its first choice; of a template, what the template makes.
    #[schema(rename = "type", value_type = MessageTypeWord)]
    kind: Value,
    /// The payment that it asks for.
    #[schema(pattern = "^pay_[a-z2-7]{26}$")]
    payment_id: Option<String>,
    #[schema(value_type = SendStatusWord)]
    status: Value,
    /// Strings that were cut, and members that were ignored.
    warnings: Option<Vec<Fault>>,
    /// With `failed`: why.
    #[schema(value_type = Option<super::word::FailureCodeWord>)]
    code: Option<Value>,
    /// With `failed`: Apple's own words, if it gave any.
    detail: Option<String>,
}

/// What sending would come to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Verdict {
    /// It would be taken, and something in it can be shown.
    valid: bool,
    /// The rules that it was held against.
    rule_pack: String,
    errors: Vec<Fault>,
    /// The choice that would be sent.
    chosen: Option<Chosen>,
    /// What a device must have for the request's own type.
    requires: Vec<String>,
    /// What of that the device lacks, as far as it is known.
    missing: Vec<String>,
    /// Apple's messages as they would leave, in order.
    messages: Vec<Leaving>,
    /// What was made different.
    changes: Vec<Changed>,
    /// What was ignored.
    warnings: Vec<Fault>,
}

/// The choice that would be sent.
#[derive(ToSchema)]
pub(crate) struct Chosen {
    /// 0 is the request itself, 1 its first fallback.
    index: u32,
    #[schema(rename = "type", value_type = MessageTypeWord)]
    kind: Value,
}

/// One of Apple's messages as it would leave.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Leaving {
    /// Apple's type.
    #[schema(rename = "type")]
    kind: String,
    /// Apple's own JSON; the id is an example.
    #[schema(value_type = Object)]
    apple: Value,
    /// How long that is.
    bytes: u64,
    /// Apple is asked for a reference to it, to send it again without its bytes.
    needs_reference: bool,
    /// `apple` is shown without its long strings: the answer would be too large.
    shortened: Option<bool>,
}

/// Something that was made different: a picture (`image`), a string (`cut`), or what was looked up
/// (`preview`, `appClip`), or is put in when it is sent (`merchantSession`).
#[derive(ToSchema)]
pub(crate) struct Changed {
    change: String,
    /// Where it stands in the request.
    pointer: Option<String>,
    /// A picture's format, width, height and bytes, or a string's length, as it came.
    from: Option<Value>,
    /// The same, as it leaves.
    to: Option<Value>,
    /// With `preview`: the page gave the title.
    title: Option<bool>,
    /// With `preview`: the page gave the picture.
    image: Option<bool>,
}
